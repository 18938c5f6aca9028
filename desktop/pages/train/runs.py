"""Earlier runs: show their results, use them, resume the interrupted ones."""

from collections.abc import Callable, Collection, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.plots.clock import clock
from desktop.shared.button_menu import ButtonMenu
from desktop.shared.tables import explain_columns, fill, table
from desktop.widgets.controls import text
from engine.training.runs.listing import FoundRun, find_runs
from engine.training.runs.shelf import About, discard, keep_about, put_back


class RunsView(QWidget):
    """The newest first; trials stand with their sweep, on the Compare page."""

    results_asked = Signal(object)
    use_asked = Signal(object)  # a classifier's file
    resume_asked = Signal(object)
    failed = Signal(str)
    deleted = Signal(object)  # where it waits

    def __init__(self, folder: Callable[[], Path], busy: Callable[[], Collection[Path]]) -> None:
        super().__init__()
        self._folder, self._busy = folder, busy
        self._job: jobs.Job | None = None
        self.runs: list[FoundRun] = []
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.words.setWordWrap(True)
        self.told = text(faint=True)  # notes of the chosen run, and why it failed
        self.table = table(
            [self.tr("Run"), self.tr("State"), self.tr("Test accuracy"),
             self.tr("Epochs"), self.tr("Time"), self.tr("Started")]
        )  # fmt: skip
        interval = self.tr("Share of the test part that is classified correctly (95 % interval)")
        explain_columns(self.table, ["", "", interval])
        self.table.setAccessibleName(self.tr("Earlier runs"))
        self.table.setToolTip(
            self.tr("Double-click or press Enter to show the results, or to resume")
        )
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setWordWrap(False)
        self.table.setSelectionMode(self.table.SelectionMode.SingleSelection)
        self.show_button = QPushButton(self.tr("Show results"))
        self.use_button = QPushButton(self.tr("Use it now"))
        self.use_button.setToolTip(self.tr("Enable this classifier and listen to the microphone"))
        self.resume_button = QPushButton(self.tr("Resume"))
        self.rename_button = QPushButton(self.tr("Rename..."))
        self.notes_button = QPushButton(self.tr("Notes..."))
        self.delete_button = QPushButton(self.tr("Delete"))
        self._lay_out()
        self._connect()
        self._chosen()

    def _connect(self) -> None:
        self.table.itemSelectionChanged.connect(self._chosen)
        self.table.cellActivated.connect(lambda row, _: self._activate(self.runs[row]))
        for button in (self.show_button, self.resume_button):
            button.clicked.connect(self._activate_chosen)
        self.use_button.clicked.connect(self._use)
        self.rename_button.clicked.connect(self.ask_name)
        self.notes_button.clicked.connect(self.ask_notes)
        self.delete_button.clicked.connect(self.delete)
        first = [self.show_button, self.use_button, self.resume_button, None]
        own = [self.rename_button, self.notes_button, self.delete_button]
        self.menu = ButtonMenu(self.table, [*first, *own])
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.table, self.delete)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)

    def _lay_out(self) -> None:
        tips = {
            self.show_button: self.tr(
                "Show the figures, confusion matrix and report of the selected run"
            ),
            self.use_button: self.tr("Enable this classifier on the Listen and File pages"),
            self.resume_button: self.tr("Continue the selected run from where it stopped"),
            self.rename_button: self.tr("Give the selected run a name"),
            self.notes_button: self.tr("Write down what you know about the selected run"),
            self.delete_button: self.tr("Delete the selected run; you can undo this"),
        }
        head = QHBoxLayout()
        below = QHBoxLayout()
        head.addWidget(self.words, 1)
        for button, tip in tips.items():
            button.setToolTip(tip)
            own = button in (self.rename_button, self.notes_button, self.delete_button)
            (below if own else head).addWidget(button)
        below.addWidget(self.told, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """Find the runs again, if they are visible."""
        if not self.isVisible():
            return
        if self._job is not None:
            self._job.cancel()
        folder = self._folder()
        self._job = jobs.run(
            lambda: find_runs([folder]),
            on_result=self._show,
            on_error=self.failed.emit,
            parent=self,
        )

    def _show(self, found: list[FoundRun]) -> None:
        self._job = None
        chosen = self.chosen
        busy = set(self._busy())
        self.runs = [run for run in found if run.sweep is None and run.folder not in busy]
        words = self.tr("{} runs in {}") if self.runs else self.tr("There are no runs in {} yet.")
        counted = (len(self.runs), self._folder()) if self.runs else (self._folder(),)
        self.words.setText(words.format(*counted))
        fill(self.table, [self._cells(run) for run in self.runs], right=(3, 4))
        folders = [run.folder for run in self.runs]
        if chosen is not None and chosen.folder in folders:
            self.table.selectRow(folders.index(chosen.folder))
        self._chosen()

    def _cells(self, run: FoundRun) -> tuple[str, ...]:
        # Stopped, crashed or killed: the folder does not tell which.
        state = self.tr("finished") if run.state == "finished" else self.tr("not finished")
        if run.reason:
            state = self.tr("failed: {}").format(run.reason)
        if run.is_sweep:
            state = self.tr("sweep, {}, {}").format(state, run.variant)
        seconds = clock(run.seconds) if run.seconds >= 60 else f"{run.seconds:.1f} s"
        date = run.date[:16].replace("T", " ")
        return run.shown_name, state, run.accuracy or "-", str(run.epochs), seconds, date

    @property
    def chosen(self) -> FoundRun | None:
        """The selected one."""
        rows = {item.row() for item in self.table.selectedItems()}
        return next((self.runs[row] for row in rows if row < len(self.runs)), None)

    def _chosen(self) -> None:
        run = self.chosen
        finished = run is not None and run.state == "finished"
        self.show_button.setEnabled(finished)
        self.use_button.setEnabled(run is not None and run.classifier is not None)
        self.resume_button.setEnabled(run is not None and not finished)
        for button in (self.rename_button, self.notes_button, self.delete_button):
            button.setEnabled(run is not None)
        told = (run.reason, run.notes) if run is not None else ()
        self.told.setText("\n".join(filter(None, told)))

    def _activate_chosen(self) -> None:
        if self.chosen is not None:
            self._activate(self.chosen)

    def _activate(self, run: FoundRun) -> None:
        asked = self.results_asked if run.state == "finished" else self.resume_asked
        asked.emit(run)

    def ask_name(self) -> None:
        """Ask what the chosen run is to be called."""
        if (run := self.chosen) is not None:
            title, words = self.tr("Rename"), self.tr("Name of the run; empty: of data and recipe")
            normal = QLineEdit.EchoMode.Normal
            name, given = QInputDialog.getText(self, title, words, normal, run.shown_name)
            if given:
                own = name in (run.own_name, run.folder.name)
                self._keep(run.folder, About("" if own else name, run.notes))

    def ask_notes(self) -> None:
        """Ask for notes on the chosen run."""
        if (run := self.chosen) is not None:
            title, words = self.tr("Notes"), self.tr("Notes on {}").format(run.shown_name)
            notes, given = QInputDialog.getMultiLineText(self, title, words, run.notes)
            if given:
                self._keep(run.folder, About(run.name, notes))

    def _keep(self, folder: Path, added: About) -> None:
        self._do(lambda: keep_about(folder, added))

    def delete(self) -> None:
        """Take the chosen run away; it can be undone."""
        if (run := self.chosen) is not None:
            self._do(lambda: discard(run.folder), self.deleted.emit)

    def restore(self, removed: Path) -> None:
        """Bring a run back."""
        self._do(lambda: put_back(removed))

    def _do(self, step: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        def work() -> Generator[None, None, Any]:
            yield
            return step()

        def done(result: Any) -> None:
            if then is not None:
                then(result)
            self.look()

        jobs.run(work, on_result=done, on_error=self.failed.emit, parent=self)

    def _use(self) -> None:
        if self.chosen is not None and self.chosen.classifier is not None:
            self.use_asked.emit(self.chosen.classifier)
