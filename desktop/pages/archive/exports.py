"""Saving the results of a database, or the judgements, as a file."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.archive import worker


class ArchiveExports(QObject):
    """The menu of the Export button, and what it does.

    Args:
        button: that opens the menu.
        notices: of the page.
    """

    status = Signal(str)

    def __init__(self, button: QPushButton, notices: Notices) -> None:
        super().__init__(button)
        self._button, self._notices = button, notices
        self.place: Path | None = None
        menu = QMenu(button)
        for words, form in self._forms().items():
            menu.addAction(words, partial(self.ask, form))
        button.setMenu(menu)

    def _forms(self) -> dict[str, worker.Form]:
        return {
            self.tr("Stretches as Parquet..."): worker.Form("parquet", ".parquet", "segments"),
            self.tr("Windows as Parquet..."): worker.Form("parquet", ".parquet", "windows"),
            self.tr("Files and labels as Parquet..."): worker.Form(
                "parquet", ".parquet", "summaries"
            ),
            self.tr("Windows as CSV..."): worker.Form("csv", ".csv"),
            self.tr("Results as JSON Lines..."): worker.Form("json", ".jsonl"),
            self.tr("Raven selection table..."): worker.Form("raven", ".selections.txt"),
            self.tr("Judgements as CSV..."): worker.Form("corrections", ".csv"),
        }

    def ask(self, form: worker.Form) -> None:
        """Ask where to, and save."""
        if self.place is None:
            return
        what = "judged" if form.form == "corrections" else form.kind
        proposed = self.place.with_name(f"{self.place.stem}-{what}{form.suffix}")
        title = self.tr("Export")
        name, _ = QFileDialog.getSaveFileName(self._button, title, str(proposed))
        if name:
            self.save(Path(name), form)

    def save(self, target: Path, form: worker.Form) -> None:
        """Save the results in a form."""
        place = self.place
        if place is None:
            return
        self.status.emit(self.tr("Exporting..."))

        def told(shares: list[float]) -> None:
            self.status.emit(self.tr("Exporting: {:.0f} %").format(100 * shares[-1]))

        jobs.run(
            lambda: worker.save(place, target, form),
            on_event=told,
            on_result=self._saved,
            on_error=self._not_saved,
            on_crash=lambda _: self.status.emit(""),
            parent=self,
        )

    def _saved(self, target: Path) -> None:
        self.status.emit("")
        self._notices.notify(self.tr("Saved as {}.").format(target), kind="success")

    def _not_saved(self, words: str) -> None:
        self.status.emit("")
        self._notices.fail(words)
