"""The Listen page's rolling picture."""

import numpy as np

from desktop.pages.listening import Heard
from desktop.pages.reading import stretches
from desktop.pages.tracks import Tracks
from engine.views import View

SPAN_SECONDS = 20.0


class Rolling:
    """Puts what was heard onto the tracks; frozen, it holds them as they are."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._point_seconds = 0.01
        self._now = 0.0
        self.view = View("stft", 48000)
        self.frozen = False
        tracks.time.follow(0.0, SPAN_SECONDS)

    def take(self, events: list[Heard]) -> None:
        """Add news, the oldest first."""
        for heard in events:
            if heard.restarted:
                self._restart(heard.view)
            self._now = heard.stats.seconds
            if not self.frozen:
                self._tracks.spectrogram.append(heard.columns)
                self._envelope = np.concatenate([self._envelope, heard.envelope], axis=1)
        lanes = next((e.lanes for e in reversed(events) if e.lanes is not None), None)
        if lanes is not None and not self.frozen:
            self._tracks.lanes.set_lanes({name: stretches(found) for name, found in lanes.items()})

    def advance(self) -> None:
        """Show the time up to now."""
        if self.frozen:
            return
        points = int(1.05 * SPAN_SECONDS / self._point_seconds)
        self._envelope = self._envelope[:, -points:]
        first = self._now - self._envelope.shape[1] * self._point_seconds
        self._tracks.waveform.set_envelope(self._envelope, first, self._now)
        self._tracks.time.follow(self._now, SPAN_SECONDS)

    def _restart(self, view: View) -> None:
        self.view = view
        seconds = view.hop_length / view.rate_hz
        self._tracks.dress(view)
        columns = int(1.1 * SPAN_SECONDS / seconds) + 8
        self._tracks.spectrogram.start_rolling(view.height, columns, seconds)
        self._envelope = np.zeros((2, 0), dtype=np.float32)
