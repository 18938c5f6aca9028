"""Metrics of a multi-label classifier, tag by tag."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.bootstrap import Interval, resampled, share_interval
from engine.evaluation.json_values import finite, json_value, number, numbers
from engine.evaluation.metrics import intervals_from_json
from engine.evaluation.ranking import Ranking, mean_known
from engine.evaluation.results import Results

_MACRO = (
    "macro_auc", "macro_average_precision", "macro_precision", "macro_recall", "macro_f1",
)  # fmt: skip


@dataclass(frozen=True)
class TagScores:
    """One tag.

    Attributes:
        label: its name.
        threshold: probability at or over which it counts as heard.
        auc: area under the ROC curve; NaN when all windows, or none, have the tag.
        average_precision: area under the precision-recall steps; NaN: no window has the tag.
        precision: at the threshold; NaN: never over it.
        recall: at the threshold; NaN: no window has the tag.
        f1: at the threshold; NaN: no window has the tag.
        support: windows that have the tag.
        predicted: windows at or over the threshold.
    """

    label: str
    threshold: float
    auc: float
    average_precision: float
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True)
class TagEvaluation:
    """Figures of a multi-label classifier; means are over the tags that occur in the truth.

    Attributes:
        labels: names of the tags.
        windows: how many were judged.
        recordings: how many files they come from.
        tags: each tag, in the order of the labels.
        macro_auc: mean ROC-AUC, 0 to 1, or NaN.
        macro_average_precision: mean average precision, 0 to 1, or NaN.
        macro_precision: mean over the tags that were predicted at all, 0 to 1, or NaN.
        macro_recall: mean recall, 0 to 1, or NaN.
        macro_f1: mean F1, 0 to 1, or NaN.
        intervals: 95 % intervals of the cluster bootstrap, by the figure's name.
    """

    labels: tuple[str, ...]
    windows: int
    recordings: int
    tags: tuple[TagScores, ...]
    macro_auc: float
    macro_average_precision: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    intervals: dict[str, Interval]

    def figures(self) -> dict[str, float]:
        """The figures by name, with ``_low`` and ``_high`` of their intervals; only finite ones."""
        found = {name: float(getattr(self, name)) for name in _MACRO}
        for name, ends in self.intervals.items():
            found |= {f"{name}_low": ends.low, f"{name}_high": ends.high}
        return finite(found)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        fields: dict[str, Any] = json_value(self)
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "TagEvaluation":
        """Back from plain values.

        Raises:
            DataError: they are not those of an evaluation.
        """
        try:
            return cls(
                labels=tuple(str(label) for label in fields["labels"]),
                windows=int(fields["windows"]),
                recordings=int(fields["recordings"]),
                tags=tuple(TagScores(**numbers(one)) for one in fields["tags"]),
                intervals=intervals_from_json(fields["intervals"]),
                **{name: number(fields[name]) for name in _MACRO},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"Not the results of an evaluation: {error}.") from error


def evaluate_tags(
    results: Results, thresholds: Sequence[float], *, seed: int = 0, resamples: int = 1000
) -> TagEvaluation:
    """Evaluate a multi-label classifier.

    Intervals come from resampling recordings (Efron & Tibshirani, 1993), widened by Wilson's where
    recordings are few; see ``engine.evaluation.bootstrap``.

    Args:
        results: what it said.
        thresholds: of each label, 0 to 1.
        seed: of the bootstrap.
        resamples: of the bootstrap; 0: no intervals.

    Raises:
        DataError: the results are of a single-label task, or thresholds and labels do not agree.
    """
    truth = results.many_truth()
    if len(thresholds) != len(results.labels):
        raise DataError(f"{len(thresholds)} thresholds are not for {len(results.labels)} labels.")
    rankings = [Ranking(column, true) for column, true in _columns(results.probabilities, truth)]
    tags = tuple(
        _tag(results, index, float(thresholds[index]), ranking)
        for index, ranking in enumerate(rankings)
    )
    present = [tag for tag in tags if tag.support]
    found = TagEvaluation(
        labels=results.labels,
        windows=len(results),
        recordings=len(set(results.recordings)),
        tags=tags,
        macro_auc=_mean([tag.auc for tag in present]),
        macro_average_precision=_mean([tag.average_precision for tag in present]),
        macro_precision=_mean([tag.precision for tag in present]),
        macro_recall=_mean([tag.recall for tag in present]),
        macro_f1=_mean([tag.f1 for tag in present]),
        intervals={},
    )
    return replace(found, intervals=_intervals(found, results, rankings, seed, resamples))


def _columns(
    probabilities: NDArray[np.float32], truth: NDArray[np.bool_]
) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    return [(probabilities[:, index], truth[:, index]) for index in range(truth.shape[1])]


def _mean(values: list[float]) -> float:
    return mean_known(np.asarray(values, dtype=np.float64))


def _tag(results: Results, index: int, threshold: float, ranking: Ranking) -> TagScores:
    true = results.many_truth()[:, index]
    # Both as float32, or a probability would miss a threshold that is written like it.
    said = results.probabilities[:, index] >= np.float32(threshold)
    hits, support, predicted = int((true & said).sum()), int(true.sum()), int(said.sum())
    return TagScores(
        label=results.labels[index],
        threshold=threshold,
        auc=ranking.auc(),
        average_precision=ranking.average_precision(),
        precision=hits / predicted if predicted else math.nan,
        recall=hits / support if support else math.nan,
        f1=2 * hits / (support + predicted) if support else math.nan,
        support=support,
        predicted=predicted,
    )


def _intervals(
    found: TagEvaluation, results: Results, rankings: list[Ranking], seed: int, resamples: int
) -> dict[str, Interval]:
    clusters = results.clusters()
    drawn: list[tuple[float, float]] = []
    for times in resampled(int(clusters.max()) + 1, resamples, seed):
        weights = times[clusters]
        pairs = [ranking.both(weights) for ranking in rankings]
        drawn.append((_mean([auc for auc, _ in pairs]), _mean([ap for _, ap in pairs])))
    values = np.asarray(drawn, dtype=np.float64).reshape(-1, 2)
    names = ("macro_auc", "macro_average_precision")
    return {
        name: share_interval(values[:, place], float(getattr(found, name)), found.recordings)
        for place, name in enumerate(names)
    }
