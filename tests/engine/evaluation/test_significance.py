"""McNemar against published examples and scipy; the paired bootstrap against what it must see."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from engine.errors import DataError
from engine.evaluation import Results, compare, mcnemar


def said(right: NDArray[np.bool_], recordings: tuple[str, ...]) -> Results:
    truth = np.arange(len(right), dtype=np.int64) % 2
    return Results(
        labels=("a", "b"),
        probabilities=np.eye(2, dtype=np.float32)[np.where(right, truth, 1 - truth)],
        truth=truth,
        recordings=recordings,
        starts=np.arange(len(right)) * 1.0,
    )


def test_chi_square_as_published() -> None:
    # Agresti, Categorical Data Analysis, 2nd edition, section 10.1: 150 and 86 discordant pairs,
    # (86 - 150)^2 / 236 = 17.36 without the correction, (64 - 1)^2 / 236 = 16.82 with it.
    found = mcnemar(150, 86)
    assert not found.exact
    assert found.statistic == pytest.approx(16.8178, abs=1e-4)
    assert found.p == pytest.approx(stats.chi2.sf(found.statistic, 1))
    assert found.p == pytest.approx(4.115e-05, rel=1e-3)


def test_exact_by_hand() -> None:
    # 1 against 5: two-sided 2 * (1 + 6) / 64.
    found = mcnemar(1, 5)
    assert found.exact
    assert math.isnan(found.statistic)
    assert found.p == pytest.approx(14 / 64)
    assert mcnemar(5, 1).p == found.p
    assert mcnemar(0, 0).p == 1
    assert mcnemar(3, 3).p == 1


@pytest.mark.parametrize("first", range(0, 25, 3))
def test_exact_is_the_binomial_test(first: int) -> None:
    assert mcnemar(first, 24 - first).exact
    assert mcnemar(first, 24 - first).p == pytest.approx(stats.binomtest(first, 24).pvalue)
    assert not mcnemar(first, 25 - first).exact


def test_a_clear_difference_is_seen() -> None:
    rng = np.random.default_rng(0)
    recordings = tuple(str(index // 5) for index in range(500))
    weak, strong = said(rng.random(500) < 0.6, recordings), said(rng.random(500) < 0.9, recordings)
    found = compare(weak, strong, names=("old", "new"))
    assert found.difference == pytest.approx(found.accuracies[1] - found.accuracies[0])
    assert 0 < found.interval.low < found.difference < found.interval.high
    assert found.p == pytest.approx(2 / 1001)
    assert found.mcnemar.p < 1e-6
    assert found.verdict.startswith("new is better than old by ")
    other_way = compare(strong, weak, names=("new", "old"))
    assert other_way.verdict.startswith("new is better than old by ")
    assert other_way.interval.high < 0
    json.dumps(found.to_json(), allow_nan=False)


def test_one_lucky_recording_is_no_proof() -> None:
    """McNemar, which takes windows for independent, is fooled where the bootstrap is not."""
    recordings = tuple(str(index // 100) for index in range(600))
    first, second = np.ones(600, dtype=bool), np.ones(600, dtype=bool)
    first[:100] = False  # all windows of one recording
    found = compare(said(first, recordings), said(second, recordings))
    assert found.mcnemar.p < 1e-6
    assert found.interval.low == 0
    assert found.p > 0.05
    assert found.verdict.startswith("No significant difference")
    assert "McNemar's test (p < 0.001) takes all windows for independent" in found.verdict


def test_equal_classifiers() -> None:
    right = np.arange(40) % 3 != 0
    recordings = tuple(str(index // 4) for index in range(40))
    found = compare(said(right, recordings), said(right, recordings))
    assert (found.difference, found.p, found.mcnemar.p) == (0, 1, 1)
    assert found.verdict == "first and second are equally accurate."


def test_one_recording_cannot_tell() -> None:
    right = np.arange(40) % 3 != 0
    found = compare(said(right, ("x",) * 40), said(np.ones(40, dtype=bool), ("x",) * 40))
    assert math.isnan(found.p)
    assert "a single recording cannot show" in found.verdict
    assert found.to_json()["p"] is None


def test_different_windows_are_refused() -> None:
    right = np.ones(6, dtype=bool)
    given = said(right, tuple("aabbcc"))
    for other in (
        replace(given, recordings=tuple("aabbcd")),
        replace(given, starts=given.starts + 1),
        replace(given, truth=1 - given.truth),
        replace(given, labels=("a", "c")),
        said(right[:4], tuple("aabb")),
    ):
        with pytest.raises(DataError):
            compare(given, other)


@pytest.mark.parametrize(("count", "proven"), [(2, False), (5, False), (12, True)])
def test_a_few_recordings_are_no_proof_however_alike(count: int, proven: bool) -> None:
    recordings = tuple(str(index // 20) for index in range(20 * count))
    first = np.arange(20 * count) % 2 == 0
    found = compare(said(first, recordings), said(np.ones(20 * count, dtype=bool), recordings))
    assert found.difference == 0.5
    assert (found.p < 0.05) == proven
    assert found.verdict.startswith("second is better" if proven else "No significant difference")
