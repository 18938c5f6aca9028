"""A cluster of machines that Dask has gathered, and a batch that is heard on it."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.archive.addresses import is_address
from engine.archive.cluster.store import files_of, keep
from engine.archive.cluster.task import TOPIC, hear_file, versions
from engine.archive.cluster.wire import unpacked
from engine.archive.processes import Event, Listening
from engine.classifier.catalog import Catalog
from engine.classifier.file import read_all, sha256
from engine.errors import ClusterError, DataError, EarmarkError, ModelError, extra_needed
from engine.recognition.events import BatchResult, BatchStep
from engine.workers import Pause

_ANSWER_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_COUNT_SECONDS = 5.0  # between two looks at how many workers there are
_TRIES = 50  # of one file, where one new worker after another lacks the classifiers
# Whatever they have to say is told in our words.
_LOUD = ("client", "core", "comm", "batched", "utils_comm", "scheduler", "worker")


class Cluster:
    """A connection to a scheduler; closed at its end.

    Args:
        address: of the scheduler, such as ``tcp://node1:8786``.

    Raises:
        ClusterError: Dask is not installed, or nobody answers.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        for _ in reach(address):  # a client that fails leaves its thread behind
            pass
        from distributed import Client

        try:
            self._client: Any = Client(
                address, timeout=_ANSWER_SECONDS, set_as_default=False, name="earmark"
            )
        except Exception as error:
            raise _silence(address) from error

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the cluster itself goes on."""
        with contextlib.suppress(OSError, TimeoutError):
            self._client.close(timeout=_ANSWER_SECONDS)

    def threads(self) -> int:
        """How many files the workers that there are now can hear at once.

        Raises:
            ClusterError: the scheduler is gone.
        """
        with self.reached():
            return sum(self._client.nthreads().values())

    def lost(self) -> ClusterError:
        """What to say when the scheduler has gone."""
        return ClusterError(
            f"The connection to the scheduler at {self.address} was lost. What is done is kept; "
            "start the same analysis again to do the rest."
        )

    @contextlib.contextmanager
    def reached(self) -> Iterator[None]:
        """Around what is asked of the scheduler: whatever a lost connection raises is said so."""
        try:
            yield
        except EarmarkError:
            raise
        except Exception as error:  # it shows in a dozen ways
            raise self.lost() from error

    def classify(
        self,
        paths: Sequence[Path],
        how: Listening,
        *,
        ahead: int | None = None,
        sha256: Mapping[str, str] | None = None,
        pause: Pause | None = None,
        parts: Mapping[Path, Mapping[str, Any]] | None = None,
    ) -> Generator[Event | None, None, None]:
        """As :func:`engine.archive.processes.classify_in_processes`, by the workers.

        A worker that ends has its files heard by others. While the batch rests no file is begun;
        those that are begun are heard to their end. Closing gives up what is begun.

        Args:
            paths: addresses, or files that every worker finds at the same place.
            how: what they are heard with.
            ahead: how many files may be begun after the first that is not done; None: any number.
            sha256: of the classifiers' files by name, where they are to be exactly these.
            pause: lets the batch rest.
            parts: where workers write the rows of each file; results have none then. None: results
                are whole, and nothing is written.

        Raises:
            EarmarkError: the scheduler is gone, a worker has other versions, or a classifier cannot
                be used.
        """
        run = _Run(self, self._client, how, sha256 or {}, parts)
        waiting, pause = deque(enumerate(paths, start=1)), pause or Pause()
        try:
            while waiting or run.running:
                while waiting and not pause.on and run.room(waiting[0][0], ahead):
                    number, path = waiting.popleft()
                    run.begin(_Try(number, path))
                    yield BatchStep(path, number, 0.0)
                events: list[Event] = [*run.steps(), *run.finished()]
                yield from events
                pause.tell(not run.running)
                if not events:
                    yield None
                    time.sleep(_LOOK_SECONDS)
        finally:
            run.end()


def need_dask() -> None:
    """See that Dask is installed.

    Raises:
        ClusterError: it is not.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ClusterError(extra_needed("Analysis on a cluster", "cluster")) from error


def reach(address: str) -> Generator[None, None, None]:
    """See that somebody answers at an address.

    Yields:
        Many times a second while nobody does yet; closing gives up.

    Raises:
        ClusterError: Dask is not installed, or nobody answers.
    """
    need_dask()
    for name in _LOUD:
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)
    with asyncio.Runner() as runner:
        greeting = runner.get_loop().create_task(_greet(address))
        while not greeting.done():
            runner.run(_wait(greeting))
            yield
        try:
            greeting.result()
        except Exception as error:  # each kind of transport has errors of its own
            raise _silence(address) from error


async def _wait(task: "asyncio.Task[None]") -> None:
    await asyncio.wait([task], timeout=_LOOK_SECONDS)


def _silence(address: str) -> ClusterError:
    return ClusterError(
        f"Nobody answers at {address}. Start a Dask scheduler there, or correct the address (such "
        "as tcp://node1:8786)."
    )


async def _greet(address: str) -> None:
    """See that somebody answers at an address."""
    from distributed.comm import connect
    from distributed.security import Security

    how = Security().get_connection_args("client")
    comm = await connect(address, timeout=_ANSWER_SECONDS, **how)
    await comm.close()


@dataclass(frozen=True)
class _Try:
    """One file that is to be heard.

    Attributes:
        number: its place in the batch.
        path: the file.
        count: how many tries there were before.
    """

    number: int
    path: Path
    count: int = 0


@dataclass
class _Run:
    """One batch on the workers."""

    cluster: Cluster
    client: Any
    how: Listening
    sha256: Mapping[str, str]
    parts: Mapping[Path, Mapping[str, Any]] | None
    running: dict[Any, _Try] = field(default_factory=dict)
    first: int = 1  # of the files, the first that is not done
    batch: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self._ears, self._files = _ears_of(self.how, self.sha256)
        self._threads, self._counted = 0, -_COUNT_SECONDS
        self._steps: deque[Mapping[str, Any]] = deque()
        self._sent: set[tuple[str, str]] = set()
        self._done: set[int] = set()
        self._asked = {
            "versions": versions(),
            "ears": self._ears,
            "hop_seconds": self.how.hop_seconds,
            "channels": self.how.channels,
            "batch": self.batch,
        }
        with self.cluster.reached():
            self.client.subscribe_topic(self._topic, lambda event: self._steps.append(event[1]))

    @property
    def _topic(self) -> str:
        return f"{TOPIC}-{self.batch}"

    def room(self, number: int, ahead: int | None) -> bool:
        """Whether one more may be begun: each worker has the next at hand, and no more."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            self._threads, self._counted = self.cluster.threads(), time.monotonic()
        free = len(self.running) < 2 * self._threads + 2
        return free and (ahead is None or number < self.first + ahead)

    def begin(self, one: _Try) -> None:
        """Have a file heard."""
        path = str(one.path) if is_address(one.path) else str(one.path.absolute())
        asked = self._asked | {"path": path, "number": one.number, "part": None}
        if self.parts is not None:
            asked["part"] = dict(self.parts[one.path])
        key = f"earmark-{self.batch}-{one.number}-{one.count}"
        with self.cluster.reached():
            self.running[self.client.submit(hear_file, asked, key=key, pure=False)] = one

    def steps(self) -> Iterable[BatchStep]:
        """How far files are."""
        by_number = {one.number: one.path for one in self.running.values()} if self._steps else {}
        while self._steps:
            told = self._steps.popleft()
            if (path := by_number.get(told["number"])) is not None:
                yield BatchStep(path, told["number"], told["share"], told["seconds"])

    def finished(self) -> Iterable[BatchResult]:
        """What has been told since the last look.

        Raises:
            EarmarkError: nothing more can be done.
        """
        ended = [future for future in self.running if future.done()]
        if self.client.status != "running" or any(f.status == "cancelled" for f in ended):
            raise self.cluster.lost()
        good = [future for future in ended if future.status == "finished"]
        # By the scheduler: workers may well be where this machine cannot reach them.
        with self.cluster.reached():
            answers = dict(zip(good, self.client.gather(good, direct=False), strict=True))
        lacking: list[tuple[_Try, Mapping[str, Any]]] = []
        for future in ended:
            one = self.running.pop(future)
            if future not in answers:
                with self.cluster.reached():
                    error = future.exception(timeout=_ANSWER_SECONDS)
                yield self._ended(self._failed(one, error))
            elif answers[future]["state"] in ("lacking", "gone"):
                lacking.append((one, answers[future]))
            else:
                yield self._ended(self._result(one, answers[future]))
        self._send(lacking)

    def _ended(self, result: BatchResult) -> BatchResult:
        self._done.add(result.number)
        while self.first in self._done:
            self._done.remove(self.first)
            self.first += 1
        return result

    def _send(self, lacking: Sequence[tuple[_Try, Mapping[str, Any]]]) -> None:
        """Send classifiers where they are missing, then have the files heard."""
        wanted: dict[str, set[str]] = {}
        for _, told in lacking:
            for digest in told.get("files", ()):
                wanted.setdefault(digest, set()).add(told["worker"])
        for digest, workers in wanted.items():
            new = [worker for worker in workers if (worker, digest) not in self._sent]
            if new:  # a worker that has ended meanwhile answers nothing
                data = read_all(self._files[digest])
                with self.cluster.reached():
                    said = self.client.run(keep, digest, data, workers=new, on_error="ignore")
                if problem := next(filter(None, said.values()), ""):
                    raise ModelError(problem)
                self._sent |= {(worker, digest) for worker in said}
        for one, told in lacking:
            if one.count >= _TRIES:
                raise ModelError(f"The worker {told['worker']} does not keep its classifiers.")
            self.begin(_Try(one.number, one.path, one.count + 1))

    def _failed(self, one: _Try, error: BaseException) -> BatchResult:
        """What a task that raised something says of its file, or of the whole cluster."""
        if type(error).__name__ == "KilledWorker":
            words = (
                f"{one.path.name} was given up: every worker that analysed it ended unexpectedly, "
                "perhaps for lack of memory. Give workers more memory, or split the file."
            )
            return BatchResult(one.path, None, words, number=one.number, lost=True)
        mine = versions()
        raise ClusterError(
            f"The cluster cannot analyse files ({type(error).__name__}: {error}). Install Earmark "
            f"{mine['earmark']} with torch {mine['torch']} on its scheduler and on every worker."
        ) from error

    def _result(self, one: _Try, told: Mapping[str, Any]) -> BatchResult:
        state, worker = told["state"], told["worker"]
        if state == "versions":
            theirs, mine = (_words(each) for each in (told["versions"], versions()))
            raise ClusterError(
                f"The worker {worker} has {theirs}, and this machine has {mine}. Install the same "
                "versions on all."
            )
        if state == "refused":
            raise ModelError(f"On the worker {worker}: {told['problem']}")
        if state == "absent":
            words = (
                f"{one.path.name} is not on the worker {worker}. Put it where every worker finds "
                "it at the same place, or name it by an address."
            )
            return BatchResult(one.path, None, words, number=one.number, lost=True)
        if state == "failed":
            problem, repaired = str(told["problem"]), int(told["repaired"])
            return BatchResult(one.path, None, problem, repaired, one.number)
        try:
            found = unpacked(told["result"], one.path)
        except (ValueError, TypeError, KeyError, DataError) as error:
            words = f"What the worker {worker} said of {one.path.name} is damaged: {error}."
            return BatchResult(one.path, None, words, number=one.number, lost=True)
        return BatchResult(one.path, found, repaired=int(told["repaired"]), number=one.number)

    def end(self) -> None:
        """Give up what is begun."""
        if self.client.status == "running":
            # A scheduler that has gone has no tasks: why the batch ends is what is to be said.
            with contextlib.suppress(ClusterError), self.cluster.reached():
                self.client.unsubscribe_topic(self._topic)
                if self.running:
                    self.client.cancel(list(self.running), force=True)
        self.running.clear()


def _ears_of(
    how: Listening, wanted: Mapping[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """What workers are told of the classifiers, and where the files lie that they may lack.

    Raises:
        ModelError: one cannot be used, or is not the one that is wanted.
    """
    catalog, ears, files = Catalog(), list[dict[str, Any]](), dict[str, Path]()
    for name in how.classifiers:
        entry = catalog.find(name)
        digest, (adjusted, corrections) = entry.sha256(), catalog.changes_of(entry)
        if wanted.get(entry.card.name, digest) != digest:
            raise ModelError(f"The file of '{entry.card.name}' has just changed. Start again.")
        ear: dict[str, Any] = {
            "name": entry.card.name,
            "sha256": digest,
            "thresholds": dict(adjusted.thresholds) if adjusted else {},
            "smoothing_seconds": adjusted.smoothing_seconds if adjusted else None,
            "corrections": sha256(corrections) if corrections else "",
        }
        files[digest] = entry.path
        if corrections is not None:
            files[ear["corrections"]] = corrections
        ears.append(ear)
    assert files_of(ears) == files.keys()
    return ears, files


def _words(found: Mapping[str, str]) -> str:
    return " and ".join(
        f"no {name}" if number == "none" else f"{name} {number}" for name, number in found.items()
    )
