"""The time that training takes."""

import contextlib
import time
from collections.abc import Iterator

_TELL_SECONDS = 0.1


class Stopwatch:
    """Seconds of training; what the listener of the events does meanwhile is not counted.

    Args:
        before: seconds of earlier epochs.
    """

    def __init__(self, before: float) -> None:
        self._before = before
        self._begun = self._told = time.monotonic()
        self._away = 0.0

    def seconds(self) -> float:
        """Since training began."""
        return self._before + time.monotonic() - self._begun - self._away

    def due(self) -> bool:
        """Whether it is time to tell something again."""
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return False
        self._told = now
        return True

    def left(self, epoch: int, batch: int, batches: int, epochs: int) -> float:
        """Seconds to the end of the last epoch, at the speed so far."""
        done = (epoch - 1) * batches + batch
        return self.seconds() / done * (epochs * batches - done)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """While the listener has its turn."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._away += time.monotonic() - begun
