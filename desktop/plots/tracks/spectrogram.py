"""A picture of columns over time, of a file or rolling."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from desktop.plots.tracks.axes import HeightScale, Marks
from desktop.plots.tracks.box import StillImage
from desktop.plots.tracks.colour_bar import ColourBar
from desktop.plots.tracks.columns import FileColumns, Known, RollingColumns, Span, Values
from desktop.plots.tracks.marks import hatch
from desktop.plots.tracks.overlay import Overlay, pixels
from desktop.plots.tracks.screen import Pixels, Screen, stretched
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.style import Colours

_MOST_CSV_COLUMNS = 2000


class SpectrogramTrack(Track):
    """Paints what :meth:`set_picture` gave, or what :meth:`append` keeps adding."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        self._columns: FileColumns | RollingColumns = _nothing()
        self._sharp: FileColumns | None = None
        self._screen, self._changed_from = Screen(), -math.inf
        self.overlay: Overlay | None = None
        # Values are bytes over this span, so that colours change without touching the picture.
        self._span = (-120.0, 20.0)
        self._fixed = False
        self._range = (-90.0, -15.0)
        self._map = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
        self._table = np.zeros(256, dtype=np.uint32)
        self._ticks: Marks = lambda *_: ()
        self._scale = HeightScale(lambda low, high, most: self._ticks(low, high, most))
        self.bar = ColourBar()
        super().__init__(time, self._scale, interactive=interactive)
        self._laid = StillImage()
        self._laid.setZValue(5)
        self._laid.hide()
        self.box.addItem(self._laid, ignoreBounds=True)
        self.lay.addItem(self.bar, 0, 2)
        self.setMinimumHeight(120)
        self.setAccessibleName(self.tr("Spectrogram"))
        self.title = self.tr("Spectrogram")
        self._colour()

    def apply_style(self) -> None:
        super().apply_style()
        self.bar.apply_style()

    def set_colours(self, table: NDArray[np.uint8], low_db: float, high_db: float) -> None:
        """The colour map, uint8 of shape (256, 3), and the levels of its ends."""
        self._map, self._range = table, (low_db, max(high_db, low_db + 1))
        self._colour()

    def set_scale(
        self, ticks: Marks, span: tuple[float, float], *, fixed: bool, name: str = ""
    ) -> None:
        """Ticks of the vertical axis, what 0 and 255 stand for, and whether colours span that."""
        self._ticks, self._span, self._fixed = ticks, span, fixed
        self._scale.set_name(name)
        self.repaint_scale()
        self._colour()

    def set_picture(
        self,
        picture: Values,
        first: float,
        last: float,
        ends: Span | None = None,
        known: float | None = None,
    ) -> None:
        """Columns of a file, shape (rows, n), row 0 at the bottom, from ``first`` to ``last``.

        Each lies around what it looks at, so there are none for half a frame at both ends of the
        sound: up to these ``ends`` the outermost are drawn on. What is not ``known`` is hatched.
        """
        self._sharp = None
        self._columns = FileColumns(picture, (first, last), ends or (first, last), known)
        self._renew()

    def set_detail(self, picture: Values, first: float, last: float, ends: Span) -> None:
        """A sharper picture of a stretch, laid over the whole one; ``ends`` as there."""
        self._sharp = FileColumns(picture, (first, last), ends)
        self._renew()

    def set_overlay(self, overlay: Overlay | None) -> None:
        """Lay a map over the picture; None: take it away."""
        self.overlay = overlay
        self._laid.setVisible(overlay is not None)
        if overlay is not None:
            self._laid.setImage(pixels(overlay), autoLevels=False)
            self._laid.setRect(QRectF(overlay.first, 0.0, overlay.last - overlay.first, 1.0))

    def start_rolling(
        self, rows: int, columns: int, column_seconds: float, lead_seconds: float = 0.0
    ) -> None:
        """Begin an endless picture of which the newest columns are kept.

        Column k is painted from ``lead_seconds + k * column_seconds`` on.
        """
        self._sharp = None
        self._columns = RollingColumns(rows, columns, column_seconds, lead_seconds)
        self._renew()

    def append(self, columns: NDArray[np.float32]) -> None:
        """Add columns to a rolling picture."""
        if isinstance(self._columns, RollingColumns):
            self._changed_from = min(self._changed_from, self.reached)
            self._columns.append(self._quantised(columns))

    def skip(self, columns: int) -> None:
        """Go on as if so many columns had been added, which will never be shown."""
        if isinstance(self._columns, RollingColumns):
            self._changed_from = min(self._changed_from, self.reached)
            self._columns.skip(columns)

    @property
    def reached(self) -> float:
        """Seconds up to which a rolling picture has columns."""
        rolling = self._columns
        if isinstance(rolling, RollingColumns):
            return rolling.written * rolling.column_seconds
        return 0.0

    def _quantised(self, picture: NDArray[np.floating]) -> Values:
        low, high = self._span
        scaled = (np.asarray(picture, dtype=np.float32) - low) * (255.0 / (high - low))
        return np.ascontiguousarray(np.clip(scaled, 0, 255).astype(np.uint8)[::-1])

    def _colour(self) -> None:
        values = np.linspace(*self._span, 256)
        low, high = self._range
        share = np.linspace(0, 1, 256) if self._fixed else (values - low) / (high - low)
        rows = self._map[np.clip(share * 255, 0, 255).astype(int)].astype(np.uint32)
        packed = 0xFF000000 | rows[:, 0] << 16 | rows[:, 1] << 8 | rows[:, 2]
        self._table = packed
        shown = self._span if self._fixed else self._range
        self.bar.show_levels(self._map, shown, movable=not self._fixed)
        self._renew()

    def _renew(self) -> None:
        """All of the picture may be another."""
        self._changed_from = -math.inf
        self.repaint_plot()

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        scale = abs(painter.deviceTransform().m11())
        count, rows = round(size.width() * scale), max(1, round(size.height() * scale))
        if count < 1 or not self._columns.values.shape[1]:
            return
        # On a grid of whole pixels, so that what is there can be moved instead of made anew.
        pixel = self.time.span / count
        first = round(self.time.start / pixel)
        wanted = (first, count, rows, pixel, self.heights)
        self._screen.show(wanted, self._changed_from / pixel - 1, self._pixels)
        self._changed_from = math.inf
        image = self._screen.image()
        image.setDevicePixelRatio(scale)
        painter.drawImage(QPointF(0, 0), image)
        for begin, end in runs(~self._screen.known):
            left, right = begin / scale, end / scale
            hatch(painter, QRectF(left, 0, right - left, size.height()))

    def _pixels(self, first: int, count: int, rows: int, pixel: float) -> tuple[Pixels, Known]:
        """Pixels of some columns of the screen, and whether anything is known there."""
        # One column a pixel: handed the whole picture, Qt converts all of it for every frame.
        seconds = (first + np.arange(count) + 0.5) * pixel
        index, known = self._columns.at(seconds)
        shown = np.take(self._columns.values, index, axis=1)
        if self._sharp is not None:
            close, sharp = self._sharp.at(seconds)
            if sharp.any():
                shown[:, sharp] = self._sharp.values[:, close[sharp]]
                known = known | sharp
        low, high = self.heights
        # Stretched and coloured here: Qt takes four times as long to do it smoothly.
        return self._table[stretched(shown, 1.0 - high, 1.0 - low, rows)], known

    def value_at(self, seconds: float, height: float) -> float | None:
        """What is painted there, in the picture's unit; None where nothing is."""
        index, known = self._columns.at(np.asarray([seconds]))
        if not known[0]:
            return None
        values = self._columns.values
        row = min(len(values) - 1, max(0, int((1 - height) * len(values))))
        low, high = self._span
        return low + float(values[row, index[0]]) / 255 * (high - low)

    def csv(self) -> str:
        """What is shown: a row for each column of the picture, a column for each of its rows."""
        times = self._columns.times()
        times = times[(times >= self.time.start) & (times <= self.time.end)]
        times = times[:: max(1, -(-len(times) // _MOST_CSV_COLUMNS))]
        index, known = self._columns.at(times)
        low, high = self._span
        values = self._columns.values[::-1]
        rows = len(values)
        heights = [f"{(row + 0.5) / rows:.4f}" for row in range(rows)]
        lines = [",".join(["seconds", *heights])]
        for at, column in zip(times[known].tolist(), index[known].tolist(), strict=True):
            there = low + values[:, column] / 255.0 * (high - low)
            lines.append(",".join([f"{at:.6g}", *(f"{value:.1f}" for value in there)]))
        return "\n".join(lines) + "\n"


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where a mask is true without a break: first places and those after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _nothing() -> FileColumns:
    return FileColumns(np.zeros((1, 0), dtype=np.uint8), (0.0, 0.0), (0.0, 0.0))
