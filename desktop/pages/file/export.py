"""What can be taken out of the File page: what was heard, and stretches of sound."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu

from desktop import jobs
from desktop.pages.file import worker
from desktop.shared.wording import only_part
from engine.export import EXPORTS
from engine.recognition.verdict import FileResult

if TYPE_CHECKING:
    from desktop.pages.file.page import FilePage


class FileExports(QObject):
    """The page's export menu and what its entries do."""

    region_wanted = Signal(object, float, float)  # path, start, end: to learn from

    def __init__(self, page: "FilePage") -> None:
        super().__init__(page)
        self._page = page
        self.menu = QMenu(page)
        for form in EXPORTS.values():
            action = self.menu.addAction(form.words)
            action.triggered.connect(lambda _=False, chosen=form.name: self.export(chosen))
        self.menu.addSeparator()
        self._region = self.menu.addAction(self.tr("Sound of the selection"))
        self._region.triggered.connect(lambda: self.export_region())
        self._teach = self.menu.addAction(self.tr("Add the selection to the sounds..."))
        self._teach.triggered.connect(self._teach_region)
        self.set_selection(False)

    def set_selection(self, there: bool) -> None:
        """Whether a stretch is selected."""
        for action in (self._region, self._teach):
            action.setEnabled(there)

    def export(self, form: str) -> None:
        """Ask for a place and write what was heard."""
        page = self._page
        if page.found is None or page.picture.overview is None or page.path is None:
            page.banner.say(self.tr("There is nothing to export yet."))
            return
        chosen = EXPORTS[form]
        proposed = str(page.path.with_suffix(chosen.suffix))
        kinds = f"{chosen.words} (*{chosen.suffix})"
        name, _ = QFileDialog.getSaveFileName(page, self.tr("Export"), proposed, kinds)
        if name:
            self.export_to(Path(name), form)

    def export_to(self, target: Path, form: str) -> None:
        """Write what was heard."""
        found, overview = self._page.found, self._page.picture.overview
        if found is not None and overview is not None:
            verdicts = self._page.verdicts(None)
            result = FileResult(overview.info, found.timelines, found.lanes, verdicts)
            work = worker.export(target, form, result)
            self._write(work, "" if found.done else only_part(found.seconds))

    def export_region(self) -> None:
        """Ask for a place and write the sound of the selection."""
        page, selection = self._page, self._page.tracks.time.selection
        if selection is None or page.path is None:
            return
        proposed = str(page.path.with_name(f"{page.path.stem} part.flac"))
        name, _ = QFileDialog.getSaveFileName(page, self.tr("Export the selection"), proposed)
        if name:
            self._write(worker.export_audio(page.path, selection, Path(name)))

    def _teach_region(self) -> None:
        selection = self._page.tracks.time.selection
        if self._page.path is not None and selection is not None:
            self.region_wanted.emit(self._page.path, *selection)

    def _write(self, work: object, remark: str = "") -> None:
        written, banner = self.tr("Written to {}."), self._page.banner
        jobs.run(
            work,  # type: ignore[arg-type]
            on_result=lambda path: banner.say(written.format(path) + remark),
            on_error=lambda text: banner.say(text),
            parent=self,
        )
