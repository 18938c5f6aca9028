"""One rule cuts windows."""

from hypothesis import given
from hypothesis import strategies as st

from engine.windows import Windows


def test_nothing_has_no_window() -> None:
    assert Windows(100, 50).count(0) == 0


def test_what_is_shorter_than_a_window_has_one() -> None:
    assert Windows(100, 50).count(1) == 1
    assert Windows(100, 50).whole(99) == 0


def test_a_long_tail_gets_a_window_of_its_own() -> None:
    windows = Windows(100, 50)
    assert windows.count(100) == 1
    assert windows.count(125) == 1
    assert windows.count(126) == 2
    assert windows.count(150) == 2


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 5000))
def test_at_most_half_a_hop_stays_unseen(length: int, hop: int, samples: int) -> None:
    windows = Windows(length, hop)
    count = windows.count(samples)
    end = (count - 1) * hop + length
    assert samples - end <= hop / 2
    assert count - windows.whole(samples) in (0, 1)
    assert windows.centre(count - 1) == (count - 1) * hop + length / 2
