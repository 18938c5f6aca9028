"""Curves of several named series over one x axis, with a legend and a read-out."""

import csv
import io
import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu

from desktop.plots import theme
from desktop.plots.figure import Figure, Meaning
from desktop.plots.legend import Entry
from desktop.plots.ticks import number
from desktop.style import colours

Values = NDArray[np.float64]
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ALIKE = 1e-6  # values that differ by less of their size are one value


@dataclass
class Series:
    """Points of a curve, x rising; what is not finite leaves a gap.

    Attributes:
        line: pyqtgraph's curve.
        alone: points without a neighbour, which a line would not show.
        like: the name that gives its colour.
        faint: drawn thin, behind the others, and not walked to by keys.
        dashed: not drawn through.
        dots: each point has a mark.
        shown: whether it is drawn and read out.
    """

    line: pg.PlotDataItem
    alone: pg.ScatterPlotItem
    like: str
    faint: bool
    dashed: bool
    dots: bool
    shown: bool = True
    x: "array[float]" = field(default_factory=lambda: array("d"))
    y: "array[float]" = field(default_factory=lambda: array("d"))

    def points(self, *, log: bool) -> tuple[Values, Values]:
        """All; y is not a number where it cannot be drawn."""
        x, y = np.array(self.x), np.array(self.y)
        y[~np.isfinite(y) | ((y <= 0) & log)] = np.nan
        return x, y

    def known(self, *, log: bool) -> tuple[Values, Values]:
        """Those that can be drawn."""
        x, y = self.points(log=log)
        good = np.isfinite(y)
        return x[good], y[good]

    def at(self, x: float, *, log: bool) -> float | None:
        """The value nearest to an x, the last for infinity."""
        if math.isfinite(x):
            xs, ys = self.known(log=log)
            return float(ys[np.abs(xs - x).argmin()]) if len(xs) else None
        drawn = (y for y in reversed(self.y) if math.isfinite(y) and (y > 0 or not log))
        return next(drawn, None)


class Curves(Figure):
    """Left and Right move the read-out as the pointer does, 1 to 9 hide or show a series."""

    def __init__(
        self,
        title: str,
        x_label: str,
        y_label: str,
        *,
        titled: bool = True,
        legend_below: bool = False,
    ) -> None:
        super().__init__(
            title,
            theme.Axis("bottom", x_label),
            theme.Axis("left", y_label),
            titled=titled,
            legend_below=legend_below,
        )
        self._x_label = x_label
        self._series: dict[str, Series] = {}
        self._changed: set[str] = set()
        self._log = False
        self._fixed: tuple[tuple[float, float] | None, ...] = (None, None)
        self._follows = True  # the ends of the axes follow the points
        self._at: float | None = None  # x of the read-out
        self._ends = legend_below  # the legend has room for the last values
        self._marker = theme.above(pg.InfiniteLine(angle=90))
        self._words = theme.above(pg.TextItem())
        self._nothing = pg.TextItem(self.tr("Nothing to draw."), anchor=(0.5, 0.5))
        for item in (self._marker, self._words, self._nothing):
            self.plot.addItem(item, ignoreBounds=True)
            item.hide()
        self.legend.changed.connect(self.updateGeometry)
        self.box.disableAutoRange()
        self.box.sigRangeChanged.connect(lambda: self._read(self._at))
        self.box.sigRangeChangedManually.connect(self._let_go)
        self.apply_style()

    def sizeHint(self) -> QSize:
        return QSize(440, 280 + self.legend.height_of(440)) if self._ends else QSize(380, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.sizeHint().height()) if self._ends else QSize(220, 130)

    # The series.

    def add_series(
        self,
        name: str,
        *,
        like: str | None = None,
        faint: bool = False,
        dashed: bool = False,
        dots: bool = False,
    ) -> None:
        """One more curve; its colour follows ``like``, or its own name."""
        line = pg.PlotDataItem(connect="finite")
        line.opts["autoDownsampleFactor"] = 1.0  # the highest and lowest of each pixel
        alone = pg.ScatterPlotItem(pxMode=True)
        for item in (line, alone):
            item.setZValue(-1 if faint else 0)
            self.plot.addItem(item)
        line.setDownsampling(auto=True, method="peak")  # the plot sets its own when it is added
        line.setClipToView(True)
        self._series[name] = Series(line, alone, like or name, faint, dashed, dots)
        self.apply_style()

    def name_measure(self, title: str, y_label: str) -> None:
        """Call the plot and its vertical axis otherwise."""
        self.title = title
        self.setAccessibleName(title)
        self.plot.getAxis("left").setLabel(y_label)
        self.apply_style()

    def remove_series(self) -> None:
        """Take all curves away."""
        for series in self._series.values():
            self.plot.removeItem(series.line)
            self.plot.removeItem(series.alone)
        self._series, self._at = {}, None
        self._mark(())

    def extend(self, name: str, x: Iterable[float], y: Iterable[float]) -> None:
        """Points at the end of a curve; drawn when the window is painted next."""
        series = self._series[name]
        series.x.extend(x)
        series.y.extend(y)
        self._mark([name])

    def set_points(self, name: str, x: Iterable[float], y: Iterable[float]) -> None:
        """All points of a curve."""
        self._series[name].x, self._series[name].y = array("d", x), array("d", y)
        self._mark([name])

    def clear_points(self) -> None:
        """No points; the curves keep names and colours."""
        for series in self._series.values():
            series.x, series.y = array("d"), array("d")
        self._at = None
        self._mark(self._series)

    def set_log(self, on: bool) -> None:
        """A logarithmic y axis; what is not above 0 is left out."""
        self._log = on
        self.plot.getAxis("left").setLogMode(y=on)
        self._mark(self._series)
        self.view_all()

    def set_ranges(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Ends of the axes; None: as the data has them."""
        self._fixed = (x, y)
        self.view_all()

    def view_all(self) -> None:
        self._follows = True
        self.viewport().update()

    def _let_go(self) -> None:
        self._follows = False

    def zoom(self, share: float) -> None:
        self._let_go()
        super().zoom(share)

    def _follow(self) -> None:
        """Show all there is, until the person looks closer."""
        drawn = [s.line.getOriginalDataset() for s in self._series.values() if s.shown]
        xs, ys = (
            [part[axis] for part in drawn if part[axis] is not None and len(part[axis])]
            for axis in (0, 1)
        )
        x = self._fixed[0] or _ends(xs, room=0.02)
        y = self._fixed[1] if self._fixed[1] and not self._log else None
        if y is not None:  # a line at the very end is drawn in full
            room = 0.02 * (y[1] - y[0])
            y = (y[0] - room, y[1] + room)
        self.box.setRange(xRange=x, yRange=y or _ends(ys, room=0.06), padding=0)

    @property
    def count(self) -> int:
        """Points of all curves."""
        return sum(len(series.x) for series in self._series.values())

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point is painted, in pixels of the widget."""
        self._draw()
        self.settle()
        up = math.log10(y) if self._log else y
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(x, up))))

    def colour_of(self, name: str) -> QColor:
        """The colour of a curve."""
        return self._shades()[self._series[name].like]

    def _shades(self) -> dict[str, QColor]:
        return theme.series_colours(dict.fromkeys(s.like for s in self._series.values()))

    # What is said.

    def read_out(self) -> str:
        """What is said at the read-out's place, or at the end."""
        found = self._values(self._at if self._at is not None else math.inf)
        return ", ".join(f"{name} {value:.4g}" for name, value in found.items())

    def _values(self, at: float) -> dict[str, float]:
        found = {
            name: series.at(at, log=self._log)
            for name, series in self._series.items()
            if series.shown
        }
        return {name: value for name, value in found.items() if value is not None}

    def csv(self) -> str:
        """A row for each x, a column for each curve; empty where there is no value."""
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow([self._x_label, *self._series])
        columns = [dict(zip(s.x, s.y, strict=True)) for s in self._series.values()]
        for x in sorted({x for column in columns for x in column}):
            found = [column.get(x, math.nan) for column in columns]
            place = int(x) if x.is_integer() else x
            rows.writerow([place, *(y if math.isfinite(y) else "" for y in found)])
        return text.getvalue()

    # Drawing.

    def _mark(self, names: Iterable[str]) -> None:
        self._changed.update(names)
        self.setAccessibleDescription(self.described())
        self.viewport().update()

    def described(self) -> str:
        """For screen readers."""
        if self._at is not None or not self._ends:
            return self.read_out()
        ends = self._values(math.inf).items()
        words = "; ".join(f"{name}: {value:.3f}" for name, value in ends)
        return str(self.tr("At the end: {}")).format(words)

    def _draw(self) -> None:
        """Give pyqtgraph what came since the last painting."""
        for name in self._changed & set(self._series):
            series = self._series[name]
            x, y = series.points(log=self._log)
            y = np.log10(y) if self._log else y
            series.line.setData(x, y)
            good = np.isfinite(y)
            beside = np.zeros(len(y) + 2, dtype=bool)
            beside[1:-1] = good
            lonely = good & ~beside[:-2] & ~beside[2:]
            series.alone.setData(x[lonely], y[lonely])
        if self._changed and self._ends:
            self._set_legend()
        self._changed = set()
        if self._follows:
            self._follow()
        self._nothing.setVisible(bool(self._series) and self._ends and not self._values(math.inf))
        self._nothing.setPos(self.box.viewRect().center())

    def paintEvent(self, event: QPaintEvent) -> None:
        self._draw()
        super().paintEvent(event)

    def _pen(self, series: Series, shades: dict[str, QColor]) -> QPen:
        colour = QColor(shades[series.like])
        colour.setAlphaF(0.45 if series.faint else 1.0)
        style = Qt.PenStyle.DashLine if series.dashed else Qt.PenStyle.SolidLine
        return theme.pen(colour, 1.0 if series.faint else 2.0, style)

    def apply_style(self) -> None:
        super().apply_style()
        self._draw()
        use, shades = colours(), self._shades()
        for series in self._series.values():
            pen, shade = self._pen(series, shades), shades[series.like]
            series.line.setPen(pen)
            series.line.setSymbol("o" if series.dots else None)
            series.line.setSymbolSize(7)
            series.line.setSymbolBrush(shade)
            series.line.setSymbolPen(None)
            series.alone.setSize(6)
            series.alone.setBrush(shade)
            series.alone.setPen(None)
        self._marker.setPen(theme.pen(use.faint))
        self._words.fill = pg.mkBrush(use.panel)
        self._words.border = theme.pen(use.line)
        self._words.setColor(use.text)
        self._words.setFont(theme.small_font())
        self._nothing.setColor(use.faint)
        self._set_legend()

    def _set_legend(self) -> None:
        shades = self._shades()
        ends = self._values(math.inf) if self._ends else {}
        entries = [
            Entry(
                name,
                f"{name}: {ends[name]:.3f}" if name in ends else name,
                self._pen(series, shades),
                shown=series.shown,
            )
            for name, series in self._series.items()
        ]
        self.legend.set_entries(entries if len(entries) > 1 else ())

    # Legend, menu, pointer and keys.

    def series(self) -> dict[str, bool]:
        several = len(self._series) > 1
        return {name: series.shown for name, series in self._series.items()} if several else {}

    def toggle(self, name: str) -> None:
        series = self._series[name]
        series.shown = not series.shown
        for item in (series.line, series.alone):
            item.setVisible(series.shown)
        self._set_legend()
        self._mark(())
        if self._at is not None:
            self._read(self._at)

    def extra_actions(self, menu: QMenu) -> None:
        action = menu.addAction(self.tr("Logarithmic vertical axis"))
        action.setCheckable(True)
        action.setChecked(self._log)
        action.toggled.connect(self.set_log)

    def _read(self, at: float | None) -> None:
        """Show the values nearest to an x."""
        places = [s.known(log=self._log)[0] for s in self._series.values() if s.shown]
        near = [float(x[np.abs(x - (at or 0.0)).argmin()]) for x in places if len(x)]
        self._at = at if near else None
        for item in (self._marker, self._words):
            item.setVisible(self._at is not None)
        if self._at is None:
            return
        here = min(near, key=lambda x: abs(x - (at or 0.0)))
        found = self._values(here)
        lines = [f"{self._x_label} {number(here)}", *(f"{n}: {v:.4g}" for n, v in found.items())]
        (left, right), (_, top) = self.box.viewRange()
        self._marker.setPos(here)
        self._words.setText("\n".join(lines))
        self._words.setAnchor((-0.05, 0.0) if here < (left + right) / 2 else (1.05, 0.0))
        self._words.setPos(here, top)
        self.setAccessibleDescription(self.described())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if event.buttons():
            return
        place = self.mapToScene(event.position().toPoint())
        inside = self.area.adjusted(-4, 0, 4, 0).contains(place)
        self._read(float(self.box.mapSceneToView(place).x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._read(None)

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        key = Qt.Key(event.key())
        places = sorted({x for s in self._series.values() if not s.faint and s.shown for x in s.x})
        if key not in _STEPS or not places or event.modifiers():
            return super().meaning(event)
        at = self._at if self._at is not None else places[-1]
        index = min(range(len(places)), key=lambda i: abs(places[i] - at))
        index += _STEPS[key] if self._at is not None else 0
        return lambda: self._read(places[min(max(index, 0), len(places) - 1)])


def _ends(parts: list[Values], *, room: float) -> tuple[float, float]:
    """The ends of an axis that shows these values, with room on both sides."""
    every = np.concatenate([np.zeros(0), *parts])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    size = max(abs(low), abs(high))
    alike = high - low <= _ALIKE * size  # they differ by rounding only, or not at all
    more = (0.1 * size or 1.0) if alike else room * (high - low)
    return low - more, high + more
