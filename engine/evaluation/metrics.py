"""Metrics of a single-label classifier, with confidence intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.bootstrap import Interval, resampled, share_interval
from engine.evaluation.json_values import finite, json_value, number, numbers
from engine.evaluation.ranking import mean_known
from engine.evaluation.results import Results
from engine.evaluation.scores import (
    ClassScores,
    Confusion,
    Mistake,
    ReliabilityBin,
    Votes,
    accuracy_of,
    brier_score,
    calibration_error,
    class_scores,
    confused,
    confusion_matrix,
    f1_scores,
    log_loss,
    macro_auc,
    recalls,
    reliability_bins,
    top_accuracy,
    vote,
    worst_mistakes,
)

_RESAMPLED = ("accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures of a single-label classifier.

    Attributes:
        labels: names of the classes.
        windows: how many were judged.
        recordings: how many files they come from.
        accuracy: share of windows that are right, 0 to 1.
        balanced_accuracy: mean recall of the classes that occur, 0 to 1.
        macro_f1: mean F1 of the classes that occur, 0 to 1.
        macro_auc: mean one-against-rest ROC-AUC where defined, 0 to 1, or NaN.
        log_loss: mean negative log-likelihood in nats.
        brier: Brier score, 0 to 2.
        ece: expected calibration error in 15 bins, 0 to 1.
        top: share of windows whose class is among the k most probable, by k.
        classes: each class, in the order of the labels.
        confusion: windows, int64, shape (classes, classes); rows true, columns predicted.
        bins: of the reliability diagram.
        recording_accuracy: the same as accuracy with one vote for each recording.
        recording_confusion: recordings, int64, shape (classes, classes).
        intervals: 95 % intervals of the cluster bootstrap, by the figure's name.
        mistakes: at most 50, the most confident first.
        confused: of each cell of the confusion matrix at most 30, the most confident first; empty
            in results written before they were kept.
    """

    labels: tuple[str, ...]
    windows: int
    recordings: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    macro_auc: float
    log_loss: float
    brier: float
    ece: float
    top: dict[int, float]
    classes: tuple[ClassScores, ...]
    confusion: Confusion
    bins: tuple[ReliabilityBin, ...]
    recording_accuracy: float
    recording_confusion: Confusion
    intervals: dict[str, Interval]
    mistakes: tuple[Mistake, ...]
    confused: tuple[Mistake, ...] = ()

    def figures(self) -> dict[str, float]:
        """The figures by name, with ``_low`` and ``_high`` of their intervals; only finite ones."""
        names = (*_RESAMPLED, "macro_auc", "log_loss", "brier", "ece")
        found = {name: float(getattr(self, name)) for name in names}
        found |= {f"top_{most}": share for most, share in self.top.items()}
        for name, ends in self.intervals.items():
            found |= {f"{name}_low": ends.low, f"{name}_high": ends.high}
        return finite(found)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        fields: dict[str, Any] = json_value(self)
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Evaluation":
        """Back from plain values.

        Raises:
            DataError: they are not those of an evaluation.
        """
        try:
            return _from_json(fields)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"Not the results of an evaluation: {error}.") from error


def evaluate(results: Results, *, seed: int = 0, resamples: int = 1000) -> Evaluation:
    """Evaluate a single-label classifier.

    Intervals are percentiles of a bootstrap that resamples recordings, not windows (Efron &
    Tibshirani, *An Introduction to the Bootstrap*, 1993), widened by Wilson's where recordings are
    few; see ``engine.evaluation.bootstrap``. Means over classes are over those that occur in the
    truth, here and in each resample.

    Args:
        results: what it said.
        seed: of the bootstrap.
        resamples: of the bootstrap; 0: no intervals.

    Raises:
        DataError: the results are of a multi-label task.
    """
    truth, predicted = results.single_truth(), results.predicted()
    count = len(results.labels)
    confusion = confusion_matrix(truth, predicted, count)
    classes = class_scores(results, confusion)
    bins = reliability_bins(results)
    votes = vote(results)
    by_recording = confusion_matrix(votes.truth, votes.predicted, count)
    found = Evaluation(
        labels=results.labels,
        windows=len(results),
        recordings=len(set(results.recordings)),
        accuracy=accuracy_of(confusion),
        balanced_accuracy=mean_known(recalls(confusion)),
        macro_f1=mean_known(f1_scores(confusion)),
        macro_auc=macro_auc(classes),
        log_loss=log_loss(results),
        brier=brier_score(results),
        ece=calibration_error(bins),
        top={most: top_accuracy(results, most) for most in (2, 3) if count > most},
        classes=classes,
        confusion=confusion,
        bins=bins,
        recording_accuracy=accuracy_of(by_recording),
        recording_confusion=by_recording,
        intervals={},
        mistakes=worst_mistakes(results),
        confused=confused(results),
    )
    return replace(found, intervals=_intervals(found, results, votes, seed, resamples))


def _intervals(
    found: Evaluation, results: Results, votes: Votes, seed: int, resamples: int
) -> dict[str, Interval]:
    truth, predicted = results.single_truth(), results.predicted()
    clusters, classes = results.clusters(), len(results.labels)
    drawn: list[tuple[float, ...]] = []
    for times in resampled(int(clusters.max()) + 1, resamples, seed):
        windows = confusion_matrix(truth, predicted, classes, times[clusters])
        recordings = confusion_matrix(votes.truth, votes.predicted, classes, times[votes.clusters])
        drawn.append(
            (
                accuracy_of(windows),
                mean_known(recalls(windows)),
                mean_known(f1_scores(windows)),
                accuracy_of(recordings),
            )
        )
    values = np.asarray(drawn, dtype=np.float64).reshape(-1, len(_RESAMPLED))
    return {
        name: share_interval(values[:, place], float(getattr(found, name)), found.recordings)
        for place, name in enumerate(_RESAMPLED)
    }


def _from_json(fields: Mapping[str, Any]) -> Evaluation:
    labels = tuple(str(label) for label in fields["labels"])
    figures = (
        "accuracy", "balanced_accuracy", "macro_f1", "macro_auc", "log_loss", "brier", "ece",
        "recording_accuracy",
    )  # fmt: skip
    return Evaluation(
        labels=labels,
        windows=int(fields["windows"]),
        recordings=int(fields["recordings"]),
        top={int(most): number(share) for most, share in fields["top"].items()},
        classes=tuple(ClassScores(**numbers(one)) for one in fields["classes"]),
        confusion=_matrix(fields["confusion"], len(labels)),
        bins=tuple(ReliabilityBin(**numbers(one)) for one in fields["bins"]),
        recording_confusion=_matrix(fields["recording_confusion"], len(labels)),
        intervals=intervals_from_json(fields["intervals"]),
        mistakes=tuple(Mistake(**numbers(one)) for one in fields["mistakes"]),
        confused=tuple(Mistake(**numbers(one)) for one in fields.get("confused", ())),
        **{name: number(fields[name]) for name in figures},
    )


def intervals_from_json(fields: Mapping[str, Any]) -> dict[str, Interval]:
    """Intervals back from plain values."""
    return {name: Interval(**numbers(ends)) for name, ends in fields.items()}


def _matrix(rows: Any, size: int) -> NDArray[np.int64]:
    return np.asarray(rows, dtype=np.int64).reshape(size, size)
