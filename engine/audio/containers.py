"""Formats that libsndfile cannot read, decoded by FFmpeg: m4a, aac, and the sound of videos."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import AudioError

if TYPE_CHECKING:
    from av.container import InputContainer

# A decoder needs some frames before it is right, and containers' indices are coarse.
_DECODED_BEFORE_SECONDS = 2.0
_TAGS = ("title", "artist", "album", "date", "genre", "comment")


def open_container(path: Path, why_not: str) -> "Container":
    """Open a file with FFmpeg.

    Args:
        path: the file.
        why_not: libsndfile's reason for not taking it, for the message.

    Raises:
        AudioError: FFmpeg finds no sound in it either.
    """
    import av  # here: it takes 0.2 s to load and few files need it

    av.logging.set_level(av.logging.PANIC)
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            f"{path.name} is not a sound file that Earmark can read ({why_not}): "
            "it is damaged or not audio. Try another copy, or convert it to WAV or FLAC."
        ) from error
    if not container.streams.audio:
        kind = "a video without sound" if container.streams.video else "not a sound file"
        container.close()
        raise AudioError(f"{path.name} is {kind}, so there is nothing to analyse.")
    return Container(path, container)


class Container:
    """A file open in FFmpeg; its first sound track."""

    def __init__(self, path: Path, container: "InputContainer") -> None:
        self._path = path
        self._container = container
        self._stream = container.streams.audio[0]
        self.rate_hz = int(self._stream.rate or 0)
        self.channels = int(self._stream.channels or 0)
        name = self._stream.codec_context.codec.long_name
        self.format = f"{container.format.long_name}, {name}"
        self.tags = {
            key: str(text) for key, text in container.metadata.items() if key.lower() in _TAGS
        }
        self.length: int | None = None
        self._decoded: Iterator[NDArray[np.float32]] = self._decode(None)
        self._held: list[NDArray[np.float32]] = []
        self._skip = 0
        self._reached = 0  # the first sample that was decoded after seeking

    truncated = False  # FFmpeg says so by failing
    estimated = False

    def seek(self, frame: int) -> None:
        """Go to a sample: near it by the container's index if it has one, then by decoding."""
        self._held, self._skip = [], frame
        early = frame / self.rate_hz - _DECODED_BEFORE_SECONDS
        start, base = self._stream.start_time, self._stream.time_base
        indexed = self._container.format.name.startswith(("mov", "matroska"))
        if early <= 0 or start is None or base is None or not indexed:
            return
        self._container.seek(start + int(early / base), stream=self._stream)
        decoded = self._decode(start)
        first = next(decoded, None)
        if first is not None:
            self._skip = max(0, frame - self._reached)
            self._decoded = itertools.chain([first], decoded)

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32, shape (channels, n)."""
        wanted = frames
        have = sum(block.shape[1] for block in self._held)
        while have < wanted:
            block = next(self._decoded, None)
            if block is None:
                break
            skipped = min(self._skip, block.shape[1])
            self._skip -= skipped
            block = block[:, skipped:]
            self._held.append(block)
            have += block.shape[1]
        joined = np.concatenate([np.zeros((self.channels, 0), np.float32), *self._held], axis=1)
        self._held = [joined[:, wanted:]]
        return np.ascontiguousarray(joined[:, :wanted])

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _decode(self, start: int | None) -> Iterator[NDArray[np.float32]]:
        import av

        converter = av.AudioResampler(
            format="fltp", layout=self._stream.layout.name, rate=self.rate_hz
        )
        try:
            for frame in self._container.decode(self._stream):
                if start is not None and frame.pts is not None and frame.time_base is not None:
                    seconds = (frame.pts - start) * frame.time_base
                    self._reached, start = round(seconds * self.rate_hz), None
                for piece in converter.resample(frame):
                    yield piece.to_ndarray().astype(np.float32, copy=False)
            for piece in converter.resample(None):
                yield piece.to_ndarray().astype(np.float32, copy=False)
        except av.FFmpegError as error:
            raise AudioError(
                f"{self._path.name} is broken and cannot be decoded to its end: {error.strerror}."
            ) from error
