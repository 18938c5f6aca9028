"""Live analysis: it never queues, counts what it skips and stops with the microphone."""

import time

import numpy as np
import pytest

from engine.audio import Ring
from engine.classifier.catalog import Catalog
from engine.errors import AudioError
from engine.recognition.live import listen

RATE = 16000


class Source:
    """Noise, as much at a time as one says."""

    rate_hz = RATE

    def __init__(self) -> None:
        self.ring = Ring(RATE * 10)
        self.dropped = 0
        self.next = 0
        self.gone = False
        self._rng = np.random.default_rng(3)
        self._begun = time.monotonic()

    def check(self) -> None:
        if self.gone:
            raise AudioError("gone")
        self.ring.write(self._rng.standard_normal((1, self.next)).astype(np.float32) * 0.1)
        self.next = 0

    def capture_time(self, index: int) -> float:
        return self._begun


@pytest.fixture(scope="module")
def instruments() -> dict[str, object]:
    return {"instruments": Catalog().load("instruments-in-music")}


def test_late_it_jumps_and_counts(instruments: dict) -> None:
    source = Source()
    updates = listen(source, instruments)
    source.next = RATE
    next(updates)
    source.next = RATE * 5
    update = next(updates)
    assert update.stats.skipped_windows >= 8
    assert len(update.samples) == RATE * 5  # for the picture and the recording
    source.next = round(RATE * 1.9)
    next(updates)
    source.next = round(RATE * 1.9)
    update = next(updates)
    times = update.rows["instruments"].times
    assert len(times) >= 1
    # The first window after the jump begins where the jump went: at 6 s.
    assert times[0] == pytest.approx(6.0 + 3.008 / 2, abs=0.01)
    assert update.stats.seconds == pytest.approx(9.8, abs=0.01)
    assert update.stats.latency_seconds > 0


def test_what_the_ring_lost_is_counted(instruments: dict) -> None:
    source = Source()
    updates = listen(source, instruments)
    source.next = RATE
    next(updates)
    source.ring.count_lost(7)
    source.dropped = 7
    source.next = 100
    assert next(updates).stats.dropped_samples == 7


def test_it_ends_with_the_microphone(instruments: dict) -> None:
    source = Source()
    updates = listen(source, instruments)
    next(updates)
    source.gone = True
    with pytest.raises(AudioError, match="gone"):
        next(updates)


def test_it_can_be_closed_and_works_without_classifiers() -> None:
    source = Source()
    updates = listen(source, {})
    source.next = 1000
    update = next(updates)
    assert update.rows == {}
    assert len(update.samples) == 1000
    updates.close()
