"""Temperature and thresholds: known answers come back."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation import best_thresholds, fit_temperature, none_threshold


def drawn(temperature: float, count: int = 20_000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits that are ``temperature`` times too large for the truth drawn from them."""
    rng = np.random.default_rng(7)
    fair = rng.normal(0, 1.5, size=(count, 5))
    shares = np.exp(fair) / np.exp(fair).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1).clip(0, 4)
    return (fair * temperature).astype(np.float32), truth.astype(np.int64)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5, 8.0])
def test_a_known_temperature_is_found(temperature: float) -> None:
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.04)


def test_the_temperature_has_the_least_loss() -> None:
    logits, truth = drawn(3.0, count=300)

    def loss(temperature: float) -> float:
        scaled = logits.astype(np.float64) / temperature
        shares = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
        return float(-np.log(shares[np.arange(len(truth)), truth]).mean())

    found = fit_temperature(logits, truth)
    assert loss(found) < min(loss(found * 1.02), loss(found / 1.02), loss(1.0))


def test_the_temperature_stays_within_its_bounds() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, size=(500, 3)).astype(np.float32)
    chance = rng.integers(3, size=500)
    assert fit_temperature(1000 * noise, chance) == pytest.approx(20)
    faint = np.asarray([[1e-3, 0]] * 99 + [[0, 1e-3]], dtype=np.float32)
    assert fit_temperature(faint, np.zeros(100, dtype=np.int64)) == pytest.approx(0.05)


def test_when_no_window_is_wrong_nothing_is_learned() -> None:
    sure = np.asarray([[9, 0], [0, 9]], dtype=np.float32)
    assert fit_temperature(sure, np.asarray([0, 1])) == 1
    assert fit_temperature(sure, np.asarray([1, 0])) == pytest.approx(20)
    level = np.asarray([[5, 5], [0, 9]], dtype=np.float32)
    assert fit_temperature(level, np.asarray([0, 1])) == 1


def test_large_logits_do_not_overflow() -> None:
    logits = np.asarray([[5000, 0], [0, 4000], [0, 3000]], dtype=np.float32)
    assert 0.05 <= fit_temperature(logits, np.asarray([0, 1, 0])) <= 20


@pytest.mark.parametrize(
    "logits", [np.zeros((0, 2)), np.zeros((3, 2)), np.full((2, 2), np.nan), np.zeros(2)]
)
def test_logits_that_do_not_fit_are_refused(logits: NDArray[np.float64]) -> None:
    with pytest.raises(DataError):
        fit_temperature(logits.astype(np.float32), np.zeros(2, dtype=np.int64))


def test_the_none_threshold_lies_in_the_middle_of_a_clean_gap() -> None:
    known, background = np.asarray([0.8, 0.9, 0.95]), np.asarray([0.1, 0.2])
    assert none_threshold(known, background) == pytest.approx(0.5)


def test_the_none_threshold_keeps_the_recall() -> None:
    rng = np.random.default_rng(0)
    known, background = rng.normal(0.6, 0.15, 1000), rng.normal(0.5, 0.15, 1000)
    free = none_threshold(known, background, recall=0.01)
    kept = none_threshold(known, background, recall=0.95)
    assert (known >= kept).mean() >= 0.95
    assert (known >= kept).mean() < 0.96  # overlapping so much, no more than asked for
    assert free == pytest.approx(0.55, abs=0.06)  # Youden's, where equal normals cross


def test_without_background_the_none_threshold_is_the_quantile() -> None:
    known = np.arange(1, 101) / 100
    threshold = none_threshold(known, np.zeros(0))
    assert threshold == pytest.approx(0.06)
    assert (known >= threshold).mean() == pytest.approx(0.95)
    assert none_threshold(known, np.zeros(0), recall=1.0) == pytest.approx(0.01)


def test_a_none_threshold_without_sense_is_refused() -> None:
    with pytest.raises(DataError):
        none_threshold(np.zeros(0), np.zeros(3))
    with pytest.raises(DataError):
        none_threshold(np.ones(3), np.zeros(3), recall=0)
    with pytest.raises(DataError):
        none_threshold(np.asarray([np.nan]), np.zeros(3))


def test_best_thresholds_by_hand() -> None:
    scores = np.asarray([[0.9, 0.9], [0.7, 0.8], [0.4, 0.3], [0.2, 0.1]], dtype=np.float32)
    truth = np.asarray([[True, False], [True, False], [False, False], [False, False]])
    assert best_thresholds(scores, truth) == pytest.approx([0.55, 0.5])


def test_best_thresholds_have_the_best_f1() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random((200, 2)) < 0.3
    scores = np.round(rng.normal(0.4 + 0.2 * truth, 0.15).clip(0, 1), 2).astype(np.float32)
    found = best_thresholds(scores, truth)

    def f1(threshold: float, label: int) -> float:
        said = scores[:, label] >= threshold
        true = truth[:, label]
        return float(2 * (said & true).sum() / (said.sum() + true.sum()))

    for label, threshold in enumerate(found):
        tried = [f1(value, label) for value in np.linspace(0, 1, 401)]
        assert f1(threshold, label) == pytest.approx(max(tried))


def test_best_thresholds_refuse_what_does_not_fit() -> None:
    with pytest.raises(DataError):
        best_thresholds(np.zeros((2, 2), dtype=np.float32), np.zeros((2, 3), dtype=bool))
