"""Live classification of the microphone."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.ring import Ring
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis, choose_windows
from engine.recognition.timeline import Timeline
from engine.threads import live_first, one_torch_thread

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
        classifiers: those that gave the rows, by name.
    """

    rows: dict[str, Timeline]
    first: int
    samples: NDArray[np.float32]
    stats: LiveStats
    classifiers: Mapping[str, Classifier]


def listen(
    microphone: Listened,
    classifiers: Mapping[str, Classifier] | Callable[[], Mapping[str, Classifier]],
    *,
    hop_seconds: float | None = None,
    device: str = "cpu",
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[LiveUpdate, None, None]:
    """Analyse what the microphone hears, until closed; yields about twenty times a second.

    It never queues: when it has fallen more than two seconds behind, it analyses only the newest
    and counts the windows it skipped. The sound itself is given whole as long as the ring holds it.

    Args:
        microphone: open, or anything with a ring that fills.
        classifiers: by name; may be empty. A function is asked at each step: where only heads have
            changed, as by a correction, they judge from the next row on; else listening ends.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.
        sleep: waits so many seconds between two steps.

    Raises:
        AudioError: the microphone is gone or stuck.
        ModelError: a classifier only judges files.

    Examples:
        >>> from engine import Catalog, Microphone, listen
        >>> classifiers = {"instrument": Catalog().load("instrument")}
        >>> with Microphone() as microphone:
        ...     for update in listen(microphone, classifiers):
        ...         rows = update.rows["instrument"]
        ...         if len(rows):  # a new row four times a second
        ...             break
        >>> rows.probabilities.shape == (len(rows), len(rows.labels))
        True
    """
    given = classifiers if callable(classifiers) else lambda: classifiers
    first = given()
    for classifier in first.values():
        classifier.card.refuse_files_only("listen")
    with one_torch_thread():
        work = _Listening(microphone, first, hop_seconds, device)
        yield from _steps(microphone, work, given, sleep)


def _steps(
    microphone: Listened,
    work: "_Listening",
    given: Callable[[], Mapping[str, Classifier]],
    sleep: Callable[[float], None],
) -> Generator[LiveUpdate, None, None]:
    while work.follow(given()):
        microphone.check()
        begun = time.monotonic()
        yield work.step()
        sleep(max(0.0, _TICK_SECONDS - (time.monotonic() - begun)))


class _Listening:
    """How far it has come, and how well."""

    def __init__(
        self,
        microphone: Listened,
        classifiers: Mapping[str, Classifier],
        hop_seconds: float | None,
        device: str,
    ) -> None:
        self._microphone, self._classifiers = microphone, dict(classifiers)
        self._rate = microphone.rate_hz
        self._analysis = Analysis(classifiers, self._rate, hop_seconds=hop_seconds, device=device)
        self._half_seconds = {
            name: c.card.window_samples / c.card.rate_hz / 2 for name, c in classifiers.items()
        }
        self._hops = [
            choose_windows(c, hop_seconds).hop / c.card.rate_hz for c in classifiers.values()
        ]
        self._start = self._position = microphone.ring.end
        self._lost = self._skipped = 0
        self._latency = self._load = 0.0

    def follow(self, classifiers: Mapping[str, Classifier]) -> bool:
        """Let these judge from now on; False: they need another analysis."""
        old = self._classifiers
        if list(classifiers) == list(old) and all(c is old[n] for n, c in classifiers.items()):
            return True
        self._classifiers = dict(classifiers)
        return self._analysis.exchange(classifiers)

    def step(self) -> LiveUpdate:
        """Analyse what is new."""
        first, samples = self._microphone.ring.since(self._position)
        np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)  # no driver should send such
        self._lost += first - self._position
        begun = time.monotonic()
        with live_first():
            rows = self._analysis.push(self._recent(first, samples[0]))
        now = time.monotonic()
        if samples.shape[1]:
            load = (now - begun) / (samples.shape[1] / self._rate)
            self._load += 0.05 * (load - self._load)
        for name, timeline in rows.items():
            if len(timeline):
                end = timeline.times[-1] + self._half_seconds[name]
                newest = self._start + round(end * self._rate)
                self._latency = now - self._microphone.capture_time(newest)
        return LiveUpdate(rows, first, samples[0], self._stats(), self._classifiers)

    def _recent(self, first: int, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is analysed of the new samples: nothing of too many, to go on from now."""
        jump = first != self._position
        self._position = first + len(samples)
        behind = len(samples) / self._rate
        if behind > _LATE_SECONDS:
            self._skipped += sum(int(behind / hop) for hop in self._hops)
            samples = samples[len(samples) :]
            jump = True
        if jump:
            self._analysis.restart((self._position - len(samples) - self._start) / self._rate)
        return samples

    def _stats(self) -> LiveStats:
        return LiveStats(
            seconds=(self._position - self._start) / self._rate,
            latency_seconds=self._latency,
            dropped_samples=self._microphone.dropped + self._lost,
            skipped_windows=self._skipped,
            load=self._load,
        )
