"""A short day of listening at speed; `make day` simulates a whole one."""

from pathlib import Path

import pytest

from tests.robustness.day import simulate


def test_a_day_is_heard_or_a_gap(tmp_path: Path) -> None:
    day = simulate(0.6, tmp_path)
    assert day.faults == []
    assert day.gaps["asleep"] == pytest.approx(108, abs=5)
    assert day.counts["live"] >= 3
    assert day.counts["recordings"] >= 1
