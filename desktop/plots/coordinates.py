"""The picture of parallel coordinates: an upright axis for each quantity, a line for each trial.

After Inselberg, *The plane with parallel coordinates*, The Visual Computer 1 (1985).
"""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.plots.axes import logarithmic, ticks
from desktop.style import Colours, colours

_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 62, 48, 16
_NEAR = 7.0  # pixels from a line or an axis at which the pointer means it
_LOG_SPAN = 20.0
_LEAST_APART = 15.0  # pixels from one tick's words to the next
_CENTRE = Qt.AlignmentFlag.AlignCenter
_SIDE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Coordinate:
    """One axis.

    Attributes:
        name: what it is.
        unit: of the numbers, empty: none.
        values: of each line, a number or a word; None: not known, the line leaves it out.
    """

    name: str
    unit: str
    values: tuple[float | str | None, ...]

    @property
    def words(self) -> list[str]:
        """The words on an axis of words; of numbers none."""
        found = dict.fromkeys(value for value in self.values if isinstance(value, str))
        return list(found)

    @property
    def numbers(self) -> list[float]:
        return [float(v) for v in self.values if v is not None and not isinstance(v, str)]

    @property
    def log(self) -> bool:
        """Numbers above 0 that reach over more than a decade are spread by their logarithm."""
        found = [] if self.words else self.numbers
        return bool(found) and min(found) > 0 and max(found) / min(found) > _LOG_SPAN

    def ends(self) -> tuple[float, float]:
        """Lowest and highest number, with room where there is but one."""
        low, high = min(self.numbers, default=0.0), max(self.numbers, default=1.0)
        room = 0.0 if high > low else abs(low) * 0.1 or 0.5
        return low - room, high + room

    def height(self, value: float | str) -> float:
        """Where a value stands, from 0 at the bottom to 1."""
        words = self.words
        if words:
            return (words.index(str(value)) + 0.5) / len(words)
        low, high = self.ends()
        here = float(value)
        if self.log:
            low, high, here = (math.log10(number) for number in (low, high, here))
        return (here - low) / (high - low)

    def marks(self, most: int) -> list[tuple[float, str]]:
        """Height and words of the ticks."""
        if self.words:
            return [(self.height(word), word) for word in self.words]
        low, high = self.ends()
        distinct = sorted(set(self.numbers))
        if len(distinct) <= most:  # the very values that were tried
            return [(self.height(value), f"{value:.4g}") for value in distinct]
        found = logarithmic(low, high) if self.log else ticks(low, high, most)
        return [(self.height(value), f"{value:.4g}") for value in found]


class Coordinates:
    """Lines through upright axes: what passes the marks, where everything is, how it is painted.

    Attributes:
        names: of the lines.
        axes: with a value for each line.
        brushes: the stretch that is marked on an axis, by its number, as heights from 0 to 1.
        hovered: number of the line that stands out.
        chosen: number of the axis that stands out.
        size: of the picture in pixels.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.axes: tuple[Coordinate, ...] = ()
        self.brushes: dict[int, tuple[float, float]] = {}
        self.hovered: int | None = None
        self.chosen: int | None = None
        self.size = QSize(480, 300)

    def passing(self) -> list[int]:
        """Numbers of the lines that pass every marked stretch."""
        return [line for line in range(len(self.names)) if self._passes(line)]

    def _passes(self, line: int) -> bool:
        for axis, (low, high) in self.brushes.items():
            value = self.axes[axis].values[line]
            if value is None or not low <= self.axes[axis].height(value) <= high:
                return False
        return True

    def _plot(self) -> QRectF:
        width, height = self.size.width() - _LEFT - _RIGHT, self.size.height() - _TOP - _BOTTOM
        return QRectF(_LEFT, _TOP, width, height)

    def axis_x(self, axis: int) -> float:
        """Pixels from the left."""
        plot = self._plot()
        return plot.left() + plot.width() * axis / max(1, len(self.axes) - 1)

    def _y(self, height: float) -> float:
        plot = self._plot()
        return plot.bottom() - height * plot.height()

    def height_at(self, y: float) -> float:
        """From 0 at the bottom to 1, of pixels from the top."""
        plot = self._plot()
        return min(1.0, max(0.0, (plot.bottom() - y) / max(1.0, plot.height())))

    def stretches(self, line: int) -> list[list[QPointF]]:
        """The points of a line, cut where a value is not known."""
        found: list[list[QPointF]] = [[]]
        for number, axis in enumerate(self.axes):
            value = axis.values[line]
            if value is None:
                found.append([])
            else:
                found[-1].append(QPointF(self.axis_x(number), self._y(axis.height(value))))
        return [stretch for stretch in found if stretch]

    def axis_at(self, place: QPointF) -> int | None:
        """The axis at a place, if one is near."""
        inside = _TOP - 8 <= place.y() <= self.size.height()
        near = [n for n in range(len(self.axes)) if abs(self.axis_x(n) - place.x()) <= 2 * _NEAR]
        return near[0] if near and inside else None

    def line_at(self, place: QPointF) -> int | None:
        """The nearest line that passes, if one is near."""
        far = {line: self._distance(line, place) for line in self.passing()}
        nearest = min(far, key=lambda line: far[line], default=None)
        return nearest if nearest is not None and far[nearest] <= _NEAR else None

    def _distance(self, line: int, place: QPointF) -> float:
        nearest = math.inf
        for stretch in self.stretches(line):
            if stretch[0].x() <= place.x() <= stretch[-1].x():
                xs, ys = [p.x() for p in stretch], [p.y() for p in stretch]
                nearest = min(nearest, abs(float(np.interp(place.x(), xs, ys)) - place.y()))
        return nearest

    def paint(self, painter: QPainter) -> None:
        """The picture, on whatever paints."""
        use = colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        passing = self.passing()
        for line in [n for n in range(len(self.names)) if n not in passing]:
            self._paint_line(painter, line, QPen(QColor(use.line), 1))
        for line in passing:
            self._paint_line(painter, line, QPen(self._shade(line), 1.6))
        for number, axis in enumerate(self.axes):
            self._paint_axis(painter, use, number, axis)
        if self.hovered is not None:
            self._paint_line(painter, self.hovered, QPen(QColor(use.text), 3))

    def _shade(self, line: int) -> QColor:
        """From one colour to another by the last axis."""
        use = colours()
        value = self.axes[-1].values[line]
        share = 0.5 if value is None else self.axes[-1].height(value)
        low, high = QColor(use.danger), QColor(use.accent)
        mixed = [
            round(a + share * (b - a))
            for a, b in zip(low.getRgb()[:3], high.getRgb()[:3], strict=True)  # type: ignore[index]
        ]
        return QColor(*mixed)

    def _paint_line(self, painter: QPainter, line: int, pen: QPen) -> None:
        painter.setPen(pen)
        for stretch in self.stretches(line):
            if len(stretch) > 1:
                painter.drawPolyline(QPolygonF(stretch))
            else:
                painter.drawEllipse(stretch[0], 2, 2)

    def _paint_axis(self, painter: QPainter, use: Colours, number: int, axis: Coordinate) -> None:
        x, plot = self.axis_x(number), self._plot()
        chosen = number == self.chosen
        painter.setPen(QPen(QColor(use.accent if chosen else use.faint), 2 if chosen else 1.2))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        room = plot.width() / max(1, len(self.axes) - 1) if len(self.axes) > 1 else plot.width()
        wide = min(room, 2 * min(x, self.size.width() - x) - 4)
        place = QRectF(x - wide / 2, 4, wide, _TOP - 12)
        unit = f"\n({axis.unit})" if axis.unit else "\n"
        painter.setPen(QColor(use.text))
        name = painter.fontMetrics().elidedText(axis.name, Qt.TextElideMode.ElideRight, int(wide))
        painter.drawText(place, _CENTRE, f"{name}{unit}")
        if number in self.brushes:
            low, high = self.brushes[number]
            shade = QColor(use.accent)
            shade.setAlphaF(0.3)
            top = self._y(high)
            painter.fillRect(QRectF(x - 6, top, 12, max(2.0, self._y(low) - top)), shade)
        above = math.inf
        for height, words in axis.marks(max(2, int(plot.height() / 34))):
            y = self._y(height)
            if above - y < _LEAST_APART:
                continue
            above = y
            painter.setPen(QColor(use.faint))
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
            length = painter.fontMetrics().horizontalAdvance(words)
            box = QRectF(x + 5, y - 8, min(length, room) + 4, 16)
            ground = QColor(use.panel)
            ground.setAlphaF(0.8)
            painter.fillRect(box, ground)
            painter.setPen(QColor(use.text))
            painter.drawText(box, _SIDE, words)
