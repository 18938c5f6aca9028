"""Atomic writing of sound files."""

import os
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from engine.audio.audio import Audio
from engine.audio.decoding.source import reason_of
from engine.audio.resample import resample
from engine.errors import AudioError

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
# The rates that lossy encoders know; others are brought to the next higher one.
_RATES = {
    "OPUS": (8000, 12000, 16000, 24000, 48000),
    "MPEG_LAYER_III": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
}


def write(path: Path | str, audio: Audio, *, subtype: str | None = None) -> None:
    """Write a file; what was there before is replaced only when all is written.

    Values beyond full scale are clipped where the encoding has no room for them. Opus and MP3 know
    few sample rates: sound at others is brought to the next one.

    Args:
        path: its extension decides the format.
        audio: what to write.
        subtype: libsndfile's name of the encoding ("PCM_16", "FLOAT"), None: the usual one.

    Raises:
        AudioError: the format is unknown or cannot hold it, or the disk is full.

    Examples:
        >>> from engine import probe, read, write
        >>> write("beginning.flac", read("flute.ogg", duration_seconds=2))
        >>> probe("beginning.flac").duration_seconds
        2.0
    """
    path = Path(path)
    format_name, usual = written_format(path)
    rate = _rate_for(subtype or usual, audio.rate_hz)
    samples = resample(audio.samples, audio.rate_hz, rate)
    if subtype not in ("FLOAT", "DOUBLE"):
        samples = np.clip(samples, -1.0, 1.0)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".earmark-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        with soundfile.SoundFile(
            temporary, "w", rate, audio.channels, subtype or usual, format=format_name
        ) as file:
            # In pieces: libsndfile's Vorbis encoder overflows its stack on one long write.
            for start in range(0, samples.shape[1], 1 << 15):
                file.write(samples[:, start : start + (1 << 15)].T)
        _whole(temporary, samples.shape[1], path)
        temporary.replace(path)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise AudioError(f"{path.name} could not be written: {reason_of(error)}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _rate_for(encoding: str, rate_hz: int) -> int:
    known = _RATES.get(encoding, (rate_hz,))
    return next((rate for rate in known if rate >= rate_hz), known[-1])


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
            f"Earmark does not write '{path.suffix}' files. Use one of these endings: {known}."
        ) from None


def _whole(path: Path, frames: int, wanted: Path) -> None:
    # libsndfile buffers, and does not always say that a disk is full.
    with soundfile.SoundFile(path) as file:
        lossless = file.subtype not in ("VORBIS", "OPUS", "MPEG_LAYER_III")
        if file.frames < frames and (lossless or file.frames < frames - 4096):
            raise AudioError(
                f"{wanted.name} could not be written completely. The disk may be full."
            )
