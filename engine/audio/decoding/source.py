"""What every decoder gives, and what is said when a library fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import AudioError

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 384_000
MOST_CHANNELS = 64
MISSED_SECONDS = 0.1  # less than this nobody misses


class Source(Protocol):
    """An open file that gives its samples in order."""

    rate_hz: int
    channels: int
    format: str
    tags: dict[str, str]

    @property
    def length(self) -> int:
        """Samples of each channel; may look through the file, or decode it, to count them."""

    @property
    def remark(self) -> str:
        """A sentence about what is missing, or nothing; all of it is known only at the end."""

    def seek(self, frame: int) -> None:
        """Go to a sample; called once at most, before anything is read."""

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32, shape (channels, n); fewer than asked only at the end."""

    def close(self) -> None:
        """Let go of the file."""


@contextmanager
def failing_as(message: str) -> Iterator[None]:
    """Whatever a library raises in here becomes an AudioError: message, colon, its reason."""
    try:
        yield
    except AudioError:
        raise
    except Exception as error:
        raise AudioError(f"{message}: {reason_of(error)}.") from error


def refuse_unusable(path: Path, rate_hz: int, channels: int) -> None:
    """Raise AudioError for rates and channels that nothing can be done with."""
    fault = None
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        fault = f"its sample rate of {rate_hz} Hz is outside 4 to 384 kHz"
    elif channels < 1:
        fault = "it has no channels"
    elif channels > MOST_CHANNELS:
        fault = f"it has {channels} channels, more than {MOST_CHANNELS}"
    if fault:
        raise AudioError(f"{path.name} cannot be used: {fault}.")


def incomplete(path: Path, there_seconds: float, promised_seconds: float) -> str:
    """The remark about a file that lacks sound which its header counts."""
    return (
        f"{path.name} is incomplete: {there_seconds:.1f} s of {promised_seconds:.1f} s are there. "
        "Copy or download it again."
    )


def reason_of(error: Exception) -> str:
    """Why a library failed, in its own words, to stand inside a sentence."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    words = str(getattr(error, "error_string", error)).strip().rstrip(".").lower()
    return words or "it is damaged"
