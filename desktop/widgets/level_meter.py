"""How loud the microphone is: RMS, peak with hold, and a light for clipping."""

import time

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.style import colours

_FLOOR_DB = -60.0
_HOLD_SECONDS = 1.5


class LevelMeter(QWidget):
    """A horizontal meter from -60 to 0 dBFS."""

    def __init__(self) -> None:
        super().__init__()
        self._rms_db = self._peak_db = self._held_db = -120.0
        self._held_at = self._clipped_at = 0.0
        self.setMinimumWidth(120)
        self.setAccessibleName(self.tr("Level"))
        self.setToolTip(
            self.tr(
                "Level of the microphone: the bar is the RMS level, the line the peak; the "
                "light warns of clipping"
            )
        )

    def sizeHint(self) -> QSize:
        return QSize(170, 26)

    def set_level(self, rms_db: float, peak_db: float, clipped: int) -> None:
        now = time.monotonic()
        self._rms_db, self._peak_db = rms_db, peak_db
        if peak_db >= self._held_db or now - self._held_at > _HOLD_SECONDS:
            self._held_db, self._held_at = peak_db, now
        if clipped:
            self._clipped_at = now
        self.setAccessibleDescription(f"{rms_db:.0f} dBFS")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, self.height() / 2 - 5, self.width() - 22, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.line))
        painter.drawRoundedRect(bar, 3, 3)
        share = self._share(self._rms_db)
        painter.setBrush(QColor(use.danger if self._peak_db > -1 else use.good))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, 10), 3, 3)
        painter.setBrush(QColor(use.text))
        x = bar.left() + bar.width() * self._share(self._held_db)
        if self._held_db > _FLOOR_DB:
            painter.drawRect(QRectF(x - 1, bar.top() - 2, 2, 14))
        clipped = time.monotonic() - self._clipped_at < _HOLD_SECONDS
        painter.setBrush(QColor(use.danger if clipped else use.line))
        painter.drawEllipse(QRectF(self.width() - 14, self.height() / 2 - 5, 10, 10))

    def _share(self, level_db: float) -> float:
        return min(1.0, max(0.0, 1 - level_db / _FLOOR_DB))
