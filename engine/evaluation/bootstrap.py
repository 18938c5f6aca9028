"""Confidence intervals by the cluster bootstrap over recordings."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A 95 % interval.

    Attributes:
        low: its lower end; NaN when there are fewer than two recordings to resample.
        high: its upper end, or NaN.
    """

    low: float = math.nan
    high: float = math.nan


def resampled(count: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw recordings with replacement.

    Windows of a recording resemble each other, so resampling windows would give intervals that are
    too narrow; whole recordings are drawn instead (the bootstrap of Efron & Tibshirani, *An
    Introduction to the Bootstrap*, 1993, section 8, whose unit is what is independent).

    Args:
        count: recordings; with fewer than two nothing is drawn, as nothing could vary.
        resamples: how often.
        seed: of the draws.

    Yields:
        How often each recording was drawn, int64, shape (count,), sum ``count``.
    """
    rng = np.random.default_rng(seed)
    if count < 2:
        return
    for _ in range(resamples):
        yield np.bincount(rng.integers(count, size=count), minlength=count)


def interval(values: NDArray[np.float64]) -> Interval:
    """The percentile interval of resampled figures, shape (resamples,); NaN are left out."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return Interval()
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(low), float(high))
