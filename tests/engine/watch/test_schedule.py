"""Hours, days and times of quiet."""

import datetime

import pytest

from engine.errors import DataError
from engine.watch.schedule import schedule_of, span_of

MONDAY = datetime.date(2024, 1, 1)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(
        MONDAY + datetime.timedelta(days=day), datetime.time(hour, minute)
    )


def test_hours_of_days() -> None:
    dawn = schedule_of(["mon-fri 05:00-09:00, sat,sun 06:00-07:30"])
    assert [dawn.listens_at(at(5)), dawn.listens_at(at(8, 59)), dawn.listens_at(at(9))] == [
        *(True, True, False)
    ]
    assert not dawn.listens_at(at(5, day=5))
    assert dawn.listens_at(at(7, 29, day=6))
    assert dawn.next_change(at(4)) == at(5)
    assert dawn.next_change(at(5)) == at(9)
    assert dawn.next_change(at(9, day=4)) == at(6, day=5)


def test_over_midnight() -> None:
    night = schedule_of(["fri 22:00-04:00"])
    assert night.listens_at(at(23, day=4))
    assert night.listens_at(at(3, 59, day=5))
    assert not night.listens_at(at(3, day=4))
    assert night.next_change(at(23, day=4)) == at(4, day=5)


def test_quiet_goes_before_hours() -> None:
    quiet = schedule_of([], quiet=["12:00-13:00"])
    assert quiet.listens_at(at(11))
    assert not quiet.listens_at(at(12, 30))
    assert quiet.next_change(at(12, 30)) == at(13)
    assert schedule_of(["05:00-09:00"], ["05:00-09:00"]).next_change(at(1)) is None
    assert schedule_of([]).next_change(at(1)) is None


def test_touching_spans_are_one() -> None:
    both = schedule_of(["05:00-06:00,06:00-07:00"])
    assert both.next_change(at(5)) == at(7)
    assert schedule_of(["00:00-24:00"]).next_change(at(5)) is None


@pytest.mark.parametrize(
    "text", ["", "5-9", "05:00", "25:00-26:00", "05:60-06:00", "someday 05:00-06:00", "mon", "a:b"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not a span of hours"):
        span_of(text)
    if text:
        with pytest.raises(DataError, match="is not a span of hours"):
            schedule_of([text])


def test_too_many_are_refused() -> None:
    with pytest.raises(DataError, match="at most 100"):
        schedule_of(["05:00-06:00"] * 101)
