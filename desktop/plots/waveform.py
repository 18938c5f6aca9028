"""The waveform as the span between its lowest and highest samples."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.plots.time_range import TimeRange
from desktop.plots.track import GUTTER, RIGHT, Track
from desktop.style import Colours


class WaveformTrack(Track):
    """Draws an envelope; :meth:`set_envelope` may be called as often as it changes."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(time, interactive=interactive)
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._first = self._last = 0.0
        self._sharp: tuple[NDArray[np.float32], float, float] | None = None
        self.setMinimumHeight(56)
        self.setAccessibleName(self.tr("Waveform"))

    def set_envelope(self, envelope: NDArray[np.float32], first: float, last: float) -> None:
        """Lowest and highest values, shape (2, n), evenly spread from ``first`` to ``last``."""
        self._envelope, self._first, self._last = envelope, first, last
        self.update()

    def set_detail(self, envelope: NDArray[np.float32], first: float, last: float) -> None:
        """A finer envelope of a stretch; painted while it covers all that is seen."""
        self._sharp = (envelope, first, last)
        self.update()

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        middle = self.height() / 2
        painter.setPen(QColor(use.line))
        painter.drawLine(QPointF(GUTTER, middle), QPointF(self.width(), middle))
        envelope, first, last = self._finest()
        left = max(GUTTER, int(self.x_of(first)))
        right = min(self.width(), int(self.x_of(last)) + 1)
        if envelope.shape[1] == 0 or right <= left:
            return
        scale = self.devicePixelRatioF()
        count = round((right - left) * scale)
        seconds = np.asarray([self.seconds_at(left), self.seconds_at(left + count / scale)])
        begin, end = (seconds - first) / (last - first) * envelope.shape[1]
        low, high = _columns(envelope, begin, end, count)
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

    def _finest(self) -> tuple[NDArray[np.float32], float, float]:
        if self._sharp is not None:
            envelope, first, last = self._sharp
            slack = 0.01 * (self.time.end - self.time.start)
            covers = first <= self.time.start + slack and last >= self.time.end - slack
            coarse = (self._last - self._first) / max(1, self._envelope.shape[1])
            if covers and (last - first) / envelope.shape[1] < coarse:
                return self._sharp
        return self._envelope, self._first, self._last

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        painter.setPen(QColor(use.faint))
        for share, word in ((0.0, "1"), (0.5, "0"), (1.0, "-1")):
            y = min(max(share * self.height() - 8, 0), self.height() - 16)
            place = QRectF(0, y, GUTTER - 6, 16)
            painter.drawText(place, RIGHT, word)


def _columns(
    envelope: NDArray[np.float32], begin: float, end: float, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest value in each of ``count`` pixels, between two places of an envelope.

    Where there are fewer values than pixels, neighbouring pixels join, so that the line is whole.
    """
    points = envelope.shape[1]
    index = np.linspace(begin, end, count + 1)
    first = np.clip(index[:-1].astype(int), 0, points - 1)
    low = np.minimum.reduceat(envelope[0], first)
    high = np.maximum.reduceat(envelope[1], first)
    # The last pixel's stretch would reach to the end of all there is.
    stop = min(points, max(int(end), int(first[-1]) + 1))
    low[-1] = envelope[0, first[-1] : stop].min()
    high[-1] = envelope[1, first[-1] : stop].max()
    joined_low, joined_high = low.copy(), high.copy()
    joined_low[1:] = np.minimum(low[1:], high[:-1])
    joined_high[1:] = np.maximum(high[1:], low[:-1])
    return joined_low, joined_high
