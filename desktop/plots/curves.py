"""Curves of several named series, with axes, a legend and a read-out under the pointer."""

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.plots.axes import Axes, Values, spread
from desktop.style import Colours, colours

_LIGHT = ("#2f6fde", "#c2570c", "#1f9d61", "#8b3fd1")
_DARK = ("#6ea3ff", "#ff9d4d", "#3fc98a", "#c792ff")
_PENS = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
_LEFT, _TOP, _BOTTOM, _EDGE = 70, 28, 38, 14
_LEFT_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass
class Series:
    """Points of a curve, x rising; ``thin``: drawn faintly, behind the others."""

    name: str
    thin: bool = False
    dots: bool = False
    x: "array[float]" = field(default_factory=lambda: array("d"))
    y: "array[float]" = field(default_factory=lambda: array("d"))

    def points(self, *, log: bool) -> tuple[Values, Values]:
        """Those that can be drawn."""
        x, y = np.array(self.x), np.array(self.y)
        good = np.isfinite(y) & ((y > 0) | (not log))
        return x[good], y[good]


class CurvesWidget(QWidget):
    """Curves over one x axis; arrow keys move the read-out as the pointer does."""

    def __init__(self, title: str, x_label: str, y_label: str) -> None:
        super().__init__()
        self._title, self._x_label, self._y_label = title, x_label, y_label
        self._series: dict[str, Series] = {}
        self._log = False
        self._fixed_x: tuple[float, float] | None = None
        self._fixed_y: tuple[float, float] | None = None
        self._at: float | None = None  # x of the read-out
        self.setMinimumSize(220, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(380, 220)

    def add_series(self, name: str, *, thin: bool = False, dots: bool = False) -> None:
        """One more curve, in the next colour."""
        self._series[name] = Series(name, thin, dots)

    def extend(self, name: str, x: Iterable[float], y: Iterable[float]) -> None:
        """Points at the end of a curve."""
        series = self._series[name]
        series.x.extend(x)
        series.y.extend(y)
        self._changed()

    def set_points(self, name: str, x: Iterable[float], y: Iterable[float]) -> None:
        """All points of a curve."""
        self._series[name].x, self._series[name].y = array("d", x), array("d", y)
        self._changed()

    def clear(self) -> None:
        """No points; the curves keep names and colours."""
        for series in self._series.values():
            series.x, series.y = array("d"), array("d")
        self._at = None
        self._changed()

    def set_log(self, on: bool) -> None:
        """A logarithmic y axis; what is not above 0 is left out."""
        self._log = on
        self.update()

    def set_ranges(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Ends of the axes; None: as the data has them."""
        self._fixed_x, self._fixed_y = x, y
        self.update()

    @property
    def count(self) -> int:
        """Points of all curves."""
        return sum(len(series.x) for series in self._series.values())

    @property
    def plot(self) -> QRectF:
        """Where the curves are."""
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - _EDGE, self.height() - _TOP - _BOTTOM)

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point is painted."""
        axes = self._axes(self._points())
        return QPointF(float(axes.across(np.array(x))), float(axes.down(np.array(y))))

    def colour_of(self, name: str) -> QColor:
        """The colour of a curve."""
        shades = _DARK if colours().dark else _LIGHT
        return QColor(shades[list(self._series).index(name) % len(shades)])

    def read_out(self) -> str:
        """What is said at the read-out's place, or at the end."""
        at = self._at if self._at is not None else math.inf
        parts = []
        for series in self._series.values():
            x, y = series.points(log=self._log)
            if len(x):
                nearest = int(np.abs(x - at).argmin()) if math.isfinite(at) else len(x) - 1
                parts.append(f"{series.name} {y[nearest]:.4g}")
        return ", ".join(parts)

    def _changed(self) -> None:
        self.setAccessibleDescription(self.read_out())
        self.update()

    def _points(self) -> dict[str, tuple[Values, Values]]:
        return {name: series.points(log=self._log) for name, series in self._series.items()}

    def _axes(self, points: dict[str, tuple[Values, Values]]) -> Axes:
        xs = [part for x, _ in points.values() if len(x) for part in (x[0], x[-1])]
        ys = [part for _, y in points.values() if len(y) for part in (y.min(), y.max())]
        left, right = self._fixed_x or (min(xs, default=0.0), max(xs, default=1.0))
        ends = self._fixed_y or spread(ys, log=self._log)
        return Axes(self.plot, (left, right if right > left else left + 1), ends, self._log)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = self._points()
        axes = self._axes(points)
        axes.paint(painter, use, self._x_label, self._y_label)
        painter.save()
        painter.setClipRect(self.plot.adjusted(-3, -3, 3, 3))
        for name in sorted(points, key=lambda name: not self._series[name].thin):
            self._paint_series(painter, name, points[name], axes)
        painter.restore()
        self._paint_legend(painter, use)
        if self._at is not None and any(len(x) for x, _ in points.values()):
            self._paint_read_out(painter, use, points, axes)
        if self.hasFocus():
            painter.setPen(QPen(QColor(use.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _pen(self, name: str) -> QPen:
        series, colour = self._series[name], self.colour_of(name)
        colour.setAlphaF(0.45 if series.thin else 1.0)
        style = Qt.PenStyle.SolidLine
        if not series.thin:
            full = [key for key, other in self._series.items() if not other.thin]
            style = _PENS[full.index(name) % len(_PENS)]
        return QPen(colour, 1.0 if series.thin else 2.0, style)

    def _paint_series(
        self,
        painter: QPainter,
        name: str,
        points: tuple[Values, Values],
        axes: Axes,
    ) -> None:
        x, y = _thinned(axes.across(points[0]), axes.down(points[1]), int(self.plot.width()))
        painter.setPen(self._pen(name))
        line = QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
        painter.drawPolyline(line)
        if len(x) == 1 or self._series[name].dots:
            painter.setBrush(self.colour_of(name))
            painter.setPen(Qt.PenStyle.NoPen)
            for point in line.toList():
                painter.drawEllipse(point, 3, 3)

    def _paint_legend(self, painter: QPainter, use: Colours) -> None:
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(use.text))
        width = painter.fontMetrics().horizontalAdvance(self._title) + 4
        painter.drawText(QRectF(6, 2, width, 22), _LEFT_WORDS, self._title)
        painter.setFont(self.font())
        x = self.width() - _EDGE
        for name in reversed(self._series) if len(self._series) > 1 else ():
            words = painter.fontMetrics().horizontalAdvance(name)
            x -= words
            painter.setPen(QColor(use.text))
            painter.drawText(QRectF(x, 2, words + 2, 22), _LEFT_WORDS, name)
            painter.setPen(self._pen(name))
            painter.drawLine(QPointF(x - 26, 13), QPointF(x - 5, 13))
            x -= 40

    def _paint_read_out(
        self,
        painter: QPainter,
        use: Colours,
        points: dict[str, tuple[Values, Values]],
        axes: Axes,
    ) -> None:
        at = self._nearest(points)
        lines, plot = [f"{self._x_label} {at:.4g}"], self.plot
        across = float(axes.across(np.array(at)))
        painter.setPen(QPen(QColor(use.faint), 1))
        painter.drawLine(QPointF(across, plot.top()), QPointF(across, plot.bottom()))
        for name, (x, y) in points.items():
            if len(x):
                lines.append(f"{name}: {y[int(np.abs(x - at).argmin())]:.4g}")
        metrics = painter.fontMetrics()
        width = max(metrics.horizontalAdvance(line) for line in lines) + 14
        height = len(lines) * metrics.height() + 8
        left = across + 8 if across + 8 + width < plot.right() else across - 8 - width
        box = QRectF(left, plot.top() + 6, width, height)
        painter.setBrush(QColor(use.panel))
        painter.setPen(QColor(use.line))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(use.text))
        painter.drawText(box.adjusted(7, 4, -7, -4), _LEFT_WORDS, "\n".join(lines))

    def _nearest(self, points: dict[str, tuple[Values, Values]]) -> float:
        wanted = self._at if self._at is not None else 0.0
        found = [float(x[np.abs(x - wanted).argmin()]) for x, _ in points.values() if len(x)]
        return min(found, key=lambda x: abs(x - wanted))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        left, right = self._axes(self._points()).x
        plot, x = self.plot, event.position().x()
        inside = plot.left() - 4 <= x <= plot.right() + 4
        self._at = left + (x - plot.left()) / plot.width() * (right - left) if inside else None
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._at = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        places = sorted({x for series in self._series.values() if not series.thin
                         for x in series.x})  # fmt: skip
        if event.key() not in steps or not places:
            super().keyPressEvent(event)
            return
        at = self._at if self._at is not None else places[-1]
        index = min(range(len(places)), key=lambda i: abs(places[i] - at))
        index += steps[Qt.Key(event.key())] if self._at is not None else 0
        self._at = places[min(max(index, 0), len(places) - 1)]
        self._changed()


def _thinned(x: Values, y: Values, width: int) -> tuple[Values, Values]:
    """At most the lowest and highest value of each pixel."""
    if len(x) <= 2 * max(1, width):
        return x, y
    first = np.linspace(0, len(x), max(1, width) + 1).astype(int)[:-1]
    low, high = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
    return np.repeat(x[first], 2), np.stack([low, high], axis=1).ravel()
