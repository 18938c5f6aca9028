"""A big round button to hold while it sounds."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.style import colours


class RecordButton(QAbstractButton):
    """Round and red; shows a count-in or the seconds while it is at work. Space holds it too."""

    def __init__(self) -> None:
        super().__init__()
        self._face = ""
        self._active = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(84, 84)

    def show_face(self, words: str, *, active: bool) -> None:
        """A few characters in the middle; active: it records."""
        self._face, self._active = words, active
        self.update()

    def event(self, event: QEvent) -> bool:
        # The space bar holds this button, whatever it does elsewhere in the window.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        focus = self.hasFocus()
        painter.setPen(QPen(QColor(use.accent if focus else use.line), 4 if focus else 3))
        painter.setBrush(QColor(use.panel))
        painter.drawEllipse(ring)
        inset = 7 if self.isDown() or self._active else 10
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.danger if self.isEnabled() else use.faint))
        painter.drawEllipse(ring.adjusted(inset, inset, -inset, -inset))
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(26 if len(self._face) < 3 else 17)
        painter.setFont(font)
        painter.setPen(QColor("#ffffff" if not use.dark else "#1b0b0b"))
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, self._face)
