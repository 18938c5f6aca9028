"""The time of day, and waiting: a test puts a faster one in its place."""

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since 1970 (POSIX): goes on while the computer sleeps."""

    def sleep(self, seconds: float) -> None:
        """Wait so long."""


class SystemClock:
    """The computer's own."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait so long."""
        time.sleep(max(0.0, seconds))


def local(moment: float) -> datetime.datetime:
    """Local time with its offset, of seconds since 1970."""
    return datetime.datetime.fromtimestamp(moment).astimezone()


def iso(moment: float) -> str:
    """Local time as ISO 8601 with milliseconds and offset, of seconds since 1970."""
    return local(moment).isoformat(timespec="milliseconds")
