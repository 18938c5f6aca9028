"""The Listen page's rolling picture."""

import math

import numpy as np

from desktop.pages.listen.worker import LiveFrame
from desktop.plots.values.track import ValueCurves
from desktop.shared.tracks import Tracks
from desktop.shared.wording import stretches
from engine.pictures.view import Picture, View
from engine.recognition.decisions import Segment

SPAN_SECONDS = 20.0
WAY_SECONDS = 15.0  # of the line through the plane
KEPT_SECONDS = 120.0  # that can be looked at while the picture is frozen
_POINT_SECONDS = 0.01  # of the waveform
_MAP_POINTS = 1200  # of the waveform in the minimap
_BEFORE = (-math.inf, 0.0)  # listening began at 0


class Rolling:
    """Shows the results on the tracks; frozen, it keeps them as they are."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._now = 0.0
        self._lanes: dict[str, list[Segment]] = {}
        self._curves: dict[str, ValueCurves] = {}
        self._said = True  # whether they are shown
        self._unheard: dict[str, list[tuple[float, float]]] = {}
        self.view = View("stft", 48000)
        self._frozen = False
        # While frozen: columns that wait, and how many older ones there is no room for.
        self._waiting: list[Picture] = []
        self._missed = 0
        tracks.time.follow(0.0, SPAN_SECONDS)

    @property
    def frozen(self) -> bool:
        """Whether the picture is held; sound goes on being heard and catches up afterwards."""
        return self._frozen

    @frozen.setter
    def frozen(self, on: bool) -> None:
        if on == self._frozen:
            return
        self._frozen = on
        self._tracks.set_interactive(on)
        if on:
            self._hold()
        else:
            self._tracks.time.clear_selection()
            self._tracks.time.set_cursor(None)
            self._tracks.spectrogram.skip(self._missed)
            for columns in self._waiting:
                self._tracks.spectrogram.append(columns)
            self._waiting, self._missed = [], 0
            self._show_lanes()
            self.advance()

    def take(self, events: list[LiveFrame]) -> None:
        """Add news, the oldest first."""
        for heard in events:
            if heard.restarted:
                self._restart(heard.view)
                self._tracks.spectrogram.skip(self._columns_before(heard))
            self._now = heard.stats.seconds
            self._envelope = np.concatenate([self._envelope, heard.envelope], axis=1)
            self._envelope = self._envelope[:, -round(KEPT_SECONDS / _POINT_SECONDS) :]
            if self.frozen:
                self._wait(heard.columns)
            else:
                self._tracks.spectrogram.append(heard.columns)
        told = next((e for e in reversed(events) if e.lanes is not None), None)
        if told is not None and told.lanes is not None:
            self._lanes, self._unheard, self._said = told.lanes, told.unheard, False
            self._curves = told.curves

    def say(self) -> None:
        """Show the results as text, less often than the picture moves."""
        if not self._said and not self.frozen:
            self._show_lanes()

    def _show_lanes(self) -> None:
        if not self._lanes:
            return
        self._said = True
        named = {n: s for n, s in self._lanes.items() if n not in self._curves}
        lanes = {name: stretches(found) for name, found in named.items()}
        unheard = {name: [_BEFORE, *gaps] for name, gaps in self._unheard.items()}
        self._tracks.lanes.set_lanes(lanes, unheard)
        self._tracks.values.set_curves(self._curves)

    def ways(self) -> dict[str, ValueCurves]:
        """Values of the last seconds, for the plane."""
        last = self._now - WAY_SECONDS, self._now
        return {name: curves.between(last) for name, curves in self._curves.items()}

    def advance(self) -> None:
        """Show the time up to now."""
        if self.frozen:
            return
        first = self._now - self._envelope.shape[1] * _POINT_SECONDS
        self._tracks.waveform.set_envelope(self._envelope, first, self._now)
        self._tracks.time.follow(self._now, SPAN_SECONDS)

    def _hold(self) -> None:
        """All that is kept can be looked at."""
        count = self._envelope.shape[1]
        first = self._now - count * _POINT_SECONDS
        self._tracks.time.hold(max(0.0, first))
        self._show_lanes()
        step = max(1, count // _MAP_POINTS)
        blocks = self._envelope[:, count % step :].reshape(2, -1, step)
        joined = np.stack([blocks[0].min(axis=1), blocks[1].max(axis=1)])
        self._tracks.minimap.set_envelope(joined, first + count % step * _POINT_SECONDS, self._now)

    def _columns_before(self, heard: LiveFrame) -> int:
        """Columns of the time before a picture that begins while listening."""
        new = heard.columns.shape[1]
        done: float = heard.stats.seconds * self.view.rate_hz / self.view.hop_length
        return max(0, int(done) - int(new))

    def _wait(self, columns: Picture) -> None:
        self._waiting.append(columns)
        held = sum(part.shape[1] for part in self._waiting)
        most = KEPT_SECONDS * self.view.rate_hz / self.view.hop_length
        while held > most:
            oldest = self._waiting.pop(0)
            held -= oldest.shape[1]
            self._missed += oldest.shape[1]

    def _restart(self, view: View) -> None:
        self.view = view
        self._waiting, self._missed = [], 0
        seconds = view.hop_length / view.rate_hz
        self._tracks.apply_style(view)
        columns = int(KEPT_SECONDS / seconds) + 8
        # A column lies around what it looks at, not where its frame begins.
        lead = (view.frame_length - view.hop_length) / 2 / view.rate_hz
        self._tracks.spectrogram.start_rolling(view.height, columns, seconds, lead)
        self._envelope = np.zeros((2, 0), dtype=np.float32)
