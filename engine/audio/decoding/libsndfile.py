"""What is stored uncompressed, and FLAC, read by libsndfile."""

import os
import sys
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.decoding import ffmpeg, flac
from engine.audio.decoding.headers import share_there
from engine.audio.decoding.source import MISSED_SECONDS, failing_as, incomplete, refuse_unusable
from engine.errors import AudioError

# Encodings that are a number for each sample; FLAC too has them. FFmpeg reads all others better.
_PLAIN = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
_MOST_SECONDS = 2_000_000  # more than any recording has: a header that says so is wrong
_SKIPPED_FRAMES = 1 << 16


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """Read from front to end: soundfile seeks after each block, which some encodings cannot."""

    def seekable(self) -> bool:
        return False


class SoundFile:
    """A file open in libsndfile.

    Raises:
        AudioError: libsndfile does not take it, or finds nothing in it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        name = path if sys.platform == "win32" else os.fsencode(path)
        self._rest: ffmpeg.Container | None = None
        with failing_as(f"{path.name} cannot be read"):
            self._file = _Forward(name)
        file = self._file
        self.rate_hz, self.channels = int(file.samplerate), int(file.channels)
        self.length = int(file.frames)
        self.plain = file.subtype.startswith(_PLAIN)
        container, _, more = file.format_info.partition(" (")  # "OGG (OGG Container format)"
        container = container if more.startswith(container) else file.format_info
        self.format = f"{container}, {file.subtype_info}"
        self.tags = {name: text for name, text in file.copy_metadata().items() if text.strip()}
        self._promised = self.length / share_there(path)
        self._position = 0
        self._ended = False
        held = flac.held(path) if file.format == "FLAC" else None
        lies = held is not None and held > self.length
        self.length = self.length if held is None else min(self.length, held)
        if lies or not self.length or not 0 < self._promised < _MOST_SECONDS * max(1, self.rate_hz):
            self.close()
            raise AudioError(f"{path.name} contains no sound (0 samples).")
        try:
            refuse_unusable(path, self.rate_hz, self.channels)
        except AudioError:
            self.close()
            raise

    @property
    def remark(self) -> str:
        """What is missing."""
        there = min(self.length, self._position) if self._ended else self.length
        missing = self._promised - there
        if missing <= MISSED_SECONDS * self.rate_hz:
            return ""
        return incomplete(self._path, there / self.rate_hz, self._promised / self.rate_hz)

    def seek(self, frame: int) -> None:
        """Go to a sample."""
        frame = min(frame, self.length)
        if frame == 0:
            return
        try:
            self._position = int(self._file.seek(frame))
        except (soundfile.LibsndfileError, RuntimeError, ValueError):
            while self._position < frame and not self._ended:
                self.read(min(_SKIPPED_FRAMES, frame - self._position))

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, by FFmpeg from where libsndfile fails."""
        if self._rest is None:
            try:
                block: NDArray[np.float32] = self._file.read(
                    frames, dtype="float32", always_2d=True
                )
            except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
                self._rest = self._by_ffmpeg(error)
            else:
                self._position += len(block)
                self._ended = len(block) < frames
                return np.ascontiguousarray(block.T)
        samples = self._rest.read(frames)
        self._position += samples.shape[1]
        self._ended = samples.shape[1] < frames
        return samples

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        if self._rest is not None:
            self._rest.close()

    def _by_ffmpeg(self, why: Exception) -> ffmpeg.Container:
        at = self._position / self.rate_hz
        with failing_as(f"{self._path.name} is damaged after {at:.1f} s"):
            try:
                rest = ffmpeg.Container(self._path, like=(self.rate_hz, self.channels))
                rest.seek(self._position)
            except AudioError:
                raise why from None
            return rest
