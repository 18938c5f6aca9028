"""Classifiers at work on a microphone, as the sound goes by."""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.analysis import Analysis, choose_windows
from engine.audio.ring import Ring
from engine.classifier import Classifier
from engine.timeline import Timeline

_TICK_SECONDS = 0.05
# Further behind than this the analysis jumps to now rather than catching up.
_LATE_SECONDS = 2.0


class Listened(Protocol):
    """What is listened to: a microphone, or in tests a clip."""

    ring: Ring
    rate_hz: int

    @property
    def dropped(self) -> int:
        """Samples lost before they came into the ring."""

    def check(self) -> None:
        """Raise AudioError when sound no longer comes."""

    def capture_time(self, index: int) -> float:
        """When a sample was heard, by ``time.monotonic()``."""


@dataclass(frozen=True)
class LiveStats:
    """How well the analysis keeps up.

    Attributes:
        seconds: heard since the start.
        latency_seconds: from the capture of the newest sample in the newest row's window to the
            moment that row was there; 0 before the first.
        dropped_samples: lost before they could be analysed.
        skipped_windows: windows passed over because the analysis was late.
        load: share of one core's time that the analysis takes, about the last seconds.
    """

    seconds: float
    latency_seconds: float
    dropped_samples: int
    skipped_windows: int
    load: float


@dataclass(frozen=True)
class LiveUpdate:
    """What is new.

    Attributes:
        rows: each classifier's new rows, with none most of the time.
        first: index of the first of ``samples`` in the ring.
        samples: the new sound, float32, shape (n,), at the microphone's rate.
        stats: how well the analysis keeps up.
    """

    rows: dict[str, Timeline]
    first: int
    samples: NDArray[np.float32]
    stats: LiveStats


def listen(
    microphone: Listened,
    classifiers: Mapping[str, Classifier],
    *,
    hop_seconds: float | None = None,
    device: str = "cpu",
) -> Generator[LiveUpdate, None, None]:
    """Analyse what the microphone hears, until closed; yields about twenty times a second.

    It never queues: what is new in the ring is taken at each step, and when it has fallen more than
    two seconds behind it jumps to now and counts what it skipped.

    Args:
        microphone: open, or anything with a ring that fills.
        classifiers: by name; may be empty.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.

    Raises:
        AudioError: the microphone is gone or stuck.
    """
    rate = microphone.rate_hz
    analysis = Analysis(classifiers, rate, hop_seconds=hop_seconds, device=device)
    windows = [(c, choose_windows(c, hop_seconds)) for c in classifiers.values()]
    hops = [window.hop / classifier.card.rate_hz for classifier, window in windows]
    start = position = microphone.ring.end
    lost = skipped = 0
    latency = load = 0.0
    while True:
        microphone.check()
        behind = microphone.ring.end - position
        gap = 0
        if behind > _LATE_SECONDS * rate:
            gap = behind
            skipped += sum(int(behind / rate / hop) for hop in hops)
        first, samples = microphone.ring.since(position + gap)
        if first > position + gap:
            lost += first - position - gap
            gap = first - position
        if gap:
            analysis.restart((first - start) / rate)
        begun = time.monotonic()
        mono = samples[0]
        rows = analysis.push(mono)
        now = time.monotonic()
        position = first + len(mono)
        if len(mono):
            load += 0.05 * ((now - begun) / (len(mono) / rate) - load)
        for (classifier, _), timeline in zip(windows, rows.values(), strict=True):
            if len(timeline):
                half = classifier.card.window_samples / classifier.card.rate_hz / 2
                newest = start + round((timeline.times[-1] + half) * rate)
                latency = now - microphone.capture_time(newest)
        stats = LiveStats(
            (position - start) / rate, latency, microphone.dropped + lost, skipped, load
        )
        yield LiveUpdate(rows, first, mono, stats)
        time.sleep(max(0.0, _TICK_SECONDS - (time.monotonic() - begun)))
