"""A table made by hand or by another program: CSV, JSON or Parquet."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
_NAMES = ("manifest", "metadata", "dataset", "labels")
_OWN = ("path", "start", "end", "label", "group", "fold")


def recognises(root: Path) -> bool:
    """Whether it is such a file, or a folder with one called ``manifest`` or the like."""
    return _file_of(root) is not None


def load(root: Path) -> Dataset:
    """Columns ``path`` and ``label``, and ``start``, ``end``, ``group``, ``fold`` where known.

    Any more columns are kept. Paths start at the table's folder.

    Raises:
        DataError: it cannot be read, lacks a column, or names no file.
    """
    path = _file_of(root)
    if path is None:
        raise DataError(f"{root} holds no table: call it manifest.csv, .json or .parquet.")
    try:
        rows = list(_rows(path))
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}.") from error
    excerpts = tuple(_excerpt(path, number, row) for number, row in enumerate(rows, start=1))
    return Dataset(About(path.parent.resolve().name), path.parent, excerpts)


def _file_of(root: Path) -> Path | None:
    if root.is_file():
        return root if root.suffix.lower() in SUFFIXES else None
    places = (root / f"{name}{suffix}" for name in _NAMES for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(path)
    text = path.read_text(encoding="utf-8-sig")
    if kind == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if kind == ".json":
        found = json.loads(text)
        return found["excerpts"] if isinstance(found, dict) else list(found)
    return list(csv.DictReader(text.splitlines(), delimiter="\t" if kind == ".tsv" else ","))


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise DataError(
            "Parquet tables need pyarrow: pip install earmark[parquet], or save the table as CSV."
        ) from error
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    except (ArrowException, OSError) as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}.") from error
    return rows


def _excerpt(path: Path, number: int, row: Mapping[str, Any]) -> Excerpt:
    if not isinstance(row, Mapping) or not row.get("path") or row.get("label") in (None, ""):
        raise DataError(f"{path.name}, row {number}: 'path' and 'label' are needed.")
    if not (path.parent / str(row["path"])).exists():
        raise DataError(f"{path.name}, row {number}: {row['path']} is not there.")
    try:
        start = float(row.get("start") or 0.0)
        end = float(row["end"]) if row.get("end") not in (None, "") else None
    except (TypeError, ValueError) as error:
        raise DataError(f"{path.name}, row {number}: start and end are seconds.") from error
    if start < 0 or (end is not None and end <= start):
        raise DataError(f"{path.name}, row {number}: it ends before it starts.")
    extra = {str(k): str(v) for k, v in row.items() if k not in _OWN and v is not None}
    group, fold = str(row.get("group") or ""), str(row.get("fold") or "")
    return Excerpt(str(row["path"]), str(row["label"]), group, start, end, fold, extra)


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set as a CSV table that :func:`load` reads back.

    Raises:
        DataError: it cannot be written.
    """
    extra = sorted({name for excerpt in dataset.excerpts for name in excerpt.extra})
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*_OWN, *extra])
            for e in dataset.excerpts:
                end = "" if e.end is None else e.end
                row = [e.path, e.start, end, e.label, e.group, e.fold]
                writer.writerow([*row, *(e.extra.get(name, "") for name in extra)])
    except OSError as error:
        raise DataError(f"{path.name} could not be written: {error.strerror}.") from error
