"""Calibration of probabilities and choice of thresholds on the validation part."""

import math

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

LOWEST_TEMPERATURE = 0.05
HIGHEST_TEMPERATURE = 20.0


def fit_temperature(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The temperature whose ``softmax(logits / temperature)`` is most likely.

    Temperature scaling, from Guo, Pleiss, Sun & Weinberger, *On calibration of modern neural
    networks*, ICML 2017. The negative log-likelihood has one minimum (it is convex in the inverse
    temperature), found by halving where its slope changes sign.

    Args:
        logits: of windows that were not trained on, float32, shape (windows, classes).
        truth: class numbers, int64, shape (windows,).

    Returns:
        0.05 to 20; 1 when no window is wrong: the likelihood then has no maximum, as any more
        confidence would be better, and says nothing about windows that are none of the classes.

    Raises:
        DataError: there are no windows, shapes do not agree, or a logit is no finite number.
    """
    if logits.ndim != 2 or truth.shape != (len(logits),) or len(logits) == 0:
        raise DataError(f"Logits {logits.shape} and truth {truth.shape} do not match.")
    if not np.isfinite(logits).all():
        raise DataError("Some logits are NaN or infinite: training diverged.")
    values = logits.astype(np.float64)
    below = values - np.take_along_axis(values, truth[:, None], axis=1)
    if (below <= 0).all():
        return 1.0

    def slope(log_temperature: float) -> float:
        """Of the loss in the inverse temperature: the excess one has to expect."""
        scaled = below / math.exp(log_temperature)
        shares = np.exp(scaled - scaled.max(axis=1)[:, None])
        return float(((shares * below).sum(axis=1) / shares.sum(axis=1)).mean())

    low, high = math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE)
    while high - low > 1e-7:
        middle = (low + high) / 2
        # Positive where more confidence would be worse: the temperature has to rise.
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return float(np.clip(math.exp((low + high) / 2), LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE))


def none_threshold(
    known: NDArray[np.floating], background: NDArray[np.floating], recall: float = 0.95
) -> float:
    """The score from which a window counts as something the classifier knows.

    Of the thresholds that keep at least ``recall`` of the known windows, the one with the greatest
    difference of true and false positive rates (Youden's index, 1950), in the middle of the gap
    between scores; of equals the one in the widest gap.

    Args:
        known: scores of windows of the known classes, shape (windows,).
        background: scores of other windows, shape (windows,); may be empty: then the highest
            threshold that keeps ``recall``.
        recall: share of the known windows to keep, above 0 and at most 1.

    Returns:
        A threshold; a window counts as known at or over it.

    Raises:
        DataError: there are no known windows, ``recall`` is out of range, or a score is not finite.
    """
    if len(known) == 0 or not 0 < recall <= 1:
        raise DataError("A threshold needs known windows and a recall above 0 and at most 1.")
    if not (np.isfinite(known).all() and np.isfinite(background).all()):
        raise DataError("Some scores are NaN or infinite.")
    mine, other = np.sort(known.astype(np.float64)), np.sort(background.astype(np.float64))
    lost = math.floor((1 - recall) * len(mine) + 1e-9)  # this many known windows may be missed
    highest = float(mine[lost])
    if len(other) == 0:
        return highest
    scores = np.unique(np.concatenate([mine, other]))
    scores = scores[scores <= highest]
    below = np.append(scores[0], scores[:-1])
    kept = 1 - np.searchsorted(mine, scores) / len(mine)
    alarms = 1 - np.searchsorted(other, scores) / len(other)
    index = np.lexsort((scores - below, np.round(kept - alarms, 12)))[-1]
    return float((scores[index] + below[index]) / 2)


def best_thresholds(probabilities: NDArray[np.float32], truth: NDArray[np.bool_]) -> list[float]:
    """For each label the threshold with the highest F1 on the validation part.

    Every distinct probability is tried (Lipton, Elkan & Naryanaswamy, *Optimal thresholding of
    classifiers to maximize F1 measure*, ECML 2014); the middle of the gap below it is taken.

    Args:
        probabilities: float32, shape (windows, labels), 0 to 1.
        truth: bool, shape (windows, labels).

    Returns:
        One threshold a label, 0 to 1; 0.5 for labels that no window has.

    Raises:
        DataError: shapes do not agree.
    """
    if probabilities.ndim != 2 or probabilities.shape != truth.shape:
        raise DataError(
            f"{probabilities.shape} probabilities do not match the true labels {truth.shape}."
        )
    return [
        _best_threshold(probabilities[:, index].astype(np.float64), truth[:, index])
        for index in range(truth.shape[1])
    ]


def _best_threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    hits = np.cumsum(truth[order])[ends]
    f1 = 2 * hits / (ends + 1 + truth.sum())
    best = int(np.argmax(f1))
    here = float(ranked[ends[best]])
    below = float(ranked[ends[best + 1]]) if best + 1 < len(ends) else 0.0
    return (here + below) / 2
