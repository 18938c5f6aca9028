"""The Listen page's rolling picture."""

import numpy as np

from desktop.pages.listen.worker import LiveFrame
from desktop.shared.tracks import Tracks
from desktop.shared.wording import stretches
from engine.pictures.view import Picture, View
from engine.recognition.decisions import Segment

SPAN_SECONDS = 20.0
_MOST_POINTS = 2100  # of the waveform: a little more than is shown


class Rolling:
    """Puts what was heard onto the tracks; frozen, it holds them as they are."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._point_seconds = 0.01
        self._now = 0.0
        self.view = View("stft", 48000)
        self._frozen = False
        self._lanes: dict[str, list[Segment]] | None = None  # not shown yet
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
        self._frozen = on
        if not on:
            self._tracks.spectrogram.skip(self._missed)
            for columns in self._waiting:
                self._tracks.spectrogram.append(columns)
            self._waiting, self._missed = [], 0

    def take(self, events: list[LiveFrame]) -> None:
        """Add news, the oldest first."""
        for heard in events:
            if heard.restarted:
                self._restart(heard.view)
                self._tracks.spectrogram.skip(self._columns_before(heard))
            self._now = heard.stats.seconds
            self._envelope = np.concatenate([self._envelope, heard.envelope], axis=1)
            self._envelope = self._envelope[:, -_MOST_POINTS:]
            if self.frozen:
                self._wait(heard.columns)
            else:
                self._tracks.spectrogram.append(heard.columns)
        lanes = next((e.lanes for e in reversed(events) if e.lanes is not None), None)
        self._lanes = self._lanes if lanes is None else lanes

    def say(self) -> None:
        """Show what was heard in words, less often than the picture moves."""
        if self._lanes is not None and not self.frozen:
            lanes, self._lanes = self._lanes, None
            self._tracks.lanes.set_lanes({name: stretches(found) for name, found in lanes.items()})

    def advance(self) -> None:
        """Show the time up to now."""
        if self.frozen:
            return
        first = self._now - self._envelope.shape[1] * self._point_seconds
        self._tracks.waveform.set_envelope(self._envelope, first, self._now)
        self._tracks.time.follow(self._now, SPAN_SECONDS)

    def _columns_before(self, heard: LiveFrame) -> int:
        """Columns of the time before a picture that begins while listening."""
        new = heard.columns.shape[1]
        done: float = heard.stats.seconds * self.view.rate_hz / self.view.hop_length
        return max(0, int(done) - int(new))

    def _wait(self, columns: Picture) -> None:
        self._waiting.append(columns)
        held = sum(part.shape[1] for part in self._waiting)
        most = 2 * SPAN_SECONDS * self.view.rate_hz / self.view.hop_length
        while held > most:
            oldest = self._waiting.pop(0)
            held -= oldest.shape[1]
            self._missed += oldest.shape[1]

    def _restart(self, view: View) -> None:
        self.view = view
        self._waiting, self._missed = [], 0
        seconds = view.hop_length / view.rate_hz
        self._tracks.dress(view)
        columns = int(1.1 * SPAN_SECONDS / seconds) + 8
        # A column lies around what it looks at, not where its frame begins.
        lead = (view.frame_length - view.hop_length) / 2 / view.rate_hz
        self._tracks.spectrogram.start_rolling(view.height, columns, seconds, lead)
        self._envelope = np.zeros((2, 0), dtype=np.float32)
