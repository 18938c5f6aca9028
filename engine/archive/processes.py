"""Many files heard by several processes, each of which may be killed without harm to the others.

``ProcessPoolExecutor`` ends all processes when one is killed, with all they were doing; here the
file of that one is told as lost, and another process takes its place.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from engine.errors import EarmarkError, ModelError
from engine.recognition.channels import Channels
from engine.recognition.events import BatchResult, BatchStep
from engine.threads import begin_worker

Event = BatchStep | BatchResult
_LOOK_SECONDS = 0.1
_TELL_SECONDS = 0.2  # between two words about how far a file is
_END_SECONDS = 5.0
_REST, _CONTINUE = "rest", "continue"  # words to a process, beside files
_MEMORY = 700_000_000  # that one process may need
_WORTH = 10_000_000  # bytes of sound files that one more process is started for
# Windows of so much sound are computed together.
BLOCK_SECONDS = 10.0
_LOST = (
    "{} was given up: the process that analysed it ended unexpectedly, perhaps for lack of memory. "
    "Use fewer processes (--jobs), or split the file."
)


class Pause:
    """Whether a batch rests; set and read from any thread."""

    def __init__(self) -> None:
        self._on = threading.Event()

    @property
    def on(self) -> bool:
        """Whether it is to rest."""
        return self._on.is_set()

    def set(self, on: bool) -> None:
        """Let it rest, files that are begun too, or continue."""
        if on:
            self._on.set()
        else:
            self._on.clear()


@dataclass(frozen=True)
class Listening:
    """What many files are heard with, and how.

    Attributes:
        classifiers: names, or paths of files; of what the catalog has, as the user adjusted it.
        hop_seconds: step between rows, None: each classifier's own.
        channels: mixed, or each by itself.
    """

    classifiers: tuple[str, ...]
    hop_seconds: float | None = None
    channels: Channels = "mixed"


def useful_jobs(paths: Sequence[Path]) -> int:
    """How many processes are of use: one a core, as far as they fit into memory.

    Each takes seconds to begin, so there is to be something to do for it, judged by the files'
    sizes.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # fewer than all in a container
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    free = _free_memory()
    fitting = cores if free is None else int(free // _MEMORY)
    worth = 1 + sum(map(size_of, paths)) // _WORTH
    return max(1, min(cores, fitting, worth, len(paths)))


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where it cannot be known."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _free_memory() -> int | None:
    """Bytes that programs may take without harm to others; None: not known."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def classify_in_processes(
    paths: Sequence[Path],
    how: Listening,
    *,
    jobs: int,
    ahead: int | None = None,
    sha256: Mapping[str, str] | None = None,
    pause: Pause | None = None,
) -> Generator[Event | None, None, None]:
    """As :func:`engine.recognition.files.classify_files`, in several processes of low priority.

    Args:
        paths: the files; they are begun in this order.
        how: what they are heard with.
        jobs: how many processes; each computes on one thread.
        ahead: how many files may be begun after the first that is not done; None: any number.
        sha256: of the classifiers' files by name, where they are to be exactly these.
        pause: lets all processes rest between two blocks of sound.

    Yields:
        Steps and one result for each file as soon as it is done, those of different files mixed;
        None where nothing has happened for a moment. Closing ends all processes at once.

    Raises:
        EarmarkError: a classifier cannot be used, or no process can be started.
    """
    waiting = deque(enumerate(paths, start=1))
    pool, pause = _Pool(how, dict(sha256 or {})), pause or Pause()
    running: set[int] = set()
    try:
        pool.start(min(jobs, len(paths)))
        while waiting or running:
            pool.rest(pause.on)
            for worker in () if pause.on else pool.free():
                first = min(running, default=waiting[0][0] if waiting else 0)
                if waiting and (ahead is None or waiting[0][0] < first + ahead):
                    number, path = waiting.popleft()
                    running.add(number)
                    worker.give(number, path)
                    yield BatchStep(path, number, 0.0)
            quiet = True
            for event in pool.heard():
                quiet = False
                if isinstance(event, BatchResult):
                    running.discard(event.number)
                yield event
            if quiet:
                yield None
    finally:
        pool.end()


def classify_here(
    paths: Sequence[Path], how: Listening, *, sha256: Mapping[str, str]
) -> Generator[Event, None, None]:
    """As :func:`classify_in_processes`, in this process alone.

    Raises:
        EarmarkError: a classifier cannot be used.
    """
    from engine.recognition.files import classify_files  # brings torch along

    models = _load(how, sha256)
    yield from classify_files(
        paths,
        models,
        hop_seconds=how.hop_seconds,
        channels=how.channels,
        block_seconds=BLOCK_SECONDS,
    )


def classify_coming(
    coming: Callable[[], Path | None],
    how: Listening,
    *,
    jobs: int,
    idle_seconds: float = 120.0,
    sha256: Mapping[str, str] | None = None,
) -> Generator[Event | None, None, None]:
    """As :func:`classify_in_processes`, of files that arrive one by one; ends only when closed.

    Processes are begun when there is something to do, and end when for a while there is not.

    Args:
        coming: gives the next file, or None where there is none now; asked when a process is free.
        how: what they are heard with.
        jobs: how many processes at most.
        idle_seconds: for how long they wait for another file.
        sha256: as :func:`classify_in_processes`.

    Yields:
        As :func:`classify_in_processes`; files are numbered from 1 as they came.

    Raises:
        EarmarkError: as there.
    """
    pool = _Pool(how, dict(sha256 or {}))
    count, begun, held, used = 0, False, deque[Path](), time.monotonic()
    try:
        while True:
            while len(held) < jobs and (path := coming()) is not None:
                held.append(path)
            if held and not begun:
                pool.start(1)
                begun = True
            for worker in pool.free():
                if held:
                    count += 1
                    path = held.popleft()
                    worker.give(count, path)
                    yield BatchStep(path, count, 0.0)
            if not begun:
                time.sleep(_LOOK_SECONDS)
                yield None
                continue
            pool.grow(min(jobs, pool.busy() + len(held)))
            news = list(pool.heard())
            yield from news or (None,)
            used = time.monotonic() if held or pool.busy() else used
            if time.monotonic() - used > idle_seconds:
                pool.end()
                begun = False
    finally:
        pool.end()


def in_order(events: Iterator[Event | None]) -> Generator[Event | None, None, None]:
    """Results in the order of their files, however they come; steps pass as they are."""
    held: dict[int, BatchResult] = {}
    following = 1
    for event in events:
        if not isinstance(event, BatchResult):
            yield event
            continue
        held[event.number] = event
        while following in held:
            yield held.pop(following)
            following += 1


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """A process begun meanwhile is deaf to Ctrl-C from its first moment: its parent ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # of the window, which no terminal interrupts
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Worker:
    """One of the processes."""

    def __init__(self, how: Listening, sha256: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, how, sha256), daemon=True)
        with _no_interrupts():
            self.process.start()
        there.close()
        self.ready = False
        self.file: tuple[int, Path] | None = None

    def give(self, number: int, path: Path) -> None:
        """Have it hear a file; that it is gone shows when it is asked for the result."""
        self.file = number, path
        with contextlib.suppress(OSError):
            self.here.send(self.file)

    def say(self, word: str) -> None:
        """Let it rest or continue; that it is gone shows when it is asked for the result."""
        with contextlib.suppress(OSError):
            self.here.send(word)

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.terminate()
        self.process.join(_END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.here.close()
        self.process.close()


class _Pool:
    """The processes of one batch."""

    def __init__(self, how: Listening, sha256: Mapping[str, str]) -> None:
        self._how, self._sha256 = how, sha256
        self._workers: list[_Worker] = []
        self._resting = False

    def start(self, count: int) -> None:
        self._workers += [_Worker(self._how, self._sha256) for _ in range(count)]

    def rest(self, on: bool) -> None:
        """Let all rest, or continue; one that is begun meanwhile has no file to work at."""
        if on != self._resting:
            self._resting = on
            for worker in self._workers:
                worker.say(_REST if on else _CONTINUE)

    def free(self) -> list[_Worker]:
        """Those that wait for a file."""
        return [one for one in self._workers if one.ready and one.file is None]

    def busy(self) -> int:
        """How many hear a file."""
        return sum(worker.file is not None for worker in self._workers)

    def grow(self, count: int) -> None:
        """Begin more, one at a time, up to so many."""
        if len(self._workers) < count and all(worker.ready for worker in self._workers):
            self.start(1)

    def heard(self) -> Iterator[Event]:
        """What they tell, after a moment at most."""
        by_pipe: dict[Any, _Worker] = {worker.here: worker for worker in self._workers}
        for pipe in wait(list(by_pipe), timeout=_LOOK_SECONDS):
            worker = by_pipe[pipe]
            try:
                word = worker.here.recv()
            except (EOFError, OSError):
                yield from self._lost(worker)
                continue
            if isinstance(word, EarmarkError):
                raise word
            if isinstance(word, BatchStep | BatchResult):
                if isinstance(word, BatchResult):
                    worker.file = None
                yield word
            else:
                worker.ready = True

    def _lost(self, worker: _Worker) -> Iterator[Event]:
        """A process was killed. One that had not begun is not replaced: memory may be short."""
        self._workers.remove(worker)
        worker.end()
        if worker.ready:
            self.start(1)
        if worker.file is not None:
            number, path = worker.file
            yield BatchResult(path, None, _LOST.format(path.name), number=number, lost=True)
        if not self._workers:
            raise ModelError(
                "No process could be started to analyse files, perhaps for lack of memory. Close "
                "other programs and try again."
            )

    def end(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.end()
        self._workers.clear()


def _serve(there: Connection, how: Listening, sha256: Mapping[str, str]) -> None:
    """In a process: file after file, until it is ended."""
    begin_worker()
    try:
        models = _load(how, sha256)
    except EarmarkError as error:
        there.send(error)
        return
    there.send("ready")
    with contextlib.suppress(EOFError, OSError):  # whoever began it has gone
        while True:
            word = there.recv()
            if word == _REST:
                _rest(there)
            elif word != _CONTINUE:
                number, path = word
                _hear(there, number, path, models, how)


def _rest(there: Connection) -> None:
    """Wait until the batch continues; if whoever began it has gone, so does this process."""
    while there.recv() != _CONTINUE:
        pass


def _load(how: Listening, sha256: Mapping[str, str]) -> dict[str, Any]:
    from engine.classifier.catalog import Catalog

    models = Catalog().load_all(how.classifiers)
    for name, classifier in models.items():
        if sha256.get(name, classifier.sha256) != classifier.sha256:
            raise ModelError(f"The file of '{name}' has just changed. Start again to use it.")
    return models


def _hear(
    there: Connection, number: int, path: Path, models: dict[str, Any], how: Listening
) -> None:
    from engine.recognition.files import classify_files  # here: it brings torch along

    told = time.monotonic()
    for event in classify_files(
        [path],
        models,
        hop_seconds=how.hop_seconds,
        channels=how.channels,
        block_seconds=BLOCK_SECONDS,
    ):
        if isinstance(event, BatchResult):
            there.send(
                BatchResult(path, event.result, event.problem, event.repaired, number=number)
            )
            return
        while there.poll():  # nothing but words to rest or continue comes within a file
            if there.recv() == _REST:
                _rest(there)
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            there.send(BatchStep(path, number, event.share, event.seconds))
