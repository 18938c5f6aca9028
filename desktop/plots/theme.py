"""How every plot looks: pyqtgraph's options, colours light and dark, axes, fonts.

One colour means "training" and one "validation" in every plot.
"""

import hashlib
import html
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsRectItem

from desktop.plots.ticks import logarithmic, number, step_of, ticks
from desktop.style import colours

pg.setConfigOptions(imageAxisOrder="row-major", antialias=True, exitCleanup=False)

Item = TypeVar("Item", bound=QGraphicsItem)
TRAINING, VALIDATION, TEST = "training", "validation", "test"
_MEANT = {  # light, dark
    TRAINING: ("#2f6fde", "#6ea3ff"),
    VALIDATION: ("#c2570c", "#ff9d4d"),
    TEST: ("#1f8a5b", "#3fc98a"),
}
_OTHERS = (
    ("#8b3fd1", "#c792ff"),
    ("#0b7f8f", "#4cc7d4"),
    ("#c8325a", "#ff7f9d"),
    ("#8a6d00", "#d4b436"),
    ("#b83aa6", "#ee8fe0"),
    ("#8a4b2a", "#d39a78"),
    ("#5c6675", "#9aa3b2"),
)
_ROOM = 24.0  # pixels by which the words of an axis may reach over its ends
_MOST_DECADES = 300.0  # floats reach no further
_ACROSS, _UP = 60, 32  # pixels from one tick to the next, at least


def series_colours(names: Iterable[str]) -> dict[str, QColor]:
    """A colour for each name, no two alike while there are enough.

    "training", "validation" and "test" always have their own; any other name gets the same one
    wherever the same names stand together.
    """
    dark = colours().dark
    found: dict[str, QColor] = {}
    taken: set[int] = set()
    for name in names:
        if name in _MEANT:
            found[name] = QColor(_MEANT[name][dark])
            continue
        wanted = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % (
            len(_OTHERS) - 1
        )
        places = [(wanted + step) % len(_OTHERS) for step in range(len(_OTHERS))]
        place = next((p for p in places if p not in taken), wanted)
        taken.add(place)
        found[name] = QColor(_OTHERS[place][dark])
    return found


def series_colour(name: str) -> QColor:
    """The colour of a name that stands alone."""
    return series_colours([name])[name]


_ratio: float | None = None


@contextmanager
def sharpness(ratio: float) -> Iterator[None]:
    """Make :func:`pen` answer for a picture that has so many dots a pixel."""
    global _ratio
    before, _ratio = _ratio, ratio
    try:
        yield
    finally:
        _ratio = before


def pen(colour: str | QColor, width: float = 1.0, style: Qt.PenStyle | None = None) -> QPen:
    """A line that stays so many pixels wide at any zoom.

    Qt counts the width of such lines in the screen's dots, not in pixels: make all pens here, and
    anew whenever the plot is style_applied.
    """
    ratio = _ratio or QApplication.primaryScreen().devicePixelRatio()
    made = QPen(QColor(colour), width * ratio, style or Qt.PenStyle.SolidLine)
    made.setCosmetic(True)
    return made


def small_font() -> QFont:
    """Of ticks and read-outs: one size below the window's."""
    font = QFont(QApplication.font())
    font.setPointSizeF(max(7.0, font.pointSizeF() - 0.5))
    return font


def title_font() -> QFont:
    """Of a plot's title."""
    font = QFont(QApplication.font())
    font.setWeight(QFont.Weight.DemiBold)
    return font


class Axis(pg.AxisItem):
    """An axis with round numbers, and its unit in brackets after its name."""

    whole = False  # what is counted has no halves

    def __init__(self, side: str, name: str = "", unit: str = "") -> None:
        super().__init__(side, pen=None)
        self.enableAutoSIPrefix(False)
        self.name, self.unit = name, unit
        self.setStyle(autoExpandTextSpace=side in ("left", "right"), autoReduceTextSpace=False)
        self.setStyle(tickLength=4, hideOverlappingLabels=False)
        if name:
            self.setLabel(html.escape(f"{name} ({unit})" if unit else name))

    def boundingRect(self) -> QRectF:
        """With room for the words at both ends, which pyqtgraph leaves out under a grid."""
        across = self.orientation in ("top", "bottom")
        more = (_ROOM, 0.0) if across else (0.0, _ROOM)
        return QRectF(super().boundingRect()).adjusted(-more[0], -more[1], *more)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Where the ticks are, as pyqtgraph asks for it; a logarithmic axis counts in decades."""
        if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
            return []
        apart = _ACROSS if self.orientation in ("top", "bottom") else _UP
        most = max(2, int(size / apart))
        if self.logMode:
            low, high = max(low, -_MOST_DECADES), min(high, _MOST_DECADES)
            found = logarithmic(10.0**low, 10.0**high) if low < high else []
            kept = found[:: math.ceil(len(found) / most) or 1]
            return [(1.0, [math.log10(value) for value in kept])]
        step, places = step_of(low, high, most) or 1.0, ticks(low, high, most)
        if self.whole and step < 1:
            step, places = 1.0, [place for place in places if place == round(place)]
        return [(step, places)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The words at the ticks."""
        if self.logMode:
            return [number(10.0**value) for value in values]
        return [number(value, spacing) for value in values]


def apply_style(plot: "pg.PlotItem") -> None:
    """Give a plot the colours in force: at its making, and again when they change."""
    use = colours()
    _ground(plot).setBrush(QColor(use.plot))
    for side in ("left", "bottom", "right", "top"):
        axis = plot.getAxis(side)
        axis.setPen(pen(use.line))
        axis.setTickPen(pen(use.line))
        axis.setTextPen(pen(use.faint))
        axis.setTickFont(small_font())
        axis.label.setFont(small_font())
        axis.setLabel(axis.labelText, axis.labelUnits, color=use.faint)
    if plot.titleLabel.isVisible():
        plot.titleLabel.setText(plot.titleLabel.text, color=use.text, bold=True, justify="left")
    if plot.legend is not None:
        ground = QColor(use.panel)
        ground.setAlphaF(0.85)
        plot.legend.setBrush(ground)
        plot.legend.setLabelTextColor(QColor(use.text))
        for _, label in plot.legend.items:
            label.setText(label.text, color=use.text)


def _ground(plot: "pg.PlotItem") -> QGraphicsRectItem:
    """What lies under a plot, with the grid upon it; pyqtgraph draws the grid over the curves."""
    box = plot.getViewBox()
    found = getattr(plot, "ground", None)
    if found is None:
        made = plot.ground = QGraphicsRectItem(plot)
        made.setPen(Qt.PenStyle.NoPen)
        made.setFlag(QGraphicsRectItem.GraphicsItemFlag.ItemNegativeZStacksBehindParent)
        made.setZValue(-2000)
        for side in ("left", "bottom", "right", "top"):
            plot.getAxis(side).setZValue(-1000)
        box.geometryChanged.connect(lambda: made.setRect(box.geometry()))
        made.setRect(box.geometry())
        found = made
    return cast(QGraphicsRectItem, found)


def apply_style_to_view(view: "pg.GraphicsView") -> None:
    """Give a whole view, and each plot in it, the colours in force."""
    view.setBackground(colours().panel)
    for item in view.scene().items():
        if isinstance(item, pg.PlotItem):
            apply_style(item)


def grid(plot: "pg.PlotItem", *, x: bool = False, y: bool = True) -> None:
    """Lines at the ticks across the plot."""
    plot.getAxis("bottom").setGrid(255 if x else False)
    plot.getAxis("left").setGrid(255 if y else False)


def above(item: Item) -> Item:
    """An item that lies over all others of its plot."""
    item.setZValue(1000)
    return item
