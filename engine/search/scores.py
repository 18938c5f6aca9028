"""The scores of all rows of an index: the highest are asked for, and then the next ones."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

Scored = tuple[float, int, int]  # a score, the segment and the row there


class Scores:
    """Four bytes a row: 5 MB for 1,000 hours.

    Args:
        sizes: rows of each segment, by its number.
    """

    def __init__(self, sizes: Mapping[int, int]) -> None:
        self._numbers = np.fromiter(sizes, dtype=np.int64, count=len(sizes))
        rows = np.fromiter(sizes.values(), dtype=np.int64, count=len(sizes))
        self._ends = np.cumsum(rows)
        self._starts = dict(zip(sizes, (self._ends - rows).tolist(), strict=True))
        self._scores = np.full(int(rows.sum()), -np.inf, dtype=np.float32)

    def put(self, number: int, row: int, scores: NDArray[np.float32]) -> None:
        """Keep the scores of rows that follow each other."""
        start = self._starts[number] + row
        self._scores[start : start + len(scores)] = scores

    def drop(self, places: Iterable[tuple[int, int]]) -> None:
        """Leave rows out from now on, by segment and row."""
        self._scores[[self._starts[number] + row for number, row in places]] = -np.inf

    def drop_range(self, number: int, first: int, count: int) -> None:
        """Leave rows out that follow each other."""
        start = self._starts[number] + first
        self._scores[start : start + count] = -np.inf

    def highest(self, count: int) -> list[Scored]:
        """The rows of the highest scores, the best first; fewer where no more are left."""
        count = min(count, len(self._scores))
        split = len(self._scores) - count
        rows = np.argpartition(self._scores, split)[split:] if split else np.arange(count)
        rows = rows[np.lexsort((rows, -self._scores[rows]))]
        rows = rows[self._scores[rows] > -np.inf]
        segments = np.searchsorted(self._ends, rows, side="right")
        numbers = self._numbers[segments].tolist()
        return [
            (float(score), number, int(row) - self._starts[number])
            for score, number, row in zip(self._scores[rows], numbers, rows, strict=True)
        ]
