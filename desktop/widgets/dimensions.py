"""The values of a regression: a line for each dimension, and two of them as a plane."""

import textwrap
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.plots.theme import series_colours
from desktop.plots.values.plane import Plane
from desktop.plots.values.track import ValueCurves
from desktop.style import colours
from desktop.widgets.predictions import LEFT, RIGHT, AskingRows, Bar

_HEAD, _ROW = 22, 22
_PAIRS = (("valence", "arousal"), ("tension", "joyful_activation"))  # where there are both


class DimensionRows(AskingRows):
    """Name of the classifier, and for each dimension its value on its scale."""

    def __init__(self, title: str, ranges: Sequence[tuple[float, float]]) -> None:
        super().__init__(title, _HEAD, _ROW)
        self._ranges = list(ranges)
        self._words = ""

    @property
    def bars(self) -> list[Bar]:
        """The values that are shown."""
        return self._bars

    def sizeHint(self) -> QSize:
        return QSize(280, _HEAD + _ROW * len(self._ranges) + 6)

    def show_values(self, words: str, bars: Sequence[Bar]) -> None:
        """What to show: the values in their order, or why there are none."""
        self._words, self._bars = words, list(bars)
        told = ", ".join(f"{bar.label} {bar.probability:.2f}" for bar in self.bars)
        self.setAccessibleDescription(words or told)
        pairs = zip(self.bars, self._ranges, strict=False)
        tips = [f"{bar.label}: scale from {low:g} to {high:g}" for bar, (low, high) in pairs]
        click = textwrap.fill(self._refusal) or self.tr("Click a value to see the evidence for it.")
        self.setToolTip("\n".join([*tips, click] if tips else []))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(use.faint))
        head = f"{self._title}: {self._words}" if self._words else self._title
        head = painter.fontMetrics().elidedText(head, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), 18), LEFT, head)
        found = series_colours([bar.label for bar in self.bars])
        pairs = zip(self.bars, self._ranges, strict=False)
        for row, (bar, ends) in enumerate(pairs):
            self._paint_row(painter, bar, ends, _HEAD + row * _ROW, found[bar.label])
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(use.accent), 2))
            top = _HEAD + self._row * _ROW if self.bars else 1
            painter.drawRoundedRect(QRectF(1, top, self.width() - 2, _ROW - 1), 5, 5)

    def _paint_row(
        self, painter: QPainter, bar: Bar, ends: tuple[float, float], top: float, colour: QColor
    ) -> None:
        use, (low, high) = colours(), ends
        wide = min(130.0, self.width() * 0.42)
        line = QRectF(wide, top + _ROW / 2 - 2, self.width() - wide - 52, 4)
        painter.setPen(QColor(use.faint if bar.reason else use.text))
        name = painter.fontMetrics().elidedText(
            bar.label, Qt.TextElideMode.ElideRight, int(wide - 11)
        )
        painter.drawText(QRectF(5, top, wide, _ROW - 1), LEFT, name)
        number = QRectF(self.width() - 50, top, 46, _ROW - 1)
        painter.drawText(number, RIGHT, "" if bar.reason else f"{bar.probability:.2f}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.line))
        painter.drawRoundedRect(line, 2, 2)
        if low < 0 < high:
            zero = line.left() + -low / (high - low) * line.width()
            painter.fillRect(QRectF(zero, line.top() - 3, 1, line.height() + 6), QColor(use.faint))
        if not bar.reason:
            share = min(1.0, max(0.0, (bar.probability - low) / ((high - low) or 1.0)))
            painter.setBrush(colour)
            painter.drawEllipse(
                QPointF(line.left() + share * line.width(), line.center().y()), 5.5, 5.5
            )


class Dimensions(QWidget):
    """What stands in the panel of predictions for a regression.

    Args:
        title: of the classifier.
        names: of its dimensions.
        ranges: lowest and highest value of each.
    """

    asked = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(
        self, title: str, names: Sequence[str], ranges: Sequence[tuple[float, float]]
    ) -> None:
        super().__init__()
        self._names, self._ranges = list(names), list(ranges)
        self._curves = ValueCurves()
        self._now: dict[str, float] = {}
        self.rows = DimensionRows(title, ranges)
        self.rows.asked.connect(self.asked)
        self.rows.menu_wanted.connect(self.menu_wanted)
        self.setFocusProxy(self.rows)
        self.plane = Plane()
        self.plane.setFixedHeight(230)
        self.across, self.up = self._chooser(self.tr("Across")), self._chooser(self.tr("Up"))
        pair = next((pair for pair in _PAIRS if set(pair) <= set(names)), tuple(names[:2]))
        for chooser, name in zip((self.across, self.up), pair, strict=False):
            chooser.setCurrentText(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.rows)
        layout.addLayout(self._choosers())
        layout.addWidget(self.plane)
        for chooser in (self.across, self.up):
            chooser.setVisible(len(names) > 1)
            chooser.currentTextChanged.connect(self._chosen)
        self.plane.setVisible(len(names) > 1)
        self._chosen()

    def _chooser(self, name: str) -> QComboBox:
        chooser = QComboBox()
        chooser.addItems(self._names)
        chooser.setAccessibleName(name)
        chooser.setToolTip(self.tr("Dimension of this axis of the plane"))
        chooser.setMinimumContentsLength(6)
        return chooser

    def _choosers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for words, chooser in ((self.tr("Up"), self.up), (self.tr("Across"), self.across)):
            label = QLabel(words)
            label.setBuddy(chooser)
            label.setVisible(len(self._names) > 1)
            row.addWidget(label)
            row.addWidget(chooser, 1)
        return row

    @property
    def pair(self) -> tuple[str, str]:
        """The dimensions across and up."""
        return self.across.currentText(), self.up.currentText()

    def set_refusal(self, words: str) -> None:
        """See :class:`DimensionRows`."""
        self.rows.set_refusal(words)

    def set_predictions(self, verdict: str, bars: list[Bar]) -> None:
        """The values; the verdict stands there only where it is no list of them."""
        missing = verdict if not bars or any(bar.reason for bar in bars) else ""
        self.rows.show_values(missing, bars)
        self._now = {} if missing else {bar.label: bar.probability for bar in bars}
        self._draw()

    def step_back(self, words: str) -> None:
        """It has nothing to say about what is heard now."""
        self.set_predictions(words, [])

    def show_curves(self, curves: ValueCurves) -> None:
        """The way through the plane."""
        self._curves = curves
        self._draw()

    def _chosen(self) -> None:
        if len(self._names) > 1:
            x, y = (self._names.index(name) for name in self.pair)
            self.plane.set_axes(self.pair, (self._ranges[x], self._ranges[y]))
            self._draw()

    def _draw(self) -> None:
        if len(self._names) < 2:
            return
        x, y = self.pair
        way = np.zeros((0, 2))
        if {x, y} <= set(self._curves.names):
            places = [self._curves.names.index(name) for name in (x, y)]
            way = self._curves.values[:, places]
        now = (self._now[x], self._now[y]) if {x, y} <= set(self._now) else None
        self.plane.show_way(way, now)
