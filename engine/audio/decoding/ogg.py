"""Ogg files of several links: whole Ogg streams one after the other, as radio stations make them.

Each link has headers of its own and may have another rate. FFmpeg gives up at some of them, and
libsndfile hears the first only, so each is read as a file.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.decoding.ffmpeg import Container
from engine.audio.decoding.slices import Slice
from engine.errors import AudioError

_BEGINNING = b"OggS\x00\x02"  # of a page that begins a stream
_BLOCK = 1 << 22


def links(path: Path) -> list[tuple[int, int]]:
    """The stretches of bytes that are whole Ogg streams."""
    begins: list[int] = []
    after = -1
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for at in _beginnings(path):
            if at != after:  # streams that are heard at once begin in pages without a gap
                begins.append(at)
            file.seek(at + 26)
            count = file.read(1)
            lacing = file.read(count[0]) if count else b""
            after = at + 27 + len(lacing) + sum(lacing)
    return list(zip(begins, [*begins[1:], size], strict=False))  # of no beginning: none


def _beginnings(path: Path) -> list[int]:
    found: list[int] = []
    overlap = len(_BEGINNING) - 1
    with path.open("rb") as file:
        held, base = b"", 0
        while block := file.read(_BLOCK):
            held += block
            at = held.find(_BEGINNING)
            while at >= 0:
                found.append(base + at)
                at = held.find(_BEGINNING, at + 1)
            base += len(held) - overlap
            held = held[-overlap:]
    return found


class Chain:
    """All links of an Ogg file, at the rate of the first.

    Raises:
        AudioError: the first link is no sound.
    """

    def __init__(self, path: Path, spans: list[tuple[int, int]]) -> None:
        self._path, self._spans = path, spans
        self._now = Container(path, Slice(path, *spans[0]))
        self._next = 1
        self.rate_hz, self.channels = self._now.rate_hz, self._now.channels
        self.format, self.tags = self._now.format, self._now.tags
        self._remarks: list[str] = []

    @property
    def length(self) -> int:
        """Samples of all links."""
        total = 0
        for index in range(len(self._spans)):
            link = self._open(index)
            if link is not None:
                total += link.length
                link.close()
        return total

    @property
    def remark(self) -> str:
        """What is missing in any of the links."""
        return next(iter([*self._remarks, self._now.remark]), "")

    def seek(self, frame: int) -> None:
        """Go to a sample."""
        while self._next < len(self._spans) and frame >= (length := self._now.length):
            frame -= length
            if not self._go_on():
                return
        self._now.seek(frame)

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32, shape (channels, n)."""
        blocks = [self._now.read(frames)]
        have = blocks[0].shape[1]
        while have < frames and self._go_on():
            blocks.append(self._now.read(frames - have))
            have += blocks[-1].shape[1]
        return np.concatenate(blocks, axis=1)

    def close(self) -> None:
        """Let go of the file."""
        self._now.close()

    def _go_on(self) -> bool:
        """The next link; whether there is one."""
        while self._next < len(self._spans):
            link = self._open(self._next)
            self._next += 1
            if link is not None:
                self._remarks += [self._now.remark] if self._now.remark else []
                self._now.close()
                self._now = link
                return True
        return False

    def _open(self, index: int) -> Container | None:
        try:
            part = Slice(self._path, *self._spans[index])
            return Container(self._path, part, like=(self.rate_hz, self.channels))
        except AudioError:
            self._remarks = [f"Part {index + 1} of {self._path.name} cannot be decoded."]
            return None
