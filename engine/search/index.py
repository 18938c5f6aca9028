"""The index of an archive: a folder with a table of files, sealed segments and their projection."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from engine.archive.database import key_of
from engine.atomic_write import TEMPORARY, put_in_place, write_whole
from engine.bounded import parse_json
from engine.errors import DataError
from engine.leftovers import sweep
from engine.locks import LOCK, FolderLock
from engine.search.ear import LEAST_WINDOW, MOST_WINDOW, STEP_SECONDS, By, windows_in
from engine.search.hits import Found, Hit, Rows, hit_of
from engine.search.projection import (
    Projection,
    Vectors,
    from_int8,
    read_projection,
    written,
)
from engine.search.scores import Scores
from engine.search.segments import Segments, blocks
from engine.search.table import NAME, FileRow, Table, make_table

_PROJECTION = "projection.safetensors"
_SPARE = 8  # so many times as many rows are looked at as hits are wanted, for those left out
_MOST_LOOKED_AT = 1 << 18  # at a time
MOST_HITS = 10_000
_MOST_BY = 20_000
_TRIES = 4  # to search while another program changes the index
_PATIENCE_SECONDS = 5.0  # with who is just ending: a job that was cancelled
# What scores vectors: a block of unit vectors, float32, (n, numbers), to float32, (n,).
Judge = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def default_place(folder: Path) -> Path:
    """Where the index of a folder lies if no other place is chosen: not among the sounds."""
    import hashlib

    name = hashlib.sha256(key_of(folder).encode()).hexdigest()[:8]
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in folder.resolve().name)[:60]
    return platformdirs.user_data_path("Earmark", appauthor=False) / "indexes" / f"{plain}-{name}"


def find_index(place: Path) -> Path:
    """The index that a path stands for: its own folder, or the folder of sounds it was made of.

    Raises:
        DataError: there is none.
    """
    for folder in (place, default_place(place)):
        if (folder / NAME).is_file():
            return folder
    raise DataError(
        f"There is no index of {place}. 'earmark index {place}' makes one."
        if place.exists()
        else f"There is no index {place}. Was it moved or renamed?"
    )


class Index:
    """An open index; to be closed.

    Args:
        folder: of the index.
        make: make it if there is none, with this projection; None: it must be there.
        step_seconds: of a new one: seconds of sound in a vector, a whole number of windows.
        by: a user's classifier that a new one hears by; None: Earmark's own trunks.

    Attributes:
        step_seconds: of this one.
        projection: from the trunks' embeddings to its vectors.
        by: the user's classifier that it hears by; None: Earmark's own trunks.

    Raises:
        DataError: there is none, it is damaged, or what it was made with differs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        make: Projection | None = None,
        step_seconds: float | None = None,
        by: By | None = None,
    ) -> None:
        self.folder = folder
        self._segments = Segments(folder / "segments")
        self._map: tuple[int, dict[int, Rows]] | None = None
        self._lock: FolderLock | None = None
        if make is not None and not (folder / NAME).exists():
            usual = STEP_SECONDS if by is None else by.usual_step
            self._begin(make, step_seconds or usual, by)
        self._table = Table(folder / NAME)
        try:
            self._open(make, step_seconds)
        except BaseException:
            self.close()
            raise

    def _begin(self, projection: Projection, step_seconds: float, by: By | None) -> None:
        """Make it; its table comes last and whole, so that a kill leaves none."""
        windows_in(step_seconds, 1.0 if by is None else by.window_seconds)
        table = self.folder / f"{TEMPORARY}new.sqlite"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            if (self.folder / NAME).exists():  # another program was quicker
                return
            if not all(map(_of_a_kill, self.folder.iterdir())):
                raise DataError(
                    f"{self.folder} is not empty and not an index. Choose another folder for it."
                )
            sweep(self.folder, older_than=0)
            write_whole(self.folder / _PROJECTION, written(projection))
            settings = {"step_seconds": repr(float(step_seconds)), "projection": projection.digest}
            if by is not None:
                settings["by"] = json.dumps(asdict(by))
            make_table(table, settings)
            put_in_place(table, self.folder / NAME)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error.strerror}.") from error
        finally:
            self._give_lock_back()

    def _open(self, make: Projection | None, step_seconds: float | None) -> None:
        settings = self._table.settings()
        try:
            self.by = _by(settings.get("by"), self.folder)
            self.step_seconds = float(settings["step_seconds"])
            windows_in(self.step_seconds, 1.0 if self.by is None else self.by.window_seconds)
        except (KeyError, ValueError, DataError) as error:
            raise DataError(
                f"The index {self.folder.name} is damaged: its settings are. Delete it and make it "
                "again."
            ) from error
        self.projection = read_projection(self.folder / _PROJECTION)
        if settings.get("projection") != self.projection.digest:
            raise DataError(
                f"The index {self.folder.name} is damaged: its projection was changed. Delete it "
                "and make it again."
            )
        if make is not None and make.digest != self.projection.digest:
            raise DataError(
                f"The index {self.folder.name} was made by another version of Earmark, which hears "
                "otherwise. Delete it and make it again."
            )
        if step_seconds is not None and step_seconds != self.step_seconds:
            raise DataError(
                f"The index {self.folder.name} has a vector each {self.step_seconds:g} s. Make "
                "another index for another step."
            )

    def close(self) -> None:
        """Give the table and the right to write back."""
        self._table.close()
        self._give_lock_back()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def files(self) -> dict[str, FileRow]:
        """What is known of each file, by its path."""
        return self._table.files()

    def count(self) -> tuple[int, float]:
        """How many files can be found, and how many seconds of sound they hold."""
        done = [file for file in self._table.files().values() if file.status == "done"]
        return len(done), sum(file.duration_seconds for file in done)

    def folder_of_sounds(self) -> str:
        """The folder of sounds that it was made of, where that was noted; else empty."""
        return self._table.settings().get("folder", "")

    def note_folder(self, sounds: Path) -> None:
        """Note which folder of sounds it is made of, for whoever brings it up to date."""
        with self._table.changing():
            self._table.set("folder", key_of(sounds))

    # Reading.

    def search(self, vector: Vectors, *, count: int = 50, most_a_file: int = 3) -> list[Hit]:
        """The stretches that are most like a vector, the best first.

        Args:
            vector: of unit length, float32, shape (1, numbers).
            count: of hits, at most 10,000.
            most_a_file: hits of one file; neighbours of a better hit count as the same.
        """
        query = np.ascontiguousarray(vector[0], dtype=np.float32)
        return self.best(lambda block: block @ query, count=count, most_a_file=most_a_file)

    def best(
        self,
        judge: Judge,
        *,
        count: int = 50,
        most_a_file: int = 3,
        besides: frozenset[tuple[int, int]] = frozenset(),
    ) -> list[Hit]:
        """The stretches that score highest; silence never does.

        Args:
            judge: scores vectors.
            count: see :meth:`search`.
            most_a_file: see :meth:`search`.
            besides: keys of hits that are left out.
        """
        count = max(1, min(count, MOST_HITS))
        for last in (False,) * (_TRIES - 1) + (True,):
            before, found = self._table.stamp(), None
            try:
                found = self._best(judge, count, most_a_file, besides)
            except DataError:
                if last or self._table.stamp() == before:
                    raise
            if found is not None and (last or self._table.stamp() == before):
                return found
            self._map = None  # another program has joined segments meanwhile: look again
        raise AssertionError("the last try returns or raises")

    def _best(
        self, judge: Judge, count: int, most_a_file: int, besides: frozenset[tuple[int, int]]
    ) -> list[Hit]:
        scores = self._scores(judge)
        found = Found(self._whose(), count, most_a_file, besides, self.step_seconds)
        wanted = count * _SPARE + len(besides)
        while True:
            some = scores.highest(wanted)
            loud = np.any(self._picked([(number, row) for _, number, row in some]), axis=1)
            found.take([place for place, heard in zip(some, loud.tolist(), strict=True) if heard])
            if len(some) < wanted or len(found.hits) >= count:
                break
            # Neighbours, silence and files that have given enough: what is left lies elsewhere.
            scores.drop([place[1:] for place in some])
            for file in found.full():
                scores.drop_range(file.segment, file.first, file.count)
            wanted = min(2 * wanted, _MOST_LOOKED_AT)
        return found.hits

    def _scores(self, judge: Judge) -> Scores:
        """Of all rows, without those of files that have gone."""
        sizes = self._table.segments()
        found = Scores(sizes)
        for number, size in sizes.items():
            for start, block in blocks(self._segments.open(number, size)):
                found.put(number, start, judge(block))
        for number, rows in self._whose().items():
            if number in sizes:
                for file in rows.files:
                    if file.status != "done":
                        found.drop_range(number, file.first, file.count)
        return found

    def vectors_of(self, keys: Sequence[tuple[int, int]]) -> Vectors:
        """Unit vectors of rows, float32, shape (keys, numbers).

        Raises:
            DataError: the index has changed, and there are none such any more.
        """
        return from_int8(self._picked(keys))

    def _picked(self, keys: Sequence[tuple[int, int]]) -> NDArray[np.int8]:
        """Rows as they are kept, int8, shape (keys, numbers)."""
        sizes = self._table.segments()
        if any(row >= sizes.get(number, 0) for number, row in keys):
            raise _changed(self.folder)
        return self._segments.picked(keys, sizes)

    def hit_at(self, path: Path, seconds: float) -> Hit | None:
        """The stretch of a file that holds a moment; None: the index does not know it."""
        file = self._table.files().get(key_of(path))
        if file is None or file.status != "done" or file.count == 0:
            return None
        row = min(int(max(0.0, seconds) // self.step_seconds), file.count - 1) + file.first
        return hit_of(file, file.segment, row, 1.0, self.step_seconds)

    def each(self) -> Iterator[tuple[FileRow, Vectors]]:
        """Each file that can be found, with its vectors, float32, (rows, numbers)."""
        opened: dict[int, NDArray[np.int8]] = {}
        files, sizes = self._table.contents()
        for file in files.values():
            if file.status == "done" and file.count:
                if file.segment not in opened:
                    try:
                        some = self._segments.open(file.segment, sizes[file.segment])
                    except DataError as error:
                        if file.segment not in self._table.segments():
                            raise _changed(self.folder) from error
                        raise
                    opened = {file.segment: some}
                yield file, from_int8(opened[file.segment][file.first : file.first + file.count])

    def _whose(self) -> dict[int, Rows]:
        stamp = self._table.stamp()
        if self._map is None or self._map[0] != stamp:
            by_segment: dict[int, list[FileRow]] = {}
            for file in self._table.files().values():
                if file.count:
                    by_segment.setdefault(file.segment, []).append(file)
            found = {}
            for number, files in by_segment.items():
                files.sort(key=lambda file: file.first)
                firsts = np.asarray([file.first for file in files], dtype=np.int64)
                found[number] = Rows(files, firsts)
            self._map = stamp, found
        return self._map[1]

    # Writing.

    def begin_changes(self) -> None:
        """Take the right to write; given back by :meth:`close`.

        Raises:
            DataError: another program writes.
        """
        self._take_lock()
        sweep(self.folder, older_than=0)
        sweep(self.folder / "segments", older_than=0)
        self._segments.sweep(self._table.segments())

    def _take_lock(self) -> None:
        lock, deadline = FolderLock(self.folder), time.monotonic() + _PATIENCE_SECONDS
        while not lock.acquire():
            if time.monotonic() > deadline:
                raise DataError(
                    f"The index {self.folder.name} is being written by {lock.holder()}. Wait until "
                    "it is done."
                )
            time.sleep(0.05)
        self._lock = lock

    def _give_lock_back(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def add(self, heard: Sequence[tuple[FileRow, NDArray[np.int8]]]) -> None:
        """Keep files with their vectors as one more sealed segment.

        Raises:
            DataError: it cannot be written; nothing has changed then.
        """
        assert self._lock is not None
        vectors = [part for _, part in heard if len(part)]
        number, first, rows = self._table.next_segment(), 0, []
        for file, part in heard:
            where = (number, first, len(part)) if len(part) else (0, 0, 0)
            rows.append(_moved(file, *where))
            first += len(part)
        if vectors:
            self._segments.write(number, np.concatenate(vectors))
        with self._table.changing():
            if vectors:
                self._table.add_segment(number, first)
            self._table.put(rows)
        self._map = None

    def mark(self, files: Sequence[FileRow]) -> None:
        """Note that files failed, have gone or came back, with the rows that they have."""
        if files:
            with self._table.changing():
                self._table.put(files)
            self._map = None

    def merge(self, most_rows: int) -> None:
        """Join the small segments until they are large, without rows that no file has any more.

        Raises:
            DataError: it cannot be written; what was joined before that stays.
        """
        assert self._lock is not None
        files, sizes = self._table.contents()
        live: dict[int, list[FileRow]] = {number: [] for number in sizes}
        for file in files.values():
            if file.count:
                live[file.segment].append(file)
        rows = {number: sum(file.count for file in some) for number, some in live.items()}
        small = [n for n, size in sizes.items() if size < most_rows or 2 * rows[n] < size]
        if len(small) < 2 and all(rows[n] == sizes[n] for n in small):
            return
        group: list[int] = []
        for number in small:
            group.append(number)
            if sum(rows[n] for n in group) >= most_rows or number == small[-1]:
                self._join(group, [file for n in group for file in live[n]], sizes)
                group = []
        self._segments.sweep(self._table.segments())

    def _join(
        self, numbers: Sequence[int], files: Sequence[FileRow], sizes: dict[int, int]
    ) -> None:
        """Make one segment of some; each is opened for a moment only, as there may be thousands."""
        parts, moved, first = [], [], 0
        target = self._table.next_segment()
        opened: tuple[int, NDArray[np.int8]] | None = None
        for file in files:
            if opened is None or opened[0] != file.segment:
                opened = file.segment, self._segments.open(file.segment, sizes[file.segment])
            parts.append(np.array(opened[1][file.first : file.first + file.count]))
            moved.append(_moved(file, target, first, file.count))
            first += file.count
        if moved:
            self._segments.write(target, np.concatenate(parts))
        with self._table.changing():
            if moved:
                self._table.add_segment(target, first)
            self._table.put(moved)
            self._table.drop_segments(numbers)
        self._map = None


def _by(text: str | None, folder: Path) -> By | None:
    if text is None:
        return None
    found = parse_json(text, f"{folder.name}/{NAME}", most_bytes=_MOST_BY)
    by = (
        By(**found)
        if isinstance(found, dict) and found.keys() == By.__annotations__.keys()
        else None
    )
    words = by is not None and all(isinstance(w, str) for w in (by.name, by.path, by.sha256))
    if by is None or not words or not isinstance(by.window_seconds, float):
        raise ValueError("what it was heard by is damaged")
    if not LEAST_WINDOW <= by.window_seconds <= MOST_WINDOW:
        raise ValueError("what it was heard by is damaged")
    return by


def _of_a_kill(path: Path) -> bool:
    """Whether a file may be what a kill left of an index that was being made."""
    if path.name == _PROJECTION:
        with contextlib.suppress(DataError):
            return bool(read_projection(path).trunks)
    return path.name == LOCK or path.name.startswith(TEMPORARY)


def _changed(folder: Path) -> DataError:
    return DataError(f"The index {folder.name} has changed meanwhile. Search in it again.")


def _moved(file: FileRow, segment: int, first: int, count: int) -> FileRow:
    return FileRow(
        *(file.path, file.size, file.modified_ns, file.status, file.reason),
        *(file.duration_seconds, segment, first, count),
    )
