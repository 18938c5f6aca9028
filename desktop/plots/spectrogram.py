"""A picture of columns over time, of a file or rolling."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.plots.overlay import Overlay, OverlayPainter
from desktop.plots.time_range import TimeRange
from desktop.plots.track import GUTTER, RIGHT, Track
from desktop.style import Colours

_WORD = 16  # height of a word beside the picture

Span = tuple[float, float]


class SpectrogramTrack(Track):
    """Paints what :meth:`set_picture` gave, or what :meth:`append` keeps adding."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(time, interactive=interactive)
        self._bytes = np.zeros((1, 1), dtype=np.uint8)
        self._first = self._last = 0.0
        self._ends = (0.0, 0.0)
        self._overlay: OverlayPainter | None = None
        self._ring = False
        self._lead = 0.0
        self._written = 0
        self._column_seconds = 1.0
        # Values are bytes over this span, so that colours change without touching the picture.
        self._span = (-120.0, 20.0)
        self._fixed = False
        self._range = (-90.0, -15.0)
        self._map = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
        self._table: list[int] = []
        self._ticks: list[tuple[float, str]] = []
        self._sharp: tuple[NDArray[np.uint8], Span, Span] | None = None
        self.setMinimumHeight(120)
        self.setAccessibleName(self.tr("Spectrogram"))
        self._colour()

    def set_colours(self, table: NDArray[np.uint8], low_db: float, high_db: float) -> None:
        """The colour map, uint8 of shape (256, 3), and the levels of its ends."""
        self._map, self._range = table, (low_db, max(high_db, low_db + 1))
        self._colour()

    def set_scale(
        self, ticks: list[tuple[float, str]], span: tuple[float, float], *, fixed: bool
    ) -> None:
        """Ticks of the vertical axis, what 0 and 255 stand for, and whether colours span that."""
        self._ticks, self._span, self._fixed = ticks, span, fixed
        self._colour()

    def set_picture(
        self,
        picture: NDArray[np.uint8],
        first: float,
        last: float,
        ends: Span | None = None,
    ) -> None:
        """Columns of a file, shape (rows, n), row 0 at the bottom, from ``first`` to ``last``.

        Each lies around what it looks at, so there are none for half a frame at both ends of the
        sound: up to these ``ends`` the outermost are drawn on.
        """
        self._ring, self._sharp = False, None
        self._bytes = picture[::-1]
        self._first, self._last, self._ends = first, last, ends or (first, last)
        self.update()

    def set_detail(self, picture: NDArray[np.uint8], first: float, last: float, ends: Span) -> None:
        """A sharper picture of a stretch, laid over the whole one; ``ends`` as there."""
        self._sharp = (picture[::-1], (first, last), ends)
        self.update()

    def set_overlay(self, overlay: Overlay | None) -> None:
        """Lay a map over the picture; None: take it away."""
        self._overlay = None if overlay is None else OverlayPainter(overlay)
        self.update()

    @property
    def overlay(self) -> Overlay | None:
        """What lies over the picture."""
        return None if self._overlay is None else self._overlay.overlay

    def start_rolling(
        self, rows: int, columns: int, column_seconds: float, lead_seconds: float = 0.0
    ) -> None:
        """Begin an endless picture of which the newest columns are kept.

        Column k is painted from ``lead_seconds + k * column_seconds`` on.
        """
        self._ring, self._written, self._sharp = True, 0, None
        self._column_seconds, self._lead = column_seconds, lead_seconds
        self._bytes = np.zeros((rows, columns), dtype=np.uint8)
        self.update()

    def append(self, columns: NDArray[np.float32]) -> None:
        """Add columns to a rolling picture."""
        capacity = self._bytes.shape[1]
        values = self._quantised(columns)[:, -capacity:]
        places = (self._written + np.arange(values.shape[1])) % capacity
        self._bytes[:, places] = values
        self._written += columns.shape[1]

    def skip(self, columns: int) -> None:
        """Go on as if so many columns had been added, which will never be shown."""
        self._written += columns

    def _quantised(self, picture: NDArray[np.floating]) -> NDArray[np.uint8]:
        low, high = self._span
        scaled = (np.asarray(picture, dtype=np.float32) - low) * (255.0 / (high - low))
        return np.ascontiguousarray(np.clip(scaled, 0, 255).astype(np.uint8)[::-1])

    def _colour(self) -> None:
        values = np.linspace(*self._span, 256)
        low, high = self._range
        share = np.linspace(0, 1, 256) if self._fixed else (values - low) / (high - low)
        rows = self._map[np.clip(share * 255, 0, 255).astype(int)].astype(np.uint32)
        packed = 0xFF000000 | rows[:, 0] << 16 | rows[:, 1] << 8 | rows[:, 2]
        self._table = packed.tolist()
        self.update()

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        painter.fillRect(self.plot, QColor.fromRgb(self._table[0] & 0xFFFFFF))
        if self._ring:
            # Qt copies a picture before it takes new colours: it is wrapped afresh each time.
            image = _image(self._bytes)
            image.setColorTable(self._table)
            self._paint_ring(painter, image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._ring and self._last > self._first:
            self._paint(painter, self._bytes, (self._first, self._last), self._ends)
        if self._sharp is not None:
            self._paint(painter, *self._sharp)
        if self._overlay is not None:
            first, last = self._overlay.overlay.first, self._overlay.overlay.last
            left, right = self.x_of(first), self.x_of(last)
            self._overlay.paint(painter, QRectF(left, 0, right - left, self.height()), self.plot)

    def _paint(
        self,
        painter: QPainter,
        values: NDArray[np.uint8],
        span: Span,
        shown: Span,
    ) -> None:
        """Paint columns that span some time; beyond it, up to what is shown, the outermost."""
        (first, last), (begin, end) = span, shown
        left = max(self.plot.left(), self.x_of(min(first, begin)))
        right = min(float(self.width()), self.x_of(max(last, end)))
        count = round((right - left) * self.devicePixelRatioF())
        if count < 1:
            return
        # One column a pixel: handed the whole picture, Qt converts all of it for every frame.
        middles = left + (np.arange(count) + 0.5) * ((right - left) / count)
        seconds = self.time.start + (middles - self.plot.left()) / self.plot.width() * (
            self.time.end - self.time.start
        )
        share = (seconds - first) / (last - first)
        columns = np.clip(share * values.shape[1], 0, values.shape[1] - 1).astype(int)
        image = _image(np.ascontiguousarray(values[:, columns]))
        image.setColorTable(self._table)
        painter.drawImage(QRectF(left, 0, right - left, self.height()), image)

    def _paint_ring(self, painter: QPainter, image: QImage) -> None:
        capacity, newest = image.width(), self._written
        oldest = max(0, newest - capacity)
        first = max(oldest, int((self.time.start - self._lead) / self._column_seconds))
        last = min(newest, int((self.time.end - self._lead) / self._column_seconds) + 1)
        while first < last:
            place = first % capacity
            count = min(last - first, capacity - place)
            left = self.x_of(self._lead + first * self._column_seconds)
            after = self._lead + (first + count) * self._column_seconds
            self._paint_columns(painter, image, (left, self.x_of(after)), (place, count))
            # Half a frame at the begin and at the newest end: the outermost column goes on.
            if first == 0:
                self._paint_columns(painter, image, (self.x_of(0.0), left), (place, 1))
            if first + count == newest:
                reach = (self.x_of(after), self.x_of(after + self._lead))
                self._paint_columns(painter, image, reach, (place + count - 1, 1))
            first += count

    def _paint_columns(
        self, painter: QPainter, image: QImage, x: tuple[float, float], columns: tuple[int, int]
    ) -> None:
        (left, right), (place, count) = x, columns
        target = QRectF(left, 0, right - left, self.height())
        painter.drawImage(target, image, QRectF(place, 0, count, image.height()))

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        painter.setPen(QColor(use.faint))
        written = -float(_WORD)
        for share, word in sorted(self._ticks, reverse=True):  # from above
            y = (1 - share) * self.height()
            painter.drawLine(QPointF(GUTTER - 4, y), QPointF(GUTTER, y))
            top = min(max(y - _WORD / 2, 0.0), self.height() - float(_WORD))
            if top - written >= _WORD - 3:  # no word on another
                painter.drawText(QRectF(0, top, GUTTER - 7, _WORD), RIGHT, word)
                written = top

    def value_at(self, seconds: float, height: float) -> float | None:
        """What is painted there, in the picture's unit; None where nothing is."""
        rows, columns = self._bytes.shape
        if self._ring:
            column = int((seconds - self._lead) / self._column_seconds)
            if not max(0, self._written - columns) <= column < self._written:
                return None
            column %= columns
        else:
            begin, end = self._ends
            if not min(begin, self._first) <= seconds < max(end, self._last):
                return None
            share = (seconds - self._first) / (self._last - self._first)
            column = min(columns - 1, max(0, int(share * columns)))
        row = min(rows - 1, max(0, int((1 - height) * rows)))
        low, high = self._span
        return low + float(self._bytes[row, column]) / 255 * (high - low)


def _image(values: NDArray[np.uint8]) -> QImage:
    rows, columns = values.shape
    return QImage(values.data, columns, rows, values.strides[0], QImage.Format.Format_Indexed8)
