"""The waveform as the span between its lowest and highest samples, a strip for each channel."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.plots.tracks.axes import HeightScale
from desktop.plots.tracks.marks import hatch
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.style import Colours

FLOOR_DB = 60.0  # what a waveform in decibels shows below full scale
_STRIP = 34  # pixels that a channel needs
_ROOMY = 60  # pixels of a strip that has room for more words than one
_LEAST_REACH = 0.001
_STEPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)

Envelope = NDArray[np.float32]


class WaveformTrack(Track):
    """Draws envelopes; :meth:`set_envelope` may be called as often as they change.

    Attributes:
        decibels: whether heights are levels in dBFS, the loud ones at the edges.
        reach: the amplitude at the edges of a strip; less than 1 is zoomed in.
    """

    tells_length = True

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        self._envelope: Envelope = np.zeros((1, 2, 0), dtype=np.float32)
        self._first = self._last = 0.0
        self._known = (0.0, 0.0)
        self._sharp: tuple[Envelope, float, float] | None = None
        self.decibels, self.reach = False, 1.0
        self._amplitudes = HeightScale(self._marks)
        super().__init__(time, self._amplitudes, interactive=interactive)
        self.setMinimumHeight(56)
        self.setAccessibleName(self.tr("Waveform"))
        self.title = self.tr("Waveform")
        self._name_scale()

    def set_envelope(
        self,
        envelope: Envelope,
        first: float,
        last: float,
        known: tuple[float, float] | None = None,
    ) -> None:
        """Lowest and highest values, shape (2, n), evenly spread from ``first`` to ``last``.

        With a strip for each channel: shape (channels, 2, n). What is not ``known``, by default
        what is beyond the envelope, is hatched.
        """
        joined = envelope if envelope.ndim == 3 else envelope[None]
        if len(joined) != len(self._envelope):
            self._sharp = None
            self.repaint_scale()
        self._envelope, self._first, self._last = joined, first, last
        self._known = known or (first, last)
        self.repaint_plot()

    def set_detail(self, envelope: Envelope, first: float, last: float) -> None:
        """A finer envelope of a stretch; painted while it covers all that is seen."""
        joined = envelope if envelope.ndim == 3 else envelope[None]
        if len(joined) == len(self._envelope):
            self._sharp = (joined, first, last)
            self.repaint_plot()

    def set_decibels(self, on: bool) -> None:
        """Show levels in dBFS instead of amplitudes."""
        self.decibels = on
        self._name_scale()
        self.repaint_scale()
        self.repaint_plot()

    @property
    def strips(self) -> int:
        """How many channels stand one above the other: as many as fit."""
        channels = len(self._envelope)
        return max(1, min(channels, int(self.plot.height() // _STRIP) if channels > 2 else 2))

    def zoom_heights(self, factor: float, at: float) -> None:
        """Amplitudes are zoomed around zero, in all strips alike."""
        self.reach = min(max(self.reach * factor, _LEAST_REACH), 1.0)
        self.repaint_scale()
        self.repaint_plot()

    def pan_heights(self, share: float) -> None:
        """Zero stays in the middle."""

    def show_all_heights(self) -> None:
        self.zoom_heights(math.inf, 0.0)

    def _name_scale(self) -> None:
        self._amplitudes.set_name(self.tr("dBFS") if self.decibels else self.tr("Amplitude"))

    def _marks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        """Ticks of each strip, mirrored around its middle."""
        strips = self.strips
        roomy = self.plot.height() / strips >= _ROOMY
        most = max(4 if roomy else 2, most // strips)
        values = self._levels(most) if self.decibels else self._steps(most)
        sign = "" if self.decibels else "\u2212"
        found = []
        for index in range(strips):
            middle = 1.0 - (index + 0.5) / strips
            for share, word in values:
                # Where strips touch, the words of their edges would touch too.
                inner = share < 0.95
                ends = strips == 1 or not roomy
                if inner or (ends and index == 0):
                    found.append((middle + share / 2 / strips, word))
                if share and (inner or (ends and index == strips - 1)):
                    found.append((middle - share / 2 / strips, sign + word))
        return found

    def _steps(self, most: int) -> list[tuple[float, str]]:
        """Amplitudes from 0 on, as shares of a strip's half."""
        fits = (step for step in reversed(_STEPS) if 2 * self.reach / step <= most)
        step = next(fits, self.reach)
        count = int(self.reach / step + 1e-9)
        return [(n * step / self.reach, f"{n * step:g}") for n in range(count + 1)]

    def _levels(self, most: int) -> list[tuple[float, str]]:
        """Levels from full scale down."""
        step = next(s for s in (6, 12, 20, 30) if 2 * FLOOR_DB / s <= most or s == 30)
        levels = [-step * n for n in range(int(2 * FLOOR_DB / step) + 1)]
        found = [
            (self._scaled(10 ** (level / 20)), f"{level}".replace("-", "\u2212"))
            for level in levels
        ]
        bottom = f"{20 * math.log10(self.reach) - FLOOR_DB:.0f}".replace("-", "\u2212")
        return [(share, word) for share, word in found if 0.02 < share <= 1.0] + [(0.0, bottom)]

    def _scaled(self, amplitude: float) -> float:
        """Where an amplitude over 0 is, from 0 in the middle of a strip to 1 at its edge."""
        return float(_heights(np.asarray([amplitude]), self.reach, decibels=self.decibels)[0])

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        envelope, first, last = self._finest()
        count, shown = len(envelope), self.strips
        height = size.height() / shown
        time = self.time
        hatch_unknown(painter, size, Seen(envelope[0], *self._known, time.start, time.end))
        for index in range(shown):
            place = QRectF(0, index * height, size.width(), height)
            painter.setPen(QColor(use.line))
            middle = place.center().y()
            painter.drawLine(QPointF(0, middle), QPointF(size.width(), middle))
            if index:
                painter.drawLine(QPointF(0, place.top()), QPointF(size.width(), place.top()))
            seen = Seen(envelope[index], first, last, time.start, time.end)
            paint_envelope(painter, place, seen, use.wave, reach=self.reach, decibels=self.decibels)
        if count > 1:
            self._tell_channels(painter, size, use)

    def _tell_channels(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        count, shown = len(self._envelope), self.strips
        names = [self.tr("Left"), self.tr("Right")] if count == 2 else None
        ground = QColor(use.plot)
        ground.setAlpha(190)
        for index in range(shown):
            words = names[index] if names else self.tr("Channel {}").format(index + 1)
            if index == shown - 1 and shown < count:
                words = self.tr("Channel {} of {} (enlarge to see more)").format(shown, count)
            wide = painter.fontMetrics().horizontalAdvance(words) + 8
            place = QRectF(2, index * size.height() / shown + 2, wide, 16)
            painter.fillRect(place, ground)
            painter.setPen(QColor(use.faint))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), words)

    def _finest(self) -> tuple[Envelope, float, float]:
        if self._sharp is not None:
            envelope, first, last = self._sharp
            slack = 0.01 * self.time.span
            covers = first <= self.time.start + slack and last >= self.time.end - slack
            coarse = (self._last - self._first) / max(1, self._envelope.shape[2])
            if covers and (last - first) / envelope.shape[2] < coarse:
                return self._sharp
        return self._envelope, self._first, self._last

    def csv(self) -> str:
        """What is shown: times, and the lowest and highest amplitude of each channel."""
        envelope, first, last = self._finest()
        count = envelope.shape[2]
        times = first + (np.arange(count) + 0.5) * ((last - first) / max(1, count))
        seen = (times >= self.time.start) & (times <= self.time.end)
        names = [f"{end} {n + 1}" for n in range(len(envelope)) for end in ("lowest", "highest")]
        rows = [",".join(["seconds", *names])]
        for at, values in zip(
            times[seen].tolist(),
            envelope[:, :, seen].reshape(2 * len(envelope), int(seen.sum())).T.tolist(),
            strict=True,
        ):
            rows.append(",".join([f"{at:.6g}", *(f"{value:.6g}" for value in values)]))
        return "\n".join(rows) + "\n"


class Seen(NamedTuple):
    """An envelope that reaches from one moment to another, and which stretch of time is shown."""

    envelope: Envelope
    first: float
    last: float
    start: float
    end: float


def hatch_unknown(painter: QPainter, place: QRectF, seen: Seen) -> None:
    """Hatch what is shown but not known: before the begin of an envelope and after its end."""
    if seen.last <= seen.first:
        return
    pixel = place.width() / (seen.end - seen.start)
    left = min((seen.first - seen.start) * pixel, place.width())
    right = max(0.0, (seen.last - seen.start) * pixel)
    if left > 1:
        hatch(painter, QRectF(0, place.top(), left, place.height()))
    if right < place.width() - 1:
        hatch(painter, QRectF(right, place.top(), place.width() - right, place.height()))


def paint_envelope(
    painter: QPainter,
    place: QRectF,
    seen: Seen,
    colour: str,
    *,
    reach: float = 1.0,
    decibels: bool = False,
) -> None:
    """Paint an envelope, a column a pixel.

    A picture, not a polygon: Qt fills one of some thousand corners in a tenth of a second.
    """
    envelope, first, last, start, end = seen
    pixel = place.width() / (end - start)
    left = max(0, int((first - start) * pixel))
    right = min(place.width(), int((last - start) * pixel) + 1)
    if envelope.shape[1] == 0 or right <= left:
        return
    scale = abs(painter.deviceTransform().m11())
    count, height = round((right - left) * scale), max(1, round(place.height() * scale))
    seconds = start + np.asarray([left, left + count / scale]) / pixel
    ends = (seconds - first) / (last - first) * envelope.shape[1]
    low, high = (
        _heights(values, reach, decibels=decibels)
        for values in _columns(envelope, float(ends[0]), float(ends[1]), count)
    )
    row = np.arange(height, dtype=np.float32)[:, None]
    half = height / 2 - 2
    inside = (row >= height / 2 - high * half - 0.7) & (row <= height / 2 - low * half + 0.7)
    pixels = np.where(inside, np.uint32(QColor(colour).rgba()), np.uint32(0))
    form = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(pixels.data, pixels.shape[1], height, form)
    painter.drawImage(QRectF(left, place.top(), right - left, place.height()), image)


def _heights(values: NDArray[np.floating], reach: float, *, decibels: bool) -> NDArray[np.float32]:
    """Amplitudes as heights from -1 to 1 within a strip."""
    shares = np.asarray(values, dtype=np.float32) / np.float32(reach)
    if decibels:
        levels = 20.0 * np.log10(np.maximum(np.abs(shares), 1e-9))
        shares = np.sign(shares) * np.maximum(0.0, 1.0 + levels / FLOOR_DB)
    return np.asarray(np.clip(shares, -1.2, 1.2).astype(np.float32))


def _columns(
    envelope: Envelope, begin: float, end: float, count: int
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
