"""Ctrl-C between steps instead of anywhere."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def interrupt_noted() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted, and what is given says so; a second one breaks off at once.

    Wherever it happens to strike, an interruption may leave a file half written, or be swallowed by
    a callback of somebody else's and never be heard of. In the main thread only.
    """
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, before)
