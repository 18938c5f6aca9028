"""Columns of a picture over time: of a file, or the newest of one that never ends."""

import numpy as np
from numpy.typing import NDArray

Span = tuple[float, float]
Values = NDArray[np.uint8]
Index = NDArray[np.intp]
Known = NDArray[np.bool_]


class FileColumns:
    """Columns evenly spread over a stretch.

    Args:
        values: shape (rows, n), row 0 at the bottom.
        span: seconds where the first begins and the last ends.
        ends: up to where the outermost are drawn on.
        known: seconds up to which they have been computed; None: all.
    """

    def __init__(self, values: Values, span: Span, ends: Span, known: float | None = None) -> None:
        self.values = values[::-1]  # the top row first, as on the screen
        self.span, self.ends, self.known = span, ends, known

    def at(self, seconds: NDArray[np.floating]) -> tuple[Index, Known]:
        """The column of each moment, and where there is one."""
        first, last = self.span
        count = self.values.shape[1]
        begin, end = min(first, self.ends[0]), max(last, self.ends[1])
        if self.known is not None:
            end = min(end, self.known)
        if not count or last <= first:
            return np.zeros(len(seconds), np.intp), np.zeros(len(seconds), np.bool_)
        share = (seconds - first) / (last - first)
        index = np.clip(share * count, 0, count - 1).astype(np.intp)
        return index, (seconds >= begin) & (seconds < end)

    def times(self) -> NDArray[np.float64]:
        """The middle of each column."""
        count = self.values.shape[1]
        width = (self.span[1] - self.span[0]) / max(1, count)
        return np.asarray(self.span[0] + (np.arange(count) + 0.5) * width)


class RollingColumns:
    """The newest columns; column k is painted from ``lead + k * column_seconds`` on.

    Args:
        rows: of a column.
        capacity: how many are kept.
        column_seconds: from one to the next.
        lead: seconds before the first: a column lies around what it looks at.
    """

    def __init__(self, rows: int, capacity: int, column_seconds: float, lead: float) -> None:
        self.values = np.zeros((rows, capacity), dtype=np.uint8)
        self._there = np.zeros(capacity, dtype=np.bool_)
        self.written = 0
        self.column_seconds, self._lead = column_seconds, lead

    def append(self, columns: Values) -> None:
        """Add columns, shape (rows, n), the top row first."""
        capacity = self.values.shape[1]
        new = columns[:, -capacity:]
        places = self.written + columns.shape[1] - new.shape[1] + np.arange(new.shape[1])
        self.values[:, places % capacity] = new
        self._there[places % capacity] = True
        self.written += columns.shape[1]

    def skip(self, columns: int) -> None:
        """Go on as if so many columns had been added, which will never be shown."""
        capacity = self.values.shape[1]
        places = self.written + np.arange(max(0, columns - capacity), columns)
        self._there[places % capacity] = False
        self.written += columns

    def at(self, seconds: NDArray[np.floating]) -> tuple[Index, Known]:
        """The column of each moment, and where there is one."""
        capacity, newest = self.values.shape[1], self.written
        oldest = max(0, newest - capacity)
        column = np.floor((seconds - self._lead) / self.column_seconds).astype(np.intp)
        # Half a frame at the begin and at the newest end: the outermost column goes on.
        begin = (column < 0) & (seconds >= 0) & (newest > 0)
        reach = self._lead / self.column_seconds
        end = (column >= newest) & (column < newest + reach) & (newest > 0)
        column = np.where(begin, 0, np.where(end, newest - 1, column))
        index = column % capacity
        return index, (column >= oldest) & (column < newest) & self._there[index]

    def times(self) -> NDArray[np.float64]:
        """The middle of each column that is kept, the oldest first."""
        oldest = max(0, self.written - self.values.shape[1])
        places = np.arange(oldest, self.written, dtype=np.float64)
        return np.asarray(self._lead + (places + 0.5) * self.column_seconds)
