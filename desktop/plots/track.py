"""What every track is: a strip under the shared time, with a gutter for its scale."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.plots.time_range import TimeRange
from desktop.style import Colours, colours

GUTTER = 84
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_EDGE = 5  # pixels from a selection's edge within which it is dragged


class Track(QWidget):
    """Base of the strips: zoom, pan, cursor and selection by mouse and wheel.

    Wheel pans, with Ctrl it zooms at the pointer; a drag selects, with the middle button or Shift
    it pans; a click sets the cursor.
    """

    clicked = Signal(float)
    hovered = Signal(float, float)  # seconds, height from 0 at the bottom to 1
    left = Signal()

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__()
        self.time = time
        self._interactive = interactive
        self._drag: str | None = None
        self._from = QPointF()
        self._anchor = 0.0
        self.setMouseTracking(True)
        if interactive:  # keys reach the page through whatever track was clicked
            self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        time.changed.connect(self.update)
        time.cursor_moved.connect(self.update)
        time.selected.connect(self.update)

    @property
    def plot(self) -> QRectF:
        """The area right of the gutter."""
        return QRectF(GUTTER, 0, max(1, self.width() - GUTTER), self.height())

    def x_of(self, seconds: float) -> float:
        span = self.time.end - self.time.start
        return self.plot.left() + (seconds - self.time.start) / span * self.plot.width()

    def seconds_at(self, x: float) -> float:
        share = (x - self.plot.left()) / self.plot.width()
        return self.time.start + share * (self.time.end - self.time.start)

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        """Paint what the track is for."""

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        """Paint its scale."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.fillRect(self.rect(), QColor(use.panel))
        painter.fillRect(self.plot, QColor(use.plot))
        painter.save()
        painter.setClipRect(self.plot)
        self.paint_plot(painter, use)
        self._paint_marks(painter, use)
        painter.restore()
        self.paint_gutter(painter, use)

    def _paint_marks(self, painter: QPainter, use: Colours) -> None:
        if self.time.selection is not None:
            first, last = (self.x_of(seconds) for seconds in self.time.selection)
            fill = QColor(use.accent)
            fill.setAlpha(50)
            painter.fillRect(QRectF(first, 0, last - first, self.height()), fill)
            painter.setPen(QPen(QColor(use.accent), 1))
            for x in (first, last):
                painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        if self.time.cursor is not None:
            x = self.x_of(self.time.cursor)
            painter.setPen(QPen(QColor(use.danger), 1.5))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._interactive:
            event.ignore()
            return
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            factor = 0.8 ** (delta.y() / 120)
            self.time.zoom(factor, self.seconds_at(event.position().x()))
        else:
            self.time.pan(-(delta.y() + delta.x()) / 120 * 0.1)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._interactive:
            return
        self._from = event.position()
        at = self.seconds_at(event.position().x())
        self._anchor = at
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.MiddleButton or shift:
            self._drag = "pan"
        elif event.button() == Qt.MouseButton.LeftButton:
            edge = self._edge(event.position().x())
            self._drag = "press" if edge is None else "select"
            self._anchor = at if edge is None else edge

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._drag == "press" and abs(x - self._from.x()) > 4:
            self._drag = "select"
        if self._drag == "select":
            self.time.select(self._anchor, self.seconds_at(x))
        elif self._drag == "pan":
            self.time.pan((self._from.x() - x) / self.plot.width())
            self._from = event.position()
        resize = self._interactive and self._edge(x) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if resize else Qt.CursorShape.ArrowCursor)
        height = 1.0 - event.position().y() / max(1, self.height())
        self.hovered.emit(self.seconds_at(x), height)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag == "press":
            self.clicked.emit(self.seconds_at(event.position().x()))
        self._drag = None

    def leaveEvent(self, event: QEvent) -> None:
        self.left.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def _edge(self, x: float) -> float | None:
        """If the pointer is on an edge of the selection: the other edge, which stays."""
        if self.time.selection is None:
            return None
        first, last = self.time.selection
        if abs(self.x_of(first) - x) <= _EDGE:
            return last
        return first if abs(self.x_of(last) - x) <= _EDGE else None
