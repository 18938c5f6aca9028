"""An index that grows: files that are new or have changed are heard, whatever stopped it before."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.archive.database import Stamp, key_of, stamp_of
from engine.archive.processes import useful_jobs
from engine.errors import problem_of
from engine.recognition.events import BatchStep
from engine.search.ear import Heard, SearchEar
from engine.search.index import Index
from engine.search.projection import NUMBERS, to_int8
from engine.search.table import FileRow
from engine.workers import LOST, OfOne, work_through

_SEAL_SECONDS = 15.0  # of work that a kill may cost
_SEAL_ROWS = 65_536  # smaller segments are joined at the end: 55 hours of sound


@dataclass(frozen=True)
class Step:
    """How far the work is.

    Attributes:
        path: the file that is heard.
        share: of all bytes to hear, 0 to 1.
        problem: why it could not be heard, in a sentence; empty unless that shows now.
        done: files finished, those that failed included.
        total: files to hear.
        seconds: of sound heard so far.
    """

    path: Path
    share: float
    problem: str
    done: int
    total: int
    seconds: float


@dataclass(frozen=True)
class Built:
    """What has come of it.

    Attributes:
        heard: files heard now.
        unchanged: files that were known already.
        failed: files that could not be heard, now or before.
        gone: files that were there before.
        seconds: of sound heard now.
    """

    heard: int
    unchanged: int
    failed: int
    gone: int
    seconds: float


def build(
    index: Index, ear: SearchEar, paths: Sequence[Path], *, retry: bool = False, jobs: int = 1
) -> Generator[Step | None, None, Built]:
    """Hear what is new or has changed; closing it, or a kill, costs some seconds of work at most.

    Files of the index that no longer exist are marked, and not found any more; where they come
    back, they are not heard again.

    Args:
        index: made with the projection of the ear.
        ear: hears.
        paths: all files that are to be in it; what it knows of others stays.
        retry: try again what failed before, though it has not changed.
        jobs: in how many processes; 0: as many as are of use; one is this process. The vectors are
            the same.

    Yields:
        How far it is; None where nothing has happened for a moment.

    Raises:
        DataError: it cannot be written, or another program writes it; what was kept stays.
    """
    index.begin_changes()
    known = index.files()
    back = _come_and_gone(index, known)
    todo: dict[Path, Stamp] = {}
    failed, unchanged = 0, 0
    for path in dict.fromkeys(paths):
        before, now = known.get(key_of(path)), stamp_of(path)
        if now is None:
            now = Stamp(0, 0)
        same = before is not None and (before.size, before.modified_ns) == (
            now.size,
            now.modified_ns,
        )
        if same and before is not None and before.status == "failed" and not retry:
            failed += 1
        elif same and before is not None and before.status != "failed":
            unchanged += 1
        else:
            todo[path] = now
    writer = _Writer(index)
    try:
        heard_in = _events(ear, list(todo), index.step_seconds, jobs or useful_jobs(list(todo)))
        found = yield from _hear_all(writer, heard_in, todo)
    finally:
        writer.seal()
    index.merge(_SEAL_ROWS)
    heard, newly_failed, seconds = found
    return Built(heard, unchanged, failed + newly_failed, back, seconds)


def _come_and_gone(index: Index, known: dict[str, FileRow]) -> int:
    """Mark what is no longer there, and what is there again; how many are not there."""
    changed, gone = [], 0
    for file in known.values():
        there = Path(file.path).is_file()
        gone += not there
        if not there and file.status == "done":
            changed.append(replace(file, status="gone"))
        elif there and file.status == "gone":
            changed.append(replace(file, status="done"))
    index.mark(changed)
    known.update({file.path: file for file in changed})
    return gone


class _Writer:
    """Holds what was heard until it is worth a segment."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._waiting: list[tuple[FileRow, NDArray[np.int8]]] = []
        self._since = time.monotonic()

    def put(self, path: Path, stamp: Stamp, heard: Heard | None, problem: str) -> None:
        file = FileRow(
            *(key_of(path), stamp.size, stamp.modified_ns),
            *("failed" if heard is None else "done", problem[:2000]),
            0.0 if heard is None else heard.duration_seconds,
        )
        empty = np.zeros((0, NUMBERS), dtype=np.int8)
        self._waiting.append((file, empty if heard is None else to_int8(heard.vectors)))
        rows = sum(len(part) for _, part in self._waiting)
        if rows >= _SEAL_ROWS or time.monotonic() - self._since > _SEAL_SECONDS:
            self.seal()

    def seal(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._index.add(waiting)
        self._since = time.monotonic()


@dataclass(frozen=True)
class _HeardFile:
    """What came of a file.

    Attributes:
        path: the file.
        number: its place among all, from 1.
        heard: None: it could not be heard.
        problem: why, in a sentence.
        lost: its process was killed: it is tried again the next time.
    """

    path: Path
    number: int
    heard: Heard | None
    problem: str = ""
    lost: bool = False


_Events = Generator[BatchStep | _HeardFile | None, None, None]


def _hear_all(
    writer: _Writer, events: _Events, todo: Mapping[Path, Stamp]
) -> Generator[Step | None, None, tuple[int, int, float]]:
    total, done, failed = sum(stamp.size for stamp in todo.values()), 0, 0
    seconds, read, begun = 0.0, 0, dict[int, float]()
    try:
        for event in events:
            if event is None:
                yield None
                continue
            if isinstance(event, BatchStep):
                begun[event.number] = event.share * todo[event.path].size
                share = min(1.0, (read + sum(begun.values())) / max(1, total))
                yield Step(event.path, share, "", done, len(todo), seconds)
                continue
            if not event.lost:
                writer.put(event.path, todo[event.path], event.heard, event.problem)
            begun.pop(event.number, None)
            done, read = done + 1, read + todo[event.path].size
            failed += event.heard is None
            seconds += event.heard.duration_seconds if event.heard is not None else 0.0
            share = min(1.0, (read + sum(begun.values())) / max(1, total))
            yield Step(event.path, share, event.problem, done, len(todo), seconds)
    finally:
        events.close()
    return done - failed, failed, seconds


def _events(ear: SearchEar, paths: Sequence[Path], step_seconds: float, jobs: int) -> _Events:
    """What is told of files as they are heard, here or in several processes."""
    if jobs > 1 and len(paths) > 1:
        yield from work_through(paths, _Indexing(ear.another, step_seconds), jobs=jobs)
        return
    for number, path in enumerate(paths, start=1):
        yield (yield from _hear(ear, number, path, step_seconds))


@dataclass(frozen=True)
class _Indexing:
    """What each process does: files are heard by an ear of its own."""

    make_ear: Callable[[], SearchEar]
    step_seconds: float

    def begin(self) -> OfOne:
        ear = self.make_ear()
        return lambda number, path: _hear(ear, number, path, self.step_seconds)

    def begun(self, number: int, path: Path) -> BatchStep:
        return BatchStep(path, number, 0.0)

    def lost(self, number: int, path: Path) -> _HeardFile:
        return _HeardFile(path, number, None, LOST.format(path.name), lost=True)


def _hear(
    ear: SearchEar, number: int, path: Path, step_seconds: float
) -> Generator[BatchStep, None, _HeardFile]:
    steps = ear.hear(path, step_seconds)
    try:
        while True:
            try:
                share = next(steps)
            except StopIteration as stop:
                return _HeardFile(path, number, stop.value)
            yield BatchStep(path, number, share)
    except Exception as error:  # noqa: BLE001  # it must not cost the other files
        return _HeardFile(path, number, None, problem_of(path, error))
    finally:
        steps.close()
