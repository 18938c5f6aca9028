"""Progress of a sweep: one row per trial."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.after.lab import LabReportButton
from desktop.pages.train.worker import SweepOrder
from desktop.plots.clock import clock
from desktop.shared.tables import table
from engine.training.events import BatchDone, EpochDone, Preparing
from engine.training.runs.listing import energy_words

_STATE, _EPOCH, _VALIDATION, _TEST, _TIME, _ENERGY = range(6)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SweepView(QWidget):
    """Takes what a sweep tells; :meth:`begin` clears for another."""

    compare_asked = Signal(object)  # the sweep's folder
    trial_asked = Signal(object)  # a finished trial's folder

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self._rows: dict[str, int] = {}
        self._done: dict[str, bool] = {}
        self._fields: list[str] = []
        self._count, self._begun = 0, 0.0
        self._planned: dict[str, int] = {}
        self._problem = ""  # of the trial that failed last
        self.state = QLabel(self.tr("No sweep is running"))
        self.state.setObjectName("title")
        self.words = QLabel(
            self.tr("Sweep... trains a recipe several times with different values of some fields.")
        )
        self.words.setObjectName("faint")
        self.words.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(self.tr("Finished trials"))
        self.compare = QPushButton(self.tr("Compare the trials"))
        self.compare.setObjectName("main")
        self.compare.setToolTip(self.tr("Show bars and parallel coordinates on the Compare page"))
        self.lab = LabReportButton()
        self.lab.hide()
        self.trials = table([""])
        self.trials.setAccessibleName(self.tr("Trials"))
        self.trials.setToolTip(
            self.tr("Double-click or press Enter to show the results of a finished trial")
        )
        self._lay_out()
        self.trials.hide()
        self.compare.hide()
        self.compare.clicked.connect(lambda: self.compare_asked.emit(self.folder))
        self.trials.cellActivated.connect(lambda row, _: self._ask(row))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.lab)
        head.addWidget(self.compare)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addWidget(self.words)
        layout.addWidget(self.trials, 1)
        layout.addStretch(0)

    def begin(self, order: SweepOrder) -> None:
        """A sweep was started."""
        self.folder, self._rows, self._done = order.resume, {}, {}
        self._problem = ""
        self._fields, self._count = list(order.sweep.spans), order.sweep.count
        names = [_plain(path.rpartition(".")[2]) for path in self._fields]
        names += [self.tr("State"), self.tr("Epoch"), self.tr("Validation"), self.tr("Test")]
        names += [self.tr("Time"), self.tr("Energy")]
        self.trials.setRowCount(0)
        self.trials.setColumnCount(len(names))
        self.trials.setHorizontalHeaderLabels(names)
        header, modes = self.trials.horizontalHeader(), QHeaderView.ResizeMode
        for column in range(len(names)):
            wide = column == len(self._fields)  # the state may be a sentence
            header.setSectionResizeMode(column, modes.Stretch if wide else modes.ResizeToContents)
        self.trials.show()
        self.compare.hide()
        self.lab.show_for(None)
        self.bar.setRange(0, max(1, self._count))
        self.state.setText(self.tr("{}: preparing").format(order.title))
        stop = order.sweep.recipe.training.stop
        words = self.tr("At most {} epochs each.").format(order.sweep.recipe.training.epochs)
        if stop.target_accuracy:
            words = self.tr(
                "Each until its validation accuracy stays over {:.0%} for {} epochs in a row, "
                "at most {} epochs."
            ).format(stop.target_accuracy, stop.target_epochs, order.sweep.recipe.training.epochs)
        self.words.setText(words)
        self._plan(order)
        self._count_done()

    def _plan(self, order: SweepOrder) -> None:
        """List the trials that are known from the start."""
        self._begun = time.monotonic()
        self._planned = {}
        for values in order.sweep.planned():
            row = self._insert(values)
            self._set(row, _STATE, self.tr("planned"))
            self._planned[_key(values)] = row

    def take(self, steps: Sequence[Any]) -> None:
        """What the trials told, and trials that ended."""
        for step in steps:
            if hasattr(step, "event"):
                row = self._row(step.folder, step.values)
                self._going_on(row, step.event)
            else:
                self._ended(self._row(step.folder, step.values), step)
                self._done[step.folder] = not step.problem
        self._count_done()

    def _row(self, folder: str, values: Mapping[str, Any]) -> int:
        if folder not in self._rows:
            known = self._planned.get(_key(values))
            row = self._rows[folder] = self._insert(values) if known is None else known
            self._set(row, _STATE, self.tr("preparing"))
        return self._rows[folder]

    def _insert(self, values: Mapping[str, Any]) -> int:
        row = self.trials.rowCount()
        self.trials.insertRow(row)
        cells = [f"{values.get(path, '')}" for path in self._fields]
        for column, words in enumerate([*cells, "", "", "", "", "", ""]):
            item = QTableWidgetItem(words)
            if column != len(self._fields):
                item.setTextAlignment(_RIGHT)
            self.trials.setItem(row, column, item)
        return row

    def _set(self, row: int, column: int, words: str) -> None:
        item = self.trials.item(row, len(self._fields) + column)
        if item is not None:
            item.setText(words)

    def _going_on(self, row: int, event: Any) -> None:
        if isinstance(event, Preparing):
            words = self.tr("reading sounds") if event.share < 1.0 else self.tr("evaluating")
            self._set(row, _STATE, words)
        elif isinstance(event, BatchDone):
            share = event.batch / event.batches
            self._set(row, _STATE, self.tr("training"))
            self._set(row, _EPOCH, f"{event.epoch - 1 + share:.1f}")
        elif isinstance(event, EpochDone):
            self._set(row, _EPOCH, str(event.epoch))
            self._set(
                row, _VALIDATION, _measured(event.validation_accuracy, event.validation_concordance)
            )
            self._set(row, _TIME, _seconds(event.seconds))
            self._set(row, _ENERGY, self._joules(event))

    def _ended(self, row: int, trial: Any) -> None:
        if trial.problem:
            self._problem = trial.problem
            self._set(row, _STATE, trial.problem)
            item = self.trials.item(row, len(self._fields))
            if item is not None:
                item.setToolTip(trial.problem)
            return
        self._set(row, _STATE, self.tr("target reached") if trial.reached else self.tr("done"))
        self._set(row, _EPOCH, str(trial.epochs))
        self._set(row, _VALIDATION, _of(trial, trial.validation_accuracy))
        self._set(row, _TEST, _of(trial, trial.test_accuracy))
        self._set(row, _TIME, _seconds(trial.seconds))
        self._set(row, _ENERGY, self._joules(trial))

    def _joules(self, spent: Any) -> str:
        return energy_words(spent.joules, spent.processor_joules) or self.tr("not measured")

    def _count_done(self) -> None:
        self.bar.setValue(len(self._done))
        words = self._counted()
        left = self._left()
        if left is not None:
            words += self.tr(", about {} left").format(clock(left))
        if self._rows:
            self.state.setText(words)

    def _counted(self) -> str:
        """How many of the trials gave results, and how many failed."""
        finished = sum(self._done.values())
        words = self.tr("{} of {} trials finished").format(finished, self._count)
        failed = len(self._done) - finished
        return words + (self.tr(", {} failed").format(failed) if failed else "")

    def _left(self) -> float | None:
        """Seconds to the end of the last trial, at the speed of those that ended."""
        waiting = self._count - len(self._done)
        if not self._done or not waiting:
            return None
        return (time.monotonic() - self._begun) / len(self._done) * waiting

    def ended(self, words: str) -> None:
        """No more is told."""
        self.state.setText(self.tr("{}: {}").format(words, self._counted()))
        finished = any(self._done.values()) and self.folder is not None
        if self._problem and not any(self._done.values()):
            self.words.setText(self._problem)
        self.compare.setVisible(finished)
        self.lab.show_for(self.folder if finished else None)

    def _ask(self, row: int) -> None:
        folder = next((name for name, place in self._rows.items() if place == row), None)
        if folder is not None and self._done.get(folder):
            self.trial_asked.emit(Path(folder))


def _key(values: Mapping[str, Any]) -> str:
    """What a trial is known by before it has a folder."""
    return json.dumps(dict(values), sort_keys=True)


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _measured(accuracy: float, concordance: float) -> str:
    """What the validation part is judged by: of a regression no accuracy is known."""
    return _share(accuracy) or _concordance(concordance)


def _of(trial: Any, value: float | None) -> str:
    return _concordance(value) if trial.measure == "concordance" else _share(value)


def _concordance(value: float | None) -> str:
    return "" if value is None or value != value else f"CCC {value:.3f}"


def _share(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.1%}"  # a NaN is not itself


def _seconds(seconds: float) -> str:
    return clock(seconds) if seconds >= 60 else f"{seconds:.1f} s"
