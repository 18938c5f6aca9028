"""Processes that do one job after the other, each by itself."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Workers(Generic[Result]):
    """So many processes; they end with the ``with`` block, whatever they do.

    Args:
        count: how many; they share the processors.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._new()
        self._running: dict[Future[Result], Any] = {}

    def __enter__(self) -> "Workers[Result]":
        return self

    def __exit__(self, *_: object) -> None:
        # Before the shutdown, which forgets them.
        for process in list((self._pool._processes or {}).values()) if self._running else []:
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _new(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        threads = max(1, (os.cpu_count() or 1) // self._count)
        return ProcessPoolExecutor(self._count, context, _share_processors, (threads,))

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
        self._running[self._pool.submit(job, *arguments)] = name

    def ended(self) -> list[tuple[Any, Result | str]]:
        """Jobs that are done, after a moment at most: name and result, or why there is none."""
        ready = list(wait(self._running, return_when="FIRST_COMPLETED", timeout=0.1).done)
        broken = any(isinstance(future.exception(), BrokenProcessPool) for future in ready)
        if broken:  # when one process is killed, all of them end
            ready = list(wait(self._running).done)
        found: list[tuple[Any, Result | str]] = []
        for future in ready:
            name, error = self._running.pop(future), future.exception()
            found.append((name, future.result() if error is None else _in_words(error)))
        if broken:
            self._pool.shutdown(wait=True)
            self._pool = self._new()
        return found


def _in_words(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return "Its process ended: was the memory too small? Run the sweep again to go on."
    return f"{type(error).__name__}: {error}"


def _share_processors(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
