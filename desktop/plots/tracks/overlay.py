"""An overlay on the spectrogram: one hue, more opaque for higher values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

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


def pixels(overlay: Overlay) -> NDArray[np.uint8]:
    """RGBA, shape (rows, columns, 4), the bottom row first, as pyqtgraph's ImageItem takes it."""
    middles = (np.arange(_ROWS) + 0.5) / _ROWS
    bands = np.searchsorted(overlay.heights, middles, side="right") - 1
    inside = (bands >= 0) & (bands < len(overlay.values))
    values = overlay.values[np.where(inside, bands, 0)] ** _LIFT * inside[:, None]
    hue = QColor(overlay.hue)
    made = np.empty((*values.shape, 4), dtype=np.uint8)
    for channel, full in enumerate((hue.red(), hue.green(), hue.blue())):
        made[..., channel] = np.round(values * full)
    made[..., 3] = np.round(_VEIL + values * (_FULL - _VEIL))
    return made
