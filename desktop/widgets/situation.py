"""What kind of sound is heard: one of a few words is lit."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style import colours


class SituationStrip(QWidget):
    """All kinds beside each other, in places that never move.

    Args:
        kinds: there are.
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__()
        self._kinds = list(kinds)
        self.current = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Kind of sound"))
        self.setToolTip(
            self.tr(
                "What kind of sound is heard. Classifiers that cannot say anything about it step "
                "back."
            )
        )

    def sizeHint(self) -> QSize:
        return QSize(280, 26)

    def show_kind(self, kind: str) -> None:
        """Light one of them; one that is not there lights none."""
        if kind != self.current:
            self.current = kind
            self.setAccessibleDescription(kind)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width() / len(self._kinds)
        for index, kind in enumerate(self._kinds):
            place = QRectF(index * width, 0, width, self.height()).adjusted(2, 2, -2, -2)
            lit = kind == self.current
            painter.setPen(QColor(use.accent if lit else use.line))
            painter.setBrush(QColor(use.accent if lit else use.panel))
            painter.drawRoundedRect(place, 11, 11)
            font = QFont(self.font())
            font.setBold(lit)
            painter.setFont(font)
            painter.setPen(QColor(use.accent_text if lit else use.faint))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), kind)
