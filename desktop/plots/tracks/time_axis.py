"""The time axis under the tracks."""

from desktop.plots.tracks.axes import TimeScale, TitleScale
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track

_HEIGHT = 25


class TimeAxis(Track):
    """Ticks and times; mouse and wheel work as on the tracks."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(
            time,
            TitleScale(lambda: [(0.0, float(_HEIGHT), self.tr("Time (min:s)"))]),
            below=TimeScale(words=True),
            interactive=interactive,
        )
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(self.tr("Time axis"))
