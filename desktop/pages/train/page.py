"""The Train page: a recipe, a folder of sounds, one button."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QTabWidget,
    QVBoxLayout,
)

from desktop import jobs
from desktop.pages.train import worker
from desktop.pages.train.network import NetworkView
from desktop.pages.train.progress import TrainProgress
from desktop.pages.train.queue import QueueControls, Training, TrainOrders, TrainQueue
from desktop.pages.train.recipe_form import RecipeForm
from desktop.pages.train.recipe_text import RecipeModel, TomlView
from desktop.pages.train.results import TrainResults
from desktop.pages.train.runs import RunsView
from desktop.pages.train.setup import RecipeChooser, TrainSetup
from desktop.pages.train.source import SourceChooser, TrainSource
from desktop.pages.train.sweep.table import SweepView
from desktop.pages.train.worker import Judgement, Outcome, Placed, SweepOrder
from desktop.requests import ChooseRun, OpenFile, Request, StartListening, TrainProject
from desktop.session import Session
from desktop.shared.button_menu import ButtonMenu
from desktop.shared.page import Page
from engine.errors import EarmarkError
from engine.training.events import Started
from engine.training.runs.listing import FoundRun
from engine.training.runs.run import Run

_CLASSES = 10  # of a network that is looked at before it is known what lies in the folder


class TrainPage(Page):
    """One training at a time; more wait in the queue.

    Args:
        session: what all pages share.
        separate_process: whether a training has a process of its own, so that the window stays
            smooth; it takes some seconds to begin.
    """

    judged = Signal()  # the results of a training are shown

    def __init__(self, session: Session, *, separate_process: bool = True) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self._offered = False
        self.recipes = RecipeChooser(self)
        self.model = RecipeModel(self.recipes.base, self)
        self.source = TrainSource(session, self)
        self.queue = TrainQueue(self._runs_folder, self, separate_process=separate_process)
        self.orders = TrainOrders(self.queue, self.model, self.source, self._runs_folder, self)
        self._build()
        self._connect()

    def _runs_folder(self) -> Path:
        return self._session.runs_folder

    def _build(self) -> None:
        self.sounds = SourceChooser(self.source, self)
        self.controls = QueueControls(self.queue, self)
        self.setup = TrainSetup(self.recipes, self.sounds, self.controls)
        controls = self.controls
        self.menu = ButtonMenu(
            self.recipes.list, [controls.start, controls.sweep, None, self.recipes.own]
        )
        self.form, self.toml = RecipeForm(self.model), TomlView(self.model)
        self.network, self.progress = NetworkView(self.model, self._classes), TrainProgress()
        self.results, self.sweep = TrainResults(), SweepView()
        self.runs = RunsView(self._runs_folder, self.orders.busy)
        self.tabs = QTabWidget()
        self.tabs.tabBar().setAccessibleName(self.tr("Views of the training"))
        self.tabs.tabBar().setUsesScrollButtons(False)  # all can be seen
        self.tabs.tabBar().setElideMode(Qt.TextElideMode.ElideRight)
        for widget, words in (
            (self.progress, self.tr("Progress")),
            (self.results, self.tr("Results")),
            (self.sweep, self.tr("Sweep")),
            (self.runs, self.tr("Earlier runs")),
            (self.form, self.tr("Settings")),
            (self.toml, "TOML"),
            (self.network, self.tr("Network")),
        ):
            self.tabs.addTab(widget, words)
        both = QHBoxLayout()
        both.setSpacing(10)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.setup, 1)
        left.addWidget(controls.bar())
        both.addLayout(left)
        both.addWidget(self.tabs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(both, 1)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.recipes.chosen.connect(self._take_recipe)
        self.recipes.failed.connect(self.notices.fail)
        self.orders.refused.connect(self.notices.fail)
        self.controls.start_asked.connect(self.start)
        self.controls.sweep_asked.connect(lambda: self.orders.ask_sweep(self))
        self.controls.preset_asked.connect(self.orders.start_preset)
        self.controls.selected.connect(self._show_result)
        self.controls.course.show_for(self.model.recipe.name)
        queue = self.queue
        queue.changed.connect(self.runs.look)
        queue.began.connect(self._began)
        queue.emitted.connect(self._heard)
        queue.ended.connect(self._ended)
        queue.failed.connect(self._failed)
        self.results.use_asked.connect(self._use)
        self.results.open_file.connect(lambda path: self._session.request(OpenFile(path)))
        self._connect_earlier()

    def _connect_earlier(self) -> None:
        for widget in (self.results, self.runs):
            widget.failed.connect(self.notices.fail)
        self.runs.deleted.connect(self._deleted)
        self.runs.results_asked.connect(self._show_run)
        self.runs.use_asked.connect(self._use)
        self.runs.resume_asked.connect(lambda run: self.resume(run.folder))
        self.sweep.compare_asked.connect(self._compare)
        self.sweep.lab.failed.connect(self.notices.fail)
        self.sweep.trial_asked.connect(lambda folder: self._read(Outcome(folder, stopped=False)))

    def _take_recipe(self) -> None:
        """Another recipe was chosen: its sounds are those it learned from last."""
        recipe = self.recipes.base
        self.model.choose(recipe)
        self.controls.course.show_for(recipe.name)
        self.source.recall(recipe.name)

    def _classes(self) -> int:
        summary = self.source.summary
        return len(summary.counts) if summary is not None else _CLASSES

    @property
    def running(self) -> bool:
        """Whether something is being trained, or held."""
        return self.queue.current is not None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.source.look()
        if not self._offered:
            self._offered = True
            self._offer()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event) is not None:
            event.acceptProposedAction()
        else:
            event.ignore()  # the window opens it

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is None:
            event.ignore()
            return
        event.acceptProposedAction()
        if path.suffix == ".toml":
            self.recipes.open(path)
        else:
            self.source.set_folder(path)

    def start(self) -> None:
        """Train what is chosen, at once or after what is being trained."""
        self.orders.start()

    def take(self, request: Request) -> None:
        if isinstance(request, TrainProject):
            self.train_project()

    def may_close(self) -> bool:
        """Ask, if a training runs; what it has learned is kept when one agrees."""
        if not self.running:
            return True
        answer = QMessageBox.question(
            self.window(),
            self.tr("Training is running"),
            self.tr(
                "Stop training and close? The best epoch so far is kept, and training can "
                "be resumed."
            ),
        )
        return answer == QMessageBox.StandardButton.Yes

    def train_project(self) -> None:
        """Train what is chosen with the project's sounds, unless something is being trained."""
        if not self.running:
            self.source.take_project()
            self.start()
            self._offer()  # the start has taken it away

    def unfinished(self) -> list[Path]:
        """Interrupted runs, the latest first."""
        return self.orders.unfinished()

    def resume(self, folder: Path) -> None:
        """Resume an interrupted run or sweep."""
        self.notices.clear()
        self.orders.resume(folder)

    def _offer(self) -> None:
        found = self.unfinished()
        if found:
            words = self.tr("A training was interrupted: {}.").format(found[0].name)
            resume = (self.tr("Resume"), lambda: self.resume(found[0]))
            self.notices.notify(words, [resume])

    def stop(self) -> None:
        """End everything: the window closes. The best so far is kept."""
        self.queue.cancel()

    def _began(self, training: Training) -> None:
        self.notices.clear()
        if isinstance(training.order, SweepOrder):
            self.sweep.begin(training.order)
            self.tabs.setCurrentWidget(self.sweep)
        else:
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
        if training.is_sweep:
            self.sweep.folder = training.folder
            self.sweep.take(told)
        elif told:
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
        by_hand = outcome is not None and outcome.stopped
        if training.is_sweep:
            self.sweep.ended(self.tr("Stopped by you") if by_hand else self.tr("Done"))
        elif by_hand:
            self.progress.stopped(self.tr("Stopped by you"))
        self.status.emit(self.tr("Trained: {}").format(training.order.title))
        self._show_result(training, come=not self.queue.waiting)

    def _failed(self, training: Training, message: str) -> None:
        shown = self.sweep.ended if training.is_sweep else self.progress.stopped
        shown(self.tr("Stopped by an error"))
        self.status.emit("")
        folder = training.folder
        actions = []
        if folder is not None and folder in worker.unfinished(self._session.runs_folder):
            actions = [(self.tr("Resume"), lambda: self.resume(folder))]
        self.notices.notify(message, actions, "error")

    def _show_result(self, training: Training, *, come: bool = True) -> None:
        outcome = training.outcome
        if training.reason and come:
            self.results.show_failure(training.order.title, training.reason)
            self.tabs.setCurrentWidget(self.results)
        if outcome is None:
            return
        if come:
            self.tabs.setCurrentWidget(self.sweep if outcome.is_sweep else self.results)
        if outcome.stopped and not outcome.is_sweep:
            self.results.show_outcome(outcome)
        elif not outcome.is_sweep:
            self._read(outcome, come=come)

    def _show_run(self, run: FoundRun) -> None:
        """Results of an earlier run; a sweep's are on the Compare page."""
        if run.is_sweep:
            self._compare(run.folder)
        else:
            self._read(Outcome(run.folder, stopped=False))

    def _read(self, outcome: Outcome, *, come: bool = True) -> None:
        if come:
            self.tabs.setCurrentWidget(self.results)

        def show(judgement: Judgement) -> None:
            self.results.show_judgement(judgement, outcome)
            self.judged.emit()

        jobs.run(
            lambda: worker.read_judgement(outcome.folder),
            on_result=show,
            on_error=self.notices.fail,
            parent=self,
        )

    def _deleted(self, removed: Path) -> None:
        words = self.tr("{} was deleted.").format(removed.name)
        undo = (self.tr("Undo"), lambda: self.runs.restore(removed))
        self.notices.notify(words, [undo], "success")

    def _use(self, path: Path) -> None:
        """Let a classifier listen, and listen: one click from the figures to words for a sound."""
        self._session.use_classifier(path)
        self._session.request(StartListening())

    def _compare(self, folder: Path) -> None:
        self._session.request(ChooseRun(folder))


def _dropped(event: QDropEvent) -> Path | None:
    """The folder, recipe or file of features among what is dragged."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    taken = (".toml", *worker.FEATURE_FILES)
    return next((path for path in paths if path.is_dir() or path.suffix in taken), None)
