"""The loudness of what is being recorded, as a picture that grows from left to right."""

from collections import deque

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style import colours

_COLUMNS = 160
_FLOOR_DB = -60.0


class LevelTrace(QWidget):
    """Peaks of the last moments, one column each, the newest at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._peaks: deque[float] = deque(maxlen=_COLUMNS)
        self.setMinimumSize(60, 40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Waveform of the recording"))

    def sizeHint(self) -> QSize:
        return QSize(100, 60)

    @property
    def peaks_db(self) -> list[float]:
        """What is shown, in dBFS, the oldest first."""
        return list(self._peaks)

    def add(self, peak_db: float) -> None:
        """One more column."""
        self._peaks.append(peak_db)
        self.update()

    def clear(self) -> None:
        """A recording begins."""
        self._peaks.clear()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        middle, wide = self.height() / 2, self.width() / _COLUMNS
        painter.fillRect(QRectF(0, middle - 0.5, self.width(), 1), QColor(use.line))
        painter.setPen(Qt.PenStyle.NoPen)
        for column, peak in enumerate(self._peaks):
            share = max(0.0, min(1.0, 1 - peak / _FLOOR_DB))
            height = share * (middle - 1)
            colour = use.danger if peak >= 0.0 else use.wave
            place = QRectF(column * wide, middle - height, max(1.0, wide - 0.5), 2 * height)
            painter.fillRect(place, QColor(colour))
