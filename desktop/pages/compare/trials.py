"""The curves of all trials of a sweep in one graph."""

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.pages.compare.plots import Plot
from desktop.plots.curves import Curves

_MOST = 24  # more curves than that tell nothing


class TrialCurves(QWidget):
    """One quantity of every trial; the loss is drawn logarithmically, as courses draw it."""

    def __init__(self) -> None:
        super().__init__()
        self._trials: Mapping[str, Mapping[str, Sequence[float]]] = {}
        self.curves = Curves(
            self.tr("All trials, epoch by epoch"), self.tr("epoch"), "", titled=False,
            legend_below=True,
        )  # fmt: skip
        self.curves.plot.getAxis("bottom").whole = True
        self.quantity = QComboBox()
        self.quantity.setAccessibleName(self.tr("What the curves of the trials show"))
        self._quantities = (
            (self.tr("Training loss (logarithmic)"), "loss", True),
            (self.tr("Training loss"), "loss", False),
            (self.tr("Training accuracy"), "accuracy", False),
            (self.tr("Validation loss (logarithmic)"), "validation_loss", True),
            (self.tr("Validation accuracy"), "validation_accuracy", False),
            (self.tr("Validation concordance"), "validation_concordance", False),
        )
        self.quantity.currentIndexChanged.connect(self._draw)
        self.frame = Plot(self.curves)
        above = QHBoxLayout()
        above.addWidget(self.quantity)
        above.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addWidget(self.frame)

    def show_trials(self, trials: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        """Columns of the epochs of each trial, by its name."""
        self._trials = dict(list(trials.items())[:_MOST])
        self.setVisible(bool(trials))
        self._offer()
        self._draw()

    def _offer(self) -> None:
        """List what is known: regressions have no accuracy, others no concordance."""
        before = self.quantity.currentText()
        with QSignalBlocker(self.quantity):
            self.quantity.clear()
            for words, column, log in self._quantities:
                if any(math.isfinite(v) for c in self._trials.values() for v in c[column]):
                    self.quantity.addItem(words, (column, log))
            self.quantity.setCurrentIndex(max(0, self.quantity.findText(before)))

    def _draw(self) -> None:
        self.curves.remove_series()
        if self.quantity.count() == 0:
            return
        column, log = self.quantity.currentData()
        for name, columns in self._trials.items():
            values = columns[column]
            self.curves.add_series(name)
            self.curves.set_points(name, range(1, len(values) + 1), values)
        self.curves.plot.getAxis("left").setLabel(self.quantity.currentText())
        self.curves.set_log(log)
