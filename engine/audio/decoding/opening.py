"""Open a sound file with the decoder that reads it right."""

import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.decoding import ogg
from engine.audio.decoding.ffmpeg import Container
from engine.audio.decoding.headers import is_mpeg_in_wav, mended
from engine.audio.decoding.libsndfile import SoundFile
from engine.audio.decoding.slices import Slice
from engine.audio.decoding.source import Source, failing_as, reason_of
from engine.audio.formats import for_libsndfile
from engine.errors import AudioError


def open_source(path: Path) -> Source:
    """Libsndfile for what is uncompressed and for FLAC, FFmpeg for the rest and where that fails.

    Raises:
        AudioError: it is no plain file, missing, unreadable, or no sound.
    """
    head = _head(path)
    with failing_as(f"{path.name} cannot be read"):
        return _by_content(path, head)


def _by_content(path: Path, head: bytes) -> Source:
    if head.startswith(b"OggS"):
        spans = ogg.links(path)
        return ogg.Chain(path, spans) if len(spans) > 1 else Container(path)
    if not for_libsndfile(head) or (head[8:12] == b"WAVE" and is_mpeg_in_wav(path)):
        return _by_ffmpeg(path)
    try:
        plain = SoundFile(path)
    except AudioError as fault:
        try:
            return _by_ffmpeg(path, uncompressed=True)
        except AudioError as error:
            raise (fault if "cannot be used" in str(fault) else error) from None
    if plain.plain:
        return plain
    try:
        source = Container(path)
    except AudioError:
        return plain
    plain.close()
    return source


def _by_ffmpeg(path: Path, *, uncompressed: bool = False) -> Container:
    """By FFmpeg, with a mended header where it does not take the one that is there."""
    try:
        source = Container(path)
        if uncompressed and not source.length:
            source.close()
            raise AudioError(f"{path.name} contains no sound (0 samples).")
        return source
    except AudioError as error:
        fault = error
    part = mended(path)
    if part is None:
        raise fault
    try:
        return Container(path, Slice(path, *part))
    except AudioError:
        raise fault from None


def _head(path: Path) -> bytes:
    """The beginning of a plain file, after what is no sound for sure."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path.name} is a folder, not a sound file.")
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            raise AudioError(
                f"{path.name} is not a file but a pipe or a device. Choose a sound file."
            )
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise AudioError(f"{path} does not exist. Was it moved or renamed?") from None
    except PermissionError:
        raise AudioError(
            f"{path.name} cannot be opened: you do not have permission to read it."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no system has
        raise AudioError(f"{path.name} cannot be read: {reason_of(error)}.") from error
    if not head:
        raise AudioError(f"{path.name} is empty (0 bytes). Copy or download it again.")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise AudioError(
            f"{path.name} is a web page, not a sound: the download probably failed. "
            "Open the link in a browser and save the sound file itself."
        )
    return head


def blocks_of(source: Source, frames: int, path: Path) -> Iterator[NDArray[np.float32]]:
    """Everything from here on, in blocks of so many samples."""
    read_frames = 0
    while True:
        try:
            block = source.read(frames)
        except AudioError:
            raise
        except Exception as error:
            at = read_frames / source.rate_hz
            raise AudioError(
                f"{path.name} is damaged after {at:.1f} s: {reason_of(error)}."
            ) from error
        read_frames += block.shape[1]
        if block.shape[1]:
            yield block
        if block.shape[1] < frames:
            return
