"""Predictions of a classifier on labelled windows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError


@dataclass(frozen=True, eq=False)
class Results:
    """Predicted probabilities and true labels of the test windows.

    Attributes:
        labels: names of the classes.
        probabilities: float32, shape (windows, classes), 0 to 1.
        truth: class number of each window, int64, shape (windows,); for a multi-label task
            which labels are true, bool, shape (windows, classes).
        recordings: the file each window comes from.
        starts: seconds from the file's start where each window begins, float64, shape (windows,).

    Raises:
        DataError: there are no windows, shapes do not agree, a probability is no number from 0
            to 1, or a class number has no label.
    """

    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    truth: NDArray[np.int64] | NDArray[np.bool_]
    recordings: tuple[str, ...]
    starts: NDArray[np.float64]

    def __post_init__(self) -> None:
        count, classes = len(self.recordings), len(self.labels)
        if count == 0:
            raise DataError("There is nothing to evaluate: the test part has no windows.")
        if self.probabilities.shape != (count, classes):
            raise DataError(
                f"Probabilities of shape {self.probabilities.shape} are not "
                f"{count} windows of {classes} classes."
            )
        wanted = (count, classes) if self.multi_label else (count,)
        if self.truth.shape != wanted or self.starts.shape != (count,):
            raise DataError(f"Truth and starts are not those of {count} windows.")
        inside = (self.probabilities >= 0) & (self.probabilities <= 1)  # false for NaN
        if not inside.all():
            raise DataError("Some probabilities are not between 0 and 1: training diverged.")
        if not self.multi_label and not ((self.truth >= 0) & (self.truth < classes)).all():
            raise DataError(f"Some class numbers are not one of {classes} classes.")

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def multi_label(self) -> bool:
        """Whether several labels may be true at once."""
        return self.truth.dtype == np.bool_

    def single_truth(self) -> NDArray[np.int64]:
        """The class number of each window, int64, shape (windows,).

        Raises:
            DataError: the task is multi-label.
        """
        if self.multi_label:
            raise DataError("Several labels can be true at once. Use evaluate_tags.")
        return self.truth.astype(np.int64)

    def many_truth(self) -> NDArray[np.bool_]:
        """Which labels are true, bool, shape (windows, classes).

        Raises:
            DataError: the task is single-label.
        """
        if not self.multi_label:
            raise DataError("Only one label can be true at a time. Use evaluate.")
        return self.truth.astype(np.bool_)

    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each window, the first of equals; int64, shape (windows,)."""
        return np.asarray(np.argmax(self.probabilities, axis=1), dtype=np.int64)

    def clusters(self) -> NDArray[np.int64]:
        """Number of the recording of each window, from 0 on; int64, shape (windows,)."""
        return numbered(self.recordings)


@dataclass(frozen=True, eq=False)
class ValueResults:
    """What a regression said of labelled windows, and what is true.

    Attributes:
        dimensions: their names.
        values: predicted, float32, shape (windows, dimensions).
        truth: float32, shape (windows, dimensions).
        baseline: the value that whoever hears nothing would always say: the mean over the windows
            that were learned from, float32, shape (dimensions,).
        recordings: the file each window comes from.
        groups: what is independent of each other: the unit of intervals.
        starts: seconds from the file's start where each window begins, float64, shape (windows,).

    Raises:
        DataError: there are no windows, shapes do not agree, or a value is no finite number.
    """

    dimensions: tuple[str, ...]
    values: NDArray[np.float32]
    truth: NDArray[np.float32]
    baseline: NDArray[np.float32]
    recordings: tuple[str, ...]
    groups: tuple[str, ...]
    starts: NDArray[np.float64]

    def __post_init__(self) -> None:
        count, size = len(self.recordings), len(self.dimensions)
        if count == 0:
            raise DataError("There is nothing to evaluate: the test part has no windows.")
        shapes = (self.values.shape, self.truth.shape, self.baseline.shape, self.starts.shape)
        wanted = ((count, size), (count, size), (size,), (count,))
        if shapes != wanted or len(self.groups) != count:
            raise DataError(f"Values and truth are not those of {count} windows.")
        if not all(np.isfinite(part).all() for part in (self.values, self.truth, self.baseline)):
            raise DataError("Some values are NaN or infinite: training diverged.")

    def __len__(self) -> int:
        return len(self.recordings)


def numbered(names: tuple[str, ...]) -> NDArray[np.int64]:
    """Numbers for names, from 0 on in order of appearance; int64, shape (names,)."""
    known: dict[str, int] = {}
    return np.asarray([known.setdefault(name, len(known)) for name in names], dtype=np.int64)
