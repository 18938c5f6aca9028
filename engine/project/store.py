"""Storage of a project on disk: the table, the order of its classes, and its sounds."""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.atomic_write import TEMPORARY, put_in_place, write_whole
from engine.audio.formats import EXTENSIONS
from engine.bounded import read_json
from engine.datasets import open_dataset
from engine.datasets.corpora.manifest import COLUMNS, excerpts_in, save
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError
from engine.leftovers import HOUR, sweep
from engine.locks import FolderLock, Holder
from engine.passed_over import passed_over
from engine.project.arrivals import Arrivals

MANIFEST, CLASSES = "manifest.csv", "classes.json"
REMOVED, RECORDING = ".removed", ".recording"
_PENDING, _MARK = ".classes.next.json", ".earmark"
_Stamp = tuple[int, int, int] | None
_HOMES = ("sounds", "earmark sounds")  # the second where the first holds what is not ours


@dataclass(frozen=True)
class State:
    """A project at one moment.

    Attributes:
        classes: their names in order, empty ones too.
        rows: the labelled excerpts, in the order they came.
    """

    classes: tuple[str, ...] = ()
    rows: tuple[Excerpt, ...] = ()

    def check_known(self, *names: str) -> None:
        """Raises DataError unless there are such classes."""
        for name in names:
            if name not in self.classes:
                raise DataError(f"There is no class '{name}'. It may have been renamed.")

    def new_name(self, name: str, besides: str = "") -> str:
        """A name that a class may get, without needless spaces; DataError if it may not."""
        name = " ".join(name.split())
        if not name:
            raise DataError("A class needs a name. Type one.")
        if name.casefold() in {other.casefold() for other in self.classes if other != besides}:
            raise DataError(
                f"There is already a class '{name}'. Choose another name, or merge the classes."
            )
        return name


class ChangedOnDiskError(DataError):
    """Another program has changed the project since it was read."""


class Store:
    """A project's folder: the table, the order of its classes, and the sounds.

    Args:
        root: the folder; it need not exist yet.

    Attributes:
        lock: who may change it. A folder that is no project yet is locked by its first change.
        holder: another who has the lock, as far as we know; None: nobody.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        free = (h for h in _HOMES if self._ours(h) or not (self.root / h).exists())
        self._home = next(free, _HOMES[-1])
        self.lock = FolderLock(self.root)
        self.holder: Holder | None = None
        self._arrivals = Arrivals(self.root, self._home)
        self._seen: list[_Stamp] = [None, None]

    def take(self) -> bool:
        """Lock it if it is a project and nobody else has it; tells whether it was taken now."""
        if self.lock.held or not self._is_project():
            return False
        taken = self.lock.acquire()
        self.holder = None if taken else self.lock.holder()
        return taken

    @property
    def changed(self) -> bool:
        """Whether the disk holds another state than was read or saved here last.

        A table that has gone, with its drive perhaps, is no other state.
        """
        now, seen = self.stamps(), self._seen
        return any(n is not None and n != s for n, s in zip(now, seen, strict=True))

    def claim(self) -> None:
        """Make sure that what is to be written is the next state of what lies on the disk.

        Raises:
            DataError: another program holds the project.
            ChangedOnDiskError: it was changed since it was read.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.root} cannot be created: {error.strerror}.") from error
        if not self.lock.acquire():
            self.holder = self.lock.holder()
            raise DataError(
                f"This project is open in {self.holder}, so nothing was changed. "
                "Close it there to edit it here."
            )
        self.holder = None
        if self.changed:
            raise ChangedOnDiskError(
                f"The project in {self.root} was changed by another program, so nothing was "
                "saved over it. It was read again: repeat your change."
            )

    def _is_project(self) -> bool:
        """Whether it was saved once, or killed while the first sounds came in."""
        saved = (self.root / MANIFEST).is_file() or (self.root / CLASSES).is_file()
        return saved or self._ours(self._home)

    def stamps(self) -> list[_Stamp]:
        """What differs when its files are others."""
        return [_stamp(self.root / name) for name in (MANIFEST, CLASSES)]

    def _ours(self, home: str) -> bool:
        return (self.root / home / _MARK).is_file()

    def load(self) -> State:
        """Read what lies there; if it is ours, what a crash left half done is brought in order.

        Raises:
            DataError: it is no project, no data set and no empty folder, or cannot be read.
        """
        table, names = self.root / MANIFEST, self.root / CLASSES
        seen = self.stamps()  # before it is read: what changes meanwhile is seen the next time
        if table.is_file():
            rows = excerpts_in(table)
        elif self._is_project() or not self.root.exists() or not self._occupied():
            rows = ()
        else:
            dataset = open_dataset(self.root)
            if dataset.features:
                raise DataError(
                    f"{self.root} contains features instead of sounds. You can train on it "
                    "directly."
                )
            rows = dataset.excerpts
        labels = sorted({row.label for row in rows})
        if self.lock.held:
            self._finish(set(labels))
            seen[1] = _stamp(names)
        ordered = _names(names)
        classes = (*ordered, *(label for label in labels if label not in ordered))
        state = State(classes, rows)
        if self.lock.held:
            self._clean_up(state)
        self._seen = seen
        return state

    def _clean_up(self, state: State) -> None:
        """What a kill left: if nobody else can write here, it is nobody's."""
        old = 0.0 if self.lock.certain else HOUR
        sweep(self.root, older_than=old)
        if self._ours(self._home):
            sweep(self.root / self._home, older_than=old, deep=True)
            self._arrivals.undo({row.path for row in state.rows}, older_than=old)
        self.bring_back(self.away(state))

    def _occupied(self) -> bool:
        return bool(files_under(self.root, [*EXTENSIONS, ".csv", ".tsv", ".json", ".npy"]))

    def _finish(self, labels: set[str]) -> None:
        """A crash between the two files of one step: take the second, or forget it."""
        pending = self.root / _PENDING
        if not pending.is_file():
            return
        try:
            if labels <= set(_names(pending)):
                put_in_place(pending, self.root / CLASSES)
            else:
                pending.unlink()
        except (OSError, DataError):
            pending.unlink(missing_ok=True)

    def save(self, state: State) -> None:
        """Write a state, all of it or nothing.

        Raises:
            DataError: it cannot be written; the former state stays.
        """
        pending = self.root / _PENDING
        text = json.dumps({"classes": list(state.classes)}, indent=1, ensure_ascii=False)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            write_whole(pending, text.encode("utf-8"))
            if state.rows:
                named = Dataset(About(self.root.name), self.root, state.rows)
                save(named, self.root / MANIFEST)
            else:
                write_whole(self.root / MANIFEST, (",".join(COLUMNS) + "\r\n").encode())
            put_in_place(pending, self.root / CLASSES)  # needs no room on the disk
            self._seen = self.stamps()
        except (OSError, DataError) as error:
            pending.unlink(missing_ok=True)
            self._seen = self.stamps()  # the table may be the new one, with all its labels
            if isinstance(error, DataError):
                raise
            raise DataError(
                f"The project in {self.root} could not be saved: {error.strerror}. "
                "The previous version is kept."
            ) from error

    def owned(self, state: State) -> set[str]:
        """Paths of the files that the project itself keeps, relative to its folder."""
        if not self._ours(self._home):
            return set()
        inside = self._home + "/"
        return {row.path for row in state.rows if row.path.startswith(inside)}

    def away(self, state: State) -> set[str]:
        """Sounds of our own that a state needs and that do not lie in their places."""
        return {path for path in self.owned(state) if not (self.root / path).exists()}

    def bring_back(self, paths: Iterable[str]) -> None:
        """Fetch sounds from among the removed ones.

        Raises:
            DataError: one cannot be moved.
        """
        for path in paths:
            _move(self.root / REMOVED / path, self.root / path)

    def lost(self, before: State, after: State) -> set[str]:
        """Sounds of our own that another state would bring back and that exist nowhere."""
        coming = self.owned(after) - self.owned(before)
        places = (self.root, self.root / REMOVED)
        return {path for path in coming if not any((p / path).is_file() for p in places)}

    def moving(self, paths: Iterable[str]) -> None:
        """Files will be put away or brought back; :meth:`settled` is to be called afterwards.

        Raises:
            DataError: that cannot be noted, in case of a crash.
        """
        self._arrivals.note(paths, lambda path: f"{REMOVED}/{path}")

    def put_away(self, paths: Iterable[str]) -> None:
        """Lay files of the project among the removed ones; what can't be moved stays."""
        for path in paths:
            with contextlib.suppress(DataError):
                _move(self.root / path, self.root / REMOVED / path)

    def empty(self) -> None:
        """Delete the removed sounds for good."""
        shutil.rmtree(self.root / REMOVED, ignore_errors=True)

    def settled(self) -> None:
        """What came in is in the table, or was taken out again: a crash finds nothing half done."""
        self._arrivals.forget()

    def take_in(self, source: Path, label: str, *, move: bool = False) -> str:
        """Copy or move a file among the sounds of a class; gives its path relative to the root.

        :meth:`settled` is to be called once the table has it.

        Raises:
            DataError: it cannot be read, or the disk is full.
        """
        place = self.free_place(label, source.name, source if move else None)
        temporary = None
        try:
            if move:
                put_in_place(source, place)
            else:
                handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=TEMPORARY)
                os.close(handle)
                shutil.copyfile(source, temporary)
                Path(temporary).chmod(0o644)
                os.replace(temporary, place)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise DataError(
                f"{source.name} could not be added to the project: {error.strerror}."
            ) from error
        return place.relative_to(self.root).as_posix()

    def free_place(self, label: str, name: str, moved: Path | None = None) -> Path:
        """A new file's place among the sounds of a class, noted in case of a crash.

        Args:
            label: the class.
            name: of the file.
            moved: where in the project it goes back to if a crash comes before the table has it.

        Raises:
            DataError: its folder cannot be made.
        """
        folder = f"{self._home}/{safe(label)}"
        try:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            (self.root / self._home / _MARK).touch()
        except OSError as error:
            raise DataError(f"{self.root / folder} cannot be created: {error.strerror}.") from error
        stem, ending = Path(name).stem, Path(name).suffix
        number, free = 1, f"{folder}/{name}"
        while any((place / free).exists() for place in (self.root, self.root / REMOVED)):
            number += 1
            free = f"{folder}/{stem} ({number}){ending}"
        kept = moved.relative_to(self.root).as_posix() if moved is not None else ""
        self._arrivals.note([free], lambda _: kept)
        return self.root / free

    def find(self, state: State, within: Path) -> State:
        """With rows whose file is gone pointing at the one file of that name in a folder.

        Raises:
            DataError: the folder cannot be read.
        """
        gone = {row.path for row in state.rows if not (self.root / row.path).is_file()}
        if not gone or not within.is_dir():
            return state
        by_name: dict[str, list[str]] = defaultdict(list)
        for name in files_under(within, sorted(EXTENSIONS)):
            by_name[name.rpartition("/")[2]].append(name)
        found = {}
        for path in gone:
            place = _likeliest(path, by_name[re.split(r"[\\/]", path)[-1]])
            if place is not None:
                file = within.absolute() / place
                inside = file.is_relative_to(self.root)
                found[path] = file.relative_to(self.root).as_posix() if inside else str(file)
        rows = (replace(r, path=found[r.path]) if r.path in found else r for r in state.rows)
        return State(state.classes, tuple(rows)) if found else state


def safe(label: str) -> str:
    """A class's name as the name of a folder."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]|^\.|[. ]$', "_", label)[:80] or "_"


def sounds_at(path: Path) -> Iterator[tuple[Path, str]]:
    """Sound files at a place, each with its group."""
    if not path.is_dir():
        if path.suffix.lower() in EXTENSIONS and not passed_over(path.name):
            yield path, f"{path.parent.name}/{path.name}"
        return
    for name in files_under(path, sorted(EXTENSIONS)):
        folder = name.rpartition("/")[0]
        yield path / name, f"{path.name}/{folder or name}"


def _likeliest(path: str, names: list[str]) -> str | None:
    """The one that shares most folders with a path; None where two are as good."""
    wanted = re.split(r"[\\/]", path)[::-1]

    def shared(name: str) -> int:
        parts = name.split("/")[::-1]
        equal = [a == b for a, b in zip(parts, wanted, strict=False)] + [False]
        return equal.index(False)

    best = sorted(names, key=shared, reverse=True)[:2]
    if not best or (len(best) == 2 and shared(best[0]) == shared(best[1])):
        return None
    return best[0]


def _move(source: Path, place: Path) -> None:
    if source.is_file():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            put_in_place(source, place)
        except OSError as error:
            raise DataError(f"{source.name} could not be moved: {error.strerror}.") from error


def _names(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    try:
        found = read_json(path)["classes"]
        return tuple(dict.fromkeys(str(name) for name in found))
    except (DataError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read. Delete it; the classes are then sorted by name."
        ) from error


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
