"""Summaries of a file that make ten hours scroll like ten seconds."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import AudioInfo, probe, read, stream
from engine.views import Picture, View

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
        picture: float16, shape (view.height, columns); columns not yet known are at -200.
        column_seconds: from column to column.
        known_seconds: how far it is known.
    """

    info: AudioInfo
    view: View
    envelope: Envelope
    picture: NDArray[np.float16]
    column_seconds: float
    known_seconds: float = 0.0


def survey(path: Path | str, view: View) -> Generator[Overview, None, Overview]:
    """Look through a file once, in bounded memory; yields the same overview as it grows.

    Of a long file only as many spectra are computed as a picture 16,000 columns wide shows;
    :func:`detail` computes what one zooms into.

    Raises:
        AudioError: the file cannot be read or breaks off; what was seen before stays valid.
    """
    info = probe(path)
    length = max(1, round(info.duration_seconds * info.rate_hz))
    hop = max(view.hop_length, -(-length // _MOST_COLUMNS))
    columns = 1 + max(0, length - view.frame_length) // hop
    picture = np.full((view.height, columns), -200.0, dtype=np.float16)
    overview = Overview(info, view, Envelope(info.rate_hz, length), picture, hop / info.rate_hz)
    held = np.zeros(0, dtype=np.float32)
    loose = np.zeros(0, dtype=np.float32)
    column, told, seen, skip = 0, 0.0, 0, 0
    for block in stream(path, block_seconds=_BLOCK_SECONDS, mono=True):
        samples = block.samples[0]
        seen += len(samples)
        loose = np.concatenate([loose, samples])
        whole = len(loose) // _BASE * _BASE
        overview.envelope.append(loose[:whole])
        loose = loose[whole:]
        held = np.concatenate([held, samples])
        # Where columns lie further apart than a frame is long, the next may begin after this block.
        skipped = min(skip, len(held))
        held, skip = held[skipped:], skip - skipped
        new = view.columns(held, hop)[:, : columns - column]
        picture[:, column : column + new.shape[1]] = new
        column += new.shape[1]
        skip += max(0, new.shape[1] * hop - len(held))
        held = held[new.shape[1] * hop :]
        overview.known_seconds = seen / info.rate_hz
        if told == 0.0 or overview.known_seconds - told >= _EVENT_SECONDS:
            told = overview.known_seconds
            yield overview
    if len(loose):
        overview.envelope.append(loose)
    overview.envelope.finish()
    yield overview
    return overview


def detail(
    path: Path | str, view: View, start_seconds: float, end_seconds: float, columns: int
) -> Generator[None, None, tuple[Picture, float, float]]:
    """A picture of one stretch at the finest useful resolution.

    Returns:
        float32, shape (view.height, n), and the seconds where its columns begin and end.
    """
    yield
    reach = view.frame_length / view.rate_hz / 2
    first = max(0.0, start_seconds - reach)
    audio = read(
        path, mono=True, start_seconds=first, duration_seconds=end_seconds - first + 2 * reach
    )
    hop = max(16, round((end_seconds - start_seconds) * view.rate_hz / max(1, columns)))
    picture = view.columns(audio.samples[0], min(hop, view.hop_length))
    begin = first + reach
    used = min(hop, view.hop_length) / view.rate_hz
    return picture, begin - used / 2, begin + (picture.shape[1] - 0.5) * used
