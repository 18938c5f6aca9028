"""A map laid over the spectrogram: one hue, the stronger the more."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

_ROWS = 480  # finer than most screens show the spectrogram
_VEIL, _FULL = 130, 225  # opacity where nothing is marked, and where most is
_LIFT = 0.7  # exponent: little is to be seen too


@dataclass(frozen=True, eq=False)
class Overlay:
    """What is laid over.

    Attributes:
        values: float32 in [0, 1], shape (bands, columns), band 0 lowest.
        first: seconds where the first column begins.
        last: where the last ends.
        heights: borders of the bands, rising, shape (bands + 1,), 0 the bottom of the picture and
            1 its top; what lies beyond is cut off.
        hue: its colour.
    """

    values: NDArray[np.float32]
    first: float
    last: float
    heights: NDArray[np.float64]
    hue: str


class OverlayPainter:
    """An overlay as a picture, made once however often it is painted."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self._pixels = _pixels(overlay)
        rows, columns = self._pixels.shape
        form = QImage.Format.Format_ARGB32_Premultiplied
        self._image = QImage(self._pixels.data, columns, rows, self._pixels.strides[0], form)

    def paint(self, painter: QPainter, place: QRectF, plot: QRectF) -> None:
        """Paint it where it belongs, ``place``, as far as that lies in the plot."""
        seen = place.intersected(plot)
        if seen.width() <= 0 or place.width() <= 0:
            return
        scale = self._image.width() / place.width()
        source = QRectF(
            (seen.left() - place.left()) * scale, 0, seen.width() * scale, self._image.height()
        )
        painter.drawImage(seen, self._image, source)


def _pixels(overlay: Overlay) -> NDArray[np.uint32]:
    """Premultiplied ARGB, shape (rows, columns), the top row first."""
    middles = 1.0 - (np.arange(_ROWS) + 0.5) / _ROWS
    bands = np.searchsorted(overlay.heights, middles, side="right") - 1
    inside = (bands >= 0) & (bands < len(overlay.values))
    values = overlay.values[np.where(inside, bands, 0)] ** _LIFT * inside[:, None]
    opacity = _VEIL + values * (_FULL - _VEIL)
    hue = QColor(overlay.hue)
    packed = np.round(opacity).astype(np.uint32) << 24
    for shift, share in ((16, hue.redF()), (8, hue.greenF()), (0, hue.blueF())):
        packed |= np.round(values * opacity * share).astype(np.uint32) << shift
    return np.ascontiguousarray(packed.astype(np.uint32))
