"""Summaries of a file that make ten hours scroll like ten seconds."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import AudioInfo, probe, read, stream
from engine.pictures.view import View

_BASE = 256  # samples that the finest level of the waveform's pyramid joins
_FACTOR = 4
_MOST_COLUMNS = 16_000
_BLOCK_SECONDS = 5.0
_EVENT_SECONDS = 60.0


class Envelope:
    """Lowest and highest sample of every stretch, at several resolutions.

    Level 0 joins 256 samples, each further level four times as many.

    Args:
        rate_hz: of the samples.
        length: how many samples there will be.
    """

    def __init__(self, rate_hz: int, length: int) -> None:
        self.rate_hz = rate_hz
        # Room for all of it at once: growing it block by block would copy it all each time.
        self._store = np.zeros((2, -(-length // _BASE) + 1), dtype=np.float32)
        self._used = 0
        self._coarser: list[NDArray[np.float32]] = []

    @property
    def levels(self) -> list[NDArray[np.float32]]:
        """From fine to coarse, each float32 of shape (2, n)."""
        return [self._store[:, : self._used], *self._coarser]

    def append(self, samples: NDArray[np.float32]) -> None:
        """Add samples, shape (n,), n a multiple of 256 but for the last ones."""
        padding = -len(samples) % _BASE
        blocks = np.pad(samples, (0, padding), mode="edge" if len(samples) else "constant")
        blocks = blocks.reshape(-1, _BASE)[: self._store.shape[1] - self._used]
        after = self._used + len(blocks)
        self._store[0, self._used : after] = blocks.min(axis=1)
        self._store[1, self._used : after] = blocks.max(axis=1)
        self._used = after

    def finish(self) -> None:
        """Build the coarser levels."""
        while (fine := self.levels[-1]).shape[1] > 2000:
            blocks = np.pad(fine, ((0, 0), (0, -fine.shape[1] % _FACTOR)), mode="edge")
            blocks = blocks.reshape(2, -1, _FACTOR)
            self._coarser.append(np.stack([blocks[0].min(axis=1), blocks[1].max(axis=1)]))

    def between(
        self, start_seconds: float, end_seconds: float, pixels: int
    ) -> tuple[NDArray[np.float32], float, float]:
        """The coarsest level that still has a value a pixel.

        Returns:
            Lowest and highest values, shape (2, n), and the seconds where they begin and end.
        """
        wanted = (end_seconds - start_seconds) * self.rate_hz / max(1, pixels)
        chosen, levels = 0, self.levels
        while chosen + 1 < len(levels) and _BASE * _FACTOR ** (chosen + 1) <= wanted:
            chosen += 1
        step = _BASE * _FACTOR**chosen / self.rate_hz
        level = levels[chosen]
        first = max(0, int(start_seconds / step))
        last = min(level.shape[1], int(end_seconds / step) + 2)
        return level[:, first:last], first * step, last * step


@dataclass
class Overview:
    """What is known of a file's look so far.

    Attributes:
        info: about the file.
        view: what the picture shows.
        envelope: of the mean of the channels.
        picture: uint8 as :meth:`View.as_bytes` gives it, shape (view.height, columns); 0 where not
            yet known.
        hop_length: samples from column to column.
        known_seconds: how far it is known.
    """

    info: AudioInfo
    view: View
    envelope: Envelope
    picture: NDArray[np.uint8]
    hop_length: int
    known_seconds: float = 0.0

    @property
    def column_seconds(self) -> float:
        """From column to column."""
        return self.hop_length / self.view.rate_hz

    @property
    def begin_seconds(self) -> float:
        """Where the first column begins, so that each lies around what it looks at."""
        beyond: int = self.view.reach(self.hop_length) - self.hop_length
        return float(beyond / 2 / self.view.rate_hz)

    @property
    def end_seconds(self) -> float:
        """Where the last column ends."""
        return self.begin_seconds + int(self.picture.shape[1]) * self.column_seconds


def survey(path: Path | str, view: View) -> Generator[Overview, None, Overview]:
    """Look through a file once, in bounded memory; yields the same overview as it grows.

    Of a long file the picture is 16,000 columns wide; :func:`detail` computes what one zooms into.

    Raises:
        AudioError: the file cannot be read or breaks off; what was seen before stays valid.
    """
    info = probe(path)
    length = max(1, round(info.duration_seconds * info.rate_hz))
    hop = view.nearest_hop(max(view.hop_length, -(-length // _MOST_COLUMNS)))
    columns = 1 + max(0, length - view.reach(hop)) // hop
    picture = np.zeros((view.height, columns), dtype=np.uint8)
    overview = Overview(info, view, Envelope(info.rate_hz, length), picture, hop)
    held = np.zeros(0, dtype=np.float32)
    loose = np.zeros(0, dtype=np.float32)
    column, tell, seen = 0, 0.0, 0
    for block in stream(path, block_seconds=_BLOCK_SECONDS, mono=True):
        samples = block.samples[0]
        seen += len(samples)
        loose = np.concatenate([loose, samples])
        whole = len(loose) // _BASE * _BASE
        overview.envelope.append(loose[:whole])
        loose = loose[whole:]
        held = np.concatenate([held, samples])
        new = view.columns(held, hop)[:, : columns - column]
        picture[:, column : column + new.shape[1]] = view.as_bytes(new)
        column += new.shape[1]
        held = held[new.shape[1] * hop :]
        overview.known_seconds = seen / info.rate_hz
        if overview.known_seconds >= tell:
            tell = overview.known_seconds + _EVENT_SECONDS
            yield overview
    if len(loose):
        overview.envelope.append(loose)
    overview.envelope.finish()
    yield overview
    return overview


@dataclass(frozen=True)
class Detail:
    """One stretch of a file at the resolution of the screen.

    Attributes:
        picture: uint8, shape (view.height, columns), from ``first`` to ``last`` seconds.
        envelope: lowest and highest samples, float32, shape (2, n), from ``start`` to ``end``
            seconds.
    """

    picture: NDArray[np.uint8]
    first: float
    last: float
    envelope: NDArray[np.float32]
    start: float
    end: float


def detail(
    path: Path | str, view: View, start_seconds: float, end_seconds: float, columns: int
) -> Generator[None, None, Detail]:
    """What ``columns`` pixels show of a stretch.

    Raises:
        AudioError: the file cannot be read.
    """
    yield
    rate = view.rate_hz
    pixel = (end_seconds - start_seconds) * rate / max(1, columns)
    hop = max(16, round(pixel))
    hop = hop if hop <= view.hop_length else view.nearest_hop(hop)
    reach = view.reach(hop) / rate / 2
    begin = max(0.0, start_seconds - reach)
    audio = read(
        path, mono=True, start_seconds=begin, duration_seconds=end_seconds - begin + 2 * reach
    )
    yield
    samples = audio.samples[0]
    picture = view.as_bytes(view.columns(samples, hop))
    first = begin + reach - hop / rate / 2
    skip = round((max(0.0, start_seconds) - begin) * rate)
    step = max(1, int(pixel / 2))
    shown = samples[skip : skip + round((end_seconds - start_seconds) * rate)]
    shown = np.pad(shown, (0, -len(shown) % step), mode="edge" if len(shown) else "constant")
    blocks = shown.reshape(-1, step)
    envelope = np.stack([blocks.min(axis=1), blocks.max(axis=1)]).astype(np.float32)
    start = begin + skip / rate
    last = first + picture.shape[1] * hop / rate
    return Detail(picture, first, last, envelope, start, start + len(shown) / rate)
