"""The queue of trainings: waiting, running and finished ones, and its list."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages.train import worker
from desktop.pages.train.recipe_text import RecipeModel
from desktop.pages.train.source import TrainSource
from desktop.pages.train.sweep.courses import CourseSweeps
from desktop.pages.train.sweep.dialog import SweepDialog
from desktop.pages.train.worker import (
    Control,
    Order,
    Outcome,
    Placed,
    SweepOrder,
    sweeping,
    training,
)
from desktop.settings import COMPUTE, THREADS, Settings
from desktop.widgets.controls import button, heading, steady
from engine.errors import EarmarkError
from engine.recipes.naming import title_of
from engine.training.sweeps.plan import Preset, Source, Sweep


@dataclass(eq=False)
class Training:
    """One of them.

    Attributes:
        state: in words: waiting, running and so on.
        folder: of the run, once it is known.
        outcome: once it has ended without an error.
        reason: why it failed; empty: it did not.
    """

    order: Order | SweepOrder
    state: str
    control: Control = field(default_factory=Control)
    job: jobs.Job | None = None
    folder: Path | None = None
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def is_sweep(self) -> bool:
        return isinstance(self.order, SweepOrder)

    def work(self, runs: Path, *, separate_process: bool) -> Generator[Any, None, Outcome]:
        """What the job does."""
        if isinstance(self.order, SweepOrder):
            return sweeping(self.order, runs, self.control)
        return training(self.order, runs, self.control, separate_process=separate_process)


class TrainQueue(QObject):
    """Runs one at a time."""

    changed = Signal()
    running_changed = Signal(bool)
    began = Signal(object)
    emitted = Signal(object, list)
    ended = Signal(object)
    failed = Signal(object, str)

    def __init__(
        self, runs: Callable[[], Path], parent: QObject, *, separate_process: bool
    ) -> None:
        super().__init__(parent)
        self._runs, self._separate_process = runs, separate_process
        self.trainings: list[Training] = []
        self.current: Training | None = None

    def add(self, order: Order | SweepOrder) -> None:
        """One more; it begins at once when nothing runs."""
        self.trainings.append(Training(order, self.tr("waiting")))
        if self.current is None:
            self._next()
        self.changed.emit()

    @property
    def waiting(self) -> list[Training]:
        """Those not begun."""
        return [training for training in self.trainings if training.job is None]

    def remove(self, training: Training) -> None:
        """Take out one that is not running."""
        if training is not self.current:
            self.trainings.remove(training)
            self.changed.emit()

    def pause(self, on: bool) -> None:
        """Hold the one that runs, or go on."""
        if self.current is not None:
            self.current.control.pause(on)
            self.current.state = self.tr("paused") if on else self.tr("running")
            self.changed.emit()

    def toggle_pause(self) -> None:
        """Hold the one that runs, or go on."""
        if self.current is not None:
            self.pause(not self.current.control.paused)

    def keep_best(self) -> None:
        """End the one that runs, keeping its best."""
        if self.current is not None:
            self.current.control.stop()
            self.current.state = self.tr("stopping")
            self.changed.emit()

    def cancel(self) -> None:
        """End everything and tell nothing more; the best so far is kept."""
        current, self.current = self.current, None
        self.trainings = [t for t in self.trainings if t.job is not None]
        if current is not None and current.job is not None:
            current.control.stop()
            current.job.cancel()
            current.state = self.tr("stopped")
            self.running_changed.emit(False)
        self.changed.emit()

    def _next(self) -> None:
        before = self.current
        waiting = self.waiting
        self.current = waiting[0] if waiting else None
        if self.current is not None:
            self._begin(self.current)
        if (before is None) != (self.current is None):
            self.running_changed.emit(self.current is not None)
        self.changed.emit()

    def _begin(self, begun: Training) -> None:
        begun.state = self.tr("running")
        self.began.emit(begun)
        runs = self._runs()
        begun.job = jobs.run(
            lambda: begun.work(runs, separate_process=self._separate_process),
            on_event=lambda events: self._heard(begun, events),
            on_result=lambda outcome: self._ended(begun, outcome),
            on_error=lambda text: self._failed(begun, text),
            on_crash=lambda _: self._failed(begun, self.tr("Unexpected error.")),
            parent=self,
        )

    def _heard(self, heard: Training, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Placed):
                heard.folder = event.folder
                if event.title and isinstance(heard.order, Order):
                    heard.order = replace(heard.order, title=event.title)
                    self.changed.emit()
        told = [event for event in events if event is not None]
        if told:
            self.emitted.emit(heard, told)

    def _ended(self, ended: Training, outcome: Outcome) -> None:
        ended.outcome = outcome
        ended.state = self.tr("stopped") if outcome.stopped else self.tr("done")
        self.ended.emit(ended)
        self._next()

    def _failed(self, failed: Training, text: str) -> None:
        failed.state, failed.reason = self.tr("failed"), text
        self.failed.emit(failed, text)
        self._next()


class TrainOrders(QObject):
    """Queues the selected training, or an interrupted one; says why that is impossible."""

    refused = Signal(str)

    def __init__(
        self,
        queue: TrainQueue,
        model: RecipeModel,
        source: TrainSource,
        runs: Callable[[], Path],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._queue, self._model, self._source, self._runs = queue, model, source, runs

    def start(self) -> None:
        """Train what is chosen, at once or after what is being trained."""
        if self._allowed():
            recipe, folder, kind = self._model.recipe, self._source.folder, self._source.kind
            self._source.remember(recipe.name)
            title = title_of(recipe, self._source.name)
            self._queue.add(
                replace(
                    self._on_this_computer(), title=title, recipe=recipe, data=folder, kind=kind
                )
            )

    def _on_this_computer(self) -> Order:
        """What the Preferences say of computing; nothing else is right yet."""
        get = Settings().get
        return Order("", None, Path(), device=get(COMPUTE), threads=get(THREADS))

    def _allowed(self) -> bool:
        problem = self._model.problem
        if problem:
            self.refused.emit(problem)
        return not problem

    def unfinished(self) -> list[Path]:
        """Interrupted runs, the latest first."""
        mine = {training.folder for training in self._queue.trainings}
        return [folder for folder in worker.unfinished(self._runs()) if folder not in mine]

    def resume(self, folder: Path) -> None:
        """Resume an interrupted run or sweep."""
        try:
            is_sweep = (folder / "plan.json").is_file()
            order: Order | SweepOrder = (
                worker.broken_off(folder)
                if is_sweep
                else replace(
                    self._on_this_computer(), title=folder.name, data=folder, resume=folder
                )
            )
        except EarmarkError as error:
            self.refused.emit(str(error))
            return
        self._queue.add(order)

    def ask_sweep(self, parent: QWidget) -> None:
        """Ask what is to vary, and train it all."""
        if not self._allowed():
            return
        dialog = SweepDialog(self._model.recipe, parent)
        dialog.asked.connect(self.start_sweep)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def start_preset(self, preset: Preset) -> None:
        """A course's sweep of the recipe as it is."""
        try:
            sweep = preset.sweep(self._model.recipe)
        except EarmarkError as error:
            self.refused.emit(str(error))
            return
        self.start_sweep(sweep)

    def start_sweep(self, sweep: Sweep) -> None:
        """Train it at once, or after what is being trained."""
        folder = self._source.folder
        names = ", ".join(path.rpartition(".")[2].replace("_", " ") for path in sweep.spans)
        title = self.tr("Sweep of {}, {}").format(names, folder.name)
        self._source.remember(self._model.recipe.name)
        sweep = replace(sweep, device=Settings().get(COMPUTE))
        self._queue.add(SweepOrder(title, sweep, Source(folder, self._source.kind)))

    def busy(self) -> list[Path]:
        """Folders of what waits or runs."""
        live = [t for t in self._queue.trainings if t.job is None or t is self._queue.current]
        return [folder for t in live if (folder := t.folder or t.order.resume) is not None]


class QueueControls(QObject):
    """Buttons that begin, hold and end trainings, and the list of them."""

    start_asked = Signal()
    sweep_asked = Signal()
    preset_asked = Signal(object)  # a course's sweep
    selected = Signal(object)  # a training of the list

    def __init__(self, queue: TrainQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._queue = queue
        self.start = button(self.tr("Start"), self.tr("Train with these sounds"))
        self.start.setObjectName("main")
        self.sweep = button(
            self.tr("Sweep..."),
            self.tr("Train several times, with different values of one or two fields"),
        )
        self.course = CourseSweeps()
        self.pause = button(self.tr("Pause"), self.tr("Pause the training; nothing is lost"))
        self.stop = button(
            self.tr("Stop and keep the best"),
            self.tr("Stop the training; the best epoch so far can be used"),
        )
        self._heading = heading(self.tr("Trainings"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Trainings"))
        self.list.setToolTip(self.tr("Select a finished training to see its results"))
        self.list.setMinimumHeight(76)
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.list.setWordWrap(True)
        self.remove = button(
            self.tr("Remove"), self.tr("Remove the selected training from the queue")
        )
        steady(self.pause, self.tr("Pause"), self.tr("Resume"))
        self._connect()

    def _connect(self) -> None:
        self.start.clicked.connect(self.start_asked)
        self.sweep.clicked.connect(self.sweep_asked)
        self.course.asked.connect(self.preset_asked)
        self.pause.clicked.connect(self._queue.toggle_pause)
        self.stop.clicked.connect(self._queue.keep_best)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _: self._select())
        self.list.itemClicked.connect(lambda _: self._select())
        self._queue.changed.connect(self._show)

    def bar(self) -> QFrame:
        """The buttons below the column: whatever it says and scrolls, they keep their place."""
        made = QFrame()
        made.setObjectName("panel")
        rows = QVBoxLayout(made)
        rows.setContentsMargins(14, 8, 14, 8)
        rows.setSpacing(6)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.start, 1)
        first.addWidget(self.sweep)
        second.addWidget(self.pause)
        second.addWidget(self.stop, 1)
        rows.addLayout(first)
        rows.addLayout(second)
        return made

    def lay_out(self, column: QVBoxLayout) -> None:
        """Put the other widgets into the column."""
        column.addSpacing(8)
        column.addWidget(self.course)  # comes and goes with the recipe: nothing to press below it
        column.addSpacing(6)
        column.addWidget(self._heading)
        column.addWidget(self.list, 1)
        column.addWidget(self.remove)
        self._show()

    def _show(self) -> None:
        trainings = self._queue.trainings
        self.list.blockSignals(True)
        row = self.list.currentRow()
        while self.list.count() > len(trainings):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(trainings):
            self.list.addItem("")
        for index, listed in enumerate(trainings):
            words = f"{listed.order.title}: {listed.state}"
            self.list.item(index).setText(f"{words}. {listed.reason}" if listed.reason else words)
            self.list.item(index).setToolTip(listed.reason)
        self.list.setCurrentRow(min(row, len(trainings) - 1))
        self.list.blockSignals(False)
        self._show_buttons(self._queue.current)
        self._show_removable()

    def _show_buttons(self, current: Training | None) -> None:
        """Which buttons work; a sweep is not held but stopped, and resumed."""
        paused = current is not None and current.control.paused
        sweep = current is not None and current.is_sweep
        stoppable = current is not None and not current.control.stopping
        self.start.setText(self.tr("Start") if current is None else self.tr("Add to the queue"))
        self.start.setAccessibleName(self.start.text())
        self.pause.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setEnabled(stoppable and not sweep)
        self.stop.setText(self.tr("Stop the sweep") if sweep else self.tr("Stop and keep the best"))
        self.stop.setAccessibleName(self.stop.text())
        self.stop.setToolTip(
            self.tr("Stop the sweep; finished trials are kept, and it can be resumed")
            if sweep
            else self.tr("Stop the training; the best epoch so far can be used")
        )
        self.stop.setEnabled(stoppable)

    def _chosen(self) -> Training | None:
        row, trainings = self.list.currentRow(), self._queue.trainings
        return trainings[row] if 0 <= row < len(trainings) else None

    def _show_removable(self) -> None:
        chosen = self._chosen()
        self.remove.setEnabled(chosen is not None and chosen is not self._queue.current)

    def _select(self) -> None:
        self._show_removable()
        chosen = self._chosen()
        if chosen is not None:
            self.selected.emit(chosen)

    def _remove(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._queue.remove(chosen)
