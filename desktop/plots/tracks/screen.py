"""The pixels of a picture that moves sideways: what was painted is moved, only the new is made."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from desktop.plots.tracks.columns import Known, Values

Pixels = NDArray[np.uint32]
Make = Callable[[int, int, int, float], tuple[Pixels, Known]]
"""From the first column, how many, how many rows and the seconds of a column: its pixels."""

Place = tuple[int, int, int, float, tuple[float, float]]
"""First column, columns, rows, seconds of a column, and lowest and highest visible height."""


class Screen:
    """Columns of pixels on a grid over all time, of which a stretch is kept."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self.pixels: Pixels = np.zeros((1, 1), dtype=np.uint32)
        self.known: Known = np.zeros(1, dtype=np.bool_)

    def show(self, place: Place, changed_from: float, make: Make) -> None:
        """Have the pixels of that place ready; from one column on they are not what they were."""
        first, count, rows, pixel, _ = place
        before, self._place = self._place, place
        moved = first - before[0] if before is not None else 0
        alike = before is not None and before[1:] == place[1:] and abs(moved) < count
        if not alike:
            self.pixels, self.known = make(first, count, rows, pixel)
            return
        if moved:
            kept = slice(moved, count) if moved > 0 else slice(0, count + moved)
            there = slice(0, count - moved) if moved > 0 else slice(-moved, count)
            pixels, known = np.empty_like(self.pixels), np.empty_like(self.known)
            pixels[:, there], known[there] = self.pixels[:, kept], self.known[kept]
            self.pixels, self.known = pixels, known
        if moved < 0:
            self._make(0, -moved, make)
        last = count - max(0, moved)
        self._make(int(min(max(0.0, changed_from - first), last)), count, make)

    def _make(self, begin: int, end: int, make: Make) -> None:
        if self._place is not None and begin < end:
            first, _, rows, pixel, _ = self._place
            made = make(first + begin, end - begin, rows, pixel)
            self.pixels[:, begin:end], self.known[begin:end] = made

    def image(self) -> QImage:
        """The pixels as Qt paints them."""
        rows, columns = self.pixels.shape
        data, line = self.pixels.data, self.pixels.strides[0]
        return QImage(data, columns, rows, line, QImage.Format.Format_RGB32)


def stretched(values: Values, top: float, bottom: float, rows: int) -> Values:
    """So many rows of a part of a picture, drawn between two where that has fewer.

    Args:
        values: shape (rows of the picture, columns), the top row first.
        top: where the part begins, from 0 at the top of the picture to 1 at its bottom.
        bottom: where it ends.
        rows: of the result.
    """
    count = len(values)
    place = (top + (np.arange(rows) + 0.5) * ((bottom - top) / rows)) * count - 0.5
    place = np.clip(place, 0.0, count - 1.0)
    if count < 2 or rows <= count * (bottom - top):
        return np.asarray(values[np.round(place).astype(np.intp)])
    above = np.minimum(place.astype(np.intp), count - 2)
    share = np.round((place - above) * 256).astype(np.uint16)[:, None]
    first, second = values[above].astype(np.uint16), values[above + 1].astype(np.uint16)
    first *= 256 - share
    second *= share
    first += second
    first >>= 8
    return np.asarray(first.astype(np.uint8))
