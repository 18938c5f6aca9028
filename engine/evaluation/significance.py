"""Significance tests: is one classifier better than another, or is it chance?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.bootstrap import Interval, interval, resampled
from engine.evaluation.json_values import json_value
from engine.evaluation.results import Results, ValueResults, numbered

_SIGNIFICANT = 0.05
_EXACT_UNDER = 25


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two classifiers on the same windows.

    Attributes:
        only_first: windows that only the first got right.
        only_second: windows that only the second got right.
        statistic: chi-square with one degree of freedom; NaN for the exact test.
        p: two-sided, 0 to 1.
        exact: whether it is the binomial test.
    """

    only_first: int
    only_second: int
    statistic: float
    p: float
    exact: bool


@dataclass(frozen=True)
class Comparison:
    """Two classifiers on the same windows.

    Attributes:
        names: of the two.
        accuracies: of the two, 0 to 1.
        difference: second minus first, -1 to 1.
        interval: of the difference, by the paired cluster bootstrap.
        p: two-sided, of the same bootstrap; NaN with fewer than two recordings.
        mcnemar: the test that takes windows for independent.
        verdict: what it comes to, in a sentence.
    """

    names: tuple[str, str]
    accuracies: tuple[float, float]
    difference: float
    interval: Interval
    p: float
    mcnemar: McNemar
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        fields: dict[str, Any] = json_value(self)
        return fields


def compare(
    first: Results,
    second: Results,
    *,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
    resamples: int = 1000,
) -> Comparison:
    """Compare two single-label classifiers.

    The verdict follows the paired bootstrap, which draws recordings (Efron & Tibshirani, 1993):
    McNemar's test takes windows for independent, which those of one recording are not.

    Args:
        first: what one said.
        second: what the other said of the same windows in the same order.
        names: of the two, for the verdict.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        DataError: the windows, their labels or the classes differ, or the task is multi-label.
    """
    _check(first, second)
    truth = first.single_truth()
    right = (first.predicted() == truth), (second.predicted() == truth)
    gain = right[1].astype(np.float64) - right[0]
    ends, p = _paired(gain, first.clusters(), resamples, seed)
    test = mcnemar(int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum()))
    difference = float(gain.mean())
    return Comparison(
        names=names,
        accuracies=(float(right[0].mean()), float(right[1].mean())),
        difference=difference,
        interval=ends,
        p=p,
        mcnemar=test,
        verdict=_verdict(names, difference, ends, p, test),
    )


def compare_values(
    first: ValueResults,
    second: ValueResults,
    *,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
    resamples: int = 1000,
) -> str:
    """Whether one of two regressions is better by more than chance, in a sentence.

    What is compared is the squared error as a share of the mean predictor's, mean of the
    dimensions, by the paired bootstrap over groups.

    Args:
        first: what one said.
        second: what the other said of the same windows in the same order.
        names: of the two, for the verdict.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        DataError: the windows, their true values or the dimensions differ.
    """
    same = (
        first.dimensions == second.dimensions
        and first.recordings == second.recordings
        and np.array_equal(first.starts, second.starts)
        and np.array_equal(first.truth, second.truth)
    )
    if not same:
        raise DataError("Regressions can only be compared on the same windows and dimensions.")
    spread = np.square(first.truth - first.baseline, dtype=np.float64).mean(0)
    errors = [np.square(one.values - one.truth, dtype=np.float64) for one in (first, second)]
    gain = ((errors[0] - errors[1]) / np.maximum(spread, 1e-12)).mean(1)
    ends, p = _paired(gain, numbered(first.groups), resamples, seed)
    return _value_verdict(names, float(gain.mean()), ends, p)


def _value_verdict(names: tuple[str, str], gain: float, ends: Interval, p: float) -> str:
    better, worse = (names[1], names[0]) if gain > 0 else names
    points = f"{100 * abs(gain):.1f} percentage points of the mean predictor's squared error"
    if math.isnan(ends.low):
        return (
            f"{names[1]} and {names[0]} differ by {points}, but a single group "
            "cannot show whether this is more than chance."
        )
    if gain == 0:
        return f"{names[0]} and {names[1]} are equally good."
    low, high = sorted((ends.low, ends.high) if gain > 0 else (-ends.low, -ends.high))
    measured = f"95 % interval {100 * low:.1f} to {100 * high:.1f}, {_p_words('bootstrap p', p)}"
    if (ends.low > 0 or ends.high < 0) and p < _SIGNIFICANT:
        return f"{better} is better than {worse} by {points} ({measured})."
    return f"No significant difference: {better} is ahead of {worse} by {points} ({measured})."


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """McNemar's test of two marginal proportions (McNemar, *Psychometrika* 12, 1947).

    With fewer than 25 discordant windows the exact binomial test, else chi-square with the
    continuity correction of Edwards (1948).

    Args:
        only_first: windows that only the first got right.
        only_second: windows that only the second got right.
    """
    discordant = only_first + only_second
    if discordant < _EXACT_UNDER:
        least = min(only_first, only_second)
        tail = sum(math.comb(discordant, k) for k in range(least + 1)) / 2**discordant
        return McNemar(only_first, only_second, math.nan, min(1.0, 2 * tail), exact=True)
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / discordant
    # The upper tail of chi-square with one degree of freedom.
    p = math.erfc(math.sqrt(statistic / 2))
    return McNemar(only_first, only_second, statistic, p, exact=False)


def _check(first: Results, second: Results) -> None:
    if first.labels != second.labels:
        raise DataError("Classifiers with different classes cannot be compared.")
    same = (
        first.recordings == second.recordings
        and np.array_equal(first.starts, second.starts)
        and np.array_equal(first.truth, second.truth)
    )
    if not same:
        raise DataError("Classifiers can only be compared on the same windows in the same order.")


def _paired(
    gain: NDArray[np.float64], clusters: NDArray[np.int64], resamples: int, seed: int
) -> tuple[Interval, float]:
    """Interval and p of a mean gain over windows, by drawing their recordings or groups."""
    count = int(clusters.max()) + 1
    drawn = [
        float((times[clusters] * gain).sum() / times[clusters].sum())
        for times in resampled(count, resamples, seed)
    ]
    return interval(np.asarray(drawn, dtype=np.float64)), _bootstrap_p(drawn, count)


def _bootstrap_p(drawn: list[float], recordings: int) -> float:
    """Two-sided: how often the resampled difference is on the other side of zero, or on it.

    Never below what a sign test of as many recordings can reach at best: five that all say the same
    are no proof at 5 % (Conover, *Practical Nonparametric Statistics*, 1999, section 3.4).
    """
    if not drawn:
        return math.nan
    fewer = min(sum(value <= 0 for value in drawn), sum(value >= 0 for value in drawn))
    # One more of both, as the figure itself is a draw too: p is never 0 (Davison & Hinkley, 1997).
    return min(1.0, max(2 * (fewer + 1) / (len(drawn) + 1), 2 * 0.5**recordings))


def _verdict(
    names: tuple[str, str], difference: float, ends: Interval, p: float, test: McNemar
) -> str:
    points = f"{100 * abs(difference):.1f} percentage points of accuracy"
    if math.isnan(ends.low):
        return (
            f"{names[1]} and {names[0]} differ by {points}, but a single recording "
            "cannot show whether this is more than chance."
        )
    if difference == 0:
        return f"{names[0]} and {names[1]} are equally accurate."
    better, worse = (names[1], names[0]) if difference > 0 else (names[0], names[1])
    low, high = sorted((ends.low, ends.high) if difference > 0 else (-ends.low, -ends.high))
    ours = f"95 % interval {100 * low:.1f} to {100 * high:.1f}, {_p_words('bootstrap p', p)}"
    measured = f"({ours}, {_p_words('McNemar p', test.p)})"
    if (ends.low > 0 or ends.high < 0) and p < _SIGNIFICANT:
        return f"{better} is better than {worse} by {points} {measured}."
    begin = f"No significant difference: {better} is ahead of {worse} by {points}"
    if test.p >= _SIGNIFICANT:
        return f"{begin} {measured}."
    return (
        f"{begin} ({ours}). Other recordings may give the opposite result: McNemar's test "
        f"({_p_words('p', test.p)}) takes all windows for independent, but those of one recording "
        "are not."
    )


def _p_words(name: str, p: float) -> str:
    return f"{name} < 0.001" if p < 0.001 else f"{name} = {p:.3f}"
