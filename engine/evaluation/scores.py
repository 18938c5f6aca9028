"""Scores from the confusion matrix, from probabilities, and by recording."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.ranking import Ranking, mean_known
from engine.evaluation.results import Results

Confusion = NDArray[np.int64]
BINS = 15
MOST_MISTAKES = 50
MOST_OF_A_CELL = 30


@dataclass(frozen=True)
class ClassScores:
    """One class.

    Attributes:
        label: its name.
        precision: share of the windows given this class that are of it; NaN: never predicted.
        recall: share of its windows that were found; NaN: no window is of this class.
        f1: harmonic mean of both; NaN: no window is of this class.
        auc: area under the ROC curve against all other classes; NaN where undefined.
        support: windows of this class.
        predicted: windows given this class.
    """

    label: str
    precision: float
    recall: float
    f1: float
    auc: float
    support: int
    predicted: int


@dataclass(frozen=True)
class ReliabilityBin:
    """Windows whose highest probability is above ``low`` and at most ``high``.

    Attributes:
        low: lower edge, 0 to 1.
        high: upper edge, 0 to 1.
        confidence: their mean highest probability; NaN: none are here.
        accuracy: share of them that is right; NaN: none are here.
        count: how many they are.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Mistake:
    """A window that was classified incorrectly.

    Attributes:
        recording: its file.
        start: seconds from the file's start.
        truth: its label.
        predicted: the label it was given.
        probability: of the label it was given.
        truth_probability: of its own label.
    """

    recording: str
    start: float
    truth: str
    predicted: str
    probability: float
    truth_probability: float


def confusion_matrix(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    classes: int,
    weights: NDArray[np.int64] | None = None,
) -> Confusion:
    """Count windows by true class (rows) and predicted class (columns).

    Args:
        truth: class numbers, shape (windows,).
        predicted: class numbers, shape (windows,).
        classes: how many there are.
        weights: how often each window counts, shape (windows,); None: once.

    Returns:
        int64, shape (classes, classes).
    """
    counts = np.bincount(truth * classes + predicted, weights, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """``part / whole``, NaN where ``whole`` is 0."""
    return np.where(whole > 0, part / np.maximum(whole, 1), math.nan)


def accuracy_of(confusion: Confusion) -> float:
    """Share of windows on the diagonal; NaN without windows."""
    total = int(confusion.sum())
    return float(np.trace(confusion) / total) if total else math.nan


def recalls(confusion: Confusion) -> NDArray[np.float64]:
    """Recall of each class, shape (classes,); NaN for classes without windows."""
    return ratio(np.diagonal(confusion), confusion.sum(axis=1))


def f1_scores(confusion: Confusion) -> NDArray[np.float64]:
    """F1 of each class, shape (classes,): ``2 TP / (2 TP + FP + FN)``.

    A class that occurs but is never predicted has an F1 of 0; one that does not occur has NaN.
    """
    support = confusion.sum(axis=1)
    scores = ratio(2 * np.diagonal(confusion), support + confusion.sum(axis=0))
    return np.where(support > 0, scores, math.nan)


def class_scores(results: Results, confusion: Confusion) -> tuple[ClassScores, ...]:
    """Scores of each class of a single-label task, in the order of the labels."""
    truth = results.single_truth()
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = ratio(np.diagonal(confusion), predicted), recalls(confusion)
    f1 = f1_scores(confusion)
    return tuple(
        ClassScores(
            label=label,
            precision=float(precision[index]),
            recall=float(recall[index]),
            f1=float(f1[index]),
            auc=Ranking(results.probabilities[:, index], truth == index).auc(),
            support=int(support[index]),
            predicted=int(predicted[index]),
        )
        for index, label in enumerate(results.labels)
    )


def top_accuracy(results: Results, most: int) -> float:
    """Share of windows whose class is among the ``most`` most probable, ties in label order."""
    order = np.argsort(-results.probabilities, axis=1, kind="stable")[:, :most]
    return float((order == results.single_truth()[:, None]).any(axis=1).mean())


def log_loss(results: Results) -> float:
    """Mean negative natural logarithm of the true class's probability, in nats.

    Probabilities under float32's epsilon count as it, so that one window cannot make it infinite.
    """
    least = float(np.finfo(np.float32).eps)
    true = np.take_along_axis(results.probabilities, results.single_truth()[:, None], axis=1)
    return float(-np.log(np.maximum(true.astype(np.float64), least)).mean())


def brier_score(results: Results) -> float:
    """Mean over windows of the squared error summed over classes, 0 to 2 (Brier, 1950)."""
    wanted = np.eye(len(results.labels))[results.single_truth()]
    return float(np.square(results.probabilities - wanted).sum(axis=1).mean())


def reliability_bins(results: Results, count: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Confidence beside accuracy, in bins of equal width (Guo et al., 2017, section 2)."""
    highest = results.probabilities.max(axis=1).astype(np.float64)
    right = results.predicted() == results.single_truth()
    place = np.clip(np.ceil(highest * count).astype(np.int64) - 1, 0, count - 1)
    found = []
    for index in range(count):
        here = place == index
        some = bool(here.any())
        found.append(
            ReliabilityBin(
                low=index / count,
                high=(index + 1) / count,
                confidence=float(highest[here].mean()) if some else math.nan,
                accuracy=float(right[here].mean()) if some else math.nan,
                count=int(here.sum()),
            )
        )
    return tuple(found)


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Expected calibration error: mean gap of confidence and accuracy, weighted by windows.

    From Naeini, Cooper & Hauskrecht, *Obtaining well calibrated probabilities using Bayesian
    binning*, AAAI 2015.

    Returns:
        0 to 1; NaN without windows.
    """
    total = sum(one.count for one in bins)
    gaps = [one.count * abs(one.confidence - one.accuracy) for one in bins if one.count]
    return sum(gaps) / total if total else math.nan


@dataclass(frozen=True, eq=False)
class Votes:
    """One answer for each recording: the class of the highest mean probability.

    A file whose windows have different labels is one vote for each of its labels.

    Attributes:
        clusters: the recording of each vote, numbered as ``Results.clusters``, shape (votes,).
        truth: class numbers, int64, shape (votes,).
        predicted: class numbers, int64, shape (votes,).
    """

    clusters: NDArray[np.int64]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]


def vote(results: Results) -> Votes:
    """Join the windows of each recording."""
    truth, clusters = results.single_truth(), results.clusters()
    classes = len(results.labels)
    units, member = np.unique(clusters * classes + truth, return_inverse=True)
    sums = np.zeros((len(units), classes))
    np.add.at(sums, member, results.probabilities)
    return Votes(units // classes, units % classes, np.argmax(sums, axis=1))


def worst_mistakes(results: Results, most: int = MOST_MISTAKES) -> tuple[Mistake, ...]:
    """Incorrect predictions, the most confident first."""
    truth, predicted = results.single_truth(), results.predicted()
    wrong = np.flatnonzero(truth != predicted)
    confidence = results.probabilities[wrong, predicted[wrong]]
    worst = wrong[np.argsort(-confidence, kind="stable")[:most]]
    return tuple(
        Mistake(
            recording=results.recordings[index],
            start=float(results.starts[index]),
            truth=results.labels[truth[index]],
            predicted=results.labels[predicted[index]],
            probability=float(results.probabilities[index, predicted[index]]),
            truth_probability=float(results.probabilities[index, truth[index]]),
        )
        for index in worst
    )


def confused(results: Results, most: int = MOST_OF_A_CELL) -> tuple[Mistake, ...]:
    """For each cell beside the diagonal of the confusion matrix its most confident mistakes."""
    told: dict[tuple[str, str], int] = {}
    found = []
    for mistake in worst_mistakes(results, len(results)):
        cell = mistake.truth, mistake.predicted
        told[cell] = told.get(cell, 0) + 1
        if told[cell] <= most:
            found.append(mistake)
    return tuple(found)


def macro_auc(classes: tuple[ClassScores, ...]) -> float:
    """Mean over the classes for which it is defined."""
    return mean_known(np.asarray([one.auc for one in classes]))
