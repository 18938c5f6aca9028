"""The Train page: a recipe, a folder of sounds, one button."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages import train_work
from desktop.pages.train_form import RecipeForm
from desktop.pages.train_material import TrainMaterial
from desktop.pages.train_network import NetworkView
from desktop.pages.train_progress import TrainProgress
from desktop.pages.train_queue import Training, TrainQueue
from desktop.pages.train_recipe import TomlView
from desktop.pages.train_results import TrainResults
from desktop.pages.train_work import Judgement, Order, Placed
from desktop.session import Session
from desktop.widgets.banner import Banner
from engine.errors import EarmarkError
from engine.training.events import Started
from engine.training.run import Run

_NETWORK_MS = 300  # how long typing may go on before the network is built anew


class TrainPage(QWidget):
    """One training at a time; more wait in the queue."""

    status = Signal(str)
    running_changed = Signal(bool)
    open_file = Signal(object)
    judged = Signal()  # the results of a training are shown

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.queue = TrainQueue(lambda: session.runs_folder, self)
        self.material = TrainMaterial(session, self)
        self.setup, self.model = self.material.setup, self.material.model
        self._following: jobs.Job | None = None
        self._offered = False
        self._build()
        self._connect()

    def _build(self) -> None:
        self.banner = Banner()
        self.form, self.toml = RecipeForm(self.model), TomlView(self.model)
        self.network, self.progress = NetworkView(), TrainProgress()
        self.results = TrainResults()
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.tr("Views of the training"))
        for widget, words in (
            (self.progress, self.tr("Progress")),
            (self.results, self.tr("Results")),
            (self.form, self.tr("Settings")),
            (self.toml, "TOML"),
            (self.network, self.tr("Network")),
        ):
            self.tabs.addTab(widget, words)
        both = QHBoxLayout()
        both.setSpacing(10)
        both.addWidget(self.setup)
        both.addWidget(self.tabs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.banner)
        layout.addLayout(both, 1)
        self._network_timer = QTimer(self)
        self._network_timer.setSingleShot(True)
        self._network_timer.setInterval(_NETWORK_MS)

    def _connect(self) -> None:
        setup = self.setup
        self.material.failed.connect(self.banner.say)
        setup.start.clicked.connect(lambda: self.start())
        setup.pause.clicked.connect(self.toggle_pause)
        setup.stop.clicked.connect(self.queue.keep_best)
        setup.remove.clicked.connect(self._remove)
        setup.queue.currentRowChanged.connect(lambda _: self._select())
        queue = self.queue
        queue.changed.connect(self._show_queue)
        queue.running_changed.connect(self.running_changed)
        queue.began.connect(self._began)
        queue.told.connect(self._heard)
        queue.ended.connect(self._ended)
        queue.failed.connect(self._failed)
        self.results.use_asked.connect(self._use)
        self.results.open_file.connect(self.open_file)
        self.tabs.currentChanged.connect(lambda _: self._network_timer.start())
        self.model.changed.connect(lambda _: self._network_timer.start())
        self._network_timer.timeout.connect(self._follow_network)

    @property
    def running(self) -> bool:
        """Whether something is being trained, or held."""
        return self.queue.current is not None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.material.look()
        if not self._offered:
            self._offered = True
            self._offer()

    def _follow_network(self) -> None:
        if self.tabs.currentWidget() is not self.network:
            return
        if self._following is not None:
            self._following.cancel()
        self.network.wait()
        looked, recipe = self.material.looked, self.model.recipe
        classes = len(looked.counts) if looked else 10
        self._following = jobs.run(
            lambda: train_work.follow_network(recipe, max(2, classes)),
            on_result=self.network.show_found,
            on_error=self.network.fail,
            parent=self,
        )

    def start(self) -> None:
        """Train what is chosen, at once or after what is being trained."""
        if self.model.problem:
            self.banner.say(self.model.problem)
            return
        recipe, folder = self.model.recipe, self.material.folder
        self.queue.add(Order(f"{recipe.title}, {folder.name}", recipe, folder))

    def unfinished(self) -> list[Path]:
        """Runs that were broken off, the newest first."""
        mine = {training.folder for training in self.queue.trainings}
        found = train_work.unfinished(self._session.runs_folder)
        return [folder for folder in found if folder not in mine]

    def resume(self, folder: Path) -> None:
        """Go on with a run that was broken off."""
        self.banner.hide()
        self.queue.add(Order(folder.name, None, folder, resume=folder))

    def _offer(self) -> None:
        found = self.unfinished()
        if found:
            words = self.tr("A training was broken off: {}.").format(found[0].name)
            self.banner.say(words, **{self.tr("Resume"): lambda: self.resume(found[0])})

    def toggle_pause(self) -> None:
        """Hold the training, or go on."""
        current = self.queue.current
        if current is not None:
            self.queue.pause(not current.control.paused)

    def stop(self) -> None:
        """End everything: the window closes. The best so far is kept."""
        self.queue.cancel()

    def _began(self, training: Training) -> None:
        self.banner.hide()
        self.progress.begin(training.order.title)
        self.tabs.setCurrentWidget(self.progress)
        self.status.emit(self.tr("Training: {}").format(training.order.title))

    def _heard(self, training: Training, events: list[Any]) -> None:
        if training is not self.queue.current:
            return
        for event in events:
            if isinstance(event, Started) and training.order.resume is not None:
                self._recall(training.order.resume, event.epoch)
        told = [event for event in events if not isinstance(event, Placed)]
        if told:
            self.progress.take(told)

    def _recall(self, folder: Path, first: int) -> None:
        """Show the epochs before the break: the file may hold newer ones by now."""
        try:
            before = [epoch for epoch in Run(folder).history() if epoch.epoch < first]
            self.progress.resumed(before)
        except EarmarkError as error:
            self.progress.warn(str(error))

    def _ended(self, training: Training) -> None:
        outcome = training.outcome
        if outcome is not None and outcome.stopped:
            self.progress.stopped(self.tr("Stopped by hand"))
        self.status.emit(self.tr("Trained: {}").format(training.order.title))
        self._show_result(training, come=not self.queue.waiting)

    def _failed(self, training: Training, message: str) -> None:
        self.progress.stopped(self.tr("Ended by an error"))
        self.status.emit("")
        self.banner.say(message)

    def _show_result(self, training: Training, *, come: bool = True) -> None:
        outcome = training.outcome
        if outcome is None:
            return
        if come:
            self.tabs.setCurrentWidget(self.results)
        if outcome.stopped:
            self.results.show_outcome(outcome)
            return

        def show(judgement: Judgement) -> None:
            self.results.show_judgement(judgement, outcome)
            self.judged.emit()

        jobs.run(
            lambda: train_work.read_judgement(outcome.folder),
            on_result=show,
            on_error=self.banner.say,
            parent=self,
        )

    def _use(self, path: Path) -> None:
        self._session.use_classifier(path)
        self.status.emit(self.tr("{} listens now.").format(path.parent.name))
        self.banner.say(self.tr("It is among the classifiers that listen now."))

    # The list of trainings.

    def _show_queue(self) -> None:
        listed, trainings = self.setup.queue, self.queue.trainings
        listed.blockSignals(True)
        row = listed.currentRow()
        while listed.count() > len(trainings):
            listed.takeItem(listed.count() - 1)
        while listed.count() < len(trainings):
            listed.addItem("")
        for index, training in enumerate(trainings):
            listed.item(index).setText(f"{training.order.title}: {training.state}")
        listed.setCurrentRow(min(row, len(trainings) - 1))
        listed.blockSignals(False)
        current = self.queue.current
        self.setup.set_state(
            running=current is not None,
            paused=current is not None and current.control.paused,
            stopping=current is not None and current.control.stopping,
        )
        self._show_removable()

    def _selected(self) -> Training | None:
        row = self.setup.queue.currentRow()
        return self.queue.trainings[row] if 0 <= row < len(self.queue.trainings) else None

    def _show_removable(self) -> None:
        selected = self._selected()
        removable = selected is not None and selected is not self.queue.current
        self.setup.show_queue(bool(self.queue.trainings), removable)

    def _select(self) -> None:
        self._show_removable()
        selected = self._selected()
        if selected is not None:
            self._show_result(selected)

    def _remove(self) -> None:
        selected = self._selected()
        if selected is not None:
            self.queue.remove(selected)
