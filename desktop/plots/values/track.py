"""Values of dimensions as curves over time: one band a classifier, one curve a dimension."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.plots.theme import series_colours
from desktop.plots.tracks.axes import TitleScale
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.style import Colours

_BAND, _WORDS, _ROOM = 90, 16, 4  # pixels
_ALIKE = 4.0  # scales that differ by less in size are drawn as one
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ValueCurves:
    """Dimensions of one classifier over time.

    Attributes:
        names: of the dimensions.
        ranges: lowest and highest value of each.
        times: seconds, rising, shape (n,).
        values: shape (n, dimensions); NaN where there is none.
        hop_seconds: from row to row; where rows lie further apart, the curves break.
    """

    names: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()
    times: Values = field(default_factory=lambda: np.zeros(0))
    values: Values = field(default_factory=lambda: np.zeros((0, 0)))
    hop_seconds: float = 1.0

    def at(self, seconds: float) -> Values | None:
        """The values nearest to a moment; None: there are none near it."""
        if not len(self.times):
            return None
        nearest = int(np.abs(self.times - seconds).argmin())
        row: Values = self.values[nearest]
        near = abs(self.times[nearest] - seconds) <= 2 * self.hop_seconds
        return row if near and np.isfinite(row).all() else None

    def between(self, stretch: tuple[float, float] | None) -> "ValueCurves":
        """Those of a stretch; None: all."""
        if stretch is None:
            return self
        inside = (self.times >= stretch[0]) & (self.times <= stretch[1])
        return replace(self, times=self.times[inside], values=self.values[inside])

    def scales(self) -> tuple[tuple[float, float], ...]:
        """Lowest and highest of the axis of each: one for all where they are of one size."""
        spans = [high - low for low, high in self.ranges]
        if not spans or max(spans) > _ALIKE * min(spans):
            return self.ranges
        lowest, highest = min(low for low, _ in self.ranges), max(high for _, high in self.ranges)
        alike = highest - lowest <= _ALIKE * max(spans)
        return ((lowest, highest),) * len(self.ranges) if alike else self.ranges


class ValuesTrack(Track):
    """Under the lanes. Names of the curves stand over them, with their values at the cursor."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        self._curves: dict[str, ValueCurves] = {}
        self._titles: dict[str, str] = {}
        super().__init__(time, TitleScale(self._beside), interactive=interactive)
        self.title = self.tr("Values")
        self.setAccessibleName(self.tr("Values of dimensions over time"))
        time.cursor_moved.connect(self._tell)
        self.hide()

    @property
    def curves(self) -> Mapping[str, ValueCurves]:
        """What is shown, by classifier."""
        return self._curves

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """What each band is called in the gutter."""
        self._titles = dict(titles)
        self.repaint_scale()

    def set_curves(self, curves: Mapping[str, ValueCurves]) -> None:
        """All curves, by classifier; without any the track is hidden."""
        anew = list(curves) != list(self._curves)
        self._curves = dict(curves)
        if anew:
            self.setMinimumHeight(max(1, len(curves)) * _BAND)
            self.setVisible(bool(curves))
            self.repaint_scale()
        self._tell()
        self.repaint_plot()

    def _tell(self) -> None:
        """The values at the cursor for screen readers, and in the tip."""
        lines = [self.words_at(name) for name in self._curves]
        self.setAccessibleDescription(". ".join(filter(None, lines)))
        self.setToolTip("\n".join(filter(None, lines)))
        self.repaint_plot()

    def words_at(self, name: str) -> str:
        """The values of a classifier at the cursor, in words."""
        curves, cursor = self._curves[name], self.time.cursor
        row = None if cursor is None else curves.at(cursor)
        if row is None:
            return ""
        pairs = zip(curves.names, row.tolist(), strict=True)
        title = self._titles.get(name, name)
        return f"{title}: " + ", ".join(f"{label} {value:.2f}" for label, value in pairs)

    def _beside(self) -> list[tuple[float, float, str]]:
        height = self.plot.height() / max(1, len(self._curves))
        return [
            (place * height, (place + 1) * height, self._titles.get(name, name))
            for place, name in enumerate(self._curves)
        ]

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        height = size.height() / max(1, len(self._curves))
        for place, curves in enumerate(self._curves.values()):
            band = QRectF(0, place * height, size.width(), height)
            if place:
                painter.fillRect(QRectF(0, band.top(), size.width(), 1), QColor(use.line))
            self._paint_band(painter, band, curves, use)

    def _paint_band(
        self, painter: QPainter, band: QRectF, curves: ValueCurves, use: Colours
    ) -> None:
        found = series_colours(curves.names)
        head = self._paint_names(painter, band, curves, found)
        inner = band.adjusted(0, head + _ROOM, 0, -_ROOM)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        shown = self._shown(curves, inner.width())
        pairs = zip(curves.names, curves.scales(), strict=True)
        for column, (name, (low, high)) in enumerate(pairs):
            # There are fewer colours than dimensions may be: dashes tell apart those of one colour.
            again = found[name] in [found[other] for other in curves.names[:column]]
            style = Qt.PenStyle.DashLine if again else Qt.PenStyle.SolidLine
            painter.setPen(QPen(found[name], 1.6, style))
            for run in _runs(curves, shown, column):
                x = (curves.times[run] - self.time.start) / self.time.span * inner.width()
                share = (curves.values[run, column] - low) / ((high - low) or 1.0)
                y = inner.bottom() - np.clip(share, 0.0, 1.0) * inner.height()
                points = [QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
                if len(points) == 1:
                    painter.drawEllipse(points[0], 1.5, 1.5)
                painter.drawPolyline(QPolygonF(points))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _shown(self, curves: ValueCurves, width: float) -> NDArray[np.int64]:
        """Rows in sight and one beside each end, at most two a pixel."""
        first, last = np.searchsorted(curves.times, (self.time.start, self.time.end))
        rows = np.arange(max(0, first - 1), min(len(curves.times), last + 1))
        return rows[:: max(1, int(len(rows) / max(1.0, 2 * width)))]

    def _paint_names(
        self, painter: QPainter, band: QRectF, curves: ValueCurves, found: Mapping[str, QColor]
    ) -> float:
        """The names in the colours of their curves, in as many lines as they need; the height."""
        cursor = self.time.cursor
        row = None if cursor is None else curves.at(cursor)
        x, y = 6.0, band.top() + 2
        for place, name in enumerate(curves.names):
            words = name if row is None else f"{name} {row[place]:.2f}"
            width = painter.fontMetrics().horizontalAdvance(words) + 12
            if x > 6.0 and x + width > band.width():
                x, y = 6.0, y + _WORDS
            painter.setPen(found[name])
            painter.drawText(QRectF(x, y, width, _WORDS), int(_LEFT), words)
            x += width
        return y + _WORDS - band.top()

    def csv(self) -> str:
        """The values in sight: a row a window and classifier."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        names = list(dict.fromkeys(name for c in self._curves.values() for name in c.names))
        table.writerow(["lane", "time", *names])
        for lane, curves in self._curves.items():
            places = [curves.names.index(n) if n in curves.names else None for n in names]
            for time, row in zip(curves.times.tolist(), curves.values.tolist(), strict=True):
                if self.time.start <= time <= self.time.end:
                    cells = ["" if p is None or row[p] != row[p] else f"{row[p]:.4f}"
                             for p in places]  # fmt: skip
                    table.writerow([lane, f"{time:.3f}", *cells])
        return text.getvalue()


def _runs(curves: ValueCurves, rows: NDArray[np.int64], column: int) -> list[NDArray[np.int64]]:
    """Rows that a line joins: broken where a value is missing or rows lie far apart."""
    known = rows[np.isfinite(curves.values[rows, column])]
    if not len(known):
        return []
    step = max(1, int(np.diff(rows).max(initial=1)))
    apart = np.diff(curves.times[known]) > 2.5 * step * curves.hop_seconds
    return list(np.split(known, np.flatnonzero(apart) + 1))
