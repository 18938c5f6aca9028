"""A folder that is watched: what arrives in it is heard, and its results kept in the database."""

import contextlib
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.archive.batch import Plan, ears_of, plan
from engine.archive.database import Database, Stamp, stamp_of
from engine.archive.processes import Listening, classify_coming
from engine.recognition.events import BatchResult, BatchStep
from engine.watch.acting import Acting, Happened
from engine.watch.arriving import Arrivals
from engine.watch.clock import Clock, SystemClock
from engine.watch.hints import Hints
from engine.watch.journal import Gap, Journal
from engine.watch.rules import Rule
from engine.watch.triggers import Triggers

State = Literal["watching", "away"]


@dataclass(frozen=True)
class Watching:
    """How a folder is watched.

    Attributes:
        folder: which.
        how: what the files are heard with.
        jobs: processes at most.
        settle_seconds: a file must not have changed for so long.
        every_seconds: between two looks.
        rules: what to do when something is heard.
        retry: try again what failed before.
        system_messages: whether rules that tell do so by the system, where it can.
    """

    folder: Path
    how: Listening
    jobs: int = 1
    settle_seconds: float = 5.0
    every_seconds: float = 10.0
    rules: Sequence[Rule] = ()
    retry: bool = False
    system_messages: bool = False


@dataclass(frozen=True)
class FolderNews:
    """What is new; told about ten times a second.

    Attributes:
        state: whether the folder is there.
        words: why it is not; empty while it is.
        queued: complete files that wait to be heard.
        writing: files that are still being written.
        done: files heard since the start.
        failed: of them without a result.
        already: files that were there with results already.
        event: what a process tells.
        happened: rules that did something.
        gaps: the last ones.
        idle: whether all that is there was found and heard.
    """

    state: State
    words: str = ""
    queued: int = 0
    writing: int = 0
    done: int = 0
    failed: int = 0
    already: int = 0
    event: BatchResult | BatchStep | None = None
    happened: tuple[Happened, ...] = ()
    gaps: Sequence[Gap] = ()
    idle: bool = False


def watch_folder(
    database: Database, orders: Watching, clock: Clock | None = None
) -> Generator[FolderNews, None, None]:
    """Hear what is in a folder and what arrives in it, until closed.

    What the database has already is not heard again; where the folder goes away, as a network drive
    may, it is waited for, and the time is noted as a gap.

    Raises:
        EarmarkError: a classifier cannot be used, or the database cannot be written.
    """
    clock = clock or SystemClock()
    source = f"folder:{orders.folder.absolute()}"
    # What arrives while nothing runs is heard later: that is no gap.
    journal = Journal(database, source, clock.now(), off_is_a_gap=False)
    work = _Work(database, orders, journal, clock)
    sha256 = {ear.name: ear.sha256 for ear in work.ears}
    events = classify_coming(work.following, orders.how, jobs=orders.jobs, sha256=sha256)
    try:
        with contextlib.closing(events):
            for event in events:
                happened = work.take(event) if isinstance(event, BatchResult) else ()
                work.look()
                yield work.news(event, happened)
    finally:
        work.close()


class _Work:
    """What is known of a folder."""

    def __init__(
        self, database: Database, orders: Watching, journal: Journal, clock: Clock
    ) -> None:
        self._db, self._orders, self._journal, self._clock = database, orders, journal, clock
        self.ears = ears_of(orders.how)
        self._ids = database.ids(self.ears)
        self._arrivals = Arrivals(
            orders.folder.absolute(),
            settle_seconds=orders.settle_seconds,
            every_seconds=orders.every_seconds,
        )
        self._hints: Hints | None = None
        self._asked = False
        self._acting = Acting(journal, clock, system_messages=orders.system_messages)
        self._triggers = Triggers(orders.rules)
        self._queue: deque[Path] = deque()
        self._stamps: dict[Path, Stamp | None] = {}
        self._given = 0  # files that are being heard
        self._done = self._failed = self._already = 0
        self._seconds = 0.0

    def look(self) -> None:
        """Look a little further, and put what is complete into the queue."""
        self._listen_to_the_system()
        complete = self._arrivals.look()
        now = self._clock.now()
        if self._arrivals.away:
            self._journal.begin_gap("folder", now, f"the folder: {self._arrivals.away}")
        elif self._journal.in_gap:
            self._journal.end_gap(now)
        if complete:
            self._queue_new(complete)
        self._acting.look()
        self._journal.alive(now, self._seconds)

    def _queue_new(self, complete: list[Path]) -> None:
        # What was there before the start comes in parts, and may be known; so may what comes back.
        steps = plan(
            *(self._db, complete, self._orders.how), retry=self._orders.retry, ears=self.ears
        )
        found = _result(steps)
        self._already += found.done + len(found.failed)
        self._stamps |= found.todo
        waiting = set(self._queue)
        self._queue.extend(path for path in found.todo if path not in waiting)

    def _listen_to_the_system(self) -> None:
        if self._arrivals.away:
            self._deafen()
        elif not self._asked:
            self._asked = True  # once: what the system refuses, it would refuse again
            hints = Hints(self._arrivals.folder)
            self._hints = hints if hints.open() else None
        for hint in self._hints.take() if self._hints is not None else ():
            if hint.folder:
                self._arrivals.hint_folder()
            elif hint.path.is_relative_to(self._arrivals.folder):
                self._arrivals.hint(hint.path, closed=hint.closed)

    def _deafen(self) -> None:
        self._asked = False
        if self._hints is not None:
            self._hints.close()
            self._hints = None

    def following(self) -> Path | None:
        """The next file to hear; None: there is none now."""
        if not self._queue:
            return None
        self._given += 1
        return self._queue.popleft()

    def take(self, found: BatchResult) -> tuple[Happened, ...]:
        """Keep a result. A file that could not be read for it has gone is none that failed."""
        self._given -= 1
        stamp = self._stamps.pop(found.path, None)
        if found.result is None and (stamp is None or stamp_of(found.path) is None):
            self._arrivals.forget(found.path)
            return ()
        self._db.record(found, stamp, self._ids, self._orders.how.channels)
        self._done += 1
        if found.result is None:
            self._failed += 1
            return ()
        self._seconds += found.result.info.duration_seconds
        now = self._clock.now()
        return tuple(
            self._acting.do(one, now, found.path)
            for one in self._triggers.whole(found.result.lanes, now)
        )

    def news(
        self, event: BatchResult | BatchStep | None, happened: tuple[Happened, ...]
    ) -> FolderNews:
        """What is told."""
        away, arrivals = self._arrivals.away, self._arrivals
        return FolderNews(
            "away" if away else "watching",
            f"{self._orders.folder}: {away}" if away else "",
            len(self._queue),
            arrivals.waiting,
            self._done,
            self._failed,
            self._already,
            event,
            happened,
            self._journal.gaps,
            not (away or arrivals.busy or self._queue or self._given),
        )

    def close(self) -> None:
        """It ends."""
        self._deafen()
        self._acting.close()
        self._journal.close(self._clock.now(), self._seconds)


def _result(steps: Generator[None, None, Plan]) -> Plan:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: Plan = stop.value
            return found
