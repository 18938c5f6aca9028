"""Parallel coordinates of trials: an upright axis for each quantity, a line for each trial.

After Inselberg, *The plane with parallel coordinates*, The Visual Computer 1 (1985).
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolTip

from desktop.plots import theme
from desktop.plots.figure import Figure, Meaning
from desktop.plots.ticks import logarithmic, number, ticks
from desktop.style import colours

_MARGIN = 62.0  # pixels on both sides of the axes
_NEAR = 7.0  # pixels from a line or an axis at which the pointer means it
_LOG_SPAN = 20.0
_TICK, _LEAST_APART = 34.0, 15.0  # pixels from one tick to the next
_LEAST_BRUSH = 0.01
_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}


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

    def heights(self) -> list[float]:
        """Of all lines; not a number where nothing is known."""
        return [math.nan if value is None else self.height(value) for value in self.values]

    def marks(self, most: int) -> list[tuple[float, str]]:
        """Height and words of the ticks."""
        if self.words:
            return [(self.height(word), word) for word in self.words]
        low, high = self.ends()
        distinct = sorted(set(self.numbers))
        if len(distinct) <= most:  # the very values that were tried
            return [(self.height(value), number(value)) for value in distinct]
        found = logarithmic(low, high) if self.log else ticks(low, high, most)
        return [(self.height(value), number(value)) for value in found]


class _Upright(theme.Axis):
    """An axis within the plot; its words have a ground, for lines pass behind them."""

    def drawPicture(
        self,
        painter: QPainter,
        axis: object,
        ticks: object,
        words: Sequence[tuple[QRectF, object, str]],
    ) -> None:
        ground = QColor(colours().plot)
        ground.setAlphaF(0.8)
        for place, _, _ in words:
            painter.fillRect(place.adjusted(-2, -1, 2, 1), ground)
        super().drawPicture(painter, axis, ticks, words)


class Parallel(Figure):
    """A drag along an axis keeps the lines that pass there; a click on it lets all pass again.

    Left and Right choose an axis, Up and Down a line along it, with Shift they mark; Escape lets
    all pass.

    Attributes:
        names: of the lines.
        axes: with a value for each line.
        brushes: the stretch that is marked on an axis, by its number, as heights from 0 to 1.
        hovered: number of the line that stands out.
    """

    def __init__(self, title: str, *, titled: bool = True) -> None:
        self._names_axis = theme.Axis("top")
        super().__init__(
            title, theme.Axis("bottom"), theme.Axis("left"), titled=titled, top=self._names_axis
        )
        self.names: tuple[str, ...] = ()
        self.axes: tuple[Coordinate, ...] = ()
        self.brushes: dict[int, tuple[float, float]] = {}
        self.hovered: int | None = None
        self._heights = np.zeros((0, 0))
        self._lines: list[pg.PlotCurveItem] = []
        self._uprights: list[_Upright] = []
        self._marks: list[pg.PlotCurveItem] = []
        self._axis = 0
        self._drag: tuple[int, float] | None = None
        self._anchor: float | None = None
        self._moved = False  # by the person
        for side in ("bottom", "left"):
            self.plot.hideAxis(side)
        self.plot.showAxis("top")
        self._names_axis.setStyle(tickLength=0)
        self._names_axis.setHeight(34)
        theme.grid(self.plot, y=False)
        self.box.sigRangeChanged.connect(self._place)
        self.box.sigRangeChangedManually.connect(lambda: setattr(self, "_moved", True))
        self.box.geometryChanged.connect(self._place)
        self.setMinimumSize(480, 300)
        self.setMouseTracking(True)
        self.apply_style()

    def sizeHint(self) -> QSize:
        return QSize(900, 340)

    def set_lines(self, names: Sequence[str], axes: Sequence[Coordinate]) -> None:
        """Names of the lines, and the axes with a value for each line."""
        self.names, self.axes = tuple(names), tuple(axes)
        self._heights = np.array([axis.heights() for axis in axes]).reshape(len(axes), len(names))
        self.brushes, self.hovered = {}, None
        self._axis, self._drag, self._anchor = 0, None, None
        for old in (*self._lines, *self._marks):
            self.plot.removeItem(old)
        for axis in self._uprights:
            self.scene().removeItem(axis)
        across = np.arange(len(axes), dtype=float)
        # One trial without neighbours on both sides is a point, which a line does not show.
        self._lines = [
            pg.PlotCurveItem(across, self._heights[:, line], connect="finite")
            for line in range(len(names))
        ]
        self._marks = [pg.PlotCurveItem() for _ in axes]
        self._uprights = [self._upright() for _ in axes]
        for item in (*self._lines, *self._marks):
            self.plot.addItem(item)
        self.view_all()
        self.apply_style()
        self._describe()

    def _upright(self) -> _Upright:
        axis = _Upright("right")
        axis.setWidth(_MARGIN)
        axis.setParentItem(self.plot)
        axis.setZValue(50)
        return axis

    def passing(self) -> list[int]:
        """Numbers of the lines that pass every marked stretch."""
        through = np.ones(len(self.names), dtype=bool)
        for axis, (low, high) in self.brushes.items():
            with np.errstate(invalid="ignore"):
                through &= (self._heights[axis] >= low) & (self._heights[axis] <= high)
        return [int(line) for line in np.flatnonzero(through)]

    def words(self, line: int) -> str:
        """A line in words: its name, and each quantity."""
        parts = [self.names[line]]
        for axis in self.axes:
            value = axis.values[line]
            unit = f" {axis.unit}" if axis.unit else ""
            words = value if isinstance(value, str) else f"{value or 0.0:.5g}{unit}"
            parts.append(f"{axis.name}: {self.tr('not known') if value is None else words}")
        return "\n".join(parts)

    def csv(self) -> str:
        """One row a line, one column an axis; empty where nothing is known."""
        text = io.StringIO()
        writer = csv.writer(text)
        heads = [f"{axis.name} ({axis.unit})" if axis.unit else axis.name for axis in self.axes]
        writer.writerow(["trial", *heads])
        for line, name in enumerate(self.names):
            values = [axis.values[line] for axis in self.axes]
            writer.writerow([name, *("" if value is None else value for value in values)])
        return text.getvalue()

    # Where everything is, in pixels of the widget.

    def place_of(self, axis: int, height: float) -> QPointF:
        """A height on an axis."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(axis, height))))

    def stretches(self, line: int) -> list[list[QPointF]]:
        """The points of a line, cut where a value is not known."""
        found: list[list[QPointF]] = [[]]
        for axis, height in enumerate(self._heights[:, line].tolist()):
            if math.isnan(height):
                found.append([])
            else:
                found[-1].append(self.place_of(axis, height))
        return [stretch for stretch in found if stretch]

    def axis_at(self, place: QPointF) -> int | None:
        """The axis at a place, if one is near."""
        if not self.axes or not self.area.adjusted(-40, -8, 40, 8).contains(place):
            return None
        near = [
            axis
            for axis in range(len(self.axes))
            if abs(self.place_of(axis, 0.0).x() - place.x()) <= 2 * _NEAR
        ]
        return near[0] if near else None

    def height_at(self, place: QPointF) -> float:
        """From 0 at the bottom to 1."""
        return min(1.0, max(0.0, float(self.box.mapSceneToView(place).y())))

    def line_at(self, place: QPointF) -> int | None:
        """The nearest line that passes, if one is near."""
        at = self.box.mapSceneToView(place)
        last = len(self.axes) - 1
        if last < 1 or not 0.0 <= at.x() <= last:
            return None
        left = min(int(at.x()), last - 1)
        share = at.x() - left
        with np.errstate(invalid="ignore"):
            heights = (1 - share) * self._heights[left] + share * self._heights[left + 1]
        (low, high), tall = self.box.viewRange()[1], self.box.height()
        away = np.abs(heights - at.y()) / (high - low) * tall
        away[[line for line in range(len(self.names)) if line not in set(self.passing())]] = np.nan
        if np.isnan(away).all():
            return None
        nearest = int(np.nanargmin(away))
        return nearest if away[nearest] <= _NEAR else None

    # Drawing.

    def view_all(self) -> None:
        self._moved = False
        wide = max(60.0, self.width() - 2 * _MARGIN)
        room = _MARGIN * max(1, len(self.axes) - 1) / wide
        ends = (-room, max(1, len(self.axes) - 1) + room)
        self.box.setRange(xRange=ends, yRange=(-0.04, 1.04), padding=0)
        self._place()

    def _place(self) -> None:
        """Put the axes where they are now."""
        if not self.axes or len(self._uprights) != len(self.axes):
            return
        place, (left, right) = self.box.geometry(), self.box.viewRange()[0]
        (low, high), apart = self.box.viewRange()[1], place.width() / (right - left)
        metrics, mode = QFontMetricsF(theme.small_font()), Qt.TextElideMode.ElideRight
        tops = []
        for n, (axis, upright) in enumerate(zip(self.axes, self._uprights, strict=True)):
            x = place.left() + (n - left) * apart
            upright.setVisible(place.left() - 1 <= x <= place.right() + 1)
            upright.setGeometry(QRectF(x, place.top(), _MARGIN, place.height()))
            upright.setRange(low, high)
            most = max(2, int(place.height() / (high - low) / _TICK))
            upright.setTicks([_apart(axis.marks(most), place.height() / (high - low))])
            name = metrics.elidedText(axis.name, mode, max(20.0, min(apart, 2 * _MARGIN) - 6))
            tops.append((n, f"{name}\n({axis.unit})" if axis.unit else f"{name}\n"))
        self._names_axis.setTicks([tops])

    def apply_style(self) -> None:
        super().apply_style()
        use = colours()
        self._names_axis.setTextPen(theme.pen(use.text))
        self._names_axis.setPen(theme.pen(use.panel))
        through = set(self.passing())
        chosen = self._axis if self.hasFocus() else None
        for line, curve in enumerate(self._lines):
            passes = line in through
            curve.setPen(theme.pen(self._shade(line), 1.6) if passes else theme.pen(use.line))
            curve.setZValue(1 if passes else 0)
            if line == self.hovered:
                curve.setPen(theme.pen(use.text, 3))
                curve.setZValue(20)
        shade = QColor(use.accent)
        shade.setAlphaF(0.3)
        for n, (upright, mark) in enumerate(zip(self._uprights, self._marks, strict=True)):
            here = n == chosen
            pen = theme.pen(use.accent if here else use.faint, 2 if here else 1.2)
            upright.setPen(pen)
            upright.setTickPen(theme.pen(use.faint))
            upright.setTextPen(theme.pen(use.text))
            upright.setTickFont(theme.small_font())
            wide = theme.pen(shade, 12)
            wide.setCapStyle(Qt.PenCapStyle.FlatCap)
            mark.setPen(wide)
            ends = self.brushes.get(n)
            mark.setData([n, n], list(ends)) if ends else mark.setData([], [])

    def _shade(self, line: int) -> QColor:
        """From one colour to another by the last axis."""
        use = colours()
        height = float(self._heights[-1, line]) if len(self._heights) else math.nan
        share = 0.5 if math.isnan(height) else height
        low, high = QColor(use.danger), QColor(use.accent)
        pairs = zip(low.getRgb()[:3], high.getRgb()[:3], strict=True)  # type: ignore[index]
        return QColor(*(round(a + share * (b - a)) for a, b in pairs))

    def _describe(self) -> None:
        if self.hovered is not None:
            self.setAccessibleDescription(self.words(self.hovered).replace("\n", ", "))
        else:
            counted = self.tr("{} of {} trials selected")
            self.setAccessibleDescription(counted.format(len(self.passing()), len(self.names)))
        self.apply_style()

    # Mouse and keys.

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "axes") and not self._moved:
            self.view_all()

    def extra_actions(self, menu: QMenu) -> None:
        action = menu.addAction(self.tr("Select all trials\tEsc"), self._let_pass)
        action.setEnabled(bool(self.brushes))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = self.axis_at(event.position())
        if axis is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._axis, self._drag = axis, (axis, self.height_at(event.position()))
        self.brushes.pop(axis, None)
        self._describe()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            axis, first = self._drag
            low, high = sorted((first, self.height_at(event.position())))
            if high - low > _LEAST_BRUSH:
                self.brushes[axis] = (low, high)
            self.hovered = None
            self._describe()
            return
        super().mouseMoveEvent(event)
        line = None if event.buttons() else self.line_at(event.position())
        if line == self.hovered:
            return
        self.hovered = line
        words = self.words(line) if line is not None else ""
        self.setToolTip(words)
        QToolTip.showText(event.globalPosition().toPoint(), words, self)
        self._describe()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            super().mouseReleaseEvent(event)
        self._drag = None

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered = None
        self._describe()

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.axes:
            step = 1 if key == Qt.Key.Key_Right else -1
            return lambda: self._choose((self._axis + step) % len(self.axes))
        if key in _STEPS and self.axes:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            return lambda: self._step(_STEPS[key], mark=shift)
        if key == Qt.Key.Key_Escape and self.brushes:
            return self._let_pass
        return super().meaning(event)

    def _choose(self, axis: int) -> None:
        self._axis, self._anchor = axis, None
        self._describe()

    def _let_pass(self) -> None:
        self.brushes, self._anchor = {}, None
        self._describe()

    def _step(self, by: int, *, mark: bool) -> None:
        """To the next line along the axis; ``mark`` keeps those from the first to this one."""
        heights = self._heights[self._axis]
        order = [int(line) for line in heights.argsort() if not math.isnan(heights[line])]
        if not order:
            return
        outside = -1 if by > 0 else len(order)
        at = order.index(self.hovered) if self.hovered in order else outside
        self.hovered = order[min(max(at + by, 0), len(order) - 1)]
        here = float(heights[self.hovered])
        if mark:
            self._anchor = here if self._anchor is None else self._anchor
            low, high = sorted((self._anchor, here))
            self.brushes[self._axis] = (max(0.0, low - 0.01), min(1.0, high + 0.01))
        else:
            self._anchor = here
        self._describe()


def _apart(marks: Sequence[tuple[float, str]], pixels: float) -> list[tuple[float, str]]:
    """Those whose words do not lie over each other."""
    kept: list[tuple[float, str]] = []
    for height, words in marks:
        if not kept or (height - kept[-1][0]) * pixels >= _LEAST_APART:
            kept.append((height, words))
    return kept
