"""What an index finds: whose a row is, and which rows of high scores become hits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.search.scores import Scored
from engine.search.table import FileRow


@dataclass(frozen=True)
class Hit:
    """A stretch of a file that an index found.

    Attributes:
        path: the file.
        start_seconds: where it begins.
        end_seconds: where it ends.
        score: of the stretch; of a search by example the cosine, -1 to 1.
        segment: where its vector lies.
        row: where in the segment.
        stamp: of the file as it was when it was heard: bytes, and when it was last written to.
    """

    path: Path
    start_seconds: float
    end_seconds: float
    score: float
    segment: int
    row: int
    stamp: tuple[int, int] = (0, 0)

    @property
    def key(self) -> tuple[int, int]:
        """Where its vector lies, segment and row."""
        return self.segment, self.row


@dataclass(frozen=True)
class Rows:
    """Whose the rows of a segment are, sorted by their first."""

    files: Sequence[FileRow]
    firsts: NDArray[np.int64]

    def file_at(self, row: int) -> FileRow | None:
        """The file that a row belongs to; None: to none any more."""
        place = int(np.searchsorted(self.firsts, row, side="right")) - 1
        if place < 0:
            return None
        file = self.files[place]
        return file if row < file.first + file.count and file.status == "done" else None


class Found:
    """Hits, the best first; so many of a file, and neighbours of one that is taken are the same.

    Args:
        rows: whose they are, by segment.
        count: how many hits are wanted.
        most_a_file: of one file.
        besides: keys of rows that are left out.
        step_seconds: of sound in a row.

    Attributes:
        hits: taken so far.
    """

    def __init__(
        self,
        rows: dict[int, Rows],
        count: int,
        most_a_file: int,
        besides: frozenset[tuple[int, int]],
        step_seconds: float,
    ) -> None:
        self._step_seconds = step_seconds
        self._rows, self._count, self._most, self._besides = rows, count, most_a_file, besides
        self._taken: dict[str, list[int]] = {}
        self._full: list[FileRow] = []
        self.hits: list[Hit] = []

    def take(self, places: Sequence[Scored]) -> None:
        """Take what may be taken of rows, the best first, until there are enough."""
        for score, number, row in places:
            if len(self.hits) == self._count:
                return
            file = self._rows[number].file_at(row) if number in self._rows else None
            if file is None or (number, row) in self._besides:
                continue
            mine = self._taken.setdefault(file.path, [])
            if len(mine) >= self._most or any(abs(row - other) <= 1 for other in mine):
                continue
            mine.append(row)
            self.hits.append(hit_of(file, number, row, score, self._step_seconds))
            if len(mine) == self._most:
                self._full.append(file)

    def full(self) -> list[FileRow]:
        """Files that have given as many as they may since this was asked last."""
        found, self._full = self._full, []
        return found


def hit_of(file: FileRow, segment: int, row: int, score: float, step_seconds: float) -> Hit:
    """The stretch of a file that a row stands for."""
    start = (row - file.first) * step_seconds
    end = min(start + step_seconds, max(file.duration_seconds, start + 0.01))
    stamp = file.size, file.modified_ns
    return Hit(Path(file.path), start, end, min(1.0, score), segment, row, stamp)
