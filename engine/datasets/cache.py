"""Cache of large data set tables, so that opening one again does not visit every file."""

import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from engine.atomic_write import write_whole
from engine.bounded import read_json
from engine.datasets.table import About, Dataset, Excerpt, walk
from engine.errors import DataError
from engine.leftovers import sweep

LEAST_ROWS = 5000  # a smaller table is built as fast as it is read
_MOST_TABLES = 50
_MOST_BYTES = 500_000_000
_VERSION = 2
# What tells labels, so that a change inside the file counts.
_TELLING = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt", ".npy", ".npz")
# A file that comes within the clock's grain of the last look leaves no trace in its folder.
_SETTLED_SECONDS = 2.0
_log = logging.getLogger(__name__)


def stamp_of(root: Path) -> str | None:
    """What changes when a file comes, goes or tells other labels; None: it has only just changed.

    Raises:
        DataError: a folder cannot be read.
    """
    digest = hashlib.sha256(str(_VERSION).encode())
    newest = 0.0
    for name in _watched(root):
        try:
            status = os.stat(root / name if name else root)
        except OSError:
            return None
        newest = max(newest, status.st_mtime)
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return None if newest > time.time() - _SETTLED_SECONDS else digest.hexdigest()


def _watched(root: Path) -> Iterable[str]:
    yield ""
    # The files that a table in a file names lie anywhere: their coming and going is not watched.
    if root.is_dir():
        for place, files in walk(root):
            yield place
            yield from (place + name for name in files if name.lower().endswith(_TELLING))


def recall(root: Path, kind: str, stamp: str) -> Dataset | None:
    """The table as it was kept, if nothing has changed since."""
    path = _path(root, kind)
    if not path.is_file():
        return None
    try:
        kept = read_json(path, most_bytes=_MOST_BYTES)
        dataset = _unpacked(kept) if kept["stamp"] == stamp else None
        if dataset is not None:
            os.utime(path)  # the tables used longest ago are dropped
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DataError) as error:
        _log.info("the cached table %s cannot be used: %s", path.name, error)
        return None
    return dataset


def keep(root: Path, kind: str, stamp: str, dataset: Dataset) -> None:
    """Keep a large table; a full disk is no reason to fail."""
    if len(dataset) < LEAST_ROWS:
        return
    path = _path(root, kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(_packed(dataset, stamp)).encode("utf-8"))
        sweep(path.parent)
        kept = sorted(path.parent.glob("*.json"), key=lambda old: old.stat().st_mtime)
        for old in kept[:-_MOST_TABLES]:
            old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("the table of %s could not be cached: %s", root, error)


def _path(root: Path, kind: str) -> Path:
    name = hashlib.sha256(f"{root.resolve()} {kind}".encode()).hexdigest()[:32]
    return user_cache_path("earmark") / "tables" / f"{name}.json"


def _packed(dataset: Dataset, stamp: str) -> dict[str, Any]:
    about = dataset.about
    return {
        "stamp": stamp,
        "about": [about.name, about.licence, about.url],
        "root": str(dataset.root),
        "features": dataset.features,
        "repeats": dataset.repeats,
        "warnings": dataset.warnings,
        "left_out": dataset.left_out,
        "rows": [
            [e.path, e.label, e.group, e.start, e.end, e.fold, dict(e.extra)]
            for e in dataset.excerpts
        ],
    }


def _unpacked(kept: dict[str, Any]) -> Dataset:
    return Dataset(
        About(*kept["about"]),
        Path(kept["root"]),
        tuple(map(_row, kept["rows"])),
        bool(kept["features"]),
        tuple(tuple(same) for same in kept["repeats"]),
        tuple(kept["warnings"]),
        tuple(kept["left_out"]),
    )


def _row(row: list[Any]) -> Excerpt:
    """A row as it was kept; TypeError: it was not."""
    path, label, group, start, end, fold, extra = row
    numbers = (start, 0.0 if end is None else end)
    words = (path, label, group, fold, *extra.keys(), *extra.values())
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a text is none")
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        raise TypeError("a time is none")
    return Excerpt(path, label, group, start, end, fold, extra)
