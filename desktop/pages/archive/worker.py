"""What the Archive page asks of the engine, as work for jobs."""

import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.archive.batch import Plan
    from engine.archive.cluster.connection import Cluster
    from engine.archive.corrections import Estimate
    from engine.archive.database import Database
    from engine.archive.orders import BatchOrder
    from engine.archive.parquet import Kind
    from engine.archive.processes import Event
    from engine.archive.questions import By, Count, Filter, Order, Overview, Stretch
    from engine.workers import Pause

_LOOK_SECONDS = 0.5  # between two looks whether a worker has come
_MOST_NAMES = 100  # databases named after folders of one name


@dataclass(frozen=True)
class Found:
    """What is in a database.

    Attributes:
        place: the file.
        overview: what it is about.
        order: the latest batch; None: not known.
        failures: files without a result, each with the reason.
    """

    place: Path
    overview: "Overview"
    order: "BatchOrder | None"
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Attributes:
        doing: "search", "compare", "reach", "join" or "hear".
        done: files that are in the database.
        total: files there are.
        failed: of the done, those without a result.
        share: of the work, 0 to 1; None: not known.
        speed: seconds of sound in a second.
        left: seconds; None: not known.
        name: of the file that was begun or finished last.
        resting: whether it was asked to rest, and nothing is at work any more.
    """

    doing: str
    done: int = 0
    total: int = 0
    failed: int = 0
    share: float | None = None
    speed: float = 0.0
    left: float | None = None
    name: str = ""
    resting: bool = False


@dataclass(frozen=True)
class View:
    """The stretches that a filter leaves, and how they are distributed.

    Attributes:
        numbers: of the stretches, sorted, int64, shape (n,).
        total: stretches there are without a filter.
        counts: how many of each.
    """

    numbers: "NDArray[np.int64]"
    total: int
    counts: "tuple[Count, ...]" = ()


def look(place: Path) -> Generator[None, None, Found]:
    """Open a database that exists."""
    from engine.archive.database import Database
    from engine.archive.orders import kept_order
    from engine.archive.questions import failures, overview

    yield
    with Database(place, make=False) as database:
        return Found(place, overview(database), kept_order(database), tuple(failures(database)))


def look_if_there(place: Path) -> Generator[None, None, Found | None]:
    """Open a database; None: there is none."""
    yield
    return (yield from look(place)) if place.exists() else None


def is_there(path: Path) -> Generator[None, None, bool]:
    """Whether there is such a file."""
    yield
    return path.is_file()


def listening_classifiers() -> Generator[None, None, list[str]]:
    """Names of those that can hear a file."""
    from engine.classifier.catalog import Catalog

    yield
    return [entry.name for entry in Catalog().entries() if not entry.card.features_only]


def propose(home: Path, folder: Path) -> Generator[None, None, Path]:
    """The database for a folder: that in which it was analysed before, or a new one's name."""
    from engine.archive.database import Database
    from engine.archive.orders import kept_order
    from engine.errors import DataError

    yield
    for number in range(1, _MOST_NAMES):
        name = folder.name or "Archive"
        place = home / (f"{name}.sqlite" if number == 1 else f"{name} {number}.sqlite")
        if not place.exists():
            return place
        try:
            with Database(place, make=False) as database:
                order = kept_order(database)
        except DataError:  # another program's
            continue
        if order is not None and str(folder) in order.places:
            return place
    raise DataError(f"There are many databases named '{folder.name}' in {home}. Choose a name.")


@dataclass(frozen=True)
class Hands:
    """Who analyses.

    Attributes:
        jobs: how many processes of this machine; 0: as many as are of use.
        scheduler: address of a Dask cluster that does it instead; empty: none.
    """

    jobs: int = 0
    scheduler: str = ""


def hear(
    place: Path, order: "BatchOrder", hands: Hands, pause: "Pause"
) -> Generator[Progress | None, None, Found]:
    """Analyse what is new or has changed; what is done stays, whatever ends it.

    Args:
        place: the database.
        order: folders, classifiers and settings.
        hands: who analyses.
        pause: lets it rest.
    """
    from engine.archive.addresses import find_sounds
    from engine.archive.batch import plan
    from engine.archive.database import Database
    from engine.archive.orders import keep_order
    from engine.export.destinations import check_file

    if hands.scheduler:
        from engine.archive.cluster.connection import need_dask

        need_dask()  # said at once, and not after all files were searched for
    yield Progress("search")
    paths = find_sounds(order.places)
    place.parent.mkdir(parents=True, exist_ok=True)
    check_file(place, paths, overwrite=True)
    with Database(place) as database:
        order = replace(order, files=len(paths), finished=False)
        keep_order(database, order)
        yield Progress("compare", total=len(paths))
        work = yield from plan(database, paths, order.how)
        todo = list(work.todo)
        told = _Told(len(paths), work.done + len(work.failed), len(work.failed), todo, pause)
        yield told.now()
        if todo:
            yield from _reached(hands.scheduler, len(paths))
            with _joined(hands.scheduler) as cluster:
                yield from _waited(cluster, len(paths))
                with closing(_events(database, work, hands, pause, cluster)) as events:
                    for event in events:
                        yield told.after(event)
        keep_order(database, replace(order, finished=True))
    return (yield from look(place))


def _reached(scheduler: str, total: int) -> Generator[Progress, None, None]:
    """Wait until somebody answers at an address, where there is one."""
    if scheduler:
        from engine.archive.cluster.connection import reach

        yield from (Progress("reach", total=total) for _ in reach(scheduler))


def _joined(scheduler: str) -> "AbstractContextManager[Cluster | None]":
    """The cluster at an address; None: there is no address."""
    if not scheduler:
        return nullcontext()
    from engine.archive.cluster.connection import Cluster

    return Cluster(scheduler)


def _waited(cluster: "Cluster | None", total: int) -> Generator[Progress, None, None]:
    """Wait until a cluster has a worker."""
    while cluster is not None and not cluster.threads():
        yield Progress("join", total=total)
        time.sleep(_LOOK_SECONDS)


def _events(
    database: "Database",
    work: "Plan",
    hands: Hands,
    pause: "Pause",
    cluster: "Cluster | None",
) -> "Generator[Event | None, None, None]":
    """What the batch tells, by processes of this machine or by a cluster."""
    from engine.archive.batch import carry_out
    from engine.archive.processes import useful_jobs

    jobs = 0 if cluster else hands.jobs or useful_jobs(list(work.todo))
    return carry_out(database, work, jobs=jobs, pause=pause, cluster=cluster)


class _Told:
    """Turns a batch's events into what is shown of them."""

    def __init__(
        self, total: int, done: int, failed: int, todo: Sequence[Path], pause: "Pause"
    ) -> None:
        from engine.archive.batch import Tally
        from engine.archive.processes import size_of

        self._total, self._done, self._failed, self._pause = total, done, failed, pause
        self._tally, self._name = Tally([size_of(path) for path in todo]), ""

    def after(self, event: object) -> Progress:
        """Where it is after what a batch yielded."""
        from engine.recognition.events import BatchResult, BatchStep

        self._tally.rest(self._pause.on)
        if isinstance(event, BatchStep | BatchResult):
            self._tally.add(event)
            self._name = event.path.name
        return self.now()

    def now(self) -> Progress:
        tally = self._tally
        return Progress(
            "hear",
            self._done + tally.finished,
            self._total,
            self._failed + tally.failed,
            tally.share if tally.sizes else 1.0,
            tally.times_real_time,
            tally.seconds_left,
            self._name,
            self._pause.resting,
        )


def view(
    place: Path, wanted: "Filter", order: "Order", by: "By", *, descending: bool
) -> Generator[None, None, View]:
    """Which stretches there are, in which order, and how they are distributed."""
    from engine.archive.database import Database
    from engine.archive.questions import counts, numbers

    yield
    with Database(place, make=False) as database:
        found = yield from numbers(database, wanted, order, descending=descending)
        yield
        ((total,),) = database.rows("SELECT count(*) FROM segments")
        return View(found, int(total), tuple(counts(database, wanted, by)))


def fetch(place: Path, some: Sequence[int]) -> Generator[None, None, "list[Stretch]"]:
    """What the table shows of a few stretches."""
    from engine.archive.database import Database
    from engine.archive.questions import stretches

    yield
    with Database(place, make=False) as database:
        return stretches(database, some)


def judge(place: Path, number: int, right: bool | None) -> Generator[None, None, None]:
    """Keep what the listener says about a stretch; None: nothing any more."""
    from engine.archive.corrections import correct, take_back
    from engine.archive.database import Database

    yield
    with Database(place, make=False) as database:
        if right is None:
            take_back(database, number)
        else:
            correct(database, number, right)


def estimate(place: Path, precision: float) -> Generator[None, None, "list[Estimate]"]:
    """What follows from the corrections."""
    from engine.archive.corrections import corrections, estimates
    from engine.archive.database import Database

    yield
    with Database(place, make=False) as database:
        return estimates(corrections(database), precision)


@dataclass(frozen=True)
class Form:
    """A form in which results can be saved.

    Attributes:
        form: "parquet", a key of ``EXPORTS``, or "corrections".
        suffix: of the file.
        kind: of Parquet, what its rows are.
    """

    form: str
    suffix: str
    kind: "Kind" = "windows"


def save(place: Path, target: Path, form: Form) -> Generator[float, None, Path]:
    """Write the results in another form; whoever asked has agreed to replace what is there."""
    from engine.archive.database import Database
    from engine.archive.exporting import export_corrections, export_results

    yield 0.0
    with Database(place, make=False) as database:
        if form.form == "corrections":
            export_corrections(database, target, overwrite=True)
        else:
            steps = export_results(database, str(target), form.form, kind=form.kind, overwrite=True)
            yield from steps
    return target
