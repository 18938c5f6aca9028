"""Earlier runs: show their results, use them, resume the interrupted ones."""

from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import jobs
from desktop.plots.clock import clock
from desktop.shared.tables import explain_columns, fill, table
from engine.training.runs.listing import FoundRun, find_runs


class RunsView(QWidget):
    """The newest first; trials stand with their sweep, on the Compare page."""

    results_asked = Signal(object)
    use_asked = Signal(object)  # a classifier's file
    resume_asked = Signal(object)
    failed = Signal(str)

    def __init__(self, folder: Callable[[], Path], busy: Callable[[], Collection[Path]]) -> None:
        super().__init__()
        self._folder, self._busy = folder, busy
        self._job: jobs.Job | None = None
        self.runs: list[FoundRun] = []
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.words.setWordWrap(True)
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
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._chosen)
        self.table.cellActivated.connect(lambda row, _: self._activate(self.runs[row]))
        for button in (self.show_button, self.resume_button):
            button.clicked.connect(self._activate_chosen)
        self.use_button.clicked.connect(self._use)
        self._chosen()

    def _lay_out(self) -> None:
        tips = {
            self.show_button: self.tr(
                "Show the figures, confusion matrix and report of the selected run"
            ),
            self.use_button: self.tr("Enable this classifier on the Listen and File pages"),
            self.resume_button: self.tr("Continue the selected run from where it stopped"),
        }
        head = QHBoxLayout()
        head.addWidget(self.words, 1)
        for button, tip in tips.items():
            button.setToolTip(tip)
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

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
        if run.is_sweep:
            state = self.tr("sweep, {}, {}").format(state, run.variant)
        seconds = clock(run.seconds) if run.seconds >= 60 else f"{run.seconds:.1f} s"
        date = run.date[:16].replace("T", " ")
        return run.folder.name, state, run.accuracy or "-", str(run.epochs), seconds, date

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

    def _activate_chosen(self) -> None:
        if self.chosen is not None:
            self._activate(self.chosen)

    def _activate(self, run: FoundRun) -> None:
        asked = self.results_asked if run.state == "finished" else self.resume_asked
        asked.emit(run)

    def _use(self) -> None:
        if self.chosen is not None and self.chosen.classifier is not None:
            self.use_asked.emit(self.chosen.classifier)
