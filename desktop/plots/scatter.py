"""Thousands of points on a plane: walk, zoom, click one, or draw a line round many."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QGraphicsPolygonItem, QMenu

from desktop.plots import theme
from desktop.plots.figure import Figure, Meaning
from desktop.plots.legend import Entry
from desktop.plots.marks import SIZE, Marks, paint_of, shape_of
from desktop.style import colours

_MARGIN, _MOST_ZOOM = 22, 40.0
_WIDEST = 1.7  # the axes mean nothing: the map may be so much wider than high
_NEAR = 12.0  # pixels within which a point is under the pointer
_DRAG = 5.0  # pixels from which a press is a drag
_STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@dataclass(frozen=True, eq=False)
class Points:
    """What is shown.

    Attributes:
        places: float, shape (n, 2), from -1 to 1, y upwards.
        kinds: number of the class of each.
        names: what each is, for the pointer and for screen readers.
        classes: names of the classes.
        suspects: which are ringed, and why, by number.
    """

    places: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    kinds: Sequence[int] = ()
    names: Sequence[str] = ()
    classes: Sequence[str] = ()
    suspects: dict[int, str] = field(default_factory=dict)

    def words_of(self, number: int) -> str:
        """Name and class of a point, and what is odd about it."""
        words = f"{self.names[number]} \u00b7 {self.classes[self.kinds[number]]}"
        reason = self.suspects.get(number)
        return f"{words}\n{reason}" if reason else words

    def csv(self) -> str:
        """A row for each point."""
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["name", "class", "x", "y", "suspect"])
        for n, (x, y) in enumerate(self.places.tolist()):
            kind, reason = self.kinds[n], self.suspects.get(n, "")
            rows.writerow([self.names[n], self.classes[kind], x, y, reason])
        return text.getvalue()


class Scatter(Figure):
    """A click chooses and plays, a drag draws a lasso; with Ctrl or Shift it adds to it.

    The wheel, plus and minus zoom, the middle button moves the map, 0 shows all of it. Arrows walk
    to the next point, Enter and the space bar play, 1 to 9 move what is chosen to a class. A click
    in the legend hides a class.
    """

    number_keys = False  # they choose a class
    current_changed = Signal()
    selection_changed = Signal()
    play_wanted = Signal()
    remove_wanted = Signal()
    relabel_wanted = Signal(int)  # number of the class from 0
    move_wanted = Signal()  # to a class that is to be asked for

    def __init__(self) -> None:
        super().__init__(
            self.tr("Map of sounds"),
            theme.Axis("bottom"),
            theme.Axis("left"),
            titled=False,
            legend_aside=True,
        )
        self.points = Points()
        self.current: int | None = None
        self.selected: list[int] = []
        self._kinds: NDArray[np.int64] = np.zeros(0, np.int64)
        self._hidden: set[str] = set()
        self._only_suspects = False
        self._hovered: int | None = None
        self._lasso: list[QPointF] = []
        self._pressed: QPointF | None = None
        self._lassoing = True
        self._moved = False  # by the person
        for side in ("bottom", "left"):
            self.plot.hideAxis(side)
        self._grids = (False, False)
        theme.grid(self.plot, y=False)
        self._marks = Marks(self.plot)
        self._name = theme.above(pg.TextItem())
        self.plot.addItem(self._name, ignoreBounds=True)
        self._name.hide()
        self._line = QGraphicsPolygonItem(self.box)
        self._line.setZValue(100)
        self.box.sigRangeChanged.connect(self._tell)
        self.box.sigRangeChangedManually.connect(lambda: setattr(self, "_moved", True))
        self.setMouseTracking(True)
        self.apply_style()

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 160)

    def show_points(self, points: Points, *, anew: bool) -> None:
        """Show these points; a new map clears the selection and is shown as a whole."""
        self.points, self._hovered = points, None
        self._kinds = np.asarray(points.kinds, dtype=np.int64)
        self._hidden &= set(points.classes)
        if anew:
            self.current, self.selected = None, []
            self._moved = False
        if not self._moved:
            self.view_all()
        self.apply_style()

    def show_only_suspects(self, on: bool) -> None:
        """Hide what is as it should be."""
        self._only_suspects = on
        self._draw()

    def centre_of(self, number: int) -> QPointF:
        """Where a point lies, in pixels of the widget."""
        return QPointF(*self.pixels()[number])

    def pixels(self) -> NDArray[np.float64]:
        """Where all points lie, in pixels of the widget, shape (n, 2)."""
        (left, right), (low, high) = self.box.viewRange()
        area, places = self.area, np.asarray(self.points.places, dtype=np.float64)
        x = area.left() + (places[:, 0] - left) / (right - left) * area.width()
        y = area.bottom() - (places[:, 1] - low) / (high - low) * area.height()
        return np.stack([x, y], axis=1)

    @property
    def zoomed(self) -> float:
        """How many times larger than at first."""
        (left, right), _ = self.box.viewRange()
        return float(2 * self._home()[0] / (right - left))

    def csv(self) -> str:
        return self.points.csv()

    # Drawing.

    def shown(self) -> NDArray[np.bool_]:
        """Which points are not hidden."""
        hidden = [n for n, name in enumerate(self.points.classes) if name in self._hidden]
        return self._asked() & ~np.isin(self._kinds, hidden)

    def _asked(self) -> NDArray[np.bool_]:
        """Which are shown of classes that are not hidden."""
        asked = np.full(len(self._kinds), not self._only_suspects)
        asked[list(self.points.suspects)] = True
        return asked

    def _draw(self) -> None:
        """Give pyqtgraph all points again."""
        self._marks.draw(self.points.places, self._kinds, self._asked())
        self._hide()

    def _hide(self) -> None:
        """Show the classes that are not hidden, and the rings and frames of theirs."""
        shown = self.shown()
        self._marks.hide([name in self._hidden for name in self.points.classes])
        self._marks.ring(self.points.places[[n for n in self.points.suspects if shown[n]]])
        self._frames()

    def _frames(self) -> None:
        """Frames round what is chosen, and the name of the point under the pointer or the keys."""
        places = self.points.places
        chosen = [n for n in self.selected if n < len(places)]
        one = [self.current] if self.current is not None and self.current < len(places) else []
        self._marks.frame(places[chosen], places[one])
        self._tell()

    def _tell(self) -> None:
        named = self._hovered
        if named is None and self.hasFocus():
            named = self.current
        if named is None or named >= len(self._kinds) or self._lasso:
            self._name.hide()
            return
        at, area = self.centre_of(named), self.area
        right, below = at.x() < area.center().x(), at.y() < area.center().y()
        place = at + QPointF(SIZE if right else -SIZE, SIZE * (0.8 if below else -0.8))
        self._name.setText(self.points.words_of(named))
        self._name.setAnchor((0 if right else 1, 0 if below else 1))
        self._name.setPos(self.box.mapSceneToView(place))
        self._name.show()

    def apply_style(self) -> None:
        super().apply_style()
        use = colours()
        self._marks.apply_style(self.points.classes)
        self._list_classes()
        self._name.fill = pg.mkBrush(use.panel)
        self._name.border = theme.pen(use.line)
        self._name.setColor(use.text)
        self._name.setFont(theme.small_font())
        fill_colour = QColor(use.accent)
        fill_colour.setAlpha(40)
        self._line.setBrush(fill_colour)
        self._line.setPen(theme.pen(use.accent, 1.5, Qt.PenStyle.DashLine))
        self._draw()

    def _list_classes(self) -> None:
        counts = np.bincount(self._kinds, minlength=len(self.points.classes)).tolist()
        entries = []
        for kind, name in enumerate(self.points.classes):
            edge, fill = paint_of(kind, name)
            words = f"{kind + 1}  {name}" if kind < 9 else name
            shown, count = name not in self._hidden, str(counts[kind])
            entries.append(Entry(name, words, edge, fill, shown, shape_of(kind), count))
        self.legend.set_entries(entries)

    # What is seen.

    def _home(self) -> tuple[float, float]:
        """How far all of the map reaches from the middle, with its margin."""
        places = self.points.places
        extent = np.maximum(np.abs(places).max(axis=0), 0.05) if len(places) else np.ones(2)
        return _reach(float(extent[0]), float(extent[1]), self.area)

    def view_all(self) -> None:
        self._moved = False
        x, y = self._home()
        self.box.setLimits(xMin=None, xMax=None, yMin=None, yMax=None)
        self.box.setLimits(minXRange=2 * x / _MOST_ZOOM, minYRange=2 * y / _MOST_ZOOM)
        self.box.setRange(xRange=(-x, x), yRange=(-y, y), padding=0)
        self.box.setLimits(xMin=-x, xMax=x, yMin=-y, yMax=y)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "points") and not self._moved:
            self.ci.layout.activate()
            self.view_all()

    def zoom(self, share: float) -> None:
        self._moved = True
        centre = self.box.viewRect().center()
        if self.current is not None and self.current < len(self._kinds):
            centre = QPointF(*self.points.places[self.current].tolist())
        self.box.scaleBy((share, share), center=centre)

    def series(self) -> dict[str, bool]:
        return {name: name not in self._hidden for name in self.points.classes}

    def toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self._list_classes()
        self._hide()

    def extra_modes(self, menu: QMenu) -> None:
        action = menu.addAction(self.tr("Drag to select sounds with a lasso"))
        action.setCheckable(True)
        action.setChecked(self._lassoing)
        action.triggered.connect(lambda: self._drag_means(lasso=True))

    def drag_means(self, mode: int) -> None:
        super().drag_means(mode)
        self._drag_means(lasso=False)

    def dragging(self, mode: int) -> bool:
        return super().dragging(mode) and not self._lassoing

    def _drag_means(self, *, lasso: bool) -> None:
        self._lassoing = lasso

    # Choosing.

    def go_to(self, number: int) -> None:
        """Choose one point, and no other."""
        self._choose([number], number)
        if not self.area.contains(self.centre_of(number)):
            (left, right), (low, high) = self.box.viewRange()
            x, y = self.points.places[number].tolist()
            self.box.translateBy(x=x - (left + right) / 2, y=y - (low + high) / 2)

    def _choose(self, numbers: list[int], current: int | None) -> None:
        self.selected = numbers
        moved = current is not None and current != self.current
        self.current = current if current is not None else self.current
        words = self.points.words_of(self.current) if self.current is not None else ""
        self.setAccessibleDescription(words)
        self._frames()
        if moved:
            self.current_changed.emit()
        self.selection_changed.emit()

    def _under(self, at: QPointF) -> int | None:
        if len(self._kinds) == 0:
            return None
        away = np.hypot(*(self.pixels() - [at.x(), at.y()]).T)
        away[~self.shown()] = np.inf
        best = int(away.argmin())
        return best if away[best] <= _NEAR else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        here = self.area.contains(event.position())
        if event.button() == Qt.MouseButton.LeftButton and self._lassoing and here:
            self._pressed, self._lasso = event.position(), [event.position()]
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            super().mouseMoveEvent(event)
            if not event.buttons():
                self._hover(self._under(at) if self.area.contains(at) else None)
            return
        far = (at - self._pressed).manhattanLength() >= _DRAG
        if far or len(self._lasso) > 1:
            self._lasso.append(at)
            self._hovered = None
            self._show_lasso()

    def _show_lasso(self) -> None:
        corner = self.area.topLeft()
        self._line.setPolygon(QPolygonF([point - corner for point in self._lasso]))
        self._tell()

    def _hover(self, number: int | None) -> None:
        if number != self._hovered:
            self._hovered = number
            pointing = Qt.CursorShape.PointingHandCursor
            waiting = Qt.CursorShape.CrossCursor if self._lassoing else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(waiting if number is None else pointing)
            self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        lasso, self._lasso, self._pressed = self._lasso, [], None
        self._show_lasso()
        if len(lasso) > 1:
            before = self.selected if event.modifiers() & _ADDING else []
            inside = _inside(QPolygonF(lasso), self.pixels(), self.shown())
            chosen = sorted({*before, *inside})
            self._choose(chosen, None if self.current in chosen or not chosen else chosen[0])
        else:
            self._click(event.position(), adding=bool(event.modifiers() & _ADDING))

    def clicked(self, place: QPointF) -> None:
        self._click(place, adding=False)

    def _click(self, place: QPointF, *, adding: bool) -> None:
        before = self.selected if adding else []
        under = self._under(place)
        if under is None:
            self._choose(before, None)
        else:
            self._choose(sorted({*before, under}), under)
            self.play_wanted.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._tell()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._tell()

    # Keys.

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.SelectAll):
            return lambda: self._choose(np.flatnonzero(self.shown()).tolist(), None)
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _STEPS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return lambda: self._walk(*_STEPS[key], extend=extend)
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return super().meaning(event)
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            return lambda: self.relabel_wanted.emit(key - Qt.Key.Key_1)
        known: dict[Qt.Key, Meaning] = {
            Qt.Key.Key_Space: self.play_wanted.emit,
            Qt.Key.Key_Return: self.play_wanted.emit,
            Qt.Key.Key_Enter: self.play_wanted.emit,
            Qt.Key.Key_M: self.move_wanted.emit,
            Qt.Key.Key_Delete: self.remove_wanted.emit,
            Qt.Key.Key_Backspace: self.remove_wanted.emit,
        }
        return known.get(key) or super().meaning(event)

    def _walk(self, right: float, down: float, *, extend: bool) -> None:
        shown, pixels = self.shown(), self.pixels()
        if not shown.any():
            return
        if self.current is None or self.current >= len(shown):
            centre = self.area.center()
            away = np.hypot(*(pixels - [centre.x(), centre.y()]).T)
            away[~shown] = np.inf
            self.go_to(int(away.argmin()))
            return
        best = _next(pixels - pixels[self.current], shown, right, down)
        if best is not None:
            kept = self.selected if extend else []
            self.go_to(best)
            if kept:
                self._choose(sorted({*kept, best}), best)


def _next(
    away: NDArray[np.float64], shown: NDArray[np.bool_], right: float, down: float
) -> int | None:
    """The nearest point in a direction, of those that are so far away in pixels."""
    along = away @ np.asarray([right, down])
    across = np.abs(away @ np.asarray([down, right]))
    cost = np.where((along > 0.5) & (across <= 2 * along) & shown, along + 2 * across, np.inf)
    best = int(cost.argmin())
    return best if np.isfinite(cost[best]) else None


def _reach(right: float, up: float, area: QRectF) -> tuple[float, float]:
    """How far an area shows from its middle, if it shows a map that reaches so far."""
    wide, high = max(60.0, area.width()), max(60.0, area.height())
    upwards = max(20.0, high / 2 - _MARGIN) / up  # pixels of one unit
    across = min(max(20.0, wide / 2 - _MARGIN) / right, _WIDEST * upwards)
    upwards = min(upwards, _WIDEST * across)
    return wide / 2 / across, high / 2 / upwards


def _inside(area: QPolygonF, pixels: NDArray[np.float64], shown: NDArray[np.bool_]) -> list[int]:
    """Which of the points that are shown lie in an area."""
    bounds, rule = area.boundingRect(), Qt.FillRule.OddEvenFill
    low, high = [bounds.left(), bounds.top()], [bounds.right(), bounds.bottom()]
    near = shown & (pixels >= low).all(axis=1) & (pixels <= high).all(axis=1)
    numbers = np.flatnonzero(near).tolist()
    return [n for n in numbers if area.containsPoint(QPointF(*pixels[n]), rule)]
