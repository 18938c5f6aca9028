"""Confidence intervals by the cluster bootstrap over recordings."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Below this many recordings the bootstrap alone is too sure: resampling a few clusters shows too
# little of how they vary (Cameron, Gelbach & Miller, *Rev. of Economics and Statistics* 90, 2008).
_FEW = 20
_NORMAL_95 = 1.959963984540054


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


def share_interval(values: NDArray[np.float64], share: float, recordings: int) -> Interval:
    """The interval of a figure between 0 and 1 that is a share, or a mean of shares.

    Where recordings are few, or no resample differs from another, the bootstrap says too little:
    two recordings that are right would give 1 to 1. There it is widened to hold Wilson's interval
    of as many independent trials as there are recordings, which works for few and at 0 and 1
    (Wilson, *Journal of the American Statistical Association* 22, 1927; recommended by Brown, Cai &
    DasGupta, *Statistical Science* 16, 2001).

    Args:
        values: resampled figures, shape (resamples,); none: no interval.
        share: the figure itself.
        recordings: how many were judged.
    """
    ends = interval(values)
    if not math.isfinite(ends.low) or not math.isfinite(share):
        return ends
    if recordings >= _FEW and ends.low < ends.high:
        return ends
    low, high = wilson(share, recordings)
    return Interval(min(ends.low, low), max(ends.high, high))


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of independent trials.

    Examples:
        >>> [round(end, 3) for end in wilson(1.0, 2)]
        [0.342, 1.0]
    """
    squared = _NORMAL_95**2
    middle = (share + squared / (2 * trials)) / (1 + squared / trials)
    root = math.sqrt(max(0.0, share * (1 - share)) / trials + squared / (4 * trials**2))
    half = _NORMAL_95 * root / (1 + squared / trials)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
