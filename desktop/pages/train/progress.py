"""Progress of a training: curves, facts and warnings."""

import math
from collections.abc import Sequence

from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.plots.clock import clock
from desktop.plots.confusion import Confusion
from desktop.plots.curves import Curves
from desktop.plots.theme import TRAINING, VALIDATION
from engine.training.events import BatchDone, EpochDone, Event, Finished, Preparing, Started, Warned
from engine.training.runs.listing import energy_words

BATCH, RATE = "each batch", "learning rate"


class TrainProgress(QWidget):
    """Takes the events of a training; :meth:`begin` clears for another."""

    def __init__(self) -> None:
        super().__init__()
        self.state = QLabel()
        self.state.setObjectName("title")
        self.facts = QLabel()
        self.facts.setObjectName("faint")
        self.facts.setWordWrap(True)
        self.left = QLabel()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.log = QCheckBox(self.tr("Logarithmic loss"))
        self.log.setAccessibleName(self.log.text())
        self.loss = Curves(self.tr("Loss"), self.tr("epoch"), self.tr("loss"))
        self.accuracy = Curves(self.tr("Accuracy"), self.tr("epoch"), self.tr("accuracy"))
        self.rate = Curves(self.tr("Learning rate"), self.tr("epoch"), self.tr("rate"))
        self.loss.add_series(BATCH, like=TRAINING, faint=True)
        for curves in (self.loss, self.accuracy):
            curves.add_series(TRAINING)
            curves.add_series(VALIDATION, dashed=True)
        self.rate.add_series(RATE)
        for curves in (self.loss, self.accuracy, self.rate):
            curves.plot.getAxis("bottom").whole = True  # epochs
        self.warnings = QListWidget()
        self.warnings.setWordWrap(True)
        self.warnings.setMaximumHeight(84)
        self.warnings.setAccessibleName(self.tr("Warnings"))
        self._build_confusion()
        self._lay_out()
        self.log.toggled.connect(self.loss.set_log)
        self._epochs = 0
        self.clear()

    def _build_confusion(self) -> None:
        self.confusion = Confusion(self.tr("Confusion matrix of the validation part"))
        self.confusion.setMinimumSize(200, 150)
        self.confused = QLabel()
        self.confused.setToolTip(self.tr("Of the validation part"))
        self.confusions = QWidget()
        column = QVBoxLayout(self.confusions)
        column.setContentsMargins(6, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.confused)
        column.addWidget(self.confusion, 1)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.left)
        grid = QGridLayout()
        for widget in (self.loss, self.accuracy, self.rate, self.confusions):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        grid.addWidget(self.loss, 0, 0)
        grid.addWidget(self.accuracy, 0, 1)
        grid.addWidget(self.rate, 1, 0)
        grid.addWidget(self.confusions, 1, 1)
        for index in range(2):
            grid.setColumnStretch(index, 1)
            grid.setRowStretch(index, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addWidget(self.facts)
        layout.addLayout(grid, 1)
        layout.addWidget(self.log)
        layout.addWidget(self.warnings)

    def clear(self) -> None:
        """As before the first training."""
        for curves in (self.loss, self.accuracy, self.rate):
            curves.clear_points()
            curves.set_ranges()
        self.accuracy.set_ranges(y=(0.0, 1.0))
        self.warnings.clear()
        self.warnings.hide()
        self._labels: tuple[str, ...] = ()
        self._ends: tuple[float, float] | None = (0.0, 1.0)  # of the axis of accuracy
        self._show_confusion(None)
        self.bar.setValue(0)
        self.left.clear()
        self.state.setText(self.tr("No training is running"))
        self.facts.setText(self.tr("Choose a recipe and a folder of sounds, then press Start."))

    def begin(self, title: str) -> None:
        """A training was started."""
        self.clear()
        self.state.setText(self.tr("{}: preparing").format(title))
        self.facts.clear()

    def resumed(self, history: Sequence[EpochDone]) -> None:
        """The epochs before a break."""
        for epoch in history:
            self._epoch(epoch)

    def take(self, events: Sequence[Event]) -> None:
        """What was told since the last time."""
        batches = [event for event in events if isinstance(event, BatchDone)]
        for event in events:
            if isinstance(event, Started):
                self._started(event)
            elif isinstance(event, EpochDone):
                self._epoch(event)
            elif isinstance(event, Warned):
                self.warn(event.text)
            elif isinstance(event, Finished):
                self._finished(event)
        self._batches(batches)
        last = events[-1] if events else None
        if isinstance(last, Preparing):
            if not self.loss.count:
                words = self.tr("Computing the features")
            elif last.share < 1.0:
                words = self.tr("Training the rejection gate")
            else:
                words = self.tr("Evaluating on the test part")
            self.state.setText(words)
            self.bar.setValue(round(1000 * last.share))

    def warn(self, text: str) -> None:
        """List something one should know."""
        self.warnings.addItem(text)
        self.warnings.show()

    def _started(self, event: Started) -> None:
        self._epochs = event.epochs
        self._labels = event.labels
        self._ends = (0.0, 1.0) if event.measure == "accuracy" else None
        self.accuracy.name_measure(event.measure.capitalize(), event.measure)
        learn, choose, judge = event.windows
        learned, total = event.parameters
        self._device = event.device
        self._sizes = self.tr(
            "{} training, {} validation and {} test windows; {:,} of {:,} parameters trainable"
        ).format(learn, choose, judge, learned, total)
        self._spent: tuple[float | None, float | None] = (None, None)
        self._say(None, None)
        for curves in (self.loss, self.accuracy, self.rate):
            fixed = self._ends if curves is self.accuracy else None
            curves.set_ranges(x=(0.0, float(event.epochs)), y=fixed)

    def _say(self, load: float | None, rate: float | None) -> None:
        """Sizes, device, load, energy and learning rate; what is not measured is never 0."""
        nothing = self.tr("not measured")
        energy = energy_words(*self._spent) or nothing
        busy = nothing if load is None else f"{load:.0%}"
        words = self.tr("{}.\nOn {}. GPU load: {}. Energy: {}.")
        words = words.format(self._sizes, self._device, busy, energy)
        if rate is not None:
            words += self.tr(" Learning rate: {:.4g}.").format(rate)
        self.facts.setText(words)

    def _show_confusion(self, event: EpochDone | None) -> None:
        if event is None or event.confusion is None or len(event.confusion) != len(self._labels):
            if event is None:
                self.confusion.set_matrix((), ())
            self.confused.setText(self.tr("No confusion matrix yet"))
            return
        words = self.tr("Confusion matrix (validation), after epoch {}")
        self.confused.setText(words.format(event.epoch))
        self.confusion.set_matrix(self._labels, event.confusion.tolist(), keep=True)

    def _batches(self, events: Sequence[BatchDone]) -> None:
        if not events:
            return
        for event in events:
            first = event.batch - len(event.losses) + 1
            places = [
                event.epoch - 1 + (first + i) / event.batches for i in range(len(event.losses))
            ]
            self.loss.extend(BATCH, places, event.losses)
        last = events[-1]
        share = (last.epoch - 1 + last.batch / last.batches) / max(1, self._epochs)
        words = self.tr("Epoch {} of {}, batch {} of {}")
        self.state.setText(words.format(last.epoch, self._epochs, last.batch, last.batches))
        self.bar.setValue(round(1000 * share))
        self._say(last.gpu_load, last.learning_rate)
        if math.isfinite(last.seconds_left):
            self.left.setText(self.tr("at most {} left").format(clock(last.seconds_left)))

    def _epoch(self, event: EpochDone) -> None:
        at = [float(event.epoch)]
        self.loss.extend(TRAINING, at, [event.loss])
        self.loss.extend(VALIDATION, at, [event.validation_loss])
        self.accuracy.extend(TRAINING, at, [event.accuracy])
        self.accuracy.extend(VALIDATION, at, [event.validation_measure])
        self.rate.extend(RATE, at, [event.learning_rate])
        self._spent = event.joules, event.processor_joules
        self._show_confusion(event)

    def _finished(self, event: Finished) -> None:
        words = self.tr("Done after {} epochs in {:.1f} s: {}")
        self.state.setText(words.format(event.epochs, event.seconds, event.reason))
        self.bar.setValue(1000)
        self.left.clear()
        for curves in (self.loss, self.accuracy, self.rate):
            fixed = self._ends if curves is self.accuracy else None
            curves.set_ranges(x=(0.0, float(max(1, event.epochs))), y=fixed)

    def stopped(self, words: str) -> None:
        """It ended by hand, or by an error."""
        self.state.setText(words)
        self.left.clear()
