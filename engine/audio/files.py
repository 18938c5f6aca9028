"""Sound files of every common format: look at, read, stream and write them.

The content decides what a file is, never its name. What libsndfile does not know (m4a, mp4, webm)
goes through FFmpeg, in ``containers``.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import containers
from engine.audio.audio import Audio
from engine.audio.resample import Resampler
from engine.errors import AudioError

EXTENSIONS = frozenset(
    {
        *(".wav", ".wave", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga"),
        *(".opus", ".mp3", ".au", ".snd", ".caf"),
        *(".m4a", ".m4b", ".aac", ".mp4", ".mov", ".webm", ".mkv", ".mka"),
    }
)
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 384_000
MOST_CHANNELS = 64
_log = logging.getLogger(__name__)

# What each extension is written as: libsndfile's format and the usual encoding.
_WRITTEN = {
    ".wav": ("WAV", "PCM_24"),
    ".w64": ("W64", "PCM_24"),
    ".rf64": ("RF64", "PCM_24"),
    ".aiff": ("AIFF", "PCM_24"),
    ".aif": ("AIFF", "PCM_24"),
    ".flac": ("FLAC", "PCM_24"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of itself.

    Attributes:
        path: where it is.
        duration_seconds: length.
        rate_hz: sample rate.
        channels: number of channels.
        format: container and encoding in words.
        tags: title, artist, album, date, genre, comment, where present.
    """

    path: Path
    duration_seconds: float
    rate_hz: int
    channels: int
    format: str
    tags: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """An open file that gives its samples in order."""

    rate_hz: int
    channels: int
    length: int | None
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
        self.format = f"{file.format_info}, {file.subtype_info}"
        self.tags = {name: text for name, text in file.copy_metadata().items() if text.strip()}
        self._position = 0

    @property
    def truncated(self) -> bool:
        # libsndfile trusts the file's size over the header, and says so only in its log.
        shortened = "(should be" in self._file.extra_info
        return shortened or self._position < (self.length or 0)

    def seek(self, frame: int) -> None:
        self._position = self._file.seek(min(frame, self.length or 0))

    def read(self, frames: int) -> NDArray[np.float32]:
        block: NDArray[np.float32] = self._file.read(frames, dtype="float32", always_2d=True)
        self._position += len(block)
        return np.ascontiguousarray(block.T)

    def close(self) -> None:
        self._file.close()


def probe(path: Path | str) -> AudioInfo:
    """Look at a file without decoding it.

    Raises:
        AudioError: it is missing, unreadable, empty or no sound.
    """
    path = Path(path)
    source = _open(path)
    try:
        length = source.length
        if length is None:
            length = sum(block.shape[1] for block in _blocks(source, source.rate_hz, path))
        if length == 0:
            raise AudioError(f"{path.name} holds no sound: it has no samples.")
        return AudioInfo(
            path=path,
            duration_seconds=length / source.rate_hz,
            rate_hz=source.rate_hz,
            channels=source.channels,
            format=source.format,
            tags=source.tags,
        )
    finally:
        source.close()


def read(
    path: Path | str,
    *,
    rate_hz: int | None = None,
    mono: bool = False,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
) -> Audio:
    """Read a file, or a stretch of it, into memory.

    Args:
        path: the file.
        rate_hz: rate wanted, None: the file's own.
        mono: whether to take the mean of the channels.
        start_seconds: where to begin.
        duration_seconds: how much to read, None: to the end.

    Raises:
        AudioError: it cannot be read, or there is no sound in that stretch.
    """
    blocks = list(
        stream(
            path,
            block_seconds=30.0,
            rate_hz=rate_hz,
            mono=mono,
            start_seconds=start_seconds,
            duration_seconds=duration_seconds,
        )
    )
    joined = np.concatenate([block.samples for block in blocks], axis=1)
    return replace(blocks[0], samples=joined, repaired=sum(block.repaired for block in blocks))


def stream(
    path: Path | str,
    *,
    block_seconds: float = 1.0,
    rate_hz: int | None = None,
    mono: bool = False,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
) -> Iterator[Audio]:
    """Read a file block by block, in bounded memory; joined, they are what :func:`read` gives.

    Arguments as :func:`read`; ``block_seconds`` is the length of a block before resampling.

    Raises:
        AudioError: as :func:`read`; also half-way, where a file is broken.
    """
    path = Path(path)
    source = _open(path)
    try:
        source.seek(round(start_seconds * source.rate_hz))
        frames = max(1, round(block_seconds * source.rate_hz))
        left = None if duration_seconds is None else round(duration_seconds * source.rate_hz)
        resampler = Resampler(
            source.rate_hz, rate_hz or source.rate_hz, 1 if mono else source.channels
        )
        heard = False
        for block, repaired, last in _repaired(_limited(source, frames, left, path), path):
            heard = True
            audio = Audio(block, source.rate_hz, path.name, repaired)
            samples = audio.mono()[None] if mono else block
            out = resampler.push(samples, last=last)
            if out.shape[1] or last:
                yield Audio(out, rate_hz or source.rate_hz, path.name, repaired)
        if not heard:
            raise AudioError(f"{path.name} holds no sound there: it has no samples to read.")
    finally:
        source.close()


def write(path: Path | str, audio: Audio, *, subtype: str | None = None) -> None:
    """Write a file; what was there before is replaced only when all is written.

    Values beyond full scale are clipped where the encoding has no room for them.

    Args:
        path: its extension decides the format.
        audio: what to write.
        subtype: libsndfile's name of the encoding ("PCM_16", "FLOAT"), None: the usual one.

    Raises:
        AudioError: the format is unknown or cannot hold it, or the disk is full.
    """
    path = Path(path)
    format_name, usual = written_format(path)
    samples = audio.samples
    if subtype not in ("FLOAT", "DOUBLE"):
        samples = np.clip(samples, -1.0, 1.0)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".earmark-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        with soundfile.SoundFile(
            temporary, "w", audio.rate_hz, audio.channels, subtype or usual, format=format_name
        ) as file:
            # In pieces: libsndfile's Vorbis encoder overflows its stack on one long write.
            for start in range(0, samples.shape[1], 1 << 15):
                file.write(samples[:, start : start + (1 << 15)].T)
        _whole(temporary, samples.shape[1], path)
        temporary.replace(path)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise AudioError(f"{path.name} could not be written: {_reason(error)}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def written_format(path: Path) -> tuple[str, str]:
    """Libsndfile's format and usual encoding for a file name.

    Raises:
        AudioError: Earmark does not write such files.
    """
    try:
        return _WRITTEN[path.suffix.lower()]
    except KeyError:
        known = ", ".join(_WRITTEN)
        raise AudioError(
            f"Earmark does not write '{path.suffix}' files: name it with one of {known}."
        ) from None


def _whole(path: Path, frames: int, wanted: Path) -> None:
    # libsndfile buffers, and does not always say that a disk is full.
    with soundfile.SoundFile(path) as file:
        lossless = file.subtype not in ("VORBIS", "OPUS", "MPEG_LAYER_III")
        if file.frames < frames and (lossless or file.frames < frames - 4096):
            raise AudioError(f"{wanted.name} could not be written whole: the disk may be full.")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(getattr(error, "error_string", error)).strip().rstrip(".").lower()


def _open(path: Path) -> Source:
    """Whatever can decode it, tried in order of trust."""
    _readable(path)
    source: Source
    try:
        source = _SoundFile(soundfile.SoundFile(path))
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        source = containers.open_container(path, _reason(error))
    fault = None
    if not LOWEST_RATE_HZ <= source.rate_hz <= HIGHEST_RATE_HZ:
        fault = f"its rate of {source.rate_hz} Hz is outside 4 to 384 kHz"
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
        raise AudioError(f"{path} does not exist: was it moved or renamed?") from None
    except IsADirectoryError:
        raise AudioError(f"{path.name} is a folder, not a sound file.") from None
    except PermissionError:
        raise AudioError(
            f"{path.name} cannot be opened: you have no permission to read it."
        ) from None
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read: {_reason(error)}.") from error
    if not head:
        raise AudioError(f"{path.name} is empty (0 bytes): copy or download it again.")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise AudioError(
            f"{path.name} is a web page, not a sound: the download probably failed. "
            "Open the link in a browser and save the sound itself."
        )


def _limited(
    source: Source, frames: int, left: int | None, path: Path
) -> Iterator[NDArray[np.float32]]:
    for block in _blocks(source, frames, path):
        if left is not None:
            block = block[:, :left]
            left -= block.shape[1]
        if block.shape[1]:
            yield block
        if left == 0:
            return


def _blocks(source: Source, frames: int, path: Path) -> Iterator[NDArray[np.float32]]:
    """Everything from here on; that a file is cut short is said after all that is there."""
    read_frames = 0
    while True:
        try:
            block = source.read(frames)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            at = read_frames / source.rate_hz
            raise AudioError(
                f"{path.name} is broken after {at:.1f} s: {_reason(error)}."
            ) from error
        read_frames += block.shape[1]
        if block.shape[1]:
            yield block
        if block.shape[1] < frames:
            break
    if source.truncated:
        raise AudioError(
            f"{path.name} is cut short: it ends before its header says it does. "
            "Copy or download it again."
        )


def _repaired(
    blocks: Iterator[NDArray[np.float32]], path: Path
) -> Iterator[tuple[NDArray[np.float32], int, bool]]:
    """Silence in place of NaN and infinity; tells how many, and which block is the last."""
    total = 0
    held: tuple[NDArray[np.float32], int] | None = None
    try:
        for block in blocks:
            finite = np.isfinite(block)
            bad = int(block.size - np.count_nonzero(finite))
            total += bad
            if held is not None:
                yield (*held, False)
            held = (np.where(finite, block, np.float32(0.0)) if bad else block, bad)
    except AudioError:
        if held is not None:
            yield (*held, True)
        raise
    if held is not None:
        yield (*held, True)
    if total:
        _log.warning("%s: %d samples were no numbers and became silence", path.name, total)
