"""Timelines: smoothing, joining, summaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recognition.timeline import (
    Smoother,
    Timeline,
    between,
    concatenate,
    rows,
    smooth,
    summary,
)


def line(values: list[list[float]], presence: list[float] | None = None) -> Timeline:
    count = len(values)
    return Timeline(
        labels=("a", "b"),
        times=np.arange(count) * 0.5 + 1.5,
        probabilities=np.asarray(values, dtype=np.float32).reshape(count, 2),
        presence=np.asarray(presence or [1.0] * count, dtype=np.float32),
        level_db=np.full(count, -20.0, dtype=np.float32),
        window_seconds=3.0,
        hop_seconds=0.5,
    )


def test_exponential_smoothing_has_the_delay_it_says() -> None:
    calm = smooth(line([[0.0, 0.0]] + [[1.0, 0.0]] * 20), "exponential", 2.0)
    assert calm.probabilities[4, 0] == pytest.approx(1 - np.exp(-1), abs=1e-5)  # 2 s later
    assert calm.probabilities[-1, 0] > 0.99


def test_median_removes_what_is_short_and_keeps_steps() -> None:
    values = [[0.0, 0.0]] * 5 + [[1.0, 0.0]] + [[0.0, 0.0]] * 5 + [[1.0, 0.0]] * 6
    calm = smooth(line(values), "median", 2.0).probabilities[:, 0]
    assert calm[:11].max() == 0.0
    assert calm[11:].min() == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(1, 7))
def test_smoothing_in_pieces_is_smoothing_at_once(values: list[float], step: int) -> None:
    whole = line([[value, 1 - value] for value in values])
    smoother = Smoother(1.3)
    parts = [smoother.push(rows(whole, slice(i, i + step))) for i in range(0, len(whole), step)]
    expected = smooth(whole, "exponential", 1.3)
    np.testing.assert_allclose(concatenate(parts).probabilities, expected.probabilities, atol=1e-6)


def test_summary_does_not_count_silence() -> None:
    quiet = line([[0.0, 0.0]] * 8 + [[0.2, 0.8]] * 2, presence=[0.0] * 8 + [1.0] * 2)
    assert summary(quiet) == [("b", pytest.approx(0.8)), ("a", pytest.approx(0.2))]


def test_summary_of_nothing_known_is_near_zero() -> None:
    noise = line([[0.01, 0.02]] * 4, presence=[0.02] * 4)
    assert max(probability for _, probability in summary(noise)) < 0.05


def test_between_gives_the_row_whose_window_a_stretch_touches() -> None:
    whole = line([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])  # windows of 3 s around 1.5, 2 and 2.5
    assert len(between(whole, 1.4, 2.1)) == 2
    assert between(whole, 0.0, 0.1).times.tolist() == [1.5]
    assert between(whole, 1.6, 1.7).times.tolist() == [1.5]
    assert between(whole, 3.5, 3.9).times.tolist() == [2.5]


def test_a_stretch_that_was_not_analysed_has_no_rows() -> None:
    """It showed the figures of the nearest row, however far away."""
    whole = line([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    assert len(between(whole, 4.5, 6.0)) == 0
    assert len(between(whole, 300.0, 310.0)) == 0
    assert len(between(rows(whole, slice(0, 0)), 0.0, 1.0)) == 0


def test_timelines_of_different_classifiers_do_not_join() -> None:
    other = Timeline(("x",), *([np.zeros(1)] * 1), np.zeros((1, 1)), *([np.zeros(1)] * 2), 3.0, 0.5)
    with pytest.raises(ValueError, match="different"):
        concatenate([line([[0.1, 0.2]]), other])
