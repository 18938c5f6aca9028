"""The table of labelled excerpts that every data set is read into."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.passed_over import passed_over

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class About:
    """Where a data set comes from.

    Attributes:
        name: what it is called.
        licence: under which it may be used; empty: not known.
        url: where it is published.
    """

    name: str
    licence: str = ""
    url: str = ""


@dataclass(frozen=True)
class Excerpt:
    """One row: a sound, or a part of one, and its label.

    Attributes:
        path: the file, relative to the data set's folder or absolute; for features the ``.npy``.
        label: its class.
        group: what must not stand on both sides of a split: recording, performer, work.
        start: seconds where it begins; for features the row.
        end: seconds where it ends, None: with the file.
        fold: official part it belongs to ("training", "test", "3"), empty: none.
        extra: any more columns.
    """

    path: str
    label: str
    group: str = ""
    start: float = 0.0
    end: float | None = None
    fold: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Excerpts with labels, in the order of their source.

    Attributes:
        about: where it comes from.
        root: folder that relative paths start from.
        excerpts: the rows.
        features: whether rows are finished features in ``.npy`` files rather than sound.
        repeats: groups known to hold the same recording, by another name.
        warnings: what is wrong with this copy, in words.
        left_out: what lies there and is no part of it, in words.
    """

    about: About
    root: Path
    excerpts: tuple[Excerpt, ...]
    features: bool = False
    repeats: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.excerpts:
            raise DataError(f"There are no labelled sounds in {self.root}.")

    def __len__(self) -> int:
        return len(self.excerpts)

    @property
    def labels(self) -> tuple[str, ...]:
        """All classes, sorted, each once."""
        return tuple(sorted({excerpt.label for excerpt in self.excerpts}))

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each row; the path where none is given."""
        return tuple(excerpt.group or excerpt.path for excerpt in self.excerpts)

    def file_of(self, index: int) -> Path:
        """The file of a row."""
        return self.root / self.excerpts[index].path

    def take(self, indices: Sequence[int] | Indices) -> "Dataset":
        """Only some rows."""
        chosen = tuple(self.excerpts[int(index)] for index in indices)
        return replace(self, excerpts=chosen)

    def relabelled(self, column: str) -> "Dataset":
        """With an extra column as the label.

        Raises:
            DataError: there is no such column.
        """
        if any(column not in excerpt.extra for excerpt in self.excerpts):
            known = sorted({name for excerpt in self.excerpts for name in excerpt.extra})
            raise DataError(
                f"{self.about.name} has no column '{column}' to train on. "
                f"It has: {', '.join(['label', *known])}."
            )
        rows = tuple(
            Excerpt(e.path, e.extra[column], e.group, e.start, e.end, e.fold, e.extra)
            for e in self.excerpts
        )
        return replace(self, excerpts=rows)

    def only(self, labels: Sequence[str]) -> "Dataset":
        """Only rows of some classes.

        Raises:
            DataError: a class is not there.
        """
        missing = set(labels) - set(self.labels)
        if missing:
            raise DataError(
                f"{self.about.name} has no class {', '.join(sorted(missing))}. "
                f"It has: {', '.join(self.labels)}."
            )
        return self.take([i for i, e in enumerate(self.excerpts) if e.label in labels])

    def counts(self) -> dict[str, int]:
        """Rows of each class, in the order of :attr:`labels`."""
        counted = Counter(excerpt.label for excerpt in self.excerpts)
        return {label: counted[label] for label in self.labels}

    def fingerprint(self, columns: Sequence[str] = ()) -> str:
        """SHA-256 of the rows and of the size and time of their files, in hexadecimal.

        Args:
            columns: further ones that count, such as those a regression learns: they may change
                while every sound stays.

        Raises:
            DataError: a file has gone.
        """
        digest = hashlib.sha256()
        seen: dict[str, str] = {}
        for excerpt in self.excerpts:
            if excerpt.path not in seen:
                seen[excerpt.path] = _stamp(self.root / excerpt.path)
            row = (excerpt.path, excerpt.label, excerpt.group, excerpt.start, excerpt.end)
            digest.update(repr((row, excerpt.fold, seen[excerpt.path])).encode())
            if columns:
                digest.update(repr([excerpt.extra.get(name) for name in columns]).encode())
        return digest.hexdigest()


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} no longer exists: {error.strerror}.") from error
    return f"{status.st_size} {status.st_mtime_ns}"


def files_under(folder: Path, suffixes: Sequence[str]) -> list[str]:
    """Names of the files with one of these endings, relative to the folder, with ``/``, sorted.

    Hidden files and folders, and what systems leave in folders, are passed over; linked folders are
    followed, each once.

    Raises:
        DataError: the folder cannot be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder. Give the folder that contains the data set.")
    endings = tuple(suffixes)
    names: list[str] = []
    for place, files in walk(folder):
        names += [place + name for name in files if name.lower().endswith(endings)]
    return sorted(names)


def walk(folder: Path, hidden: list[str] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Each folder inside, as ``""`` or ``"some/where/"``, with the names of its files.

    Args:
        folder: where to begin.
        hidden: gets the names of what was passed over, a folder once.

    Raises:
        DataError: one cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise DataError(
            f"{error.filename} cannot be read: {error.strerror}. Check its permissions."
        ) from error

    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:  # a link back to where we come from
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        relative = os.path.relpath(place, folder).replace(os.sep, "/")
        prefix = "" if relative == "." else f"{relative}/"
        if hidden is not None:
            hidden += [prefix + name for name in sorted([*folders, *files]) if passed_over(name)]
        folders[:] = sorted(name for name in folders if not passed_over(name))
        yield prefix, [name for name in files if not passed_over(name)]


def folders_in(root: Path) -> list[Path]:
    """The folders directly inside that are not hidden, sorted; none if it is not a folder."""
    if not root.is_dir():
        return []
    inside = (path for path in root.iterdir() if not passed_over(path.name))
    return sorted(path for path in inside if path.is_dir())
