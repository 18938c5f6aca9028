"""Figures of a multi-label classifier, against hand counts and scikit-learn."""

import json
import math

import numpy as np
import pytest
from sklearn import metrics as sk

from engine.errors import DataError
from engine.evaluation import Results, TagEvaluation, evaluate, evaluate_tags
from engine.evaluation.ranking import Ranking


def tagged(seed: int = 0, count: int = 300) -> Results:
    rng = np.random.default_rng(seed)
    truth = rng.random((count, 3)) < [0.5, 0.2, 0.05]
    truth[0] = True
    scores = np.round(np.clip(rng.normal(0.35 + 0.25 * truth, 0.2), 0, 1), 2)  # with ties
    return Results(
        labels=("vocal", "guitar", "harp"),
        probabilities=scores.astype(np.float32),
        truth=truth,
        recordings=tuple(str(index // 10) for index in range(count)),
        starts=np.arange(count) * 1.0,
    )


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    given = tagged(seed)
    truth, scores = given.many_truth(), given.probabilities
    found = evaluate_tags(given, [0.5, 0.4, 0.6], resamples=0)
    said = scores >= np.asarray([0.5, 0.4, 0.6], dtype=np.float32)
    auc = [sk.roc_auc_score(truth[:, k], scores[:, k]) for k in range(3)]
    average = [sk.average_precision_score(truth[:, k], scores[:, k]) for k in range(3)]
    precision, recall, f1, _ = sk.precision_recall_fscore_support(truth, said, zero_division=0)
    assert [tag.auc for tag in found.tags] == pytest.approx(auc)
    assert [tag.average_precision for tag in found.tags] == pytest.approx(average)
    assert [tag.precision for tag in found.tags] == pytest.approx(precision.tolist())
    assert [tag.recall for tag in found.tags] == pytest.approx(recall.tolist())
    assert [tag.f1 for tag in found.tags] == pytest.approx(f1.tolist())
    assert found.macro_auc == pytest.approx(np.mean(auc))
    assert found.macro_average_precision == pytest.approx(np.mean(average))
    assert found.macro_f1 == pytest.approx(np.mean(f1))


def test_weights_count_like_repetitions() -> None:
    rng = np.random.default_rng(5)
    scores, truth = np.round(rng.random(60), 1), rng.random(60) < 0.4
    weights = rng.integers(0, 4, size=60)
    many = Ranking(np.repeat(scores, weights), np.repeat(truth, weights))
    once = Ranking(scores, truth)
    assert once.auc(weights) == pytest.approx(many.auc())
    assert once.average_precision(weights) == pytest.approx(many.average_precision())
    assert once.both(weights) == (once.auc(weights), once.average_precision(weights))
    assert once.auc(weights) != pytest.approx(once.auc())


def test_ties_count_half() -> None:
    assert Ranking(np.full(4, 0.5), np.asarray([True, False, True, False])).auc() == 0.5


def test_absent_and_unpredicted_tags() -> None:
    given = Results(
        labels=("present", "absent", "unpredicted"),
        probabilities=np.asarray([[0.9, 0.8, 0.1], [0.2, 0.1, 0.3]], dtype=np.float32),
        truth=np.asarray([[True, False, False], [False, False, True]]),
        recordings=("x", "y"),
        starts=np.zeros(2),
    )
    found = evaluate_tags(given, [0.5] * 3, resamples=0)
    present, absent, unpredicted = found.tags
    assert (present.precision, present.recall, present.f1, present.auc) == (1, 1, 1, 1)
    assert math.isnan(absent.recall)
    assert math.isnan(absent.f1)
    assert math.isnan(absent.auc)
    assert math.isnan(absent.average_precision)
    assert absent.precision == 0
    assert math.isnan(unpredicted.precision)
    assert (unpredicted.recall, unpredicted.f1, unpredicted.auc) == (0, 0, 1)
    assert found.macro_precision == 1  # the only one that was predicted and occurs
    assert found.macro_recall == 0.5
    assert found.macro_f1 == 0.5
    assert found.to_json()["tags"][2]["precision"] is None


def test_a_probability_at_its_threshold_is_heard() -> None:
    given = Results(
        ("a",),
        np.asarray([[0.3]], dtype=np.float32),
        np.ones((1, 1), dtype=bool),
        ("x",),
        np.zeros(1),
    )
    assert evaluate_tags(given, [0.3], resamples=0).tags[0].recall == 1


def test_intervals_figures_and_json() -> None:
    found = evaluate_tags(tagged(), [0.5] * 3, resamples=100)
    for name in ("macro_auc", "macro_average_precision"):
        ends = found.intervals[name]
        assert ends.low < getattr(found, name) < ends.high
        assert found.figures()[f"{name}_low"] == ends.low
    back = TagEvaluation.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert back == found


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError):
        evaluate_tags(tagged(), [0.5])
    with pytest.raises(DataError):
        evaluate(tagged())
    with pytest.raises(DataError):
        TagEvaluation.from_json({"labels": ["a"]})
