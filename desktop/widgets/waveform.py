"""The waveform as the span between its lowest and highest samples."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

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
        left = max(GUTTER, int(self.x_of(self._first)))
        right = min(self.width(), int(self.x_of(self._last)) + 1)
        if self._envelope.shape[1] == 0 or right <= left:
            return
        scale = self.devicePixelRatioF()
        low, high = self._columns(left, round((right - left) * scale), scale)
        height = max(1, round(self.height() * scale))
        # A picture, not a polygon: Qt fills one of some thousand corners in a tenth of a second.
        row = np.arange(height, dtype=np.float32)[:, None]
        half = height / 2 - 2
        inside = (row >= height / 2 - high * half - 0.7) & (row <= height / 2 - low * half + 0.7)
        pixels = np.where(inside, np.uint32(QColor(use.wave).rgba()), np.uint32(0))
        image = QImage(
            pixels.data, pixels.shape[1], height, QImage.Format.Format_ARGB32_Premultiplied
        )
        painter.drawImage(QRectF(left, 0, right - left, self.height()), image)

    def _columns(
        self, left: int, count: int, scale: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest value of each of so many pixels from ``left`` on."""
        points = self._envelope.shape[1]
        seconds = np.asarray([self.seconds_at(left), self.seconds_at(left + count / scale)])
        first, last = (seconds - self._first) / (self._last - self._first) * points
        index = np.linspace(first, last, count, endpoint=False).astype(int)
        index = np.clip(index, 0, points - 1)
        low = np.minimum.reduceat(self._envelope[0], index)
        high = np.maximum.reduceat(self._envelope[1], index)
        # The last pixel's stretch would reach to the end of all there is.
        end = min(points, max(int(last), int(index[-1]) + 1))
        low[-1] = self._envelope[0, index[-1] : end].min()
        high[-1] = self._envelope[1, index[-1] : end].max()
        return low, high

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        painter.setPen(QColor(use.faint))
        for share, word in ((0.0, "1"), (0.5, "0"), (1.0, "-1")):
            y = min(max(share * self.height() - 8, 0), self.height() - 16)
            place = QRectF(0, y, GUTTER - 6, 16)
            painter.drawText(place, RIGHT, word)
