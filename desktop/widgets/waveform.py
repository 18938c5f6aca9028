"""The waveform as the span between its lowest and highest samples."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from desktop.style import Colours
from desktop.widgets.time_range import TimeRange
from desktop.widgets.track import GUTTER, RIGHT, Track


class WaveformTrack(Track):
    """Draws an envelope; :meth:`set_envelope` may be called as often as it changes."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(time, interactive=interactive)
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._first = self._last = 0.0
        self.setMinimumHeight(56)
        self.setAccessibleName(self.tr("Waveform"))

    def set_envelope(self, envelope: NDArray[np.float32], first: float, last: float) -> None:
        """Lowest and highest values, shape (2, n), evenly spread from ``first`` to ``last``."""
        self._envelope, self._first, self._last = envelope, first, last
        self.update()

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        middle = self.height() / 2
        painter.setPen(QColor(use.line))
        painter.drawLine(QPointF(GUTTER, middle), QPointF(self.width(), middle))
        count = self._envelope.shape[1]
        if count == 0:
            return
        left, right = self.x_of(self._first), self.x_of(self._last)
        x = left + (np.arange(count) + 0.5) * ((right - left) / count)
        low, high = (middle - value * (middle - 2) for value in self._envelope)
        shown = (x >= GUTTER - 4) & (x <= self.width() + 4)
        x, low, high = x[shown], low[shown] + 0.5, high[shown] - 0.5
        around = zip(np.r_[x, x[::-1]].tolist(), np.r_[high, low[::-1]].tolist(), strict=True)
        outline = [QPointF(a, b) for a, b in around]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.wave))
        painter.drawPolygon(QPolygonF(outline))

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        painter.setPen(QColor(use.faint))
        for share, word in ((0.0, "1"), (0.5, "0"), (1.0, "-1")):
            y = min(max(share * self.height() - 8, 0), self.height() - 16)
            place = QRectF(0, y, GUTTER - 6, 16)
            painter.drawText(place, RIGHT, word)
