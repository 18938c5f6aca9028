"""``earmark classify``."""

import contextlib
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.output import finished, notes, tell_earlier
from engine.errors import DataError, problem_of
from engine.export import EXPORTS
from engine.export.destinations import (
    Destination,
    DestinationError,
    check_file,
    open_destination,
)
from engine.export.words import visible

if TYPE_CHECKING:
    from engine.archive.batch import Tally
    from engine.archive.cluster.connection import Cluster
    from engine.archive.processes import Event, Listening
    from engine.recognition.events import BatchResult

_PARQUET = "parquet"
Format = StrEnum("Format", {name: name for name in (*EXPORTS, _PARQUET)})  # type: ignore[misc]
_TABLE = Format("table")
# Files whose results may wait for one before them: of this machine's processes, of a cluster's.
_AHEAD, _FAR_AHEAD = 100, 10_000
_RESUME = "Run the same command again to continue."
_SAY_SECONDS = 60.0  # between two lines where no bar is shown


class ChannelsOption(StrEnum):
    """How the channels of a sound are heard."""

    mixed = "mixed"
    each = "each"


Classifiers = Annotated[
    list[str] | None,
    typer.Option("--classifier", "-c", help="Name or path of a classifier; can be repeated."),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="Output file, or folder for one result per sound."),
]
Replace = Annotated[
    bool, typer.Option("--overwrite", help="Replace results that exist; never a sound.")
]
HowChannels = Annotated[
    ChannelsOption, typer.Option("--channels", help="Hear all channels mixed, or each by itself.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Processes; 0: as many as are of use.")
]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--database", "-d", help="Keep results in this database; goes on where it stopped."
    ),
]
Retry = Annotated[
    bool, typer.Option("--retry", help="With --database: try again what failed before.")
]
Scheduler = Annotated[
    str, typer.Option("--scheduler", help="Use the Dask cluster at this address (tcp://node:8786).")
]
Files = Annotated[
    list[str],
    typer.Argument(help="Sound files, folders, glob patterns, or addresses (s3://, http://)."),
]
Contents = Annotated[
    bool,
    typer.Option("--check-contents", help="With --database: compare contents instead of dates."),
]


def classify(  # noqa: PLR0913  # the options of a command
    files: Files,
    classifier: Classifiers = None,
    hop: Annotated[float | None, typer.Option(min=0.01, help="Seconds between windows.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="Output format.")] = _TABLE,
    output: Output = None,
    overwrite: Replace = False,
    channels: HowChannels = ChannelsOption.mixed,
    jobs: Jobs = 0,
    database: Kept = None,
    retry: Retry = False,
    contents: Contents = False,
    scheduler: Scheduler = "",
) -> None:
    """Classify sound files and print the detected labels.

    Results are written as they come, in the order of the files. In a folder they keep the folders
    of their sounds. Exit code 1 says that some files could not be read; the others are done.

    With --database, the same command goes on where it was interrupted and hears only files that are
    new or have changed. With --scheduler, the files are analysed by many machines.

    Examples: 'earmark classify song.mp3', 'earmark classify -f json recordings/ > all.jsonl',
    'earmark classify -f audacity -o labels/ *.wav', 'earmark classify -d archive.sqlite music/'.
    """
    from engine.archive.addresses import find_sounds
    from engine.archive.processes import Listening

    how = Listening(tuple(classifier or DEFAULT), hop, channels.value)
    for name in how.classifiers:  # what is wrong with one is said before any work
        Catalog().find(name).card.refuse_sound()
    tell_earlier(Catalog(), how.classifiers)
    if database is not None and (output is not None or format is not _TABLE):
        raise DataError(
            "With --database results go into the database. 'earmark archive export' writes "
            "them in other formats."
        )
    if database is None and (retry or contents):
        raise DataError("--retry and --check-contents need --database.")
    with _joined(scheduler) as cluster:
        batch = _Batch(files, find_sounds(files), how, jobs, cluster)
        if database is not None:
            failed = _into_database(batch, database, retry=retry, contents=contents)
        else:
            failed = _into(batch, format, output, overwrite)
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Batch:
    """What is heard, and by whom."""

    places: list[str]
    paths: list[Path]
    how: "Listening"
    jobs: int
    cluster: "Cluster | None"

    @property
    def ahead(self) -> int:
        return _AHEAD if self.cluster is None else _FAR_AHEAD


@contextmanager
def _joined(scheduler: str) -> "Iterator[Cluster | None]":
    """The cluster at an address; None: there is no address."""
    if not scheduler:
        yield None
        return
    from engine.archive.cluster.connection import Cluster

    with Cluster(scheduler) as cluster:
        threads = cluster.threads()
        workers = f"worker threads: {threads}" if threads else "no worker yet"
        _say(f"The cluster at {scheduler} answers ({workers}).")
        yield cluster


def _into(batch: _Batch, format: Format, output: str | None, overwrite: bool) -> int:
    """Write the results in a form; how many failed."""
    from engine.archive.addresses import is_address

    if output is not None and is_address(output):
        return _into_parts(batch, format, output, overwrite)
    if output is not None and len(batch.paths) > 1:
        return _into_output(batch, format, output, overwrite)
    destination = _destination(format, output, batch.places, batch.paths, batch.how, overwrite)
    with contextlib.closing(destination):
        return _write(_events(batch), batch.paths, destination)


def _into_parts(batch: _Batch, format: Format, output: str, overwrite: bool) -> int:
    """Have workers write the results themselves, at an address; how many failed."""
    from engine.archive.batch import ears_of
    from engine.archive.cluster.parts import Parts, hear_into

    if batch.cluster is None or format != _PARQUET:
        raise DataError(
            f"{output} is written by the workers of a cluster, as Parquet: add --scheduler and "
            "'-f parquet', or name a folder of this machine."
        )
    ears = ears_of(batch.how)
    parts = Parts(output, tuple(label for ear in ears for label in ear.labels))
    todo = parts.todo(batch.paths, ears, again=overwrite)
    if len(todo) < len(batch.paths):
        _say(f"{len(batch.paths) - len(todo)} of {len(batch.paths)} files are done already.")
    return _run(hear_into(parts, todo, batch.how, batch.cluster), list(todo), _kept, _RESUME)


def _destination(
    format: Format,
    output: str | None,
    places: list[str],
    paths: list[Path],
    how: "Listening",
    overwrite: bool,
    resume: bool = False,
) -> Destination:
    if format != _PARQUET:
        export = EXPORTS[str(format)]
        return open_destination(
            output,
            export,
            places,
            paths,
            stream=sys.stdout,
            overwrite=overwrite,
            resume=resume,
        )
    from engine.archive.batch import ears_of
    from engine.archive.parquet import OneTableEach, open_parquet  # brings pyarrow along

    labels = [label for ear in ears_of(how) for label in ear.labels]
    continues = resume and Path(output or "").is_dir()
    made = open_parquet(
        output,
        labels,
        how.channels,
        sounds=paths,
        places=places,
        overwrite=overwrite or continues,
    )
    if continues and isinstance(made, OneTableEach):
        made.keep_those_there()
    return made


def _events(batch: _Batch) -> "Generator[Event | None, None, None]":
    """Results in order: of this process if one is enough, else of several, or of a cluster."""
    from engine.archive.processes import (
        classify_here,
        classify_in_processes,
        in_order,
        useful_jobs,
    )

    paths, how = batch.paths, batch.how
    jobs = batch.jobs or useful_jobs(paths)
    if batch.cluster is not None:
        events = batch.cluster.classify(paths, how, ahead=batch.ahead)
    elif jobs > 1 and len(paths) > 1:
        events = classify_in_processes(paths, how, jobs=jobs, ahead=batch.ahead)
    else:
        yield from classify_here(paths, how)
        return
    with contextlib.closing(events):
        yield from in_order(events)


def _into_output(batch: _Batch, format: Format, output: str, overwrite: bool) -> int:
    """Write the results into files; goes on where it was interrupted. How many failed."""
    from engine.archive.database import Database
    from engine.archive.processes import useful_jobs
    from engine.archive.resuming import drop_journal, journal_of, resume

    journal = journal_of(output)
    resumes = journal.is_file() and not overwrite
    paths, how = batch.paths, batch.how
    destination = _destination(format, output, batch.places, paths, how, overwrite, resumes)
    if overwrite:
        drop_journal(journal)
    jobs = batch.jobs or useful_jobs(paths)
    with Database(journal) as kept:
        ((done,),) = kept.rows("SELECT count(*) FROM files")
        if done:
            _say(f"{done} of {len(paths)} files are done already.")
        jobs, cluster = jobs if jobs > 1 else 0, batch.cluster
        events = resume(kept, paths, how, jobs=jobs, ahead=batch.ahead, cluster=cluster)
        failed = _write(events, paths, destination, _RESUME)
    destination.close()  # not where it was interrupted: half a table is none
    drop_journal(journal)
    return failed


def _write(
    events: "Generator[Event | None, None, None]",
    paths: list[Path],
    destination: Destination,
    how: str = "",
) -> int:
    """Write the results as they come; how many failed."""

    def take(found: "BatchResult") -> bool:
        problem = _put(destination, found)
        if problem:
            _say(f"{found.path}: {problem}")
        return not problem

    return _run(events, paths, take, how)


def _into_database(batch: _Batch, place: Path, *, retry: bool, contents: bool) -> int:
    """Keep the results in a database; how many files have none."""
    from engine.archive.batch import carry_out
    from engine.archive.batch import plan as plan_batch
    from engine.archive.database import Database
    from engine.archive.orders import BatchOrder, absolute, keep_order
    from engine.archive.processes import useful_jobs

    paths, how = batch.paths, batch.how
    check_file(place, paths, overwrite=True)
    order = BatchOrder(absolute(batch.places), how, len(paths))
    with Database(place) as database:
        keep_order(database, order)
        work = finished(plan_batch(database, paths, how, contents=contents, retry=retry))
        if work.done or work.failed:
            words = f"{work.done} of {len(paths)} files are done already."
            if work.failed:
                words += f" {len(work.failed)} failed before; --retry tries them again."
            _say(words)
        failed, todo = len(work.failed), list(work.todo)
        if todo:
            jobs = batch.jobs or useful_jobs(todo)
            events = carry_out(database, work, jobs=jobs, cluster=batch.cluster)
            failed += _run(events, todo, _kept, _RESUME)
        keep_order(database, replace(order, finished=True))
    return failed


def _kept(found: "BatchResult") -> bool:
    """Say what is to be said of a file that is in the database; whether it has a result."""
    _say_repaired(found)
    if found.result is None:
        _say(f"{found.path}: {found.problem}")
    return found.result is not None


def _run(
    events: "Generator[Event | None, None, None]",
    paths: Sequence[Path],
    take: "Callable[[BatchResult], bool]",
    how: str = "",
) -> int:
    """Take each result, and show how far they are; how many are not as they should be.

    ``how`` says what to do after Ctrl-C.
    """
    from engine.archive.batch import Tally
    from engine.archive.processes import size_of
    from engine.recognition.events import BatchResult

    tally, failed = Tally([size_of(path) for path in paths]), 0
    with _interruption_told(tally, how), contextlib.closing(events), _shown(tally) as show:
        for event in events:
            if event is not None:
                tally.add(event)
            show(event)
            if isinstance(event, BatchResult) and not take(event):
                failed += 1
    return failed


def _put(destination: Destination, found: "BatchResult") -> str:
    """Write what became of a file; what is wrong, if anything is."""
    problem = found.problem
    try:
        if found.result is not None:
            destination.put(found.path, found.result)
        else:
            destination.fail(found.path, problem)
    except (DestinationError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the other files are to be done
        problem = problem_of(found.path, error)
    _say_repaired(found)
    return problem


def _say_repaired(found: "BatchResult") -> None:
    if found.repaired:
        _say(
            f"{found.path.name}: {found.repaired} invalid samples (NaN or infinite) were "
            "replaced by silence."
        )


def _say(words: str) -> None:
    notes().print(visible(words), markup=False)


@contextmanager
def _interruption_told(tally: "Tally", how: str) -> Iterator[None]:
    """Say what is there when the work is broken off."""
    try:
        yield
    except KeyboardInterrupt:
        words = f"Stopped: {tally.finished} of {len(tally.sizes)} files are done."
        _say(f"{words} {how}" if how else words)
        raise


@contextmanager
def _shown(tally: "Tally") -> "Iterator[Callable[[Event | None], None]]":
    """A bar with speed and time left where someone looks, else a line a minute."""
    console, said = notes(), time.monotonic()
    columns = (BarColumn(), TextColumn("{task.description}", markup=False))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=1.0)

        def show(event: "Event | None") -> None:
            nonlocal said
            name = "" if event is None else f"  {visible(event.path.name)}"
            bar.update(task, description=f"{tally}{name}", completed=tally.share)
            if not console.is_terminal and time.monotonic() - said > _SAY_SECONDS:
                said = time.monotonic()
                _say(str(tally))

        yield show
