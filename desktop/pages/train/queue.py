"""Trainings one after the other: what waits, what runs, what is done."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.pages.train.sweep.worker import SweepOrder, sweeping
from desktop.pages.train.worker import Control, Order, Outcome, Placed, training


@dataclass(eq=False)
class Training:
    """One of them.

    Attributes:
        state: in words: waiting, running and so on.
        folder: of the run, once it is known.
        outcome: once it has ended without an error.
    """

    order: Order | SweepOrder
    state: str
    control: Control = field(default_factory=Control)
    job: jobs.Job | None = None
    folder: Path | None = None
    outcome: Outcome | None = None

    @property
    def is_sweep(self) -> bool:
        return isinstance(self.order, SweepOrder)

    def work(self, runs: Path, *, apart: bool) -> Generator[Any, None, Outcome]:
        """What the job does."""
        if isinstance(self.order, SweepOrder):
            return sweeping(self.order, runs, self.control)
        return training(self.order, runs, self.control, apart=apart)


class TrainQueue(QObject):
    """Runs one at a time."""

    changed = Signal()
    running_changed = Signal(bool)
    began = Signal(object)
    told = Signal(object, list)
    ended = Signal(object)
    failed = Signal(object, str)

    def __init__(self, runs: Callable[[], Path], parent: QObject, *, apart: bool) -> None:
        super().__init__(parent)
        self._runs, self._apart = runs, apart
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
            lambda: begun.work(runs, apart=self._apart),
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
        told = [event for event in events if event is not None]
        if told:
            self.told.emit(heard, told)

    def _ended(self, ended: Training, outcome: Outcome) -> None:
        ended.outcome = outcome
        ended.state = self.tr("stopped") if outcome.stopped else self.tr("done")
        self.ended.emit(ended)
        self._next()

    def _failed(self, failed: Training, text: str) -> None:
        failed.state = self.tr("failed")
        self.failed.emit(failed, text)
        self._next()
