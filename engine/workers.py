"""Many files worked at by several processes, each of which may be killed without harm to others.

``ProcessPoolExecutor`` ends all processes when one is killed, with all they were doing; here the
file of that one is told as lost, and another process takes its place.
"""

import contextlib
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from engine.errors import EarmarkError, ModelError
from engine.threads import begin_worker

LOOK_SECONDS = 0.1
_TELL_SECONDS = 0.2  # between two words about how far a file is
_END_SECONDS = 5.0
_REST, _CONTINUE = "rest", "continue"  # words to a process, beside files
_RESTS = -1  # instead of a file's number: a process says that it rests
LOST = (
    "{} was given up: the process that analysed it ended unexpectedly, perhaps for lack of memory. "
    "Use fewer processes (--jobs), or split the file."
)

# In a process: yields how far a file is, and returns what comes of it; gets its number and path.
OfOne = Callable[[int, Path], Generator[Any, None, Any]]


class Work(Protocol):
    """What processes do; it is sent to each of them, as are its results to whoever began them."""

    def begin(self) -> OfOne:
        """In a process: what it does with each file, after what is loaded once.

        Raises:
            EarmarkError: it cannot be done; whoever began it is told.
        """

    def begun(self, number: int, path: Path) -> Any:
        """What is told of a file as it is begun."""

    def lost(self, number: int, path: Path) -> Any:
        """What comes of a file whose process was killed."""


class Pause:
    """Whether a batch rests; set and read from any thread."""

    def __init__(self) -> None:
        self._on = threading.Event()
        self._resting = threading.Event()

    @property
    def on(self) -> bool:
        """Whether it is to rest."""
        return self._on.is_set()

    @property
    def resting(self) -> bool:
        """Whether it does rest: what was in the middle of a step has come to the step's end."""
        return self.on and self._resting.is_set()

    def tell(self, resting: bool) -> None:
        """The batch says whether nothing of it is at work any more."""
        if resting:
            self._resting.set()
        else:
            self._resting.clear()

    def set(self, on: bool) -> None:
        """Let it rest, files that are begun too, or continue."""
        self._resting.clear()
        if on:
            self._on.set()
        else:
            self._on.clear()


def work_through(
    paths: Sequence[Path],
    work: Work,
    *,
    jobs: int,
    ahead: int | None = None,
    pause: Pause | None = None,
) -> Generator[Any, None, None]:
    """Have processes of low priority work at files.

    Args:
        paths: the files; they are begun in this order, and numbered from 1.
        work: what is done with each.
        jobs: how many processes; each computes on one thread.
        ahead: how many files may be begun after the first that is not done; None: any number.
        pause: lets all processes rest between two steps.

    Yields:
        What the work tells of each file and what came of it, those of different files mixed; None
        where nothing has happened for a moment. Closing ends all processes at once.

    Raises:
        EarmarkError: the work cannot be done, or no process can be started.
    """
    waiting = deque(enumerate(paths, start=1))
    pool, pause = Workers(work), pause or Pause()
    running: set[int] = set()
    try:
        pool.start(min(jobs, len(paths)))
        while waiting or running:
            rests = pause.on  # read once: one that rests would take no notice of a file
            pool.rest(rests)
            for worker in () if rests else pool.free():
                first = min(running, default=waiting[0][0] if waiting else 0)
                if waiting and (ahead is None or waiting[0][0] < first + ahead):
                    number, path = waiting.popleft()
                    running.add(number)
                    worker.give(number, path)
                    yield work.begun(number, path)
            quiet = True
            for word in pool.heard():
                quiet = False
                if word.last:
                    running.discard(word.number)
                yield word.event
            pause.tell(pool.resting())
            if quiet:
                yield None
    finally:
        pool.end()


@dataclass(frozen=True)
class Word:
    """What a process tells.

    Attributes:
        number: of the file; 0: it has begun, and waits for one; -1: it rests.
        event: how far it is, or what came of it.
        last: whether the file is done.
    """

    number: int
    event: Any = None
    last: bool = False


class Worker:
    """One of the processes.

    Attributes:
        ready: whether it has begun.
        file: number and path of what it works at; None: it waits.
        asked: how many times it was asked to rest and has not said yet that it does.
    """

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, work), daemon=True)
        with _no_interrupts():
            self.process.start()
        there.close()
        self.ready = False
        self.file: tuple[int, Path] | None = None
        self.asked = 0

    def give(self, number: int, path: Path) -> None:
        """Have it work at a file; that it is gone shows when it is asked for the result."""
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


class Workers:
    """The processes of one batch; to be ended.

    Args:
        work: what they do.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._workers: list[Worker] = []
        self._resting = False

    def start(self, count: int) -> None:
        """Begin some more."""
        self._workers += [Worker(self._work) for _ in range(count)]

    def rest(self, on: bool) -> None:
        """Let all rest, or continue; one that is begun meanwhile has no file to work at."""
        if on != self._resting:
            self._resting = on
            for worker in self._workers:
                worker.say(_REST if on else _CONTINUE)
                worker.asked += on

    def resting(self) -> bool:
        """Whether all were asked to rest, and none is in the middle of a file's step any more."""
        return self._resting and not any(one.file and one.asked for one in self._workers)

    def free(self) -> list[Worker]:
        """Those that wait for a file."""
        return [one for one in self._workers if one.ready and one.file is None]

    def busy(self) -> int:
        """How many work at a file."""
        return sum(worker.file is not None for worker in self._workers)

    def grow(self, count: int) -> None:
        """Begin more, one at a time, up to so many."""
        if len(self._workers) < count and all(worker.ready for worker in self._workers):
            self.start(1)

    def heard(self) -> Iterator[Word]:
        """What they tell of files, after a moment at most.

        Raises:
            EarmarkError: one cannot do the work, or none could be started.
        """
        by_pipe: dict[Any, Worker] = {worker.here: worker for worker in self._workers}
        for pipe in wait(list(by_pipe), timeout=LOOK_SECONDS):
            worker = by_pipe[pipe]
            try:
                word = worker.here.recv()
            except (EOFError, OSError):
                yield from self._lost(worker)
                continue
            if isinstance(word, EarmarkError):
                raise word
            if word.number == _RESTS:
                worker.asked -= 1
                continue
            if word.number == 0:
                worker.ready = True
                continue
            if word.last:
                worker.file = None
            yield word

    def _lost(self, worker: Worker) -> Iterator[Word]:
        """A process was killed. One that had not begun is not replaced: memory may be short."""
        self._workers.remove(worker)
        worker.end()
        if worker.ready:
            self.start(1)
        if worker.file is not None:
            number, path = worker.file
            yield Word(number, self._work.lost(number, path), last=True)
        if not self._workers:
            raise ModelError(
                "No process could be started to analyse files, perhaps for lack of memory. Close "
                "other programs and try again."
            )

    def end(self) -> None:
        """End all at once."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.end()
        self._workers.clear()


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


def _serve(there: Connection, work: Work) -> None:
    """In a process: file after file, until it is ended."""
    begin_worker()
    try:
        of_one = work.begin()
    except EarmarkError as error:
        there.send(error)
        return
    there.send(Word(0))
    with contextlib.suppress(EOFError, OSError):  # whoever began it has gone
        while True:
            word = there.recv()
            if word == _REST:
                _rest(there)
            elif word != _CONTINUE:
                number, path = word
                there.send(Word(number, _result_of(there, number, of_one(number, path)), last=True))


def _result_of(there: Connection, number: int, steps: Generator[Any, None, Any]) -> Any:
    """What comes of a file; how far it is is told from time to time."""
    told = time.monotonic()
    while True:
        try:
            event = next(steps)
        except StopIteration as stop:
            return stop.value
        while there.poll():  # nothing but words to rest or continue comes within a file
            if there.recv() == _REST:
                _rest(there)
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            there.send(Word(number, event))


def _rest(there: Connection) -> None:
    """Wait until the batch continues; if whoever began it has gone, so does this process."""
    there.send(Word(_RESTS))
    while there.recv() != _CONTINUE:
        pass
