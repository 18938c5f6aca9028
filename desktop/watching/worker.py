"""The background jobs of watching: they tell what is new, in words."""

import contextlib
import datetime
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.shared import microphone

if TYPE_CHECKING:
    from engine.audio.microphone import Microphone
    from engine.classifier.classifier import Classifier
    from engine.watch.acting import Happened
    from engine.watch.folder import FolderNews
    from engine.watch.journal import Gap
    from engine.watch.listening import News
    from engine.watch.rules import Rule


@dataclass(frozen=True)
class FolderOrders:
    """A folder, and where its results go."""

    folder: Path
    database: Path
    classifiers: tuple[str, ...]
    rules: Path | None = None


@dataclass(frozen=True)
class ListenOrders:
    """When to listen, and what to keep."""

    database: Path
    hours: str = ""
    quiet: str = ""
    keep: Path | None = None
    quota_gb: int = 20
    delete_oldest: bool = False
    rules: Path | None = None
    device: tuple[str, str] = ("", "")
    channel: int | None = None


@dataclass(frozen=True)
class Line:
    """A line of the list of what came last.

    Attributes:
        time: of day.
        what: a file's name, or what was heard live.
        words: what was heard in it, or by which classifier.
        path: the file, if there is one.
    """

    time: str
    what: str
    words: str
    path: Path | None = None


@dataclass(frozen=True)
class Told:
    """What is new.

    Attributes:
        state: watching, away, listening, quiet or waiting.
        why: of the last three, in words.
        counts: files done, failed, that wait, and that are still written; of listening: seconds
            heard, and recordings kept.
        problem: why nothing can be kept.
        lines: new ones of the list.
        messages: of rules that tell.
        gaps: the last ones.
    """

    state: str
    why: str = ""
    counts: tuple[float, ...] = ()
    problem: str = ""
    lines: tuple[Line, ...] = ()
    messages: tuple[str, ...] = ()
    gaps: "Sequence[Gap]" = ()


def watch(orders: FolderOrders) -> Generator[Told, None, None]:
    """Watch a folder until closed.

    Raises:
        EarmarkError: a classifier, the rules or the database cannot be used.
    """
    from engine.archive.database import Database
    from engine.archive.processes import Listening
    from engine.watch.folder import Watching, watch_folder

    how = Listening(orders.classifiers)
    wanted = Watching(orders.folder, how, rules=_rules(orders.rules))
    with Database(orders.database) as database:
        steps = watch_folder(database, wanted)
        with contextlib.closing(steps):
            for news in steps:
                yield _of_folder(news)


def _of_folder(news: "FolderNews") -> Told:
    from engine.recognition.events import BatchResult

    lines: tuple[Line, ...] = ()
    if isinstance(news.event, BatchResult):
        found = news.event
        words = found.problem
        if found.result is not None:
            words = "; ".join(
                f"{name}: {verdict.verdict}" for name, verdict in found.result.verdicts.items()
            )
        lines = (Line(_time(), found.path.name, words, found.path),)
    counts = (news.done, news.failed, news.queued, news.writing)
    return Told(
        news.state,
        news.words,
        counts,
        lines=lines,
        messages=_messages(news.happened),
        gaps=news.gaps,
    )


def listen(
    orders: ListenOrders, classifiers: "Mapping[str, Classifier]"
) -> Generator[Told, None, None]:
    """Listen by a schedule until closed.

    Raises:
        EarmarkError: the schedule, the rules or the database cannot be used.
    """
    from engine.archive.database import Database
    from engine.watch.clock import SystemClock
    from engine.watch.journal import Journal
    from engine.watch.keeping import Keep
    from engine.watch.listening import Orders, keep_listening
    from engine.watch.schedule import schedule_of

    schedule = schedule_of(
        *([text] if text.strip() else [] for text in (orders.hours, orders.quiet))
    )
    rules = _rules(orders.rules)
    keep = None
    if orders.keep is not None:
        keep = Keep(
            orders.keep,
            heard=not any(rule.record for rule in rules),
            most_bytes=round(orders.quota_gb * 1e9),
            when_full="delete" if orders.delete_oldest else "stop",
        )
    clock = SystemClock()
    with Database(orders.database) as database:
        journal = Journal(database, f"microphone:{orders.device[0] or 'default'}", clock.now())
        steps = keep_listening(
            lambda: _open(orders),
            *(classifiers, Orders(schedule, rules, keep), journal, clock),
        )
        said: dict[str, str] = {}
        with contextlib.closing(steps):
            for news in steps:
                yield _of_microphone(news, said)


def _open(orders: ListenOrders) -> "Microphone":
    """The microphone, looked for among those that are plugged in by now."""
    from engine.audio.devices import input_devices

    input_devices(renew=True)
    return microphone.open_chosen(*orders.device, orders.channel)


def _of_microphone(news: "News", said: dict[str, str]) -> Told:
    """What is told; a classifier's word only where it is another."""
    changed = {name: words for name, words in news.verdicts.items() if said.get(name) != words}
    said |= changed
    lines = tuple(Line(_time(), words, name) for name, words in changed.items())
    counts = (news.heard_seconds, news.files)
    return Told(
        *(news.state, news.words, counts, news.problem, lines),
        messages=_messages(news.happened),
        gaps=news.gaps,
    )


def _messages(happened: "Sequence[Happened]") -> tuple[str, ...]:
    return tuple(one.text for one in happened if one.fired.rule.notify)


def _rules(path: Path | None) -> "tuple[Rule, ...]":
    from engine.watch.rules import read_rules

    return () if path is None else read_rules(path)


def _time() -> str:
    return f"{datetime.datetime.now():%H:%M:%S}"
