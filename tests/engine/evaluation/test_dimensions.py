"""Figures of a regression, beside those that other programs compute."""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from engine.classifier.figures import term
from engine.errors import DataError
from engine.evaluation import ValueEvaluation, ValueResults, evaluate_values
from engine.evaluation.significance import compare_values

NAMES = ("valence", "arousal")


def results(noise: float = 0.5, groups: int = 12, seed: int = 3) -> ValueResults:
    """Two windows a recording, two recordings a group."""
    rng = np.random.default_rng(seed)
    recordings = 2 * groups
    truth = np.repeat(np.random.default_rng(1).normal([5, 0], [2, 0.3], (recordings, 2)), 2, axis=0)
    said = truth + rng.normal(0, noise, truth.shape) * [2, 0.3]
    return ValueResults(
        dimensions=NAMES,
        values=said.astype(np.float32),
        truth=truth.astype(np.float32),
        baseline=np.asarray([5.5, 0.1], dtype=np.float32),
        recordings=tuple(f"sound {n // 2}" for n in range(len(truth))),
        groups=tuple(f"artist {n // 4}" for n in range(len(truth))),
        starts=np.arange(len(truth), dtype=np.float64),
    )


def lin(said: np.ndarray, true: np.ndarray) -> float:
    """The concordance as Lin (1989) writes it."""
    both = np.cov(said, true, bias=True)[0, 1]
    return float(2 * both / (said.var() + true.var() + (said.mean() - true.mean()) ** 2))


def test_figures_are_those_of_others() -> None:
    given = results()
    found = evaluate_values(given, resamples=0)
    for place, one in enumerate(found.dimensions):
        said = given.values[:, place].astype(float)
        true = given.truth[:, place].astype(float)
        assert one.name == NAMES[place]
        assert one.rmse == pytest.approx(root_mean_squared_error(true, said), rel=1e-6)
        assert one.r2 == pytest.approx(r2_score(true, said), abs=1e-6)
        assert one.concordance == pytest.approx(lin(said, true), abs=1e-6)
        constant = np.full_like(true, given.baseline[place])
        assert one.mean_rmse == pytest.approx(root_mean_squared_error(true, constant), rel=1e-6)
        assert one.gain == pytest.approx(1 - (one.rmse / one.mean_rmse) ** 2, abs=1e-9)
    assert found.r2 == pytest.approx(np.mean([one.r2 for one in found.dimensions]))


def test_recordings_are_judged_by_the_mean_of_their_windows() -> None:
    given = results()
    found = evaluate_values(given, resamples=0)
    said = given.values[:, 0].reshape(-1, 2).mean(1).astype(float)
    true = given.truth[::2, 0].astype(float)
    assert found.by_recording[0].rmse == pytest.approx(root_mean_squared_error(true, said))
    assert found.recording_r2 > found.r2  # noise averages out
    assert (found.windows, found.recordings, found.groups) == (48, 24, 12)


def test_the_mean_predictor_removes_nothing() -> None:
    given = results()
    constant = np.broadcast_to(given.baseline, given.truth.shape).copy()
    found = evaluate_values(
        ValueResults(
            NAMES, constant, given.truth, given.baseline, given.recordings, given.groups,
            given.starts,
        )
    )  # fmt: skip
    for one in found.dimensions:
        assert (one.gain, one.concordance) == (0.0, 0.0)
        assert one.r2 < 0
        assert not one.beats_mean


def test_intervals_hold_the_figure_and_come_from_groups() -> None:
    found = evaluate_values(results(), seed=2, resamples=300)
    for one in found.dimensions:
        assert one.beats_mean
        for name, ends in one.intervals.items():
            assert ends.low < getattr(one, name) < ends.high
    few = evaluate_values(results(groups=1))
    assert math.isnan(few.dimensions[0].intervals["rmse"].low)
    assert not few.dimensions[0].beats_mean


def test_groups_and_not_windows_are_resampled() -> None:
    """A copy of each window within its group tells nothing new: the intervals stay."""
    given = results()

    def twice(rows: np.ndarray) -> np.ndarray:
        return np.concatenate([rows, rows])

    double = ValueResults(
        NAMES, twice(given.values), twice(given.truth), given.baseline, given.recordings * 2,
        given.groups * 2, twice(given.starts),
    )  # fmt: skip
    one, other = (evaluate_values(r, resamples=50).dimensions[0] for r in (given, double))
    assert one.intervals["rmse"].low == pytest.approx(other.intervals["rmse"].low)


def test_json_and_back() -> None:
    found = evaluate_values(results(), resamples=20)
    text = json.dumps(found.to_json(), allow_nan=False)
    assert ValueEvaluation.from_json(json.loads(text)) == found
    with pytest.raises(DataError, match="Not the results"):
        ValueEvaluation.from_json({"windows": 3})


def test_figures_have_names() -> None:
    figures = evaluate_values(results(), resamples=20).figures()
    assert figures["rmse:valence_low"] < figures["rmse:valence"] < figures["rmse:valence_high"]
    assert term("rmse:valence").name == "RMSE of valence"
    assert term("recording_concordance").name == "concordance (CCC) by recording"


def test_what_does_not_fit_is_refused() -> None:
    given = results()
    with pytest.raises(DataError, match="not those of"):
        ValueResults(
            NAMES, given.values[:, :1], given.truth, given.baseline, given.recordings,
            given.groups, given.starts,
        )  # fmt: skip
    with pytest.raises(DataError, match="diverged"):
        ValueResults(
            NAMES, given.values * np.float32(np.nan), given.truth, given.baseline,
            given.recordings, given.groups, given.starts,
        )  # fmt: skip


def test_two_regressions_are_compared() -> None:
    verdict = compare_values(results(1.0), results(0.2, seed=4), names=("old", "new"))
    assert verdict.startswith("new is better than old by")
    same = compare_values(results(0.5), results(0.5, seed=4), names=("old", "new"))
    assert same.startswith("No significant difference")
    with pytest.raises(DataError, match="same windows"):
        compare_values(results(), results(groups=5))
