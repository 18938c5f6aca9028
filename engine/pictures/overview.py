"""Precomputed summaries of a file, so that long files scroll as smoothly as short ones."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import AudioInfo, probe, read, stream
from engine.pictures.view import View

_BASE = 256  # samples that the finest level of the waveform's pyramid joins, at the least
_MOST_POINTS = 8_000_000  # of all pyramids of a file: 64 MB
MOST_CHANNELS = 8  # that have an envelope of their own
_FACTOR = 4
_MOST_COLUMNS = 16_000
_BLOCK_SECONDS = 5.0
_EVENT_SECONDS = 60.0  # of sound, between two events


class Envelope:
    """Lowest and highest sample of every stretch, at several resolutions.

    Level 0 joins 256 samples, each further level four times as many.

    Args:
        rate_hz: of the samples.
        length: how many samples there will be.
        base: samples that level 0 joins.
    """

    def __init__(self, rate_hz: int, length: int, base: int = _BASE) -> None:
        self.rate_hz, self.base = rate_hz, base
        # Room for all of it at once: growing it block by block would copy it all each time.
        self._store = np.zeros((2, -(-length // base) + 1), dtype=np.float32)
        self._used = 0
        self._coarser: list[NDArray[np.float32]] = []

    @property
    def levels(self) -> list[NDArray[np.float32]]:
        """From fine to coarse, each float32 of shape (2, n)."""
        return [self._store[:, : self._used], *self._coarser]

    def append(self, samples: NDArray[np.float32]) -> None:
        """Add samples, shape (n,), n a multiple of the base but for the last ones."""
        padding = -len(samples) % self.base
        blocks = np.pad(samples, (0, padding), mode="edge" if len(samples) else "constant")
        blocks = blocks.reshape(-1, self.base)[: self._store.shape[1] - self._used]
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
        while chosen + 1 < len(levels) and self.base * _FACTOR ** (chosen + 1) <= wanted:
            chosen += 1
        step = self.base * _FACTOR**chosen / self.rate_hz
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
        channels: of each channel, the first eight of them; empty where there is but one.
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
    channels: list[Envelope] = field(default_factory=list)
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
    overview = _begin(probe(path), view)
    info, hop, picture = overview.info, overview.hop_length, overview.picture
    envelopes = [overview.envelope, *overview.channels]
    held = np.zeros(0, dtype=np.float32)
    loose = np.zeros((len(envelopes), 0), dtype=np.float32)
    column, tell, seen = 0, 0.0, 0
    for block in stream(path, block_seconds=_BLOCK_SECONDS):
        samples = block.mono()
        seen += len(samples)
        rows = np.stack([samples, *block.samples[: len(overview.channels)]])
        loose = np.concatenate([loose, rows], axis=1)
        whole = loose.shape[1] // overview.envelope.base * overview.envelope.base
        for envelope, row in zip(envelopes, loose, strict=True):
            envelope.append(row[:whole])
        loose = loose[:, whole:]
        held = np.concatenate([held, samples])
        new = view.columns(held, hop)[:, : picture.shape[1] - column]
        picture[:, column : column + new.shape[1]] = view.as_bytes(new)
        column += new.shape[1]
        held = held[new.shape[1] * hop :]
        overview.known_seconds = seen / info.rate_hz
        if overview.known_seconds >= tell:
            tell = overview.known_seconds + _EVENT_SECONDS
            yield overview
    for envelope, row in zip(envelopes, loose, strict=True):
        if len(row):
            envelope.append(row)
        envelope.finish()
    yield overview
    return overview


def _begin(info: AudioInfo, view: View) -> Overview:
    """Room for all that will be known of a file."""
    length = max(1, round(info.duration_seconds * info.rate_hz))
    hop = view.nearest_hop(max(view.hop_length, -(-length // _MOST_COLUMNS)))
    columns = 1 + max(0, length - view.reach(hop)) // hop
    picture = np.zeros((view.height, columns), dtype=np.uint8)
    own = min(info.channels, MOST_CHANNELS) if info.channels > 1 else 0
    base = _BASE
    while (1 + own) * length // base > _MOST_POINTS:
        base *= 2
    envelopes = [Envelope(info.rate_hz, length, base) for _ in range(1 + own)]
    return Overview(info, view, envelopes[0], picture, hop, envelopes[1:])


@dataclass(frozen=True)
class Detail:
    """One stretch of a file at the resolution of the screen.

    Attributes:
        picture: uint8, shape (view.height, columns), from ``first`` to ``last`` seconds.
        envelope: lowest and highest samples of the mean of the channels, float32, shape (2, n),
            from ``start`` to ``end`` seconds.
        channels: those of each channel, shape (channels, 2, n), the first eight of them.
    """

    picture: NDArray[np.uint8]
    first: float
    last: float
    envelope: NDArray[np.float32]
    channels: NDArray[np.float32]
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
    audio = read(path, start_seconds=begin, duration_seconds=end_seconds - begin + 2 * reach)
    yield
    samples = audio.mono()
    picture = view.as_bytes(view.columns(samples, hop))
    first = begin + reach - hop / rate / 2
    skip = round((max(0.0, start_seconds) - begin) * rate)
    shown = slice(skip, skip + round((end_seconds - start_seconds) * rate))
    rows = np.concatenate([samples[None], audio.samples[:MOST_CHANNELS]])[:, shown]
    step = max(1, int(pixel / 2))
    count = rows.shape[1]
    padding = (0, 0), (0, -count % step)
    blocks = np.pad(rows, padding, mode="edge" if count else "constant")
    blocks = blocks.reshape(len(rows), -1, step)
    envelopes = np.stack([blocks.min(axis=2), blocks.max(axis=2)], axis=1).astype(np.float32)
    padded, start = blocks.shape[1] * step, begin + skip / rate
    last = first + picture.shape[1] * hop / rate
    return Detail(picture, first, last, envelopes[0], envelopes[1:], start, start + padded / rate)
