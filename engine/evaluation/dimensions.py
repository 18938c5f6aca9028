"""Metrics of a regression, dimension by dimension, beside those of the mean predictor."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.bootstrap import Interval, interval, resampled
from engine.evaluation.json_values import finite, json_value, number, numbers
from engine.evaluation.metrics import intervals_from_json
from engine.evaluation.ranking import mean_known
from engine.evaluation.results import ValueResults, numbered

Array = NDArray[np.float64]
_MEANS = ("concordance", "r2", "gain", "recording_concordance", "recording_r2", "recording_gain")
_OF_ONE = ("rmse", "r2", "concordance", "gain")


@dataclass(frozen=True)
class DimensionScores:
    """One dimension.

    Attributes:
        name: its name.
        rmse: root of the mean squared error, in its own units.
        r2: coefficient of determination, 1 - squared error / variance of the truth; NaN where the
            truth does not vary.
        concordance: concordance correlation coefficient (Lin, *A concordance correlation
            coefficient to evaluate reproducibility*, Biometrics 45, 1989), -1 to 1: like the
            correlation, but less where mean or spread differ; NaN where neither side varies.
        gain: share of the mean predictor's squared error that it does without; 0: no better.
        mean_rmse: of the mean predictor, which always says the mean of the training part.
        intervals: 95 % intervals of rmse, r2, concordance and gain, by a bootstrap over groups.
    """

    name: str
    rmse: float
    r2: float
    concordance: float
    gain: float
    mean_rmse: float
    intervals: dict[str, Interval]

    @property
    def beats_mean(self) -> bool:
        """Whether it is better than the mean predictor by more than chance."""
        low = self.intervals.get("gain", Interval()).low
        return math.isfinite(low) and low > 0


@dataclass(frozen=True)
class ValueEvaluation:
    """Figures of a regression; the means are over its dimensions.

    Attributes:
        windows: how many were judged.
        recordings: how many files they come from.
        groups: how many independent groups of them.
        dimensions: each, over all windows.
        by_recording: each, over the recordings: the mean over the windows of one.
        concordance: mean over the dimensions, of windows.
        r2: the same.
        gain: the same.
        recording_concordance: mean over the dimensions, of recordings.
        recording_r2: the same.
        recording_gain: the same.
        intervals: 95 % intervals of these means, by their names.
    """

    windows: int
    recordings: int
    groups: int
    dimensions: tuple[DimensionScores, ...]
    by_recording: tuple[DimensionScores, ...]
    concordance: float
    r2: float
    gain: float
    recording_concordance: float
    recording_r2: float
    recording_gain: float
    intervals: dict[str, Interval]

    def figures(self) -> dict[str, float]:
        """The figures by name, with ``_low`` and ``_high`` of their intervals; only finite ones.

        Those of a dimension have its name behind a colon: ``rmse:valence``.
        """
        found = {name: float(getattr(self, name)) for name in _MEANS}
        found |= _bounds(self.intervals)
        for one in self.dimensions:
            for name in (*_OF_ONE, "mean_rmse"):
                found[f"{name}:{one.name}"] = float(getattr(one, name))
            found |= _bounds({f"{name}:{one.name}": e for name, e in one.intervals.items()})
        return finite(found)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        fields: dict[str, Any] = json_value(self)
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "ValueEvaluation":
        """Back from plain values.

        Raises:
            DataError: they are not those of a regression.
        """
        try:
            return cls(
                windows=int(fields["windows"]),
                recordings=int(fields["recordings"]),
                groups=int(fields["groups"]),
                dimensions=tuple(_read(one) for one in fields["dimensions"]),
                by_recording=tuple(_read(one) for one in fields["by_recording"]),
                intervals=intervals_from_json(fields["intervals"]),
                **{name: number(fields[name]) for name in _MEANS},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"Not the results of an evaluation: {error}.") from error


def _bounds(intervals: Mapping[str, Interval]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, ends in intervals.items():
        found |= {f"{name}_low": ends.low, f"{name}_high": ends.high}
    return found


def _read(fields: Mapping[str, Any]) -> DimensionScores:
    plain = numbers({key: value for key, value in fields.items() if key != "intervals"})
    return DimensionScores(**plain, intervals=intervals_from_json(fields["intervals"]))


def evaluate_values(
    results: ValueResults, *, seed: int = 0, resamples: int = 1000
) -> ValueEvaluation:
    """Evaluate a regression.

    Intervals are percentiles of a bootstrap that resamples groups (artists, say), not windows or
    recordings: those of one group resemble each other (Efron & Tibshirani, *An Introduction to the
    Bootstrap*, 1993, section 8). With fewer than two groups there are none.

    Args:
        results: what it said.
        seed: of the bootstrap.
        resamples: of the bootstrap; 0: no intervals.
    """
    windows, recordings = _Sums.of(results), _Sums.of(_joined(results))
    here, whole = windows.figures(), recordings.figures()
    count = len(windows.weights)
    drawn, drawn_whole = [], []
    for times in resampled(count, resamples, seed):
        drawn.append(windows.figures(times.astype(np.float64)))
        drawn_whole.append(recordings.figures(times.astype(np.float64)))
    means, ends = {}, {}
    for begin, found, all_drawn in (("", here, drawn), ("recording_", whole, drawn_whole)):
        for name in ("concordance", "r2", "gain"):
            means[begin + name] = mean_known(found[name])
            values = np.asarray([mean_known(each[name]) for each in all_drawn])
            ends[begin + name] = interval(values)
    names = results.dimensions
    return ValueEvaluation(
        windows=len(results),
        recordings=len(set(results.recordings)),
        groups=count,
        dimensions=_scores(names, here, drawn),
        by_recording=_scores(names, whole, drawn_whole),
        intervals=ends,
        **means,
    )


def concordance_of(moments: Array) -> Array:
    """Concordance by moments, shape (6, dimensions) as :func:`moments_of`, to (dimensions,)."""
    count, said, true, said_2, true_2, both = moments
    means = said / count, true / count
    spread = said_2 / count - means[0] ** 2 + true_2 / count - means[1] ** 2
    below = spread + (means[0] - means[1]) ** 2
    above = 2 * (both / count - means[0] * means[1])
    return np.where(below > 1e-12, above / np.maximum(below, 1e-12), math.nan)


def moments_of(values: Array, truth: Array) -> Array:
    """What concordance and errors follow from, and what may be added up.

    Args:
        values: predicted, shape (n, dimensions).
        truth: the same shape.

    Returns:
        float64, shape (6, dimensions): count, sums of both, of their squares and of the product.
    """
    parts = [np.ones_like(values), values, truth, values**2, truth**2, values * truth]
    return np.stack([part.sum(0) for part in parts])


@dataclass(frozen=True)
class _Sums:
    """Moments of each group about the mean predictor, so that a resample is a weighted sum.

    Attributes:
        weights: moments of each group, shape (groups, 6, dimensions).
    """

    weights: Array

    @staticmethod
    def of(results: ValueResults) -> "_Sums":
        values = results.values.astype(np.float64) - results.baseline
        truth = results.truth.astype(np.float64) - results.baseline
        group = numbered(results.groups)
        cut = [group == number for number in range(int(group.max()) + 1)]
        return _Sums(np.stack([moments_of(values[here], truth[here]) for here in cut]))

    def figures(self, times: Array | None = None) -> dict[str, Array]:
        """Each figure by name, shape (dimensions,); ``times``: how often each group counts."""
        times = np.ones(len(self.weights)) if times is None else times
        moments = np.tensordot(times, self.weights, axes=1)
        count, _, true, said_2, true_2, both = moments
        squared = np.maximum(0.0, said_2 - 2 * both + true_2)
        spread = true_2 - true**2 / count
        return {
            "rmse": np.sqrt(squared / count),
            "mean_rmse": np.sqrt(true_2 / count),
            "r2": 1 - _ratio(squared, spread, count),
            "gain": 1 - _ratio(squared, true_2, count),
            "concordance": concordance_of(moments),
        }


def _ratio(part: Array, whole: Array, count: Array) -> Array:
    """``part / whole``, NaN where the whole is nothing."""
    some = whole > 1e-12 * count
    return np.where(some, part / np.where(some, whole, 1.0), math.nan)


def _joined(results: ValueResults) -> ValueResults:
    """The mean over the windows of a recording, of one whose truth changes of each true value."""
    pairs = zip(results.recordings, results.truth, strict=True)
    keys = [(name, row.tobytes()) for name, row in pairs]
    first: dict[tuple[str, bytes], int] = {}
    unit = np.asarray([first.setdefault(key, len(first)) for key in keys])
    firsts = np.unique(unit, return_index=True)[1]
    sums = np.zeros((len(firsts), len(results.dimensions)))
    np.add.at(sums, unit, results.values)
    means = sums / np.bincount(unit)[:, None]
    # The order of groups stays: resamples of windows and of recordings draw the same.
    return replace(
        results,
        values=means.astype(np.float32),
        truth=results.truth[firsts],
        recordings=tuple(results.recordings[i] for i in firsts),
        groups=tuple(results.groups[i] for i in firsts),
        starts=results.starts[firsts],
    )


def _scores(
    names: tuple[str, ...], found: dict[str, Array], drawn: list[dict[str, Array]]
) -> tuple[DimensionScores, ...]:
    scores = []
    for place, name in enumerate(names):
        ends = {
            figure: interval(np.asarray([float(each[figure][place]) for each in drawn]))
            for figure in _OF_ONE
        }
        values = {figure: float(found[figure][place]) for figure in (*_OF_ONE, "mean_rmse")}
        scores.append(DimensionScores(name=name, intervals=ends, **values))
    return tuple(scores)
