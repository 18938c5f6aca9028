"""Open sound files as sources of samples, independent of the decoder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import containers
from engine.errors import AudioError

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 384_000
MOST_CHANNELS = 64


class Source(Protocol):
    """An open file that gives its samples in order."""

    rate_hz: int
    channels: int
    length: int | None
    estimated: bool
    format: str
    tags: dict[str, str]

    @property
    def truncated(self) -> bool:
        """Whether there was less than the header promised; known at the end."""

    def seek(self, frame: int) -> None:
        """Go to a sample."""

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32, shape (channels, n); fewer than asked only at the end."""

    def close(self) -> None:
        """Let go of the file."""


class _SoundFile:
    """What libsndfile opens."""

    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file
        self.rate_hz = int(file.samplerate)
        self.channels = int(file.channels)
        self.length: int | None = int(file.frames)
        container, _, more = file.format_info.partition(" (")  # "OGG (OGG Container format)"
        container = container if more.startswith(container) else file.format_info
        self.format = f"{container}, {file.subtype_info}"
        self.tags = {name: text for name, text in file.copy_metadata().items() if text.strip()}
        self._position = 0
        # Of many an MP3 the length is a guess from its size, off by up to half a second.
        self.estimated = file.format == "MP3" or file.subtype.startswith("MPEG")

    @property
    def truncated(self) -> bool:
        # libsndfile trusts the file's size over the header, and says so only in its log.
        shortened = "(should be" in self._file.extra_info
        missing = (self.length or 0) - self._position
        if self.estimated:
            return missing > max(self.rate_hz, 0.1 * (self.length or 0))
        return shortened or missing > 0

    def seek(self, frame: int) -> None:
        self._position = self._file.seek(min(frame, self.length or 0))

    def read(self, frames: int) -> NDArray[np.float32]:
        block: NDArray[np.float32] = self._file.read(frames, dtype="float32", always_2d=True)
        self._position += len(block)
        return np.ascontiguousarray(block.T)

    def close(self) -> None:
        self._file.close()


def open_source(path: Path) -> Source:
    """Whatever can decode it, tried in order of trust."""
    _readable(path)
    source: Source
    try:
        source = _SoundFile(soundfile.SoundFile(path))
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        source = containers.open_container(path, reason_of(error))
    fault = None
    if not LOWEST_RATE_HZ <= source.rate_hz <= HIGHEST_RATE_HZ:
        fault = f"its sample rate of {source.rate_hz} Hz is outside 4 to 384 kHz"
    elif not 1 <= source.channels <= MOST_CHANNELS:
        fault = f"it has {source.channels} channels, more than {MOST_CHANNELS}"
    if fault:
        source.close()
        raise AudioError(f"{path.name} cannot be used: {fault}.")
    return source


def _readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise AudioError(f"{path} does not exist. Was it moved or renamed?") from None
    except IsADirectoryError:
        raise AudioError(f"{path.name} is a folder, not a sound file.") from None
    except PermissionError:
        raise AudioError(
            f"{path.name} cannot be opened: you do not have permission to read it."
        ) from None
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read: {reason_of(error)}.") from error
    if not head:
        raise AudioError(f"{path.name} is empty (0 bytes). Copy or download it again.")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise AudioError(
            f"{path.name} is a web page, not a sound: the download probably failed. "
            "Open the link in a browser and save the sound file itself."
        )


def blocks_of(source: Source, frames: int, path: Path) -> Iterator[NDArray[np.float32]]:
    """Everything from here on; that a file is cut short is said after all that is there."""
    read_frames = 0
    while True:
        try:
            block = source.read(frames)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            at = read_frames / source.rate_hz
            raise AudioError(
                f"{path.name} is damaged after {at:.1f} s: {reason_of(error)}."
            ) from error
        read_frames += block.shape[1]
        if block.shape[1]:
            yield block
        if block.shape[1] < frames:
            break
    if source.truncated:
        raise AudioError(
            f"{path.name} is incomplete: it is shorter than its header says. "
            "Copy or download it again."
        )


def reason_of(error: Exception) -> str:
    """Why a library failed, in its own words, to stand inside a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(getattr(error, "error_string", error)).strip().rstrip(".").lower()
