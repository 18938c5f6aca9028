"""Days at speed: a clock that jumps, and a microphone that hears what a script says."""

import time
from collections.abc import Callable
from datetime import datetime

import numpy as np

from engine.audio.ring import Ring
from engine.errors import AudioError
from tests.planted import BURST_HZ, HUM_HZ

RATE = 16000
SILENT = np.zeros(RATE, dtype=np.float32)
_TIME = np.arange(RATE) / RATE
BEEP = (0.4 * np.sin(2 * np.pi * BURST_HZ * _TIME)).astype(np.float32)
HUM = (0.2 * np.sin(2 * np.pi * HUM_HZ * _TIME)).astype(np.float32)


def at(text: str) -> float:
    """Seconds since 1970 of a local time."""
    return datetime.fromisoformat(text).timestamp()


class FastClock:
    """Each wait is over at once."""

    def __init__(self, now: float, step: float = 1.0) -> None:
        self.time, self._step = now, step

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += self._step


class Room:
    """Sound by the second, and what befalls the microphone.

    Args:
        clock: by which sound comes.
        sound: gives a second of sound, for the whole second since 1970.
        gone: whether the microphone is unplugged, for a moment.
    """

    rate_hz = RATE

    def __init__(
        self,
        clock: FastClock,
        sound: Callable[[int], np.ndarray],
        gone: Callable[[float], bool] = lambda now: False,
    ) -> None:
        self._clock, self._sound, self._gone = clock, sound, gone
        self.opened = 0
        self.dropped = 0

    def __call__(self) -> "Room":
        if self._gone(self._clock.now()):
            raise AudioError("No microphone found. Plug one in and try again.")
        return self

    def __enter__(self) -> "Room":
        self.ring = Ring(RATE * 120)
        self._at = self._clock.now()
        self.opened += 1
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        now = self._clock.now()
        if self._gone(now):
            raise AudioError("The microphone 'Room' was disconnected: it was unplugged.")
        while self._at + 1 <= now:
            self.ring.write(self._sound(int(self._at))[None])
            self._at += 1

    def sleeps_until(self, now: float) -> None:
        """The computer sleeps: no sound of that time ever comes."""
        self._clock.time = self._at = now

    def capture_time(self, index: int) -> float:
        return 0.0


class LiveRoom:
    """A microphone that hums, in real time, until it is unplugged."""

    rate_hz = RATE
    dropped = 0

    def __init__(self) -> None:
        self.ring = Ring(RATE * 60)
        self.gone = False

    def __enter__(self) -> "LiveRoom":
        self._begun, self._sent = time.monotonic(), 0
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        if self.gone:
            raise AudioError("The microphone 'Room' was disconnected.")
        until = int((time.monotonic() - self._begun) * RATE)
        times = np.arange(self._sent, until) / RATE
        self.ring.write(0.2 * np.sin(2 * np.pi * HUM_HZ * times)[None].astype(np.float32))
        self._sent = until

    def capture_time(self, index: int) -> float:
        return self._begun + index / RATE
