"""Sound files of every common format: look at, read and stream them.

The content decides what a file is, never its name. ``formats`` has the table of formats,
``decoding`` the decoders.
"""

import glob
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.decoding.opening import blocks_of, open_source
from engine.audio.decoding.source import Source, failing_as
from engine.audio.formats import EXTENSIONS
from engine.audio.mixing import Mixer
from engine.audio.resample import Resampler
from engine.errors import AudioError
from engine.passed_over import passed_over

_LOUDEST = 1e6  # 120 dB over full scale: no sound, but what a damaged file holds
_MOST_AT_ONCE = 8_000_000  # samples of all channels in a block: 32 MB
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AudioInfo:
    """Metadata of a sound file.

    Attributes:
        path: where it is.
        duration_seconds: length.
        rate_hz: sample rate.
        channels: number of channels.
        format: container and encoding in words.
        tags: title, artist, album, date, genre, comment, where present.
        remark: a sentence about what is missing, as far as looking tells; empty if nothing is.
    """

    path: Path
    duration_seconds: float
    rate_hz: int
    channels: int
    format: str
    tags: dict[str, str] = field(default_factory=dict)
    remark: str = ""


def find_audio(places: Iterable[str | Path]) -> list[Path]:
    """The sound files that names, patterns and folders stand for, in order, each once.

    A file named outright is taken whatever its extension; of folders (searched to the bottom) and
    patterns only what has a sound file's extension. Of folders, hidden files and what systems leave
    there (``._x.wav``, ``__MACOSX``) are passed over.

    Raises:
        AudioError: a folder or pattern holds no sound file.
    """
    found: dict[Path, None] = {}
    for place in places:
        path = Path(place)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _is_audio(p) and _meant(p, path))
        elif not path.exists() and glob.has_magic(str(place)):
            matches = (Path(name) for name in sorted(glob.glob(str(place), recursive=True)))
            inside = [p for p in matches if _is_audio(p) and not p.name.startswith(".")]
        else:
            inside = [path]
        if not inside:
            raise AudioError(f"No sound file found in {place}.")
        found.update(dict.fromkeys(inside))
    return list(found)


def _meant(path: Path, folder: Path) -> bool:
    return not any(map(passed_over, path.relative_to(folder).parts))


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in EXTENSIONS and path.is_file()


def probe(path: Path | str) -> AudioInfo:
    """Look at a file; counts or decodes what does not say reliably how long it is.

    Raises:
        AudioError: it is missing, unreadable, empty or no sound.

    Examples:
        >>> from engine import probe
        >>> info = probe("flute.ogg")
        >>> info.rate_hz, info.channels, round(info.duration_seconds)
        (44100, 2, 7)
    """
    path = Path(path)
    source = open_source(path)
    try:
        with failing_as(f"{path.name} cannot be read"):
            length = source.length
        if length == 0:
            raise AudioError(f"{path.name} contains no sound (0 samples).")
        return AudioInfo(
            path=path,
            duration_seconds=length / source.rate_hz,
            rate_hz=source.rate_hz,
            channels=source.channels,
            format=source.format,
            tags=source.tags,
            remark=source.remark,
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

    Examples:
        The second second, as one channel at 16 kHz:

        >>> from engine import read
        >>> audio = read("flute.ogg", rate_hz=16000, mono=True, start_seconds=1, duration_seconds=1)
        >>> audio.samples.shape, audio.samples.dtype
        ((1, 16000), dtype('float32'))
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
    repaired = sum(block.repaired for block in blocks)
    return replace(blocks[0], samples=joined, repaired=repaired, remark=blocks[-1].remark)


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

    Arguments as :func:`read`; ``block_seconds`` is the length of a block before resampling, or less
    where there are many channels.

    Raises:
        AudioError: as :func:`read`; also half-way, where a file is broken.

    Examples:
        The loudest sample of a file of any length, in bounded memory:

        >>> from engine import stream
        >>> peak = max(float(abs(block.samples).max()) for block in stream("flute.ogg"))
        >>> 0 < peak <= 1
        True
    """
    path = Path(path)
    source = open_source(path)
    try:
        with failing_as(f"{path.name} cannot be read"):
            source.seek(max(0, round(start_seconds * source.rate_hz)))
        left = None if duration_seconds is None else round(duration_seconds * source.rate_hz)
        frames = min(round(block_seconds * source.rate_hz), _MOST_AT_ONCE // source.channels)
        frames = max(1, frames if left is None else min(frames, left))
        resampler = Resampler(
            source.rate_hz, rate_hz or source.rate_hz, 1 if mono else source.channels
        )
        mixer = Mixer(source.channels, source.rate_hz)
        heard = False
        for block, repaired, last in _repaired(_limited(source, frames, left, path), path):
            heard = True
            out = resampler.push(mixer.push(block)[None] if mono else block, last=last)
            if out.shape[1] or last:
                remark = source.remark if last else ""
                yield Audio(out, rate_hz or source.rate_hz, path.name, repaired, remark)
        if source.remark:
            _log.warning("%s", source.remark)
        if not heard:
            raise AudioError(f"{path.name} contains no sound in this range.")
    finally:
        source.close()


def _limited(
    source: Source, frames: int, left: int | None, path: Path
) -> Iterator[NDArray[np.float32]]:
    for block in blocks_of(source, frames, path):
        if left is not None:
            block = block[:, :left]
            left -= block.shape[1]
        if block.shape[1]:
            yield block
        if left == 0:
            return


def _repaired(
    blocks: Iterator[NDArray[np.float32]], path: Path
) -> Iterator[tuple[NDArray[np.float32], int, bool]]:
    """Silence in place of what is no sound; tells how many samples, and which block is the last."""
    total = 0
    held: tuple[NDArray[np.float32], int] | None = None
    try:
        for block in blocks:
            finite = np.abs(block) <= _LOUDEST  # not so for NaN
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
        _log.warning(
            "%s: %d invalid samples (NaN, infinite or far too loud) were replaced by silence",
            path.name,
            total,
        )
