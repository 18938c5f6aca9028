"""Thousands of points on a plane: walk, zoom, click one, or draw a line round many."""

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPolygonF,
    QWheelEvent,
)

from desktop.plots.scatter_plane import Plane, Points

__all__ = ["Points", "Scatter"]

_NEAR = 12.0  # pixels within which a point is under the pointer
_DRAG = 5.0  # pixels from which a press is a drag
_STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class Scatter(Plane):
    """A click chooses and plays, a drag draws a lasso; with Ctrl or Shift it adds to it.

    The wheel, plus and minus zoom, the middle button moves the map, 0 shows all of it. Arrows walk
    to the next point, Enter and the space bar play, 1 to 9 move what is chosen to a class.
    """

    current_changed = Signal()
    selection_changed = Signal()
    play_wanted = Signal()
    remove_wanted = Signal()
    relabel_wanted = Signal(int)  # number of the class from 0

    def __init__(self) -> None:
        super().__init__()
        self._pressed: QPointF | None = None
        self._panned: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Map of the sounds"))

    def go_to(self, number: int) -> None:
        """Choose one point, and no other."""
        self._choose([number], number)
        if not self._view.size.contains(QPointF(*self._pixels[number])):
            self._view.middle = self.points.places[number].astype(float)
            self._moved()

    def _choose(self, numbers: list[int], current: int | None) -> None:
        self.selected = numbers
        moved = current is not None and current != self.current
        self.current = current if current is not None else self.current
        words = self.words_of(self.current) if self.current is not None else ""
        self.setAccessibleDescription(words)
        self.update()
        if moved:
            self.current_changed.emit()
        self.selection_changed.emit()

    def _under(self, at: QPointF) -> int | None:
        if len(self._pixels) == 0:
            return None
        away = np.hypot(*(self._pixels - [at.x(), at.y()]).T)
        away[~self._shown()] = np.inf
        best = int(away.argmin())
        return best if away[best] <= _NEAR else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._lasso = event.position(), [event.position()]
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._panned = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._panned is not None:
            self._view.pan(at - self._panned)
            self._panned = at
            self._moved()
        elif self._pressed is not None:
            far = (at - self._pressed).manhattanLength() >= _DRAG
            if far or len(self._lasso) > 1:
                self._lasso.append(at)
                self.update()
        elif (under := self._under(at)) != self._hovered:
            self._hovered = under
            pointing = Qt.CursorShape.PointingHandCursor
            self.setCursor(Qt.CursorShape.CrossCursor if under is None else pointing)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._panned = None
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        adding = bool(
            event.modifiers()
            & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        )
        before = self.selected if adding else []
        lasso, self._lasso, self._pressed = self._lasso, [], None
        if len(lasso) > 1:
            area = QPolygonF(lasso)
            rule = Qt.FillRule.OddEvenFill
            inside = [
                n
                for n in np.flatnonzero(self._shown()).tolist()
                if area.containsPoint(QPointF(*self._pixels[n]), rule)
            ]
            chosen = sorted({*before, *inside})
            self._choose(chosen, None if self.current in chosen or not chosen else chosen[0])
        elif (under := self._under(event.position())) is not None:
            self._choose(sorted({*before, under}), under)
            self.play_wanted.emit()
        else:
            self._choose(before, None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom(1.25 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def _zoom(self, factor: float, at: QPointF) -> None:
        self._view.zoom_at(factor, at)
        self._moved()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        # These keys mean something here, whatever they do elsewhere in the window.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._meaning(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        meaning = self._meaning(event)
        if meaning is None:
            super().keyPressEvent(event)
        else:
            meaning()

    def _meaning(self, event: QKeyEvent) -> Any:
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.SelectAll):
            return lambda: self._choose(np.flatnonzero(self._shown()).tolist(), None)
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _STEPS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return lambda: self._walk(*_STEPS[key], extend=extend)
        middle = self._view.size.center()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            return lambda: self._zoom(1.25, self._focus_point() or middle)
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            return lambda: self.relabel_wanted.emit(key - Qt.Key.Key_1)
        return {
            Qt.Key.Key_Space: self.play_wanted.emit,
            Qt.Key.Key_Return: self.play_wanted.emit,
            Qt.Key.Key_Enter: self.play_wanted.emit,
            Qt.Key.Key_Delete: self.remove_wanted.emit,
            Qt.Key.Key_Backspace: self.remove_wanted.emit,
            Qt.Key.Key_Minus: lambda: self._zoom(0.8, self._focus_point() or middle),
            Qt.Key.Key_0: lambda: self._zoom(0.0, middle),
        }.get(key)

    def _focus_point(self) -> QPointF | None:
        return None if self.current is None else self.centre_of(self.current)

    def _walk(self, right: float, down: float, *, extend: bool) -> None:
        shown = self._shown()
        if not shown.any():
            return
        if self.current is None or self.current >= len(shown):
            centre = self._view.size.center()
            away = np.hypot(*(self._pixels - [centre.x(), centre.y()]).T)
            away[~shown] = np.inf
            self.go_to(int(away.argmin()))
            return
        away = self._pixels - self._pixels[self.current]
        along = away @ np.asarray([right, down])
        across = np.abs(away @ np.asarray([down, right]))
        cost = np.where((along > 0.5) & (across <= 2 * along) & shown, along + 2 * across, np.inf)
        best = int(cost.argmin())
        if np.isfinite(cost[best]):
            kept = self.selected if extend else []
            self.go_to(best)
            if kept:
                self._choose(sorted({*kept, best}), best)
