"""A table made by hand or by another program: CSV, JSON or Parquet."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.atomic_write import write_whole
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError, extra_needed

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
        raise DataError(
            f"{root} contains no table. Write one with the columns path and label and name it "
            "manifest.csv, .tsv, .json, .jsonl or .parquet."
        )
    try:
        rows = _rows(path)
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}.") from error
    excerpts = tuple(_excerpt(path, number, row) for number, row in enumerate(rows, start=1))
    _check_files(path, excerpts)
    return Dataset(About(path.parent.resolve().name), path.parent, excerpts)


def _check_files(path: Path, excerpts: Sequence[Excerpt]) -> None:
    here: dict[str, bool] = {}
    for number, excerpt in enumerate(excerpts, start=1):
        if excerpt.path not in here:
            here[excerpt.path] = (path.parent / excerpt.path).is_file()
        if not here[excerpt.path]:
            raise DataError(
                f"{path.name}, row {number}: {excerpt.path} does not exist. Paths are relative "
                "to the folder of the table."
            )


def _file_of(root: Path) -> Path | None:
    if root.is_file():
        return root if root.suffix.lower() in SUFFIXES else None
    places = (root / f"{name}{suffix}" for name in _NAMES for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def _rows(path: Path) -> list[Any]:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(path)
    text = path.read_text(encoding="utf-8-sig")
    if kind == ".jsonl":
        # Not splitlines: a JSON string may hold other line ends as they are.
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    if kind == ".json":
        found = json.loads(text)
        rows = found.get("excerpts") if isinstance(found, dict) else found
        if not isinstance(rows, list):
            raise ValueError("it is neither a list of rows nor an object with 'excerpts'")
        return rows
    head = text.partition("\n")[0]
    # Spreadsheets put semicolons where the comma is the decimal sign.
    between = "\t" if kind == ".tsv" else ";" if ";" in head and "," not in head else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=between))


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        words = extra_needed("Reading Parquet tables", "parquet")
        raise DataError(f"{words} Or save the table as CSV.") from error
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    except (ArrowException, OSError) as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}.") from error
    return rows


def _excerpt(path: Path, number: int, row: Any) -> Excerpt:
    place = f"{path.name}, row {number}"
    if not isinstance(row, Mapping) or "" in (_text(row, "path"), _text(row, "label")):
        raise DataError(f"{place}: 'path' and 'label' are needed.")
    if None in row:
        raise DataError(f"{place}: it has more cells than the table has columns.")
    try:
        start = float(_text(row, "start") or 0.0)
        end = float(_text(row, "end")) if _text(row, "end") else None
    except ValueError as error:
        raise DataError(f"{place}: start and end must be numbers of seconds.") from error
    if not all(math.isfinite(seconds) for seconds in (start, end or 0.0)):
        raise DataError(f"{place}: start and end must be numbers of seconds.")
    if start < 0 or (end is not None and end <= start):
        raise DataError(f"{place}: start must be 0 or more, and end must be larger than start.")
    extra = {str(k): str(v) for k, v in row.items() if k not in _OWN and v not in (None, "")}
    known = {name: _text(row, name) for name in ("path", "label", "group", "fold")}
    return Excerpt(**known, start=start, end=end, extra=extra)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set as a CSV table that :func:`load` reads back.

    Paths stay relative where the table lies in the data set's folder, else they become absolute.

    Raises:
        DataError: it cannot be written, or holds finished features rather than sound.
    """
    if dataset.features:
        raise DataError(
            f"{dataset.about.name} contains features instead of sounds, so no table can "
            "be written for it."
        )
    extra = sorted({name for excerpt in dataset.excerpts for name in excerpt.extra})
    root = dataset.root.absolute()
    same = root.resolve() == path.parent.resolve()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*_OWN, *extra])
    for e in dataset.excerpts:
        end = "" if e.end is None else e.end
        row = [e.path if same else root / e.path, e.start, end, e.label, e.group, e.fold]
        writer.writerow([*row, *(e.extra.get(name, "") for name in extra)])
    try:
        write_whole(path, text.getvalue().encode("utf-8"))
    except OSError as error:
        raise DataError(
            f"{path.name} could not be written: {error.strerror}. Choose another folder."
        ) from error
