"""Finished features with labels: data.json of MFCCs, .npz, pairs of .npy, tables of numbers."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets.arrays import numeric_columns, read_archive, read_array, read_mfcc_json
from engine.datasets.corpora.medley_solos import ABOUT as MEDLEY
from engine.datasets.corpora.medley_solos import INSTRUMENTS, TABLE
from engine.datasets.delimited import decoded, number_of, read_table
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

_LOOKED_AT = 4096  # bytes of a file that may be large
_LABELS = ("label", "labels", "class", "genre", "instrument", "target", "y")
_FILES = ("filename", "file", "track", "recording")
_PARTS = {"train": "training", "training": "training", "val": "validation"}
_PARTS |= {"validation": "validation", "valid": "validation", "test": "test"}
_SEGMENT = re.compile(r"(.+\.\d{5})\.\d+\.(?:wav|au|mp3)")  # of a track of GTZAN
_MEDLEY_BANDS = 21
UNKNOWN_GROUPS = (
    "The features do not tell which rows come from one recording, so none can be kept together: "
    "results may be too optimistic."
)


def recognises(root: Path) -> bool:
    """Whether it is such a file, or a folder that holds one, or pairs of ``.npy`` files."""
    if root.is_file():
        return _is_table(root)
    if not root.is_dir():
        return False
    return _medley(root) is not None or len(_tables(root)) == 1 or bool(_pairs(root))


def load(root: Path) -> Dataset:
    """Each row of the features is an excerpt whose ``start`` is its row; parts are folds.

    Raises:
        DataError: there is no such file, or features and labels do not fit each other.
    """
    home = root if root.is_dir() else root.parent
    table = _medley(root) if root.is_dir() else None
    if table is not None:
        return _of_medley(home, table)
    pairs = _pairs(root) if root.is_dir() else {}
    if pairs:
        rows = [r for part, files in pairs.items() for r in _of_arrays(part, files)]
        return _dataset(home, rows, home.name)
    path = root if root.is_file() else next(iter(_tables(root)), None)
    if path is None or not _is_table(path):
        raise DataError(
            f"{root} contains no features with labels: give a .npz, a pair of .npy files such as "
            "X.npy and y.npy, a data.json of MFCCs, or a table with a column 'label'."
        )
    return _of_file(home, path)


def _dataset(home: Path, rows: list[Excerpt], name: str) -> Dataset:
    known = len({row.group for row in rows}) < len(rows)
    warnings = () if known else (UNKNOWN_GROUPS,)
    return Dataset(About(name, "not stated"), home, tuple(rows), True, warnings=warnings)


def _tables(root: Path) -> list[Path]:
    inside = sorted(path for path in root.iterdir() if path.suffix.lower() in _KINDS)
    return [path for path in inside if _is_table(path)]


def _is_table(path: Path) -> bool:
    looks = _KINDS.get(path.suffix.lower())
    try:
        return looks is not None and looks(path)
    except (DataError, OSError):
        return False


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    return b'"mapping"' in start and path.suffix == ".json"


def _is_csv(path: Path) -> bool:
    """Labels and mostly numbers in columns, and no sounds to go with them."""
    with path.open("rb") as file:
        lines = [*decoded(file.read(_LOOKED_AT), path.name).splitlines(), "", ""]
    head, first = (re.split("[,;\t]", line.casefold()) for line in lines[:2])
    names = [name.strip(' "\r\n') for name in head]
    labelled = "path" not in names and path.name != TABLE and any(name in _LABELS for name in names)
    return labelled and 2 * sum(_is_number(cell) for cell in first) >= len(names) > 2


def _is_number(cell: str) -> bool:
    try:
        number_of(cell.strip(' "\r\n'))
    except ValueError:
        return False
    return True


def _is_archive(path: Path) -> bool:
    return bool(_roles(read_archive(path)))


_KINDS = {".json": _is_json, ".csv": _is_csv, ".tsv": _is_csv, ".npz": _is_archive}


def _of_file(home: Path, path: Path) -> Dataset:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        arrays = read_archive(path)
        rows = []
        for part, (features, labels) in _roles(arrays).items():
            extra = {"array": features}
            rows += _rows(path.name, _names(arrays[labels]), part, extra)
        return _dataset(home, rows, path.name)
    if suffix == ".json":
        found = read_mfcc_json(path)
        mapping = found.get("mapping")
        names = _mapped(found["labels"], mapping if isinstance(mapping, list) else [], path)
        if len(names) != len(found["mfcc"]):
            raise DataError(f"{path.name} has {len(found['mfcc'])} features, {len(names)} labels.")
        return _dataset(home, _rows(path.name, names, "", {}), path.name)
    return _of_columns(home, path)


def _mapped(labels: Any, mapping: Sequence[Any], path: Path) -> list[str]:
    """Names of the classes; a mapping may hold folders, whose last part is the class."""
    names = [str(name).replace("\\", "/").rsplit("/", 1)[-1] for name in mapping]
    try:
        numbers = [int(label) for label in labels]
        return [names[number] if names else str(number) for number in numbers]
    except (TypeError, ValueError, IndexError) as error:
        raise DataError(
            f"A label of {path.name} is not one of the {len(names)} classes of its mapping."
        ) from error


def _of_columns(home: Path, path: Path) -> Dataset:
    rows = read_table(path)
    heads = {name.casefold(): name for name in (rows[0] if rows else {})}
    label = next((heads[name] for name in _LABELS if name in heads), None)
    file = next((heads[name] for name in _FILES if name in heads), None)
    columns = [name for name in numeric_columns(rows) if name != label]
    if label is None or not columns:
        raise DataError(f"{path.name} needs a column 'label' and columns of numbers.")
    if label in numeric_columns(rows):
        raise DataError(
            f"The labels in {path.name} are numbers, like its features. Write the classes' names."
        )
    found = []
    for number, row in enumerate(rows):
        recording = row[file] if file else ""
        match = _SEGMENT.fullmatch(recording)
        group = match.group(1) if match else recording or f"{path.name} {number}"
        found.append(Excerpt(path.name, row[label], group, float(number)))
    return _dataset(home, found, path.name)


def _rows(file: str, names: Sequence[str], part: str, extra: Mapping[str, str]) -> list[Excerpt]:
    return [
        Excerpt(file, name, f"{file} {part} {row}", float(row), fold=part, extra=extra)
        for row, name in enumerate(names)
    ]


def _names(labels: np.ndarray) -> list[str]:
    """Classes of an array: numbers, words, or one-hot rows."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(1)
    flat = labels.reshape(-1)
    if flat.dtype.kind in "fb":
        flat = flat.astype(np.int64)
    width = len(str(flat.max())) if flat.dtype.kind in "iu" and len(flat) else 0
    return [f"{value:0{width}d}" if width else str(value) for value in flat.tolist()]


def _roles(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
    """For each part ("" or "training" and so on) the names of its features and of its labels."""
    found: dict[str, dict[str, str]] = {}
    for name, array in arrays.items():
        part, role = _role(name)
        if array.ndim >= (1 if role == "labels" else 2):
            found.setdefault(part, {}).setdefault(role, name)
    whole = {p: r for p, r in found.items() if set(r) == {"features", "labels"}}
    return {
        part: (roles["features"], roles["labels"])
        for part, roles in whole.items()
        if len(arrays[roles["features"]]) == len(arrays[roles["labels"]])
    }


def _role(name: str) -> tuple[str, str]:
    """The part of the data and the role that an array's name tells."""
    words = re.split(r"[_\W]+", name.casefold())
    part = next((_PARTS[word] for word in words if word in _PARTS), "")
    return part, "labels" if any(word in _LABELS for word in words) else "features"


def _pairs(root: Path) -> dict[str, tuple[Path, Path]]:
    """Files of features and of their labels, by part; none where some do not fit."""
    files = {path.stem: path for path in sorted(root.glob("*.npy"))}
    try:
        arrays = {name: read_any(path) for name, path in files.items()}
    except DataError:
        return {}
    return {part: (files[x], files[y]) for part, (x, y) in _roles(arrays).items()}


def read_any(path: Path) -> np.ndarray:
    """A ``.npy`` file of numbers or of words.

    Raises:
        DataError: it is neither.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return read_array(path)
    return found if found.dtype.kind == "U" else read_array(path)


def _of_arrays(part: str, files: tuple[Path, Path]) -> list[Excerpt]:
    features, labels = files
    return _rows(features.name, _names(np.asarray(read_any(labels))), part, {})


def _medley(root: Path) -> Path | None:
    """The metadata table of Medley-solos-DB, where it lies beside features instead of sounds."""
    places = (root / TABLE, root / "annotation" / TABLE)
    table = next((place for place in places if place.is_file()), None)
    return table if table is not None and any(root.glob("*.npy")) else None


def _of_medley(home: Path, table: Path) -> Dataset:
    """Each file holds one subset, told by its name or else by its number of rows."""
    subsets: dict[str, list[dict[str, str]]] = {}
    for row in read_table(table, ("subset", "instrument_id", "uuid4", "song_id")):
        subsets.setdefault(row.get("subset", ""), []).append(row)
    excerpts: list[Excerpt] = []
    for path in sorted(home.glob("*.npy")):
        values = read_array(path)
        subset = _subset(path, len(values), subsets)
        width = int(np.prod(values.shape[1:]))
        extra = {"frames": str(width // _MEDLEY_BANDS)} if width % _MEDLEY_BANDS == 0 else {}
        excerpts += [
            Excerpt(path.name, _instrument(row), f"song {row.get('song_id', '')}", float(number),
                    fold=subset, extra=extra)
            for number, row in enumerate(subsets[subset])
        ]  # fmt: skip
    about = About(f"{MEDLEY.name} (features)", MEDLEY.licence, MEDLEY.url)
    missing = sorted(set(subsets) - {e.fold for e in excerpts})
    warnings = (f"There are no features of the subsets {', '.join(missing)}.",) if missing else ()
    return Dataset(about, home, tuple(excerpts), True, warnings=warnings)


def _subset(path: Path, count: int, subsets: Mapping[str, list[Any]]) -> str:
    named = _role(path.stem)[0]
    fitting = [name for name, rows in subsets.items() if len(rows) == count]
    if named in fitting:
        return named
    if len(fitting) != 1 or named:
        sizes = ", ".join(f"{name} {len(rows)}" for name, rows in sorted(subsets.items()))
        raise DataError(
            f"{path.name} has {count} rows, which is not one subset of {TABLE} ({sizes})."
        )
    return fitting[0]


def _instrument(row: Mapping[str, str]) -> str:
    known = {str(index): name for index, name in enumerate(INSTRUMENTS)}
    number = row.get("instrument_id", "")
    if number not in known:
        raise DataError(f"{TABLE}: there is no instrument '{number}', only 0 to 7.")
    return known[number]
