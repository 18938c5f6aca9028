"""The curves of a training that has ended: what was seen live, to be looked at and exported."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from desktop import jobs
from desktop.plots.curves import Curves
from desktop.plots.theme import TRAINING, VALIDATION

EACH_BATCH, GPU, PROCESSOR = "each batch", "GPU", "processor"
_LEAST = 190  # pixels of a plot's height


@dataclass(frozen=True)
class Trained:
    """The history of a run: columns of its epochs by name, and the losses of its batches.

    Attributes:
        epochs: loss, accuracy and their validation, seconds, joules, recall and precision.
        at: where each batch ended, in epochs.
        losses: of the batches.
    """

    epochs: dict[str, list[float]] = field(default_factory=dict)
    at: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


def read_trained(folder: Path) -> Generator[None, None, Trained]:
    """Read what a run has kept of its training."""
    yield
    from engine.training.runs.run import Run

    run = Run(folder)
    epochs = run.history_columns()
    yield
    at, losses = run.batch_losses()
    return Trained(epochs, at, losses)


class TrainedCurves(QWidget):
    """Loss and accuracy, time and energy of each epoch; every plot can be exported."""

    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        epoch = self.tr("epoch")
        self.loss = Curves(self.tr("Loss"), epoch, self.tr("loss"))
        self.accuracy = Curves(self.tr("Accuracy"), epoch, self.tr("accuracy"))
        self.positive = Curves(
            self.tr("Positive class"), epoch, self.tr("share"), legend_below=True
        )
        self.time = Curves(self.tr("Time per epoch"), epoch, self.tr("seconds"))
        self.energy = Curves(self.tr("Energy per epoch"), epoch, self.tr("joules"))
        self.log = QCheckBox(self.tr("Logarithmic loss"))
        self.log.setAccessibleName(self.tr("Logarithmic loss axis of the finished training"))
        self.log.toggled.connect(self.loss.set_log)
        self.plots = (self.loss, self.accuracy, self.positive, self.time, self.energy)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.log)
        grid = QGridLayout()
        for row, curves in enumerate(self.plots):
            curves.setMinimumHeight(_LEAST)
            curves.plot.getAxis("bottom").whole = True
            export = QPushButton(self.tr("Export..."))
            export.setAccessibleName(self.tr("Export the plot: {}").format(curves.title))
            export.clicked.connect(curves.export)
            grid.addWidget(curves, row, 0)
            grid.addWidget(export, row, 1)
            self._exports = [*getattr(self, "_exports", []), export]
        grid.setColumnStretch(0, 1)
        layout.addLayout(grid, 1)

    def show_run(self, folder: Path) -> None:
        """Read a run's history in a job and draw it."""
        jobs.run(
            lambda: read_trained(folder),
            on_result=self.show_trained,
            on_error=self.failed.emit,
            parent=self,
        )

    def show_trained(self, trained: Trained) -> None:
        """Draw it."""
        for curves in self.plots:
            curves.remove_series()
        self.loss.add_series(EACH_BATCH, like=TRAINING, faint=True)
        self.loss.set_points(EACH_BATCH, trained.at, trained.losses)
        for curves, name in ((self.loss, "loss"), (self.accuracy, "accuracy")):
            self._draw(curves, TRAINING, trained.epochs.get(name, []))
            self._draw(curves, VALIDATION, trained.epochs.get(f"validation_{name}", []))
        for part, start in ((TRAINING, ""), (VALIDATION, "validation_")):
            for name in ("recall", "precision"):
                values = trained.epochs.get(start + name, [])
                if any(value == value for value in values):
                    self._draw(self.positive, f"{name}, {part}", values)
        self._draw(self.time, TRAINING, _differences(trained.epochs.get("seconds", [])))
        measured = []
        for name, column in ((GPU, "joules"), (PROCESSOR, "processor_joules")):
            values = _differences(trained.epochs.get(column, []))
            if any(value == value for value in values):
                self._draw(self.energy, name, values)
                measured.append(name)
        words = self.tr("joules ({})").format(", ".join(measured))
        self.energy.plot.getAxis("left").setLabel(words)
        self._show_measured()

    def _draw(self, curves: Curves, name: str, values: list[float]) -> None:
        curves.add_series(name, dashed=VALIDATION in name)
        curves.set_points(name, range(1, len(values) + 1), values)

    def _show_measured(self) -> None:
        """Plots of what was not measured are not shown."""
        for curves, export in zip(self.plots, self._exports, strict=True):
            known = curves.count > 0
            curves.setVisible(known)
            export.setVisible(known)
            curves.view_all()


def _differences(totals: list[float]) -> list[float]:
    """What each epoch added."""
    return [now - before for before, now in zip([0.0, *totals], totals, strict=False)]
