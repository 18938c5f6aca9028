"""How the stretches are distributed; a click on a bar shows those alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout

from desktop.plots.bars import Bar, Bars
from desktop.widgets.controls import text

if TYPE_CHECKING:
    from engine.archive.questions import By, Count

_STRETCHES = "stretches"
_LEAST_WIDTH = 250
_CLASSES = 10  # of certainty


class Histogram(QFrame):
    """By label, certainty, folder, day or hour."""

    by_changed = Signal()
    chosen = Signal(object)  # the value of a Count

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setMinimumWidth(_LEAST_WIDTH)
        self._counts: Sequence[Count] = ()
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Distribution by"))
        names = {
            "label": self.tr("By label"),
            "certainty": self.tr("By certainty"),
            "folder": self.tr("By folder"),
            "day": self.tr("By day"),
            "hour": self.tr("By hour of the day"),
        }
        for key, words in names.items():
            self.choice.addItem(words, key)
        self.bars = Bars(
            self.tr("Stretches"),
            {_STRETCHES: _STRETCHES},
            titled=False,
            measure=self.tr("Stretches"),
        )
        self.words = text(faint=True)
        self._lay_out()
        self.choice.currentIndexChanged.connect(lambda _: self.by_changed.emit())
        self.bars.row_chosen.connect(self._choose)
        self.words.hide()

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setWidget(self.bars)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        top = QHBoxLayout()
        heading = QLabel(self.tr("Stretches"))
        heading.setObjectName("title")
        top.addWidget(heading, 1)
        top.addWidget(self.choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 6, 8)
        layout.addLayout(top)
        layout.addWidget(self.words)
        layout.addWidget(scroll, 1)

    @property
    def by(self) -> "By":
        """What it is by."""
        found: By = self.choice.currentData()
        return found

    def show_counts(self, counts: "Sequence[Count]") -> None:
        """Show how many there are of each."""
        self._counts = counts
        self.bars.setVisible(bool(counts))
        self.words.setVisible(not counts)
        unknown = self.by in ("day", "hour")
        self.words.setText(
            self.tr(
                "No date is known. It is read from names of files such as POND_20240101_043000.wav."
            )
            if unknown
            else self.tr("No stretches.")
        )
        self.bars.rows_are = self.choice.currentText()
        self.bars.set_bars([Bar(self.name(c.value), (c.stretches,)) for c in counts])

    def name(self, value: str | int) -> str:
        """A value as it is read."""
        if self.by == "certainty":
            low = int(value) * 100 // _CLASSES
            return f"{low} to {low + 100 // _CLASSES}\N{NO-BREAK SPACE}%"
        if self.by == "hour":
            return f"{int(value):02}:00"
        return str(value)

    def _choose(self, row: int) -> None:
        if row < len(self._counts):
            self.chosen.emit(self._counts[row].value)
