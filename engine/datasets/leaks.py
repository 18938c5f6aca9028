"""Overlap of test and training data: shared groups, repetitions and near-duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.splits import Indices, Split

_PROJECTED = 96
_SLACK = 0.01  # what the projection may hide: ten times its error at a similarity of 0.995
_COMPARED = 16  # candidates of a window that are compared exactly, the likeliest first
_AT_ONCE = 256  # judged windows compared at once
_NUMBERS_AT_ONCE = 8_000_000
_PIECE = 8192
_MOST_PAIRS = 50


@dataclass(frozen=True)
class Leak:
    """One overlap between two parts of a split.

    Attributes:
        kind: ``"group"``, ``"repetition"`` (published for this data set) or ``"near-duplicate"``.
        first: the recording, or group, in training or validation.
        second: the one in a part that judges it.
        similarity: 0 to 1; 1 for groups and repetitions.
    """

    kind: str
    first: str
    second: str
    similarity: float = 1.0


@dataclass(frozen=True)
class Leaks:
    """All overlaps found.

    Attributes:
        pairs: at most 50 of each kind, the most alike first.
        counts: how many of each kind there are in all; near-duplicates are counted in windows.
    """

    pairs: tuple[Leak, ...]
    counts: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def sentence(self) -> str:
        """In words."""
        words = {
            "group": "recordings or groups in both parts",
            "repetition": "known repetitions in both parts",
            "near-duplicate": "near-duplicate windows in both parts",
        }
        if not self:
            return "nothing in both parts"
        found = [f"{count} {words[kind]}" for kind, count in self.counts.items() if count]
        examples = "; ".join(f"{leak.first} and {leak.second}" for leak in self.pairs[:3])
        return f"{', '.join(found)} (such as {examples})"


def find_leaks(
    parts: Split,
    groups: Sequence[str],
    recordings: Sequence[str],
    repeats: Sequence[tuple[str, ...]] = (),
    features: NDArray[np.float32] | None = None,
    *,
    least_similarity: float = 0.995,
) -> Leaks:
    """Find the overlap between the training part and the validation and test parts.

    Near-duplicates are windows whose features point the same way (cosine similarity), at whatever
    level. Candidates come from a random projection, which keeps angles (Johnson & Lindenstrauss,
    1984), and are then compared exactly. Silent windows are like nothing.

    Args:
        parts: the split.
        groups: of each window.
        recordings: of each window.
        repeats: sets of recordings known to be the same.
        features: float32, shape (windows, bands, frames); None: not looked at.
        least_similarity: from which windows count as near-duplicates.
    """
    judging = np.union1d(parts.validation, parts.test)
    sides = ((parts.training, judging), (parts.validation, parts.test))
    shared = list(dict.fromkeys(leak for a, b in sides for leak in _shared(a, b, groups)))
    known = list(
        dict.fromkeys(leak for a, b in sides for leak in _known(a, b, recordings, repeats))
    )
    near: list[Leak] = []
    count = 0
    if features is not None and len(parts.training) and len(judging):
        view = _view(features)
        near, count = _near(view, parts.training, judging, recordings, least_similarity)
    pairs = [*shared[:_MOST_PAIRS], *known[:_MOST_PAIRS], *near]
    counts = {"group": len(shared), "repetition": len(known), "near-duplicate": count}
    return Leaks(tuple(pairs), counts)


def near_duplicates(
    features: NDArray[np.float32], groups: Sequence[str], *, least_similarity: float = 0.995
) -> list[tuple[int, int, float]]:
    """Windows that sound nearly the same though they are in different groups.

    Compared as in :func:`find_leaks`, before any split is drawn: a split by group may put such a
    pair on both sides.

    Args:
        features: float32, shape (windows, bands, frames).
        groups: of each window.
        least_similarity: from which windows count as near-duplicates.

    Returns:
        Pairs of window numbers, the smaller first, with their cosine similarity; of each window at
        most those to its sixteen likeliest others.
    """
    if len(features) < 2:
        return []
    view = _view(features)
    everything = np.arange(len(features))
    directions = _directions(view, everything)
    number = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1]
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(features), _AT_ONCE):
        rows = everything[start : start + _AT_ONCE]
        likeness = directions[rows] @ directions.T
        likeness[number[rows][:, None] == number[None, :]] = -1.0
        for row in np.flatnonzero((likeness >= least_similarity - _SLACK).any(axis=1)).tolist():
            order = np.argsort(-likeness[row], kind="stable")[:_COMPARED]
            order = order[likeness[row][order] >= least_similarity - _SLACK]
            for other, exact in zip(order, _cosines(view, int(rows[row]), order), strict=True):
                if exact >= least_similarity:
                    first, second = sorted((int(rows[row]), int(other)))
                    found[first, second] = min(1.0, float(exact))
    return [(first, second, value) for (first, second), value in sorted(found.items())]


def _shared(first: Indices, second: Indices, groups: Sequence[str]) -> list[Leak]:
    both = {groups[i] for i in first} & {groups[i] for i in second}
    return [Leak("group", group, group) for group in sorted(both)]


def _known(
    first: Indices, second: Indices, recordings: Sequence[str], repeats: Sequence[tuple[str, ...]]
) -> list[Leak]:
    here, there = {recordings[i] for i in first}, {recordings[i] for i in second}
    found = []
    for same in repeats:
        left = [name for name in same if name in here]
        right = [name for name in same if name in there]
        found += [Leak("repetition", a, b) for a in left for b in right if a != b]
    return found


@dataclass(frozen=True)
class _View:
    """Windows as they are compared.

    Attributes:
        features: as they came, shape (windows, bands, frames).
        mean: of each band over the data set, shape (bands, 1); 0 for a spectrum.
        deviation: of each band; 1 for a spectrum.
        level: the band that the sound's level moves, as the first of MFCCs; -1: all alike, or none.
        is_spectrum: whether bands are alike in kind, as in a log-mel spectrogram.
        silence: deviation within a window up to which nothing happens in it.
    """

    features: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    level: int
    is_spectrum: bool
    silence: float

    def rows(self, indices: Indices) -> NDArray[np.float32]:
        """Windows, flat and centred; zeros where nothing happens."""
        values = np.asarray(self.features[indices], dtype=np.float32)
        moving = values.std(axis=2) if values.shape[2] > 1 else values.std(axis=1, keepdims=True)
        values = (values - self.mean) / self.deviation
        if self.level >= 0:
            values[:, self.level] -= values[:, self.level].mean(axis=1, keepdims=True)
        values = values.reshape(len(values), -1)
        if self.is_spectrum:
            # Noise changes the quiet cells of a logarithmic spectrum most: only the loud quarter
            # counts. So copies with noise 40 dB below are found, by measurement 82 to 97 % of
            # them, where all cells together find 0 to 46 %.
            floor = np.partition(values, 3 * values.shape[1] // 4, axis=1)
            values = np.maximum(values, floor[:, [3 * values.shape[1] // 4]])
        values = values - values.mean(axis=1, keepdims=True)
        values[moving.reshape(len(values), -1).max(axis=1) <= self.silence] = 0.0
        return np.asarray(values, dtype=np.float32)


def _view(features: NDArray[np.float32]) -> _View:
    """How to compare these features, judged by some of them."""
    few = np.linspace(0, len(features) - 1, min(len(features), 1024)).round().astype(int)
    some = np.asarray(features[few], dtype=np.float64)
    mean = some.mean(axis=(0, 2))[:, None]
    deviation = some.std(axis=(0, 2))[:, None]
    # Of MFCCs the first would drown the others: among raw ones, windows all look alike.
    alike = bool(deviation.max() <= 4 * np.median(deviation))
    level = -1 if alike or features.shape[2] == 1 else int(deviation.argmax())
    scale = np.ones_like(deviation) if alike else np.where(deviation > 1e-9, deviation, np.inf)
    return _View(
        features,
        np.asarray(np.zeros_like(mean) if alike else mean, dtype=np.float32),
        scale.astype(np.float32),
        level,
        is_spectrum=alike and len(deviation) > 1 and features.shape[2] > 1,
        silence=max(1e-9, 1e-4 * float(some.std())),
    )


def _near(
    view: _View, first: Indices, second: Indices, recordings: Sequence[str], least: float
) -> tuple[list[Leak], int]:
    learned = _directions(view, first)
    best: dict[tuple[str, str], float] = {}
    count = 0
    for start in range(0, len(second), _AT_ONCE):
        rows = second[start : start + _AT_ONCE]
        likeness = _directions(view, rows) @ learned.T
        for row, alike in zip(rows.tolist(), likeness, strict=True):
            candidates = np.flatnonzero(alike >= least - _SLACK)
            if len(candidates) == 0:
                continue
            candidates = candidates[np.argsort(-alike[candidates], kind="stable")][:_COMPARED]
            exact = _cosines(view, row, first[candidates])
            place = int(np.argmax(exact))
            if exact[place] >= least:
                count += 1
                pair = (recordings[first[candidates[place]]], recordings[row])
                best[pair] = max(best.get(pair, 0.0), min(1.0, float(exact[place])))
    ranked = sorted(best.items(), key=lambda item: -item[1])[:_MOST_PAIRS]
    return [Leak("near-duplicate", a, b, value) for (a, b), value in ranked], count


def _directions(view: _View, indices: Indices) -> NDArray[np.float32]:
    """Unit vectors of few dimensions, zero for windows in which nothing happens."""
    size = int(np.prod(view.features.shape[1:]))
    result = np.zeros((len(indices), _PROJECTED), dtype=np.float32)
    block = max(1, _NUMBERS_AT_ONCE // size)
    for start in range(0, len(indices), block):
        rows = view.rows(indices[start : start + block])
        rng = np.random.default_rng(0)  # anew: every block is projected alike
        for piece in range(0, size, _PIECE):
            part = rows[:, piece : piece + _PIECE]
            matrix = rng.standard_normal((part.shape[1], _PROJECTED), dtype=np.float32)
            result[start : start + block] += part @ matrix
    length = np.linalg.norm(result, axis=1, keepdims=True)
    return np.asarray(result / np.where(length > 0, length, np.inf), dtype=np.float32)


def _cosines(view: _View, one: int, others: Indices) -> NDArray[np.float64]:
    rows = view.rows(np.concatenate([[one], others])).astype(np.float64)
    length = np.linalg.norm(rows, axis=1)
    length = np.where(length > 0, length, np.inf)
    return np.asarray(rows[1:] @ rows[0] / (length[1:] * length[0]))
