"""A table made by hand or by another program: CSV, JSON or Parquet."""

import contextlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.atomic_write import write_whole
from engine.bounded import parse_json, read_bytes
from engine.datasets.delimited import MOST_BYTES, decoded, number_of, read_table, written
from engine.datasets.left_out import of_table
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
COLUMNS = ("path", "start", "end", "label", "group", "fold")
_NAMES = ("manifest", "metadata", "dataset", "labels")
_MOST_NAMED = 3


def recognises(root: Path) -> bool:
    """Whether it is such a file, or a folder with one called ``manifest`` or the like."""
    return _file_of(root) is not None


def load(root: Path) -> Dataset:
    """Columns ``path`` and ``label``, and ``start``, ``end``, ``group``, ``fold`` where known.

    Any more columns are kept; a table that has some, numbers to predict, may lack ``label``. Paths
    start at the table's folder.

    Raises:
        DataError: it cannot be read, lacks a column, or names no file.
    """
    path = _file_of(root)
    if path is None:
        raise DataError(
            f"{root} contains no table. Write one with the columns path and label and name it "
            "manifest.csv, .tsv, .json, .jsonl or .parquet."
        )
    excerpts = excerpts_in(path)
    here: dict[str, bool] = {}
    for number, excerpt in enumerate(excerpts, start=1):
        if excerpt.path not in here:
            here[excerpt.path] = (path.parent / excerpt.path).is_file()
        if not here[excerpt.path]:
            raise DataError(
                f"{path.name}, row {number}: {excerpt.path} does not exist. Paths are relative "
                "to the folder of the table."
            )
    warnings = tuple(_repeated(path.name, excerpts))
    about = About(path.parent.resolve().name)
    rest = of_table(path, here) if root.is_dir() else ()
    return Dataset(about, path.parent, excerpts, warnings=warnings, left_out=rest)


def excerpts_in(path: Path) -> tuple[Excerpt, ...]:
    """The rows of a table as excerpts, whether their files exist or not.

    Raises:
        DataError: it cannot be read, or a row lacks something.
    """
    places: dict[str, str] = {}
    return tuple(_excerpt(path, n, row, places) for n, row in enumerate(_rows(path), start=1))


def _repeated(table: str, excerpts: Sequence[Excerpt]) -> Iterator[str]:
    """What stands in a table twice, and what it gives two labels."""
    labels: dict[tuple[str, float, float | None], list[str]] = {}
    for excerpt in excerpts:
        labels.setdefault((excerpt.path, excerpt.start, excerpt.end), []).append(excerpt.label)
    twice = {place[0]: found for place, found in labels.items() if len(found) > 1}
    several = {path: set(found) for path, found in twice.items() if len(set(found)) > 1}
    again = [path for path, found in twice.items() if max(Counter(found).values()) > 1]
    if again:
        count = sum(len(twice[path]) - len(set(twice[path])) for path in again)
        rows = "1 row repeats an earlier one" if count == 1 else f"{count} rows repeat earlier ones"
        yield f"{table}: {rows}: {_few(again)}."
    if several:
        named = [f"{path} ({', '.join(sorted(found))})" for path, found in several.items()]
        yield f"{table}: the same sound has more than one label: {_few(named)}."


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _file_of(root: Path) -> Path | None:
    if root.is_file():
        return root if root.suffix.lower() in SUFFIXES else None
    places = (root / f"{name}{suffix}" for name in _NAMES for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def _rows(path: Path) -> Sequence[Any]:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(path)
    if kind not in (".json", ".jsonl"):
        return read_table(path, COLUMNS)
    text = decoded(read_bytes(path, most_bytes=MOST_BYTES), path.name)
    if kind == ".jsonl":
        # Not splitlines: a JSON string may hold other line ends as they are.
        lines = [line for line in text.split("\n") if line.strip()]
        return [parse_json(x, f"{path.name}, row {n}") for n, x in enumerate(lines, start=1)]
    found = parse_json(text, path.name, most_bytes=MOST_BYTES)
    rows = found.get("excerpts") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise DataError(
            f"{path.name} cannot be read as a table: it is neither a list of rows nor an object "
            "with 'excerpts'."
        )
    return rows


def _parquet(path: Path) -> list[dict[str, Any]]:
    from pyarrow import ArrowException, parquet  # here: it takes a fifth of a second

    try:
        with parquet.ParquetFile(path) as file:
            rows: list[dict[str, Any]] = file.read().to_pylist()
    except (ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}.") from error
    return rows


def _excerpt(path: Path, number: int, row: Any, places: dict[str, str]) -> Excerpt:
    place = f"{path.name}, row {number}"
    if not isinstance(row, Mapping) or not _text(row, "path").strip():
        raise DataError(f"{place}: 'path' and 'label' are needed.")
    if not _text(row, "label") and ("label" in row or not _has_number(row)):
        raise DataError(f"{place}: 'path' and 'label' are needed.")
    try:
        start = number_of(_text(row, "start") or "0")
        end = number_of(_text(row, "end")) if _text(row, "end") else None
    except ValueError as error:
        raise DataError(f"{place}: start and end must be numbers of seconds.") from error
    if not all(math.isfinite(seconds) for seconds in (start, end or 0.0)):
        raise DataError(f"{place}: start and end must be numbers of seconds.")
    if start < 0 or (end is not None and end <= start):
        raise DataError(f"{place}: start must be 0 or more, and end must be larger than start.")
    named = _text(row, "path")
    if named not in places:
        places[named] = _place(path.parent, named, place)
    extra = {str(k): str(v) for k, v in row.items() if k not in COLUMNS and v not in (None, "")}
    known = {name: _text(row, name) for name in ("label", "group", "fold")}
    return Excerpt(places[named], **known, start=start, end=end, extra=extra)


def _has_number(row: Mapping[str, Any]) -> bool:
    """Whether there is something to predict beside the columns that say what a row is."""
    for name in set(row) - set(COLUMNS):
        with contextlib.suppress(ValueError):
            number_of(_text(row, name))
            return True
    return False


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _place(folder: Path, named: str, row: str) -> str:
    """The path that is meant: as it stands, without spaces around it, or with Windows' strokes."""
    plain = named.strip()
    try:
        if "\0" in named:
            raise ValueError("it holds a zero byte")
        for path in (named, plain, plain.replace("\\", "/")):
            if (folder / path).is_file():
                return path
    except (OSError, ValueError) as error:
        short = plain if len(plain) <= 80 else plain[:80] + "..."
        words = getattr(error, "strerror", None) or error
        raise DataError(f"{row}: the path {short!r} cannot be used: {words}.") from error
    return plain


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
    rows: list[list[Any]] = [[*COLUMNS, *extra]]
    for e in dataset.excerpts:
        end = "" if e.end is None else e.end
        row = [e.path if same else str(root / e.path), e.start, end, e.label, e.group, e.fold]
        rows.append([*row, *(e.extra.get(name, "") for name in extra)])
    try:
        write_whole(path, written(rows).encode("utf-8"))
    except OSError as error:
        raise DataError(
            f"{path.name} could not be written: {error.strerror}. Choose another folder."
        ) from error
