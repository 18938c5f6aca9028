"""A microphone that listens by a schedule, for days, and says why where it does not."""

import contextlib
import datetime
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal

from engine.classifier.classifier import Classifier
from engine.errors import AudioError
from engine.recognition.decisions import Decider, Decision, Segment
from engine.recognition.live import Listened, LiveUpdate, listen
from engine.watch.acting import Acting, Happened
from engine.watch.clock import Clock, local
from engine.watch.journal import Gap, Journal
from engine.watch.keeping import Keep, Keeper
from engine.watch.rules import Rule
from engine.watch.schedule import ALWAYS, Schedule
from engine.watch.stretches import Stretches
from engine.watch.triggers import Fired, Triggers

State = Literal["listening", "quiet", "waiting"]
_RETRY_SECONDS = 2.0
_STEP_SECONDS = 0.25  # while it waits, so that it can be stopped
_ASLEEP_SECONDS = 2.0  # without sound, though the microphone is there


@dataclass(frozen=True)
class Orders:
    """How to listen.

    Attributes:
        schedule: when.
        rules: what to do when something is heard.
        keep: what is kept; None: nothing.
        system_messages: whether rules that tell do so by the system, where it can.
    """

    schedule: Schedule = ALWAYS
    rules: Sequence[Rule] = ()
    keep: Keep | None = None
    system_messages: bool = False


@dataclass(frozen=True)
class News:
    """What is new; told about twenty times a second while it listens.

    Attributes:
        state: whether it listens, is quiet by the schedule, or waits for the microphone.
        words: why it does not listen; empty while it does.
        until: when the schedule changes that; None: never, or not by the schedule.
        verdicts: what each classifier says now, where that is new.
        happened: rules that did something.
        heard_seconds: of sound since the start.
        files: recordings kept since the start.
        problem: why nothing can be kept, in words.
        update: of the analysis, while it listens.
        gaps: the last ones.
    """

    state: State
    words: str = ""
    until: datetime.datetime | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    happened: tuple[Happened, ...] = ()
    heard_seconds: float = 0.0
    files: int = 0
    problem: str = ""
    update: LiveUpdate | None = None
    gaps: Sequence[Gap] = ()


def keep_listening(
    open_microphone: Callable[[], AbstractContextManager[Listened]],
    classifiers: Mapping[str, Classifier],
    orders: Orders,
    journal: Journal,
    clock: Clock,
) -> Generator[News, None, None]:
    """Listen until closed, by a schedule; a microphone that has gone is waited for.

    All time in which nothing is heard is noted as a gap with its reason.

    Args:
        open_microphone: opens it, anew each time.
        classifiers: by name.
        orders: when to listen and what to do.
        journal: in which everything is noted.
        clock: the time.

    Raises:
        DataError: the database cannot be written.
        ModelError: a classifier only judges files.
    """
    post = _Post(classifiers, orders, journal, clock)
    try:
        while True:
            now = clock.now()
            if not orders.schedule.listens_at(local(now)):
                yield from _be_quiet(post)
                continue
            problem = yield from _session(post, open_microphone)
            if problem:
                yield from _wait(post, problem)
    finally:
        post.close()


def _be_quiet(post: "_Post") -> Generator[News, None, None]:
    """Until the schedule says to listen."""
    schedule, clock = post.orders.schedule, post.clock
    until = schedule.next_change(local(clock.now()))
    words = "outside the scheduled hours" + (f" until {until:%a %H:%M}" if until else "")
    post.journal.begin_gap("schedule", clock.now(), words)
    while not schedule.listens_at(local(clock.now())):
        post.alive()
        yield post.news("quiet", words, until)
        clock.sleep(_STEP_SECONDS)


def _wait(post: "_Post", problem: str) -> Generator[News, None, None]:
    """A moment, before the microphone is tried again."""
    begun = post.clock.now()
    while 0 <= post.clock.now() - begun < _RETRY_SECONDS:
        post.alive()
        yield post.news("waiting", problem)
        post.clock.sleep(_STEP_SECONDS)


def _session(
    post: "_Post", open_microphone: Callable[[], AbstractContextManager[Listened]]
) -> Generator[News, None, str]:
    """Listen until the schedule says otherwise or the microphone has gone; why it has."""
    schedule, clock = post.orders.schedule, post.clock
    with contextlib.ExitStack() as stack:
        try:
            microphone = stack.enter_context(open_microphone())
            updates = listen(microphone, post.classifiers, sleep=clock.sleep)
            stack.enter_context(contextlib.closing(updates))
            stack.callback(post.end_session)
            post.begin_session(microphone)
            for update in updates:
                now = clock.now()
                happened = post.take(update, now)
                until = schedule.next_change(local(now)) if post.tells_until(now) else None
                yield post.news("listening", "", until, update=update, happened=happened)
                if not schedule.listens_at(local(now)):
                    return ""
        except AudioError as error:
            # After hours of quiet, these end now; the sound ended before them.
            began = clock.now() if post.journal.in_gap else post.last_sound
            post.journal.begin_gap("microphone", began, str(error))
            return str(error)
    return ""


class _Post:
    """What it knows while it listens."""

    def __init__(
        self,
        classifiers: Mapping[str, Classifier],
        orders: Orders,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self.classifiers, self.orders, self.journal, self.clock = (
            *(classifiers, orders),
            *(journal, clock),
        )
        self.acting = Acting(journal, clock, system_messages=orders.system_messages)
        self.triggers = Triggers(orders.rules)
        self.last_sound = clock.now()  # when sound came last
        self._heard = self._before = 0.0  # seconds: of all sessions, and of those before this one
        self._files = 0
        self._keeper: Keeper | None = None
        self._verdicts: dict[str, str] = {}
        self._next_told = 0.0

    def begin_session(self, microphone: Listened) -> None:
        """Sound begins at a new zero."""
        self._deciders = {
            name: Decider(model.card.labels, model.card.rules())
            for name, model in self.classifiers.items()
        }
        self._stretches = Stretches()
        self.triggers.restart()
        self._now_heard: dict[tuple[str, str], float] = {}  # and when it may have begun
        self._dropped = microphone.dropped
        self._skipped, self._seconds = 0, 0.0
        self._rate, self._first = microphone.rate_hz, True
        if self.orders.keep is not None:
            self._keeper = Keeper(
                self.orders.keep, self.journal, microphone.ring, microphone.rate_hz
            )

    def take(self, update: LiveUpdate, now: float) -> tuple[Happened, ...]:
        """Take a step of the analysis."""
        seconds = update.stats.seconds
        if len(update.samples):
            self._gaps(update, now)
            self.last_sound = now
        self._heard = self._before + seconds
        zero = now - seconds  # of the sound, in seconds since 1970
        fired = self._judge(update, now)
        if self._keeper is not None:
            for one in fired:
                if one.rule.record:
                    self._keeper.want(one.label, seconds - one.begin_seconds)
            ago = {label: seconds - at for (_, label), at in self._now_heard.items()}
            self._keeper.step(ago, now)
        path = None if self._keeper is None else self._keeper.path
        self._note_stretches(self._stretches.ended(seconds), zero)
        self.alive()
        return tuple(
            self.acting.do(one, zero + one.begin_seconds, None, path if one.rule.record else None)
            for one in fired
        )

    def _note_stretches(self, ended: Iterable[tuple[str, Segment]], zero: float) -> None:
        """Write down what is over, with the file that was kept of it."""
        for name, segment in ended:
            begin, end = zero + segment.start_seconds, zero + segment.end_seconds
            path = None if self._keeper is None else self._keeper.file_of(begin, end)
            self.journal.heard(name, segment, begin, path)

    def _judge(self, update: LiveUpdate, now: float) -> list[Fired]:
        """What the new rows say: rules fulfilled by them."""
        fired: list[Fired] = []
        for name, rows in update.rows.items():
            decisions = self._deciders[name].push(rows)
            if not decisions:
                continue
            last = decisions[-1]
            self._verdicts[name] = last.verdict
            self._stretches.push(name, decisions, rows.hop_seconds)
            fired += self.triggers.push(name, decisions, rows.hop_seconds, now)
            back = rows.window_seconds / 2 + rows.hop_seconds
            self._note_heard(name, last, last.time - back)
        return fired

    def _note_heard(self, name: str, decision: Decision, begin: float) -> None:
        before = {key: at for key, at in self._now_heard.items() if key[0] == name}
        for key in before:
            del self._now_heard[key]
        for label in decision.heard:
            self._now_heard[name, label] = before.get((name, label), begin)

    def _gaps(self, update: LiveUpdate, now: float) -> None:
        """Note what is missing of the sound that came."""
        stats, new = update.stats, len(update.samples) / self._rate
        lost = (stats.dropped_samples - self._dropped) / self._rate
        if self._first:
            self._first = False
            self.journal.end_gap(now - new)
        else:
            missing = now - self.last_sound - new - lost
            if missing > _ASLEEP_SECONDS:
                words = "the computer slept, or its clock was set"
                self.journal.gap("asleep", self.last_sound, missing, words)
                # What was heard before it would be dated by the clock after it.
                self._note_stretches(self._stretches.all(), self._zero())
        if lost > 0:
            words = "the device or the system lost samples"
            self.journal.gap("lost", now - new - lost, lost, words)
        if stats.skipped_windows > self._skipped:
            words = "the computer was too busy to analyse this"
            self.journal.gap("late", now - new, new, words)
        self._dropped, self._skipped = stats.dropped_samples, stats.skipped_windows

    def tells_until(self, now: float) -> bool:
        """Whether it is time to look again when the schedule changes: once a second."""
        if 0 <= now - self._next_told < 1.0 or not self.orders.schedule.hours:
            return False
        self._next_told = now
        return True

    def alive(self) -> None:
        """Note that it runs, and what became of commands."""
        self.acting.look()
        self.journal.alive(self.clock.now(), self._heard)

    def news(
        self,
        state: State,
        words: str,
        until: datetime.datetime | None = None,
        *,
        update: LiveUpdate | None = None,
        happened: tuple[Happened, ...] = (),
    ) -> News:
        """What is told."""
        keeper = self._keeper
        verdicts, self._verdicts = self._verdicts, {}
        files = self._files + (keeper.files if keeper is not None else 0)
        problem = keeper.problem if keeper is not None else ""
        told = (state, words, until, verdicts, happened, self._heard, files, problem, update)
        return News(*told, self.journal.gaps)

    def _zero(self) -> float:
        """When the sound of this session would have begun, by its newest, in seconds since 1970."""
        return self.last_sound - (self._heard - self._before)

    def end_session(self) -> None:
        """The microphone is closed."""
        if self._keeper is not None:
            self._keeper.end()
        self._note_stretches(self._stretches.all(), self._zero())
        if self._keeper is not None:
            self._files += self._keeper.files
            self._keeper = None
        self._before = self._heard

    def close(self) -> None:
        """It ends."""
        self.acting.close()
        self.journal.close(self.clock.now(), self._heard)
