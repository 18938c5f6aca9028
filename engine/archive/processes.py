"""Many files classified by several processes (:mod:`engine.workers`)."""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.archive.addresses import change_of, drop_copies, is_address
from engine.archive.hearing import hear
from engine.errors import ModelError
from engine.recognition.channels import Channels
from engine.recognition.events import BatchResult, BatchStep
from engine.workers import LOOK_SECONDS, LOST, OfOne, Pause, Workers, work_through

Event = BatchStep | BatchResult
_MEMORY = 700_000_000  # that one process may need
_WORTH = 10_000_000  # bytes of sound files that one more process is started for


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
    if is_address(path):
        return (change_of(path) or (0, 0))[0]
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
    work = _Classifying(how, dict(sha256 or {}))
    try:
        yield from work_through(paths, work, jobs=jobs, ahead=ahead, pause=pause)
    finally:
        if any(map(is_address, paths)):
            drop_copies()


def classify_here(
    paths: Sequence[Path], how: Listening, *, sha256: Mapping[str, str] | None = None
) -> Generator[Event, None, None]:
    """As :func:`classify_in_processes`, in this process alone.

    Raises:
        EarmarkError: a classifier cannot be used.
    """
    models = _load(how, sha256 or {})
    for number, path in enumerate(paths, start=1):
        yield from hear(
            path, models, hop_seconds=how.hop_seconds, channels=how.channels, number=number
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
    pool = Workers(_Classifying(how, dict(sha256 or {})))
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
                time.sleep(LOOK_SECONDS)
                yield None
                continue
            pool.grow(min(jobs, pool.busy() + len(held)))
            news = [word.event for word in pool.heard()]
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


@dataclass(frozen=True)
class _Classifying:
    """What each process does: files are heard with classifiers that it loads once."""

    how: Listening
    sha256: Mapping[str, str]

    def begin(self) -> OfOne:
        models = _load(self.how, self.sha256)
        return lambda number, path: _hear(number, path, models, self.how)

    def begun(self, number: int, path: Path) -> BatchStep:
        return BatchStep(path, number, 0.0)

    def lost(self, number: int, path: Path) -> BatchResult:
        return BatchResult(path, None, LOST.format(path.name), number=number, lost=True)


def _load(how: Listening, sha256: Mapping[str, str]) -> dict[str, Any]:
    from engine.classifier.catalog import Catalog

    models = Catalog().load_all(how.classifiers)
    for name, classifier in models.items():
        if sha256.get(name, classifier.sha256) != classifier.sha256:
            raise ModelError(f"The file of '{name}' has just changed. Start again to use it.")
    return models


def _hear(
    number: int, path: Path, models: dict[str, Any], how: Listening
) -> Generator[BatchStep, None, BatchResult]:
    steps = hear(path, models, hop_seconds=how.hop_seconds, channels=how.channels, number=number)
    for event in steps:
        if isinstance(event, BatchResult):
            return event
        yield event
    raise AssertionError("each file has a result")
