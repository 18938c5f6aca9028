"""Probabilities over time: what file, batch and live analysis all produce."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Timeline:
    """One row a window.

    Attributes:
        labels: names of the columns.
        times: centre of each window in seconds from the start, float64, shape (n,), rising.
        probabilities: float32 in [0, 1], shape (n, labels). For a classifier with a gate they
            already hold the chance that the sound is of its kind at all.
        presence: chance in [0, 1] that the window holds what the classifier knows about (music,
            say), float32, shape (n,); 1 where the classifier has no gate.
        level_db: RMS level of each window in dBFS, float32, shape (n,).
        window_seconds: length of each window.
        hop_seconds: step between windows.
    """

    labels: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    presence: NDArray[np.float32]
    level_db: NDArray[np.float32]
    window_seconds: float
    hop_seconds: float

    def __len__(self) -> int:
        return len(self.times)


def concatenate(parts: Sequence[Timeline]) -> Timeline:
    """Join timelines of one classifier that follow each other in time.

    Raises:
        ValueError: there is none, or they are not of one kind.
    """
    if not parts:
        raise ValueError("no timelines to join")
    first = parts[0]
    if any(part.labels != first.labels for part in parts):
        raise ValueError("timelines of different classifiers cannot be joined")
    return Timeline(
        labels=first.labels,
        times=np.concatenate([part.times for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        presence=np.concatenate([part.presence for part in parts]),
        level_db=np.concatenate([part.level_db for part in parts]),
        window_seconds=first.window_seconds,
        hop_seconds=first.hop_seconds,
    )
