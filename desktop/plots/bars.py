"""Horizontal bars: a row for each thing, of one series or of several beside or after each other."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip

from desktop.plots import theme
from desktop.plots.figure import Figure, Meaning
from desktop.plots.legend import Entry
from desktop.plots.ticks import fitting_low
from desktop.style import colours

_ROW, _AXES, _LEGEND, _TITLE = 26, 46, 20, 24  # pixels
_MOST_ROOM = 1.5  # times the height that the rows ask for
_MOST_NAME = 0.32  # of the width
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_PATTERNS = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense4Pattern,
)


@dataclass(frozen=True)
class Bar:
    """One row.

    Attributes:
        name: beside it, on the left.
        values: of each series; None: not known.
        words: beside it, on the right; without them its values.
    """

    name: str
    values: tuple[float | None, ...]
    words: str = ""


class Bars(Figure):
    """Up and Down walk from row to row, 1 to 9 hide or show a series.

    A click, or Enter, chooses a row, where somebody listens to ``row_chosen``.

    Args:
        series: name of each series, and the name that gives its colour.
        unit: of the values; "%" makes 100 the full width.
        stacked: the series lie after each other in one bar, each with a pattern of its own.
        measure: what the values are, at their axis.
        fits: the axis begins near the lowest value, so that high ones differ visibly.
    """

    row_chosen = Signal(int)

    def __init__(
        self,
        title: str,
        series: Mapping[str, str],
        *,
        unit: str = "",
        stacked: bool = False,
        titled: bool = True,
        measure: str = "",
        fits: bool = False,
    ) -> None:
        super().__init__(
            title,
            theme.Axis("bottom", measure, unit),
            theme.Axis("left"),
            titled=titled,
        )
        self._likes, self._unit, self._stacked = dict(series), unit, stacked
        self._fits, self._measure = fits, measure
        self.plot.getAxis("bottom").whole = unit == ""
        self.rows_are = self.tr("name")
        self._most = 100.0 if unit == "%" else None
        self._hidden: set[str] = set()
        self._current: int | None = None
        self.bars: tuple[Bar, ...] = ()
        self.plot.showAxis("right")
        for side in ("left", "right"):
            self.plot.getAxis(side).setStyle(tickLength=0, hideOverlappingLabels=False)
        theme.grid(self.plot, x=True, y=False)
        self._grids = (True, False)
        self.box.invertY()
        self._items = [pg.BarGraphItem(x0=[], y=[], width=[], height=0.5) for _ in series]
        for item in self._items:
            self.plot.addItem(item)
        self._mark = pg.InfiniteLine(angle=0)
        self.plot.addItem(self._mark, ignoreBounds=True)
        self._mark.setZValue(-10)
        self._mark.hide()
        self.apply_style()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        rows = max(1, len(self.bars)) * (1 if self._stacked else max(1, len(self._likes) * 0.7))
        high = _AXES + _TITLE * self._titled + _LEGEND * (len(self._likes) > 1 and not self._titled)
        return QSize(420, round(high + _ROW * rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(220, min(self.sizeHint().height(), 20_000))

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show these, one under the other."""
        self.bars, self._current = tuple(bars), None
        self._mark.hide()
        self.setAccessibleDescription(". ".join(self.words(n) for n in range(len(self.bars))))
        self._draw()
        self.view_all()
        self.setMaximumHeight(round(_MOST_ROOM * self.sizeHint().height()))
        self.updateGeometry()

    def words(self, row: int) -> str:
        """A row in words."""
        bar = self.bars[row]
        if len(self._likes) == 1:
            return f"{bar.name}: {self._at_the_end(bar)}"
        pairs = zip(self._likes, bar.values, strict=True)
        return f"{bar.name}: " + ", ".join(f"{name} {self._value(value)}" for name, value in pairs)

    def _value(self, value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return "-"
        whole = abs(value) >= 1000 or (self._unit == "" and value == round(value))
        return f"{value:.{0 if whole else 1}f} {self._unit}".rstrip()

    def _at_the_end(self, bar: Bar) -> str:
        return bar.words or " / ".join(self._value(value) for value in bar.values)

    def csv(self) -> str:
        """A row for each bar, a column for each series; empty where nothing is known."""
        text = io.StringIO()
        rows = csv.writer(text)
        unit = f" ({self._unit})" if self._unit else ""
        names = list(self._likes) if len(self._likes) > 1 else [f"{self.title}{unit}"]
        rows.writerow([self.rows_are, *names])
        for bar in self.bars:
            rows.writerow([bar.name, *("" if value is None else value for value in bar.values)])
        return text.getvalue()

    # Drawing.

    def view_all(self) -> None:
        known = [
            sum(parts) if self._stacked else max(parts, default=0.0) for parts in self._parts()
        ]
        most = self._most or max(known, default=0.0) or 1.0
        nothing = not any(self._parts())
        self.plot.getAxis("bottom").setTicks([[]] if nothing else None)  # no scale of nothing
        rows = max(1, len(self.bars))
        low = (
            fitting_low([v for parts in self._parts() for v in parts], most) if self._fits else 0.0
        )
        if self._fits:
            self.plot.getAxis("bottom").setLabel(self._begins(low))
        self.box.setLimits(xMin=0.0, yMin=-0.5, yMax=rows - 0.5)
        self.box.setRange(xRange=(low, most), yRange=(-0.5, rows - 0.5), padding=0)

    def _begins(self, low: float) -> str:
        """The axis' name; where it does not begin at 0 it says so."""
        unit = f" ({self._unit})" if self._unit else ""
        if not low:
            return f"{self._measure}{unit}"
        return str(self.tr("{}{}, from {:g}")).format(self._measure, unit, low)

    def _parts(self) -> list[list[float]]:
        return [
            [
                value
                for name, value in zip(self._likes, bar.values, strict=True)
                if value is not None and name not in self._hidden
            ]
            for bar in self.bars
        ]

    def _draw(self) -> None:
        rows, left = np.arange(len(self.bars)), np.zeros(len(self.bars))
        shown = [name for name in self._likes if name not in self._hidden]
        high = 0.62 / (1 if self._stacked else max(1, len(shown)))
        for number, (name, item) in enumerate(zip(self._likes, self._items, strict=True)):
            item.setVisible(name in shown)
            if name not in shown:
                continue
            values = [bar.values[number] for bar in self.bars]
            wide = np.array([value if value and math.isfinite(value) else 0.0 for value in values])
            place = rows + (0 if self._stacked else (shown.index(name) + 0.5) * high - 0.31)
            known = np.array([value is not None for value in values], bool)  # the others have none
            item.setOpts(x0=left[known], y=place[known], width=wide[known], height=high)
            left = left + wide if self._stacked else left
        self._name()

    def _name(self) -> None:
        left, right = self.plot.getAxis("left"), self.plot.getAxis("right")
        metrics, room = QFontMetricsF(theme.small_font()), self.width() * _MOST_NAME
        mode = Qt.TextElideMode.ElideMiddle
        names = [metrics.elidedText(bar.name, mode, room) for bar in self.bars]
        ends = [self._at_the_end(bar) for bar in self.bars]
        for axis, words in ((left, names), (right, ends)):
            axis.setTicks([list(enumerate(words))])
            axis.setWidth(max(map(metrics.horizontalAdvance, words), default=0.0) + 14)

    def _brush(self, number: int, shade: QColor) -> QBrush:
        return QBrush(shade, _PATTERNS[number % len(_PATTERNS)] if self._stacked else _PATTERNS[0])

    def apply_style(self) -> None:
        super().apply_style()
        use, shades = colours(), theme.series_colours(self._likes.values())
        entries = []
        for number, (name, like) in enumerate(self._likes.items()):
            shade = shades[like] if len(self._likes) > 1 else QColor(use.accent)
            brush = self._brush(number, shade)
            self._items[number].setOpts(brush=brush, pen=theme.pen(shade))
            entries.append(Entry(name, name, theme.pen(shade), brush, name not in self._hidden))
        self.legend.set_entries(entries if len(entries) > 1 else ())
        for side in ("left", "right"):
            self.plot.getAxis(side).setTextPen(theme.pen(use.text))
        self._mark.setPen(theme.pen(use.faint, 1, Qt.PenStyle.DotLine))
        self._name()

    def series(self) -> dict[str, bool]:
        several = len(self._likes) > 1
        return {name: name not in self._hidden for name in self._likes} if several else {}

    def toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self._draw()
        self.apply_style()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "bars"):
            self._name()

    # Mouse and keys.

    def row_at(self, place: QPointF) -> int | None:
        """The row at a place of the widget."""
        row = round(self.box.mapSceneToView(place).y())
        inside = self.area.top() <= place.y() <= self.area.bottom()
        return row if inside and 0 <= row < len(self.bars) else None

    def place_of(self, row: int, value: float) -> QPointF:
        """Where a row reaches a value, in pixels of the widget."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(value, row))))

    def clicked(self, place: QPointF) -> None:
        row = self.row_at(place)
        if row is not None:
            self.row_chosen.emit(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        row = None if event.buttons() else self.row_at(event.position())
        words = self.words(row) if row is not None else ""
        self.setToolTip(words)
        QToolTip.showText(event.globalPosition().toPoint(), words, self)
        self._go(row)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._go(None)

    def _go(self, row: int | None) -> None:
        self._current = row
        self._mark.setVisible(row is not None)
        if row is not None:
            self._mark.setPos(row)
            self.setAccessibleDescription(self.words(row))

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        key, last = Qt.Key(event.key()), len(self.bars) - 1
        current = self._current
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            return lambda: self.row_chosen.emit(current)
        if key not in _STEPS or last < 0 or event.modifiers():
            return super().meaning(event)
        before = self._current if self._current is not None else (-1 if _STEPS[key] > 0 else 1)
        return lambda: self._go(min(max(before + _STEPS[key], 0), last))
