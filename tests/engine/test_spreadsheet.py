"""Cells that look like formulas: no spreadsheet computes them, and we read back what was there."""

from hypothesis import given
from hypothesis import strategies as st

from engine.spreadsheet import guarded, unguarded

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@given(st.text(alphabet="'=+-@\t\r\nab\u2028", max_size=6) | st.text(max_size=6))
def test_every_text_comes_back_and_starts_no_formula(text: str) -> None:
    written = guarded(text)
    assert not written.startswith(STARTS)
    assert unguarded(written) == text


def test_other_text_is_left_alone() -> None:
    for text in ("flute", "'tis", "a=b", "", "'", "0.5", " =x"):
        assert guarded(text) == text == unguarded(text)
