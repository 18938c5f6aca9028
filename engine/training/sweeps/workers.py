"""A pool of processes that run one job after another."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.queues import SimpleQueue
from typing import Any, Generic, TypeVar

from engine.threads import begin_worker

Result = TypeVar("Result")

_SECONDS = 0.08  # how long one waits at most for something to happen


class Workers(Generic[Result]):
    """So many processes; they end with the ``with`` block, whatever they do.

    Args:
        count: how many; each computes on one thread.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._started = 0
        self._running: dict[Future[Result], int] = {}
        self._names: dict[int, Any] = {}
        self._open()

    def __enter__(self) -> "Workers[Result]":
        return self

    def __exit__(self, *_: object) -> None:
        # Before the shutdown, which forgets them.
        for process in list((self._pool._processes or {}).values()):
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._messages.close()

    def _open(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._messages: SimpleQueue[tuple[int, Any]] = context.SimpleQueue()
        self._pool = ProcessPoolExecutor(self._count, context, _begin, (self._messages,))

    @property
    def busy(self) -> bool:
        """Whether a job is not done."""
        return bool(self._running)

    @property
    def free(self) -> bool:
        """Whether a process has nothing to do."""
        return len(self._running) < self._count

    def start(self, name: Any, job: Callable[..., Result], *arguments: Any) -> None:
        """Begin a job; :meth:`ended` gives its name back."""
        self._started += 1
        self._names[self._started] = name
        number = self._started
        try:
            future = self._pool.submit(_numbered, number, job, arguments)
        except BrokenProcessPool:  # a process was killed while it had nothing to do, or others did
            if self._running:
                future = _broken()
            else:
                self._reopen()
                future = self._pool.submit(_numbered, number, job, arguments)
        self._running[future] = number

    def messages(self) -> list[tuple[Any, Any]]:
        """Names of jobs and what they told with :func:`tell` since the last time."""
        found = []
        while not self._messages.empty():
            number, message = self._messages.get()
            if number in self._names:
                found.append((self._names[number], message))
        return found

    def ended(self) -> list[tuple[Any, Result | str]]:
        """Jobs that are done, after a moment at most: name and result, or why there is none."""
        ready = list(wait(self._running, return_when="FIRST_COMPLETED", timeout=_SECONDS).done)
        broken = any(isinstance(future.exception(), BrokenProcessPool) for future in ready)
        if broken:  # when one process is killed, all of them end
            ready = list(wait(self._running).done)
        found: list[tuple[Any, Result | str]] = []
        for future in ready:
            name, error = self._names.pop(self._running.pop(future)), future.exception()
            found.append((name, future.result() if error is None else _in_words(error)))
        if broken:
            self._reopen()
        return found

    def _reopen(self) -> None:
        self._pool.shutdown(wait=True)
        self._messages.close()  # a process may have been killed in the middle of a message
        self._open()


def _broken() -> Future[Any]:
    """What a job gives that was begun as the processes ended."""
    future: Future[Any] = Future()
    future.set_exception(BrokenProcessPool())
    return future


def tell(message: Any) -> None:
    """Send something to the process that began this job; called within a job."""
    if _here is not None:
        _here[1].put((_here[0], message))


_here: tuple[int, "SimpleQueue[tuple[int, Any]]"] | None = None  # in the processes of the pool


def _numbered(number: int, job: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    global _here
    if _here is not None:
        _here = number, _here[1]
    return job(*arguments)


def _in_words(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return (
            "Its process ended unexpectedly, perhaps for lack of memory. Run the sweep "
            "again to continue."
        )
    return f"{type(error).__name__}: {error}"


def _begin(messages: "SimpleQueue[tuple[int, Any]]") -> None:
    """In a new process."""
    global _here
    begin_worker()
    _here = 0, messages
