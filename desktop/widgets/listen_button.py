"""The round button that opens the microphone; while it is open, the level is around it."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.style import colours

_FLOOR_DB = -60.0
_FALL = 0.85  # of the level from one picture to the next: it rises at once and sinks slowly
_START, _SWEEP = 225.0, -270.0  # of the ring, in degrees


class ListenButton(QAbstractButton):
    """Says Listen or Stop.

    Args:
        size: in pixels.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._level = 0.0
        self._clipped = self._listening = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Listen or stop (Space)"))
        self.set_size(size)
        self.show_state(self.tr("Listen"), listening=False)

    def set_size(self, size: int) -> None:
        """Another size in pixels."""
        self.setFixedSize(size, size)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def show_state(self, words: str, *, listening: bool) -> None:
        """What a press would do, and whether the microphone is open."""
        self._listening = listening
        self.setText(words)
        self.setAccessibleName(words)
        if not listening:
            self._level = 0.0
        self.update()

    def set_level(self, peak_db: float, *, clipped: bool) -> None:
        """How loud it is, in dBFS."""
        share = min(1.0, max(0.0, 1 - peak_db / _FLOOR_DB))
        self._level = max(share, _FALL * self._level)
        self._clipped = clipped
        self.update()

    def hitButton(self, place: object) -> bool:
        centre = QPointF(self.rect().center())
        where = QPointF(place) - centre  # type: ignore[call-overload]
        return bool(math.hypot(where.x(), where.y()) <= self.width() / 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self.width()
        thick = max(4.0, size * 0.055)
        ring = QRectF(self.rect()).adjusted(thick, thick, -thick, -thick)
        if self._listening:  # there is no level while the microphone is closed
            self._paint_ring(painter, ring, thick)
        disc = ring.adjusted(thick * 1.2, thick * 1.2, -thick * 1.2, -thick * 1.2)
        fill = QColor(use.danger if self._listening else use.accent)
        if self.underMouse() or self.isDown():
            fill = fill.lighter(110) if not self.isDown() else fill.darker(110)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawEllipse(disc)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(use.text), 2))
            painter.drawEllipse(disc.adjusted(-2, -2, 2, 2))
        self._paint_sign(painter, disc)

    def _paint_ring(self, painter: QPainter, ring: QRectF, thick: float) -> None:
        use = colours()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor(use.line), thick)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(ring, round(16 * _START), round(16 * _SWEEP))
        if self._level > 0.01:
            pen.setColor(QColor(use.danger if self._clipped else use.good))
            painter.setPen(pen)
            painter.drawArc(ring, round(16 * _START), round(16 * _SWEEP * self._level))

    def _paint_sign(self, painter: QPainter, disc: QRectF) -> None:
        """A microphone or a square, and the word under it."""
        use, size = colours(), disc.width()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.accent_text))
        centre = disc.center() - QPointF(0, size * 0.11)
        if self._listening:
            half = size * 0.13
            painter.drawRoundedRect(
                QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half), 3, 3
            )
        else:
            painter.drawPath(_microphone(centre, size * 0.42))
        font = QFont(self.font())
        font.setPixelSize(max(9, round(size * 0.15)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(use.accent_text))
        place = QRectF(disc.left(), disc.center().y() + size * 0.13, size, size * 0.24)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self.text())


def _microphone(centre: QPointF, height: float) -> QPainterPath:
    """A capsule in a holder on a foot."""
    x, top, unit = centre.x(), centre.y() - height / 2, height / 10
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addRoundedRect(QRectF(x - 1.7 * unit, top, 3.4 * unit, 6 * unit), 1.7 * unit, 1.7 * unit)
    holder = QPainterPath()
    holder.addRoundedRect(
        QRectF(x - 3 * unit, top + 1 * unit, 6 * unit, 6.6 * unit), 3 * unit, 3 * unit
    )
    inside = QPainterPath()
    inside.addRoundedRect(
        QRectF(x - 2.3 * unit, top + 0.5 * unit, 4.6 * unit, 6.4 * unit), 2.3 * unit, 2.3 * unit
    )
    above = QPainterPath()
    above.addRect(QRectF(x - 4 * unit, top, 8 * unit, 3.4 * unit))
    path = path.united(holder.subtracted(inside).subtracted(above))
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addRect(QRectF(x - 0.35 * unit, top + 7.4 * unit, 0.7 * unit, 1.8 * unit))
    path.addRect(QRectF(x - 1.8 * unit, top + 9 * unit, 3.6 * unit, 0.8 * unit))
    return path
