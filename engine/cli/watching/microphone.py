"""``earmark listen`` by a schedule, and what was not heard: ``earmark archive gaps``."""

import contextlib
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.classifier.catalog import Catalog
from engine.cli.output import data, notes, tell_earlier
from engine.cli.watching.stopping import stop_noted
from engine.errors import DataError
from engine.export.words import one_line, visible

if TYPE_CHECKING:
    from engine.recognition.live import Listened
    from engine.watch.keeping import Keep
    from engine.watch.listening import News


class WhenFull(StrEnum):
    """What to do when recordings take all they may take."""

    stop = "stop"
    delete = "delete"
    move = "move"


Hours = Annotated[
    list[str] | None,
    typer.Option("--schedule", help="Listen at these hours: 05:00-09:00, mon-fri 05:00-09:00."),
]
Quiet = Annotated[list[str] | None, typer.Option(help="Never listen at these hours.")]
Kept = Annotated[
    Path | None, typer.Option("--database", "-d", help="Database that keeps the results and gaps.")
]
KeepIn = Annotated[
    Path | None,
    typer.Option("--keep", help="Folder for recordings of sound in which something is detected."),
]
KeepLabels = Annotated[
    list[str] | None, typer.Option("--keep-label", help="Keep only this label; can be repeated.")
]
Before = Annotated[float, typer.Option(min=0, max=60, help="Seconds to keep before.")]
After = Annotated[float, typer.Option(min=0.5, max=600, help="Seconds to keep after.")]
Quota = Annotated[
    float | None, typer.Option(min=0.001, help="Gigabytes that the recordings may take.")
]
Full = Annotated[
    WhenFull, typer.Option("--when-full", help="Keep no more, or delete or move the oldest.")
]
MoveTo = Annotated[Path | None, typer.Option("--move-to", help="Where the oldest are moved.")]
Rules = Annotated[
    Path | None, typer.Option(help="TOML or JSON file: what to do when something is heard.")
]


@dataclass(frozen=True)
class Options:
    """What was typed for listening by a schedule."""

    hours: Sequence[str] = ()
    quiet: Sequence[str] = ()
    database: Path | None = None
    keep: Path | None = None
    labels: Sequence[str] = ()
    before: float = 3.0
    after: float = 5.0
    quota: float | None = None
    when_full: WhenFull = WhenFull.stop
    move_to: Path | None = None
    rules: Path | None = None

    @property
    def any(self) -> bool:
        """Whether any was given that needs a schedule's way of listening."""
        of_keeping = bool(self.labels) or self.quota is not None or self.move_to is not None
        other = bool(self.hours or self.quiet or self.database or self.keep or self.rules)
        return of_keeping or other


def listen_by(
    options: Options,
    source: str,
    open_microphone: "Callable[[], AbstractContextManager[Listened]]",
    classifiers: Sequence[str],
    seconds: float | None,
) -> None:
    """Listen as the options say, until stopped.

    Raises:
        EarmarkError: an option makes no sense, or the database cannot be written.
    """
    from engine.archive.database import Database
    from engine.watch.clock import SystemClock
    from engine.watch.journal import Journal
    from engine.watch.listening import Orders, keep_listening
    from engine.watch.rules import read_rules
    from engine.watch.schedule import schedule_of

    if options.database is None:
        raise DataError(
            "A schedule, rules and keeping need a database for detected labels and gaps: add "
            "--database FILE.sqlite."
        )
    rules = () if options.rules is None else read_rules(options.rules)
    keep = _keep(options, any(rule.record for rule in rules))
    schedule = schedule_of(options.hours, options.quiet)
    orders = Orders(schedule, rules, keep, system_messages=True)
    models = Catalog().load_all(classifiers)
    tell_earlier(Catalog(), classifiers)
    clock = SystemClock()
    with Database(options.database) as database, stop_noted() as stopping:
        journal = Journal(database, f"microphone:{source}", clock.now())
        news = keep_listening(open_microphone, models, orders, journal, clock)
        with contextlib.closing(news):
            _tell(news, stopping, seconds)


def _keep(options: Options, rules_record: bool) -> "Keep | None":
    from engine.watch.keeping import Keep

    if options.keep is None:
        if rules_record or options.labels or options.quota is not None:
            raise DataError("To keep sound, name a folder for it: add --keep FOLDER.")
        return None
    if options.when_full is WhenFull.move and options.move_to is None:
        raise DataError("To move the oldest recordings, say where to: add --move-to FOLDER.")
    if options.when_full is not WhenFull.stop and options.quota is None:
        raise DataError(f"--when-full {options.when_full} needs --quota: how much is full.")
    most = None if options.quota is None else round(options.quota * 1e9)
    return Keep(
        options.keep.absolute(),
        frozenset(options.labels),
        heard=bool(options.labels) or not rules_record,
        before_seconds=options.before,
        after_seconds=options.after,
        most_bytes=most,
        when_full=options.when_full.value,
        move_to=options.move_to,
    )


def _tell(
    news: "Generator[News, None, None]", stopping: Callable[[], bool], seconds: float | None
) -> None:
    """Say what comes, until stopped or so much was heard."""
    said, problem, heard, files = "", "", 0.0, 0
    verdicts: dict[str, str] = {}
    for one in news:
        heard, files = one.heard_seconds, one.files
        state = one.words if one.state != "listening" else "Listening. Press Ctrl+C to stop."
        if state != said:
            said = state
            _say(state)
        if one.problem and one.problem != problem:
            _say(one.problem)
        problem = one.problem
        changed = {n: w for n, w in one.verdicts.items() if verdicts.get(n) != w}
        verdicts |= changed
        if changed:
            words = "; ".join(f"{name}: {one_line(text)}" for name, text in changed.items())
            sys.stdout.write(f"{heard:9.1f} s  {words}\n")
            sys.stdout.flush()
        for happened in one.happened:
            _say(f"Rule: {happened.text}")
        if stopping() or (seconds is not None and heard >= seconds):
            break
    _say(f"Stopped. {heard:.0f} s of sound were analysed, {files} recordings were kept.")


def _say(words: str) -> None:
    notes().print(visible(words), markup=False)


def gaps(
    database: Annotated[Path, typer.Argument(help="A database of 'earmark listen' or 'watch'.")],
) -> None:
    """Show when nothing was heard while listening or watching, and why."""
    from engine.archive.database import Database
    from engine.watch.journal import gaps_of

    with Database(database, make=False) as opened:
        table = Table("Source", "From", "Seconds", "Kind", "Reason")
        for gap in gaps_of(opened):
            words = (one_line(gap.source), gap.began_at, f"{gap.seconds:.1f}", gap.kind)
            table.add_row(*words, one_line(gap.reason))
    if table.rows:
        data().print(table, markup=False)
    else:
        notes().print("No gaps.", markup=False)
