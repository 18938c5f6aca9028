"""The view box of a track: what mouse and wheel do in it."""

import sys
from collections.abc import Callable
from typing import Any, Protocol

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop.plots.tracks.time_range import TimeRange

_STEP = 120  # what a notch of the wheel counts
_ZOOM, _PAN = 0.8, 0.1
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class Owner(Protocol):
    """What a box, and what lies in it, need to know of their track."""

    time: TimeRange
    tells_length: bool

    @property
    def interactive(self) -> bool: ...
    @property
    def plot(self) -> QRectF: ...
    @property
    def heights(self) -> tuple[float, float]: ...
    def seconds_at(self, x: float) -> float: ...
    def height_at(self, y: float) -> float: ...
    def zoom_heights(self, factor: float, at: float) -> None: ...
    def pan_heights(self, share: float) -> None: ...
    def press(self, place: QPointF) -> None: ...
    def want_menu(self, place: QPoint) -> None: ...


class TrackBox(pg.ViewBox):
    """pyqtgraph's view box with the ways of audio editors: a drag selects, the wheel zooms time."""

    def __init__(self, track: Owner) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self._track = track
        self._anchor = 0.0
        self.disableAutoRange()
        self.setFlag(self.GraphicsItemFlag.ItemIsFocusable, False)
        self.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0), padding=0)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom time at the pointer; Shift or a sideways wheel pans, Ctrl zooms the heights."""
        track, keys = self._track, event.modifiers()
        notches = event.delta() / _STEP
        place = event.scenePos()
        control = bool(keys & Qt.KeyboardModifier.ControlModifier)
        sideways = event.orientation() == Qt.Orientation.Horizontal
        if (control or axis == 1) and not sideways:
            track.zoom_heights(_ZOOM**notches, track.height_at(place.y()))
        elif sideways or keys & Qt.KeyboardModifier.ShiftModifier:
            track.time.pan(-_PAN * notches)
        elif track.interactive:
            track.time.zoom(_ZOOM**notches, track.seconds_at(place.x()))
        event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Select; with the middle button, in panning mode or on an axis: move what is shown."""
        track = self._track
        if event.button() not in (_LEFT, _MIDDLE) or not track.interactive:
            event.ignore()
            return
        event.accept()
        keys = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == _MIDDLE or axis is not None or track.time.panning or keys:
            track.time.dragged = True
            moved, plot = event.scenePos() - event.lastScenePos(), track.plot
            if axis != 1:
                track.time.pan(-moved.x() / (plot.width() or 1.0))
            if axis != 0:
                track.pan_heights(moved.y() / (plot.height() or 1.0))
            return
        if event.isStart():
            self._anchor = track.seconds_at(event.buttonDownScenePos().x())
        track.time.select(self._anchor, track.seconds_at(event.scenePos().x()))

    def mouseClickEvent(self, event: Any) -> None:
        """Put the cursor, or open the menu."""
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            place = event.screenPos()
            self._track.want_menu(QPoint(int(place.x()), int(place.y())))
        elif event.button() == _LEFT and self._track.interactive:
            event.accept()
            self._track.press(event.scenePos())


class StillImage(pg.ImageItem):
    """An image that leaves clicks and drags to what it lies on."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")

    def hoverEvent(self, event: Any) -> None:
        """pyqtgraph's claims the button here."""


class Painted(pg.GraphicsObject):
    """Has something painted in pixels inside a view box, below its lines and regions."""

    def __init__(self, box: "pg.ViewBox", paint: Callable[[QPainter, QRectF], None]) -> None:
        super().__init__(box)
        self._box, self._paint, self._broken = box, paint, False
        self.setZValue(-10)
        box.sigResized.connect(self._resized)

    def _resized(self) -> None:
        self.prepareGeometryChange()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._broken:
            return
        painter.save()
        try:
            self._paint(painter, self.boundingRect())
        except Exception:  # noqa: BLE001 - from here it would take the process down: say it, once
            self._broken = True
            sys.excepthook(*sys.exc_info())
        finally:
            painter.restore()
