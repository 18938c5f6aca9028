"""Parquet parts that workers write themselves, one a file, into a folder at an address.

A part's name is made of what it is of: the file, then its state and how it was heard. So a file
that is heard twice has its part replaced, one that is unchanged is known to be done, and a part of
an earlier state is known to be old.
"""

import contextlib
import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.archive.addresses import names_in, remove
from engine.archive.cluster.connection import Cluster
from engine.archive.database import Ear, Stamp, key_of, stamp_of
from engine.archive.parquet import SUFFIX
from engine.archive.processes import Event, Listening
from engine.recognition.events import BatchResult

_LETTERS = 20  # of each half of a name


@dataclass(frozen=True)
class Parts:
    """Where the rows of a batch go.

    Attributes:
        folder: its address.
        labels: that have columns.
    """

    folder: str
    labels: tuple[str, ...]

    def todo(
        self, paths: Sequence[Path], ears: Sequence[Ear], *, again: bool = False
    ) -> dict[Path, "Part"]:
        """The files that have no part in the state they are in now, or of whom that is not known.

        Args:
            paths: the files.
            ears: how they are heard.
            again: all of them, also those that have.

        Raises:
            AudioError: the folder cannot be listed.
        """
        there = {name for name in names_in(self.folder) if name.endswith(SUFFIX)}
        by_file: dict[str, list[str]] = {}
        for name in there:
            by_file.setdefault(name.partition("-")[0], []).append(name)
        found = {}
        for path in paths:
            stamp = stamp_of(path)
            name = name_of(path, stamp, ears)
            if again or stamp is None or name not in there:
                same = by_file.get(name.partition("-")[0], ())
                found[path] = Part(name, tuple(one for one in same if one != name))
        return found

    def at(self, name: str) -> str:
        """The address of a part."""
        return f"{self.folder.rstrip('/')}/{name}"


@dataclass(frozen=True)
class Part:
    """The rows of one file.

    Attributes:
        name: of the part.
        old: parts of earlier states of the same file.
    """

    name: str
    old: tuple[str, ...]


def name_of(path: Path, stamp: Stamp | None, ears: Sequence[Ear]) -> str:
    """The name of a file's part."""
    state = [stamp and [stamp.size, stamp.modified_ns], [[e.sha256, e.settings] for e in ears]]
    halves = key_of(path), json.dumps(state)
    return "-".join(_digest(half) for half in halves) + SUFFIX


def hear_into(
    parts: Parts, todo: Mapping[Path, Part], how: Listening, cluster: Cluster
) -> Generator[Event | None, None, None]:
    """Have workers hear files and write their parts; results come without rows.

    Raises:
        EarmarkError: nothing more can be done; parts that are there stay.
    """
    asked = {
        path: {"address": parts.at(one.name), "labels": list(parts.labels)}
        for path, one in todo.items()
    }
    with contextlib.closing(cluster.classify(list(todo), how, parts=asked)) as events:
        for event in events:
            if isinstance(event, BatchResult) and event.result is not None:
                for name in todo[event.path].old:
                    remove(parts.at(name))
            yield event


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_LETTERS]
