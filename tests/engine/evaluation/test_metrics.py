"""Figures of a single-label classifier, against hand counts and scikit-learn."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from engine.errors import DataError
from engine.evaluation import Evaluation, Results, evaluate
from engine.evaluation.bootstrap import wilson

LABELS = ("cello", "flute", "piano", "tuba")
ROOT = Path(__file__).resolve().parents[3]


def results(
    probabilities: list[list[float]],
    truth: list[int],
    recordings: list[str] | None = None,
    labels: tuple[str, ...] = ("a", "b", "c"),
) -> Results:
    return Results(
        labels=labels,
        probabilities=np.asarray(probabilities, dtype=np.float32),
        truth=np.asarray(truth, dtype=np.int64),
        recordings=tuple(recordings or [f"{index}.wav" for index in range(len(truth))]),
        starts=np.arange(len(truth)) * 0.5,
    )


def random_results(seed: int = 0, count: int = 400, files: int = 40) -> Results:
    rng = np.random.default_rng(seed)
    file = rng.integers(files, size=count)
    truth = rng.integers(len(LABELS), size=files)[file]
    scores = rng.normal(size=(count, len(LABELS)))
    scores[np.arange(count), truth] += 1.2
    # Rounding makes ties, which ranking must not resolve in our favour.
    odds = np.round(np.exp(scores), 1) + 0.1
    return Results(
        labels=LABELS,
        probabilities=(odds / odds.sum(axis=1, keepdims=True)).astype(np.float32),
        truth=truth,
        recordings=tuple(f"{one}.wav" for one in file),
        starts=np.arange(count) * 1.0,
    )


def one_hot(predicted: list[int], classes: int) -> list[list[float]]:
    return np.eye(classes)[predicted].tolist()


def test_counts_by_hand() -> None:
    found = evaluate(results(one_hot([0, 0, 1, 1, 2, 0], 3), [0, 0, 0, 1, 1, 2]), resamples=0)
    assert found.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [1, 0, 0]]
    assert found.confusion.dtype == np.int64
    assert found.accuracy == pytest.approx(3 / 6)
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert [one.precision for one in found.classes] == pytest.approx([2 / 3, 1 / 2, 0])
    assert [one.f1 for one in found.classes] == pytest.approx([2 / 3, 1 / 2, 0])
    assert [one.support for one in found.classes] == [3, 2, 1]
    assert [one.predicted for one in found.classes] == [3, 2, 1]


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    given = random_results(seed)
    truth, said, shares = given.single_truth(), given.predicted(), given.probabilities
    found = evaluate(given, resamples=0)
    precision, recall, f1, support = sk.precision_recall_fscore_support(truth, said)
    assert found.confusion.tolist() == sk.confusion_matrix(truth, said).tolist()
    assert found.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(truth, said))
    assert [one.precision for one in found.classes] == pytest.approx(precision.tolist())
    assert [one.recall for one in found.classes] == pytest.approx(recall.tolist())
    assert [one.f1 for one in found.classes] == pytest.approx(f1.tolist())
    assert [one.support for one in found.classes] == support.tolist()
    assert found.macro_f1 == pytest.approx(sk.f1_score(truth, said, average="macro"))
    auc = [sk.roc_auc_score(truth == index, shares[:, index]) for index in range(4)]
    assert [one.auc for one in found.classes] == pytest.approx(auc)
    assert found.macro_auc == pytest.approx(np.mean(auc))
    exact = shares.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    assert found.log_loss == pytest.approx(sk.log_loss(truth, exact), rel=1e-5)
    assert found.brier == pytest.approx(
        sk.brier_score_loss(truth, exact, labels=range(4), scale_by_half=False), rel=1e-5
    )


def test_top_k_counts_the_true_class_among_the_most_probable() -> None:
    shares = [[0.5, 0.3, 0.15, 0.05]] * 4
    found = evaluate(results(shares, [0, 1, 2, 3], labels=LABELS), resamples=0)
    assert found.accuracy == 0.25
    assert found.top == {2: 0.5, 3: 0.75}
    three = evaluate(results([[0.5, 0.3, 0.2]] * 3, [0, 1, 2]), resamples=0)
    assert list(three.top) == [2]


def test_top_k_with_equal_probabilities_is_not_flattered() -> None:
    found = evaluate(results([[0.25] * 4] * 4, [0, 1, 2, 3], labels=LABELS), resamples=0)
    assert found.accuracy == 0.25
    assert found.top == {2: 0.5, 3: 0.75}


def test_a_class_never_predicted_has_no_precision_rather_than_none_right() -> None:
    found = evaluate(results(one_hot([0, 0, 0, 1], 3), [0, 1, 2, 1]), resamples=0)
    assert math.isnan(found.classes[2].precision)
    assert found.classes[2].recall == 0
    assert found.classes[2].f1 == 0
    assert found.to_json()["classes"][2]["precision"] is None


def test_a_class_that_does_not_occur_is_left_out_of_the_means() -> None:
    shares = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]]
    found = evaluate(results(shares, [0, 1, 1]), resamples=0)
    assert math.isnan(found.classes[2].recall)
    assert math.isnan(found.classes[2].auc)
    assert math.isnan(found.classes[2].f1)
    assert found.classes[2].precision == 0
    assert found.balanced_accuracy == pytest.approx((1 + 0.5) / 2)
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 2)
    assert found.macro_auc == pytest.approx(
        np.mean([sk.roc_auc_score([1, 0, 0], [0.8, 0.2, 0.1]), 0.75])
    )


def test_perfect_and_all_wrong() -> None:
    right = evaluate(results(one_hot([0, 1, 2], 3), [0, 1, 2]))
    assert (right.accuracy, right.macro_f1, right.macro_auc, right.ece) == (1, 1, 1, 0)
    assert right.log_loss == pytest.approx(0)
    assert right.mistakes == ()
    wrong = evaluate(results(one_hot([1, 2, 0], 3), [0, 1, 2]))
    assert (wrong.accuracy, wrong.macro_f1, wrong.recording_accuracy) == (0, 0, 0)
    assert wrong.brier == pytest.approx(2)
    assert wrong.ece == pytest.approx(1)
    assert wrong.log_loss == pytest.approx(-math.log(np.finfo(np.float32).eps))
    assert len(wrong.mistakes) == 3


def test_calibration_error_by_hand() -> None:
    # Bin (0.6, 0.667]: 0.65 sure, half right; bin (0.933, 1]: 0.95 sure, all right.
    shares = [[0.65, 0.35], [0.65, 0.35], [0.95, 0.05], [0.95, 0.05]]
    found = evaluate(results(shares, [0, 1, 0, 0], labels=("a", "b")), resamples=0)
    filled = [one for one in found.bins if one.count]
    assert len(found.bins) == 15
    assert [one.count for one in filled] == [2, 2]
    assert [one.accuracy for one in filled] == [0.5, 1.0]
    assert [one.confidence for one in filled] == pytest.approx([0.65, 0.95])
    assert found.ece == pytest.approx(0.5 * 0.15 + 0.5 * 0.05)


def test_bins_hold_what_lies_between_their_edges() -> None:
    found = evaluate(random_results(), resamples=0)
    for one in found.bins:
        assert one.count == 0 or one.low < one.confidence <= one.high
    assert sum(one.count for one in found.bins) == 400


def test_recordings_vote_with_the_mean_of_their_windows() -> None:
    shares = [[0.9, 0.1], [0.4, 0.6], [0.4, 0.6], [0.6, 0.4], [0.6, 0.4], [0.55, 0.45]]
    given = results(shares, [0, 0, 0, 1, 1, 1], list("xxxyyy"), ("a", "b"))
    found = evaluate(given, resamples=0)
    assert found.accuracy == pytest.approx(1 / 6)
    assert found.recording_accuracy == 0.5  # x: 1.7 against 1.3, though two of three say b
    assert found.recording_confusion.tolist() == [[1, 0], [1, 0]]


def test_a_file_with_two_labels_votes_for_each() -> None:
    given = results(one_hot([0, 0, 1, 0], 2), [0, 0, 1, 1], list("xxxy"), ("a", "b"))
    found = evaluate(given, resamples=0)
    assert found.recording_confusion.tolist() == [[1, 0], [1, 1]]
    assert found.recordings == 2


def test_mistakes_come_most_confident_first_and_at_most_fifty() -> None:
    shares = [[1 - p, p, 0.0] for p in np.linspace(0.51, 0.99, 60)]
    found = evaluate(results(shares, [0] * 60), resamples=0)
    assert len(found.mistakes) == 50
    worst = found.mistakes[0]
    assert (worst.recording, worst.start) == ("59.wav", 29.5)
    assert (worst.truth, worst.predicted) == ("a", "b")
    assert worst.probability == pytest.approx(0.99)
    assert worst.truth_probability == pytest.approx(0.01)
    said = [one.probability for one in found.mistakes]
    assert said == sorted(said, reverse=True)


def agreeing(recordings: tuple[str, ...], right: NDArray[np.bool_]) -> Results:
    truth = np.arange(len(right), dtype=np.int64) % 2
    said = np.where(right, truth, 1 - truth)
    return Results(
        labels=("a", "b"),
        probabilities=np.eye(2, dtype=np.float32)[said],
        truth=truth,
        recordings=recordings,
        starts=np.zeros(len(right)),
    )


def test_intervals_are_wider_when_windows_of_a_recording_agree() -> None:
    right = np.repeat(np.arange(20) % 4 != 0, 50)  # whole recordings are right or wrong
    clustered = evaluate(agreeing(tuple(str(i // 50) for i in range(1000)), right))
    naive = evaluate(agreeing(tuple(str(i) for i in range(1000)), right))
    assert clustered.accuracy == naive.accuracy == 0.75

    def width(found: Evaluation) -> float:
        return found.intervals["accuracy"].high - found.intervals["accuracy"].low

    # Standard errors: sqrt(0.75 * 0.25 / 20) = 0.097 and sqrt(0.75 * 0.25 / 1000) = 0.0137.
    assert width(clustered) == pytest.approx(2 * 1.96 * 0.097, rel=0.15)
    assert width(naive) == pytest.approx(2 * 1.96 * 0.0137, rel=0.15)


def test_the_page_of_figures_says_what_is_resampled() -> None:
    """Labels: recordings, which is all that their results keep; dimensions: groups, of artists."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    emotion, courses = page.split("### Emotion")[1].split("### The courses' networks")
    assert "bootstrap over artists" in emotion
    assert "bootstrap over recordings;" in courses
    assert "recordings or groups" not in courses
    given = random_results()
    assert not hasattr(given, "groups")
    assert int(given.clusters().max()) + 1 == len(set(given.recordings))


def test_every_interval_holds_its_figure_and_repeats_with_its_seed() -> None:
    given = random_results()
    first, again, other = (evaluate(given, seed=seed, resamples=200) for seed in (1, 1, 2))
    names = {"accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy"}
    assert set(first.intervals) == names
    for name in names:
        ends = first.intervals[name]
        assert 0 <= ends.low < getattr(first, name) < ends.high <= 1
    assert first.intervals == again.intervals
    assert first.intervals != other.intervals


def test_one_recording_gives_no_interval() -> None:
    found = evaluate(results(one_hot([0, 1, 1], 3), [0, 1, 2], ["x", "x", "x"]))
    assert math.isnan(found.intervals["accuracy"].low)
    assert "accuracy_low" not in found.figures()
    assert found.figures()["accuracy"] == pytest.approx(2 / 3)


def test_figures_are_flat_and_finite() -> None:
    figures = evaluate(random_results(), resamples=50).figures()
    wanted = {
        "accuracy", "balanced_accuracy", "macro_f1", "macro_auc", "ece", "log_loss", "brier",
        "top_2", "top_3", "recording_accuracy", "accuracy_low", "accuracy_high",
        "recording_accuracy_low", "macro_f1_high", "balanced_accuracy_low",
    }  # fmt: skip
    assert wanted <= set(figures)
    assert all(math.isfinite(value) for value in figures.values())
    undefined = evaluate(results(one_hot([0, 0], 3), [0, 0]), resamples=0).figures()
    assert "macro_auc" not in undefined


@pytest.mark.parametrize("truth", [[0, 1, 1, 0], [0, 0, 0, 0]])
def test_json_and_back(truth: list[int]) -> None:
    found = evaluate(results(one_hot([0, 0, 1, 0], 3), truth), resamples=20)
    text = json.dumps(found.to_json(), allow_nan=False)
    back = Evaluation.from_json(json.loads(text))
    assert json.dumps(back.to_json(), allow_nan=False) == text
    assert back.confusion.tolist() == found.confusion.tolist()
    assert back.mistakes == found.mistakes
    assert back.top == found.top
    assert back.figures() == found.figures()
    assert math.isnan(back.classes[2].precision)


@pytest.mark.parametrize("change", [{"accuracy": "high"}, {"confusion": [[1]]}, {"classes": [{}]}])
def test_wrong_json_is_refused(change: dict[str, object]) -> None:
    fields = evaluate(results(one_hot([0, 1], 3), [0, 1]), resamples=0).to_json()
    with pytest.raises(DataError):
        Evaluation.from_json(fields | change)


@pytest.mark.parametrize(
    ("probabilities", "truth"),
    [
        (np.zeros((0, 2)), np.zeros(0)),
        (np.full((2, 2), np.nan), np.zeros(2)),
        (np.full((2, 2), 1.5), np.zeros(2)),
        (np.full((2, 3), 0.3), np.zeros(2)),
        (np.full((2, 2), 0.5), np.full(2, 2)),
        (np.full((2, 2), 0.5), np.zeros(3)),
    ],
)
def test_impossible_results_are_refused(
    probabilities: NDArray[np.float64], truth: NDArray[np.float64]
) -> None:
    count = len(probabilities)
    with pytest.raises(DataError):
        Results(
            ("a", "b"),
            probabilities.astype(np.float32),
            truth.astype(np.int64),
            ("x",) * count,
            np.zeros(count),
        )


def test_several_labels_need_evaluate_tags() -> None:
    given = Results(
        ("a",), np.ones((1, 1), dtype=np.float32), np.ones((1, 1), dtype=bool), ("x",), np.zeros(1)
    )
    with pytest.raises(DataError, match="evaluate_tags"):
        evaluate(given)


def test_few_recordings_never_look_certain() -> None:
    """Two recordings that are right showed 1.0000 (1.000 to 1.000)."""
    from engine.classifier.figures import with_bounds

    for count, least in ((2, 0.342), (5, 0.566), (40, 0.912)):  # Wilson (1927), z = 1.96
        names = tuple(str(index // 10) for index in range(10 * count))
        found = evaluate(agreeing(names, np.ones(10 * count, dtype=bool)))
        ends = found.intervals["accuracy"]
        assert (ends.low, ends.high) == (pytest.approx(least, abs=0.001), 1.0)
        assert found.intervals["recording_accuracy"] == ends
        assert with_bounds(found.figures(), "accuracy").count("1.000") < 3
    # One of two right: scipy.stats.binomtest(1, 2).proportion_ci(method="wilson").
    assert wilson(0.5, 2) == (pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4))
