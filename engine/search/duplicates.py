"""Near-duplicates in an archive: the same recording in another codec, at another level, or trimmed.

Candidates are files whose mean vectors point nearly the same way; they are then compared by their
sound: the level in narrow bands over time, moved against each other until they agree best. That is
the correlation of two pictures by Fourier transform, of the beginning of each file.
"""

import functools
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import read
from engine.errors import AudioError
from engine.search.index import Index
from engine.search.projection import on_sphere
from engine.threads import give_way

_CANDIDATE = 0.93  # cosine of the mean vectors
_MOST_A_FILE = 5
_AT_ONCE, _COMPARED_WITH = 512, 8192  # files: 60 MB of numbers at a time, however many there are
_MOST_PICTURES = 256  # held, half a megabyte each; the others are computed again
_RATE_HZ = 8000
_FRAME, _HOP = 1024, 80  # 128 ms each 10 ms
_LOW_HZ, _HIGH_HZ, _BANDS = 80.0, 3600.0, 66  # a semitone each: another pitch is another picture
_FLOOR_DB = 50.0  # under the loudest: what codecs leave out is quieter
_SECONDS = 20.0  # of each file that are compared
_LEAST_OVERLAP = 0.6  # of the shorter picture
SAME = 0.98  # copies had 0.985 to 0.999, other takes of the same note at most 0.977
_Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Two files that are nearly the same recording.

    Attributes:
        first: the one that comes first by its path.
        second: the other.
        likeness: correlation of their pictures, to 1.
        offset_seconds: so much later in the recording the second begins; negative: the first.
    """

    first: Path
    second: Path
    likeness: float
    offset_seconds: float


def near_duplicates(index: Index, *, least: float = SAME) -> Generator[float, None, list[Pair]]:
    """Pairs of files that are the same recording, the most alike first.

    What is compared is the beginning of each, 20 s: an excerpt out of the middle of a long
    recording is not found.

    Args:
        index: of the archive.
        least: likeness from which a pair is listed.

    Yields:
        The share done.

    Raises:
        DataError: the index is damaged.
    """
    paths, means, seconds = _means(index)
    found: list[Pair] = []
    picture_of = functools.lru_cache(_MOST_PICTURES)(lambda number: _picture_of(paths[number]))
    for start in range(0, len(paths), _AT_ONCE):
        for first, second in _candidates(means, seconds, start):
            yield min(1.0, start / max(1, len(paths)))
            give_way()
            one, other = picture_of(first), picture_of(second)
            if one is None or other is None:
                continue
            likeness, lag = _best(one, other)
            if likeness >= least:
                pair = sorted(((paths[first], 0.0), (paths[second], lag)), key=lambda x: x[0])
                found.append(Pair(pair[0][0], pair[1][0], likeness, pair[1][1] - pair[0][1]))
    return sorted(found, key=lambda pair: -pair.likeness)


def _means(index: Index) -> tuple[list[Path], NDArray[np.float32], NDArray[np.float64]]:
    paths, means, seconds = [], [], []
    for file, vectors in index.each():
        mean = vectors.mean(axis=0)
        if np.linalg.norm(mean) > 1e-6:
            paths.append(Path(file.path))
            means.append(mean)
            seconds.append(file.duration_seconds)
    stacked = np.stack(means) if means else np.zeros((0, 1), dtype=np.float32)
    return paths, on_sphere(stacked), np.asarray(seconds)


def _candidates(
    means: NDArray[np.float32], seconds: NDArray[np.float64], start: int
) -> list[tuple[int, int]]:
    """Pairs of one of some files and one that follows it, compared a block at a time."""
    rows = np.arange(start, min(start + _AT_ONCE, len(means)))
    best = np.full((len(rows), _MOST_A_FILE), -1.0, dtype=np.float32)
    others = np.zeros(best.shape, dtype=np.int64)
    for first in range(start, len(means), _COMPARED_WITH):
        columns = np.arange(first, min(first + _COMPARED_WITH, len(means)))
        alike = means[rows] @ means[columns].T
        alike[rows[:, None] >= columns[None, :]] = -1.0
        ratio = seconds[rows][:, None] / seconds[columns][None, :].clip(1e-3)
        alike[(ratio < _LEAST_OVERLAP) | (ratio > 1 / _LEAST_OVERLAP)] = -1.0
        if alike.max() >= _CANDIDATE:
            both = np.concatenate([best, alike], axis=1)
            whose = np.concatenate([others, np.broadcast_to(columns, alike.shape)], axis=1)
            kept = np.argpartition(-both, _MOST_A_FILE - 1, axis=1)[:, :_MOST_A_FILE]
            best = np.take_along_axis(both, kept, axis=1)
            others = np.take_along_axis(whose, kept, axis=1)
    found = []
    for row, line, of in zip(rows.tolist(), best, others, strict=True):
        order = np.lexsort((of, -line))
        found += [(row, int(of[n])) for n in order if line[n] >= _CANDIDATE]
    return found


def _picture_of(path: Path) -> _Picture | None:
    try:
        audio = read(path, rate_hz=_RATE_HZ, mono=True, duration_seconds=_SECONDS)
    except AudioError:  # it has gone, or is damaged meanwhile
        return None
    return picture(audio.samples[0])


def picture(samples: NDArray[np.float32]) -> _Picture | None:
    """Levels in bands over time at 8 kHz, float32, (bands, frames), 0 at the floor; None: silence.

    Edges quieter than the floor are cut off, so that padding changes nothing.
    """
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    window = np.hanning(_FRAME).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))) @ _bank()
    level = 10 * np.log10(power.clip(1e-12)).astype(np.float32)
    if level.max() < -60.0:
        return None
    level = np.maximum(level - level.max() + _FLOOR_DB, 0.0)
    loud = np.flatnonzero(level.max(axis=1) > 0)
    return np.ascontiguousarray(level[loud[0] : loud[-1] + 1].T)


def _bank() -> NDArray[np.float64]:
    """Triangles of a semitone and more, shape (bins, bands)."""
    centres = np.geomspace(_LOW_HZ, _HIGH_HZ, _BANDS)
    hz = np.arange(_FRAME // 2 + 1) * _RATE_HZ / _FRAME
    width = np.maximum(centres * 0.06, _RATE_HZ / _FRAME)
    return np.asarray((1 - np.abs(hz[:, None] - centres) / width).clip(0))


def _best(one: _Picture, other: _Picture) -> tuple[float, float]:
    """The highest correlation of two pictures, and how much later the other begins, in seconds."""
    length, least = (
        one.shape[1] + other.shape[1],
        _LEAST_OVERLAP * min(one.shape[1], other.shape[1]),
    )
    size = 1 << (length - 1).bit_length()

    def together(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
        spectra = np.conj(np.fft.rfft(a, size, axis=1)) * np.fft.rfft(b, size, axis=1)
        return np.asarray(np.fft.irfft(spectra.sum(axis=0), size))

    ones, others = np.ones((1, one.shape[1]), np.float32), np.ones((1, other.shape[1]), np.float32)
    bands = len(one)
    count = together(ones, others).round() * bands
    sums = together(one.sum(0)[None], others), together(ones, other.sum(0)[None])
    squares = (
        together(np.square(one).sum(0)[None], others),
        together(ones, np.square(other).sum(0)[None]),
    )
    enough = count >= least * bands
    n = np.where(enough, count, 1.0)
    spread = [(q / n - np.square(s / n)).clip(1e-6) for q, s in zip(squares, sums, strict=True)]
    joint = together(one, other) / n - sums[0] * sums[1] / np.square(n)
    likeness = np.where(enough, joint / np.sqrt(spread[0] * spread[1]), -1.0)
    lag = int(likeness.argmax())
    shift = lag if lag <= size // 2 else lag - size
    return min(1.0, float(likeness[lag])), -shift * _HOP / _RATE_HZ
