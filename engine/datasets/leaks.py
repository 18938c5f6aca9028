"""Does the test know the training? Shared groups, known repetitions and near-duplicate sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.splits import Indices, Split

_PROJECTED = 96
_BLOCK = 2048
_MOST_PAIRS = 50


@dataclass(frozen=True)
class Leak:
    """Something that stands on both sides.

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
    """What was found.

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
            "group": "recordings or groups on both sides",
            "repetition": "known repetitions on both sides",
            "near-duplicate": "near-duplicate windows on both sides",
        }
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
    """Look for what training and the parts that judge it share.

    Near-duplicates are windows whose standardised features point the same way (cosine similarity);
    candidates come from a random projection, which keeps angles (Johnson & Lindenstrauss, 1984),
    and are then compared exactly.

    Args:
        parts: the split.
        groups: of each window.
        recordings: of each window.
        repeats: sets of recordings known to be the same.
        features: float32, shape (windows, bands, frames); None: not looked at.
        least_similarity: from which windows count as near-duplicates.
    """
    judging = np.concatenate([parts.validation, parts.test])
    shared = _shared(parts.training, judging, groups) + _shared(
        parts.validation, parts.test, groups
    )
    known = _known(parts.training, judging, recordings, repeats)
    near: list[Leak] = []
    count = 0
    if features is not None and len(parts.training) and len(judging):
        near, count = _near(features, parts.training, judging, recordings, least_similarity)
    pairs = [*shared[:_MOST_PAIRS], *known[:_MOST_PAIRS], *near]
    counts = {"group": len(shared), "repetition": len(known), "near-duplicate": count}
    return Leaks(tuple(pairs), counts)


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


def _near(
    features: NDArray[np.float32],
    first: Indices,
    second: Indices,
    recordings: Sequence[str],
    least: float,
) -> tuple[list[Leak], int]:
    projected = _directions(features)
    best: dict[tuple[str, str], float] = {}
    count = 0
    slack = 0.03  # what the projection may hide
    for block in range(0, len(second), _BLOCK):
        rows = second[block : block + _BLOCK]
        likeness = projected[rows] @ projected[first].T
        places = np.argwhere(likeness >= least - slack)
        seen: set[int] = set()
        for row, column in places[:20_000]:
            judged, learned = int(rows[row]), int(first[column])
            if judged in seen:
                continue
            similarity = _cosine(features[judged], features[learned])
            if similarity >= least:
                seen.add(judged)
                pair = (recordings[learned], recordings[judged])
                best[pair] = max(best.get(pair, 0.0), similarity)
        count += len(seen)
    ranked = sorted(best.items(), key=lambda item: -item[1])[:_MOST_PAIRS]
    return [Leak("near-duplicate", a, b, value) for (a, b), value in ranked], count


def _directions(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors of few dimensions, zero for windows in which nothing happens."""
    count = len(features)
    size = int(np.prod(features.shape[1:]))
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((min(size, 4096), _PROJECTED)).astype(np.float32)
    result = np.zeros((count, _PROJECTED), dtype=np.float32)
    for start in range(0, count, _BLOCK):
        flat = _centred(np.asarray(features[start : start + _BLOCK]).reshape(-1, size))
        if size > len(matrix):  # raw sound: fold it, the sum of random signs is a projection too
            folded = np.zeros((len(flat), len(matrix)), dtype=np.float32)
            for piece in range(0, size, len(matrix)):
                part = flat[:, piece : piece + len(matrix)]
                folded[:, : part.shape[1]] += part * rng.choice([-1.0, 1.0])
            flat = folded
        result[start : start + _BLOCK] = flat @ matrix
    length = np.linalg.norm(result, axis=1, keepdims=True)
    return np.asarray(result / np.where(length > 1e-6, length, np.inf), dtype=np.float32)


def _centred(flat: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(flat - flat.mean(axis=1, keepdims=True), dtype=np.float32)


def _cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    a, b = (_centred(np.asarray(x).reshape(1, -1))[0] for x in (first, second))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 1e-9 else 0.0
