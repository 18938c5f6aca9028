"""When to listen: hours of the day and days of the week, and times of quiet in between."""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import DataError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(?:(\S+)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_DAY_MINUTES = 24 * 60
_WEEK = range(-1, 9)  # days round a moment in which the next change is found
MOST_SPANS = 100


@dataclass(frozen=True)
class Span:
    """Hours of some days.

    Attributes:
        days: on which it begins, 0 (Monday) to 6.
        begin: minutes since midnight.
        end: minutes since that midnight; after the next one where it is over 24 hours.
    """

    days: frozenset[int]
    begin: int
    end: int

    def edges(self, day: datetime.date) -> tuple[datetime.datetime, datetime.datetime] | None:
        """When it begins and ends if it begins on that day."""
        if day.weekday() not in self.days:
            return None
        midnight = datetime.datetime.combine(day, datetime.time())
        minute = datetime.timedelta(minutes=1)
        return midnight + self.begin * minute, midnight + self.end * minute

    def covers(self, moment: datetime.datetime) -> bool:
        """Whether a local moment without time zone lies in it."""
        for back in (0, 1):
            edges = self.edges(moment.date() - datetime.timedelta(days=back))
            if edges is not None and edges[0] <= moment < edges[1]:
                return True
        return False


@dataclass(frozen=True)
class Schedule:
    """When to listen.

    Attributes:
        hours: spans in which it listens; none: always.
        quiet: spans in which it does not, whatever the hours say.
    """

    hours: tuple[Span, ...] = ()
    quiet: tuple[Span, ...] = ()

    def listens_at(self, moment: datetime.datetime) -> bool:
        """Whether to listen at a moment, local time."""
        moment = moment.replace(tzinfo=None)
        if any(span.covers(moment) for span in self.quiet):
            return False
        return not self.hours or any(span.covers(moment) for span in self.hours)

    def next_change(self, moment: datetime.datetime) -> datetime.datetime | None:
        """When it begins or ends to listen next, local time; None: never."""
        moment = moment.replace(tzinfo=None)
        now = self.listens_at(moment)
        later = sorted(edge for edge in self._edges(moment.date()) if edge > moment)
        return next((edge for edge in later if self.listens_at(edge) != now), None)

    def _edges(self, day: datetime.date) -> Iterator[datetime.datetime]:
        for span in (*self.hours, *self.quiet):
            for offset in _WEEK:
                yield from span.edges(day + datetime.timedelta(days=offset)) or ()


ALWAYS = Schedule()


def schedule_of(hours: Sequence[str], quiet: Sequence[str] = ()) -> Schedule:
    """The schedule that words say; each may hold several, with commas between them.

    Raises:
        DataError: they say none.

    Examples:
        >>> import datetime
        >>> from engine.watch.schedule import schedule_of
        >>> dawn = schedule_of(["mon-fri 05:00-09:00"], quiet=["06:00-06:30"])
        >>> monday = datetime.datetime(2024, 1, 1, 5, 30)
        >>> dawn.listens_at(monday), str(dawn.next_change(monday))
        (True, '2024-01-01 06:00:00')
    """
    return Schedule(tuple(_spans(hours)), tuple(_spans(quiet)))


def _spans(texts: Sequence[str]) -> Iterator[Span]:
    parts = [part for text in texts for part in _parts(text)]
    if len(parts) > MOST_SPANS:
        raise DataError(f"A schedule may have at most {MOST_SPANS} spans of hours.")
    for part in parts:
        yield span_of(part)


def _parts(text: str) -> list[str]:
    """What stands between commas; the comma of 'mon,wed 05:00-09:00' belongs to the days."""
    parts: list[str] = []
    days = ""
    for piece in text.split(","):
        if ":" in piece:
            parts.append(days + piece.strip())
            days = ""
        else:
            days += piece.strip() + ","
    return parts + [days] * bool(days)


def span_of(text: str) -> Span:
    """One span of hours.

    Raises:
        DataError: it is none.

    Examples:
        >>> from engine.watch.schedule import span_of
        >>> night = span_of("sat,sun 22:00-04:00")
        >>> sorted(night.days), night.begin, night.end
        ([5, 6], 1320, 1680)
    """
    found = _HOURS.fullmatch(text.strip())
    days = None if found is None else _days(found[1] or "daily")
    if found is None or days is None:
        raise _refused(text)
    begin, end = (60 * int(found[at]) + int(found[at + 1]) for at in (2, 4))
    if max(int(found[3]), int(found[5])) > 59 or begin >= _DAY_MINUTES or end > _DAY_MINUTES:
        raise _refused(text)
    return Span(days, begin, end if end > begin else end + _DAY_MINUTES)


def _days(words: str) -> frozenset[int] | None:
    if words == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for word in words.lower().split(","):
        first, dash, last = word.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            return None
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 if dash else 0
        found |= {(begin + step) % 7 for step in range(count + 1)}
    return frozenset(found)


def _refused(text: str) -> DataError:
    return DataError(
        f"'{text[:80]}' is not a span of hours. Write for example 05:00-09:00, mon-fri 05:00-09:00 "
        "or sat,sun 22:00-04:00."
    )
