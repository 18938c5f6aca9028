"""The time axis under the tracks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from desktop.plots.tracks.axes import TimeScale, TitleScale
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.style import Colours

_HEIGHT = 25
_BEATS = 18  # height of the strip of beats above the axis
_APART = 5.0  # pixels from one beat to the next, at least


class TimeAxis(Track):
    """Ticks and times, beats above them; mouse and wheel work as on the tracks."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        self._beats: NDArray[np.float64] = np.zeros(0)
        super().__init__(
            time, TitleScale(self._titles), below=TimeScale(words=True), interactive=interactive
        )
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(self.tr("Time axis"))

    def set_beats(self, seconds: Sequence[float] | NDArray[np.float64]) -> None:
        """Show beats as ticks, ascending; none: no room is kept for them."""
        self._beats = np.asarray(seconds, dtype=np.float64)
        count = len(self._beats)
        self.setFixedHeight(_HEIGHT + (_BEATS if count else 0))
        words = self.tr("{} beats. Far out, one tick stands for 2, 4, 8 or more of them.")
        self.setToolTip(words.format(count) if count else "")
        self.setAccessibleDescription(self.tr("{} beats").format(count) if count else "")
        self.repaint_scale()
        self.repaint_plot()

    def beats_shown(self) -> NDArray[np.float64]:
        """Seconds of the beats that are drawn now: every one, or every second, fourth ..."""
        beats = self._beats
        if len(beats) < 2:
            return beats
        # The whole file decides, so that the same beats stay while one scrolls.
        pixels = float(np.median(np.diff(beats))) / self.time.span * self.plot.width()
        every = 1
        while pixels * every < _APART and every < len(beats):
            every *= 2
        beats = beats[::every]
        return beats[(beats >= self.time.start) & (beats <= self.time.end)]

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        if not len(self._beats):
            return
        pixel = size.width() / self.time.span
        for seconds in self.beats_shown():
            x = (float(seconds) - self.time.start) * pixel
            painter.fillRect(QRectF(round(x), 4, 1, size.height() - 4), QColor(use.accent))

    def _titles(self) -> list[tuple[float, float, str]]:
        beats = _BEATS if len(self._beats) else 0
        titles = [(float(beats), float(_HEIGHT + beats), self.tr("Time (min:s)"))]
        if beats:
            titles.insert(0, (-2.0, float(_BEATS + 2), self.tr("Beats")))
        return titles
