"""Ranking metrics: AUROC and average precision."""

import math

import numpy as np
from numpy.typing import NDArray


class Ranking:
    """Scores of one class, sorted once, so that many weightings of the windows are cheap."""

    def __init__(self, scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> None:
        """Sort.

        Args:
            scores: higher is more likely true; shape (windows,), not empty.
            truth: what is true, shape (windows,).
        """
        self._order = np.argsort(-scores, kind="stable")
        ranked = scores[self._order]
        # Windows of equal score cannot be told apart: only where a run of them ends counts.
        self._ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        self._true = truth[self._order]

    def auc(self, weights: NDArray[np.int64] | None = None) -> float:
        """Area under the ROC curve, ties counted half (Hanley & McNeil, 1982).

        Args:
            weights: how often each window counts, shape (windows,); None: once.

        Returns:
            0 to 1; NaN when nothing, or everything, is true.
        """
        return _auc(*self._counts(weights))

    def average_precision(self, weights: NDArray[np.int64] | None = None) -> float:
        """Precision averaged over the steps of recall, without interpolation.

        Args:
            weights: how often each window counts, shape (windows,); None: once.

        Returns:
            0 to 1; NaN when nothing is true.
        """
        return _average_precision(*self._counts(weights))

    def both(self, weights: NDArray[np.int64]) -> tuple[float, float]:
        """Area under the ROC curve and average precision, counted once."""
        hits, alarms = self._counts(weights)
        return _auc(hits, alarms), _average_precision(hits, alarms)

    def _counts(
        self, weights: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight of what is true, and of what is not, down to each distinct score."""
        one = np.ones(len(self._order)) if weights is None else weights[self._order]
        total = np.cumsum(one)[self._ends].astype(np.float64)
        hits = np.cumsum(one * self._true)[self._ends].astype(np.float64)
        return hits, total - hits


def _auc(hits: NDArray[np.float64], alarms: NDArray[np.float64]) -> float:
    if hits[-1] == 0 or alarms[-1] == 0:
        return math.nan
    before = np.append(0.0, hits[:-1])
    area = np.sum(np.diff(alarms, prepend=0.0) * (hits + before)) / 2
    return float(area / (hits[-1] * alarms[-1]))


def _average_precision(hits: NDArray[np.float64], alarms: NDArray[np.float64]) -> float:
    if hits[-1] == 0:
        return math.nan
    precision = hits / np.maximum(hits + alarms, 1e-12)
    return float(np.sum(np.diff(hits, prepend=0.0) * precision) / hits[-1])


def mean_known(values: NDArray[np.float64]) -> float:
    """The mean of those that are numbers; NaN when none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan
