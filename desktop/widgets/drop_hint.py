"""Says where what is dragged may fall, over the page, as long as it is dragged."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.style import colours

_HIGH = 64  # pixels of the words' ground


class DropHint(QWidget):
    """A frame round a widget, with a sentence at its lower edge; it takes no event away."""

    def __init__(self, area: QWidget) -> None:
        super().__init__(area)
        self._area = area
        self.words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        area.installEventFilter(self)
        self.hide()

    def offer(self, words: str) -> None:
        """Show what a drop would do."""
        self.words = words
        self.setAccessibleName(words)
        self.setGeometry(self._area.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._area.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(use.accent), 3))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 8, 8)
        ground = QRectF(20, self.height() - _HIGH - 16, self.width() - 40, _HIGH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.accent))
        painter.drawRoundedRect(ground, 8, 8)
        painter.setPen(QColor(use.accent_text))
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(ground.adjusted(12, 6, -12, -6), flags, self.words)
