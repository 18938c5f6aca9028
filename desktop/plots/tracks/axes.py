"""The axes of the tracks: time below, heights in the gutter."""

from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.plots.clock import clock, time_step, time_ticks
from desktop.style import colours

GUTTER = 84
MARGIN = 66  # right of the plots: room for the colour bar
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ACROSS, _UP = 85, 26  # pixels from one tick to the next, at least
_WORD = 16  # height of a word

Marks = Callable[[float, float, int], Sequence[tuple[float, str]]]
"""From the lowest and highest height that is seen: about so many of them with their words."""


def apply_style(axis: "pg.AxisItem") -> None:
    """Give an axis the colours in force."""
    use = colours()
    axis.setPen(QPen(QColor(use.line)))
    axis.setTickPen(QPen(QColor(use.faint)))
    axis.setTextPen(QPen(QColor(use.faint)))


class TimeScale(pg.AxisItem):
    """Round times; inside a plot, without words, it is what draws the grid."""

    def __init__(self, *, words: bool) -> None:
        super().__init__("bottom")
        self.enableAutoSIPrefix(False)
        self.setStyle(autoExpandTextSpace=False, tickTextOffset=1, maxTextLevel=0)
        self.set_words(on=words)

    def set_words(self, *, on: bool) -> None:
        """Have words below, or nothing but lines in the plot."""
        self.setStyle(tickLength=5 if on else 0, showValues=on)
        self.setHeight(24 if on else 0)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Where the ticks are, as pyqtgraph asks for it."""
        step = time_step(high - low, max(2.0, size / _ACROSS))
        return [(step, time_ticks(low, high, step))]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The words at the ticks."""
        return [clock(value, spacing) for value in values]

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """As pyqtgraph's, in a tenth of the time; the outermost words are moved in, not dropped."""
        if not self.style["showValues"]:
            return super().generateDrawSpecs(painter)
        (low, high), width = self.range, self.size().width()
        scale = width / ((high - low) or 1.0)
        ((step, values),) = self.tickValues(low, high, width)
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        ticks, texts, pen = [], [], self.tickPen()
        for value in values:
            x = (value - low) * scale
            ticks.append((pen, QPointF(x, 0), QPointF(x, 5)))
            word = clock(value, step)
            half = painter.fontMetrics().horizontalAdvance(word) / 2 + 2
            middle = min(max(x, half), width - half)
            texts.append((QRectF(middle - half, 6, 2 * half, _WORD), flags, word))
        if self.grid is not False:
            ticks += super().generateDrawSpecs(painter)[1]
        return (self.pen(), QPointF(0, 0), QPointF(width, 0)), ticks, texts


class HeightScale(pg.AxisItem):
    """Words at heights that its owner knows; none is cut or lies on another."""

    def __init__(self, marks: Marks, name: str = "", *, right: bool = False) -> None:
        super().__init__("right" if right else "left")
        self.enableAutoSIPrefix(False)
        self._marks, self._words = marks, dict[float, str]()
        self.setStyle(tickLength=4, autoExpandTextSpace=False, maxTextLevel=0)
        self.setWidth(None if right else GUTTER)
        self.set_name(name)

    def set_name(self, name: str) -> None:
        """What is measured, and in which unit."""
        self.setLabel(name)
        self.resizeEvent()  # puts it in the middle, which pyqtgraph leaves undone

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Where the ticks are, as pyqtgraph asks for it."""
        self._words = dict(self._marks(low, high, max(2, int(size / _UP))))
        return [(1.0, [at for at in self._words if low <= at <= high])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The words at the ticks."""
        return [self._words[value] for value in values]

    def resizeEvent(self, event: Any = None) -> None:
        """As pyqtgraph's; a name that is longer than the axis is not shown."""
        super().resizeEvent(event)
        if self.label is not None:
            fits = self.label.boundingRect().width() <= self.size().height()
            self.label.setOpacity(1.0 if fits else 0.0)

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """As pyqtgraph's, with the words kept inside and apart, from above."""
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, ticks, _ = specs
        (low, high), height = self.range, self.size().height()
        right = self.orientation == "right"
        place = (
            QRectF(7, 0, self.size().width() - 7, _WORD)
            if right
            else QRectF(0, 0, GUTTER - 8, _WORD)
        )
        flags = int(_LEFT if right else _RIGHT)
        texts, written = [], -float(_WORD)
        for at, word in sorted(self._words.items(), reverse=True):
            if not low - 1e-9 <= at <= high + 1e-9:
                continue
            y = (high - at) / ((high - low) or 1.0) * height
            top = min(max(y - _WORD / 2, 0.0), height - _WORD)
            if top - written >= _WORD - 3:
                texts.append((place.translated(0, top), flags, word))
                written = top
        return axis, ticks, texts


def _shortened(words: str, room: QRectF, flags: int, painter: QPainter) -> str:
    """As many of the words as there is room for; the last of them as it is."""
    parts, shown = words.split(), words
    endless = QRectF(room.left(), room.top(), room.width(), 1e6)
    while len(parts) > 1 and painter.boundingRect(endless, flags, shown).height() > room.height():
        parts.pop()
        shown = " ".join(parts) + "\N{HORIZONTAL ELLIPSIS}"
    return shown


class TitleScale(pg.AxisItem):
    """Titles in the gutter, each beside its part of the track: lanes, channels."""

    def __init__(self, titles: Callable[[], Sequence[tuple[float, float, str]]]) -> None:
        super().__init__("left")
        self._titles = titles  # top and bottom in pixels, and the words
        self.setWidth(GUTTER)

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """A line along the plot, and the titles."""
        size = self.size()
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        wrapped = int(flags) | int(Qt.TextFlag.TextWordWrap)
        texts = []
        for top, bottom, words in self._titles():
            room = QRectF(2, top + 2, GUTTER - 8, bottom - top - 4)
            texts.append((room, wrapped, _shortened(words, room, wrapped, painter)))
        ends = QPointF(size.width() - 1, 0), QPointF(size.width() - 1, size.height())
        return (self.pen(), *ends), [], texts
