"""Export from the File page: detected labels, and parts of the sound."""

from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.file import worker
from desktop.pages.file.state import FileState
from desktop.plots.tracks.lanes import Stretch
from desktop.plots.tracks.time_range import TimeRange
from desktop.requests import AddRegion
from desktop.session import Session
from desktop.shared.wording import only_part
from engine.export import EXPORTS


class FileExports(QObject):
    """The page's export menu and what its entries do.

    Args:
        state: what there is to export.
        time: whose selection it is.
        session: takes the selection to the sounds.
        notices: say what became of it.
        parent: the page, for its dialogs.
    """

    def __init__(
        self,
        state: FileState,
        time: TimeRange,
        session: Session,
        notices: Notices,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state, self._time = state, time
        self._session, self._notices, self._parent = session, notices, parent
        self.page = parent
        self.menu = QMenu(parent)
        for form in EXPORTS.values():
            action = self.menu.addAction(form.words)
            action.triggered.connect(lambda _=False, chosen=form.name: self.export(chosen))
        self.menu.addSeparator()
        self._region = self.menu.addAction(self.tr("Audio of the selection"))
        self._region.triggered.connect(lambda: self.export_region())
        self._teach = self.menu.addAction(self.tr("Add the selection to a class of sounds..."))
        self._teach.triggered.connect(self._teach_region)
        self._own = self.menu.addMenu(self.tr("Your labels"))
        for name in worker.OWN_FORMS:
            action = self._own.addAction(EXPORTS[name].words)
            action.triggered.connect(lambda _=False, chosen=name: self._ask_own(chosen))
        self.own: list[Stretch] = []
        self.menu.aboutToShow.connect(lambda: self._own.setEnabled(bool(self.own)))
        self.set_selection(False)

    def _ask_own(self, form: str) -> None:
        path = self._state.path
        if path is not None:
            kind = EXPORTS[form]
            proposed = str(path.with_name(f"{path.stem} labels{kind.suffix}"))
            kinds = f"{kind.words} (*{kind.suffix})"
            name, _ = QFileDialog.getSaveFileName(self._parent, self.tr("Export"), proposed, kinds)
            if name:
                self.export_own_to(Path(name), form)

    def export_own_to(self, target: Path, form: str) -> None:
        """Save a person's own labels."""
        if self._state.info is not None:
            self._write(worker.export_own(target, form, self._state.info, self.own))

    def set_selection(self, there: bool) -> None:
        """Whether a stretch is selected."""
        for action in (self._region, self._teach):
            action.setEnabled(there)

    def export(self, form: str) -> None:
        """Ask for a file name and save the detected labels."""
        path = self._state.path
        if path is None or self._state.result() is None:
            self._notices.notify(self.tr("There is nothing to export yet."))
            return
        chosen = EXPORTS[form]
        proposed = str(path.with_suffix(chosen.suffix))
        kinds = f"{chosen.words} (*{chosen.suffix})"
        name, _ = QFileDialog.getSaveFileName(self._parent, self.tr("Export"), proposed, kinds)
        if name:
            self.export_to(Path(name), form)

    def export_to(self, target: Path, form: str) -> None:
        """Save the detected labels."""
        found, result = self._state.found, self._state.result()
        if found is not None and result is not None:
            remark = "" if found.done else only_part(found.seconds)
            self._write(worker.export(target, form, result), remark)

    def export_region(self) -> None:
        """Ask for a place and write the sound of the selection."""
        path, selection = self._state.path, self._time.selection
        if selection is None or path is None:
            return
        proposed, title = f"{path.stem} part.flac", self.tr("Export the selection")
        kinds = self.tr("FLAC (*.flac);;WAV (*.wav)")
        start = str(path.with_name(proposed))
        name, chosen = QFileDialog.getSaveFileName(self._parent, title, start, kinds)
        if name and not Path(name).suffix:
            name += ".wav" if "wav" in chosen else ".flac"
        if name:
            self._write(worker.export_audio(path, selection, Path(name)))

    def _teach_region(self) -> None:
        path, selection = self._state.path, self._time.selection
        if path is not None and selection is not None:
            self._session.request(AddRegion(path, *selection))

    def _write(self, work: Callable[[], Generator[None, None, Path]], remark: str = "") -> None:
        written, notices = self.tr("Saved as {}."), self._notices
        jobs.run(
            work,
            on_result=lambda path: notices.notify(written.format(path) + remark, kind="success"),
            on_error=notices.fail,
            parent=self,
        )
