"""Finished features in files: arrays, tables and JSON, a row an example."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bounded import read_json, read_toml
from engine.datasets.delimited import number_of, read_table
from engine.datasets.table import Dataset
from engine.errors import DataError

SUFFIXES = (".npy", ".npz", ".json", ".csv", ".tsv")
MOST_JSON_BYTES = 2_000_000_000  # 10,000 excerpts of 130 frames take 700 MB with indents
_DECLARED = "feature.toml"
_NOT_FEATURES = {"length", "index", "id", "unnamed: 0", ""}
_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
    *(MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error),
)


def read_array(path: Path) -> np.ndarray:
    """A ``.npy`` file of numbers, mapped into memory; never one with pickled objects.

    Raises:
        DataError: it is none.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED as error:
        raise _no_array(path) from error
    if not isinstance(mapped, np.ndarray) or mapped.dtype.kind not in "iufb":
        raise _no_array(path)
    return mapped


def _no_array(path: Path) -> DataError:
    return DataError(f"{path.name} is not a plain .npy file of numbers. Save it with numpy.save.")


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz`` file by name; never pickled objects.

    Raises:
        DataError: it is none.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except _DAMAGED as error:
        raise DataError(
            f"{path.name} is not a plain .npz file of numbers. Save it with numpy.savez."
        ) from error


def read_mfcc_json(path: Path) -> dict[str, Any]:
    """An object with ``mapping``, ``labels`` and ``mfcc``, as Velardo's course writes it.

    Raises:
        DataError: it is none.
    """
    found = read_json(path, most_bytes=MOST_JSON_BYTES)
    if not isinstance(found, dict) or not {"labels", "mfcc"} <= set(found):
        raise DataError(f"{path.name} has no 'labels' and 'mfcc', so it holds no features.")
    return found


def numeric_columns(rows: list[dict[str, str]]) -> list[str]:
    """Columns of a table that hold numbers in the first row; a length or an index is no feature."""
    found = []
    for name, cell in (rows[0] if rows else {}).items():
        try:
            number_of(cell)
        except ValueError:
            continue
        if name.casefold() not in _NOT_FEATURES:
            found.append(name)
    return found


def feature_rows(dataset: Dataset) -> NDArray[np.float32]:
    """The features of every row of a data set of them.

    Files hold a row each of numbers, or of frames and then bands, as Keras takes them.

    Returns:
        float32, shape (rows, bands, frames).

    Raises:
        DataError: they cannot be read, or do not fit each other.
    """
    places: dict[tuple[str, str], list[int]] = {}
    for index, excerpt in enumerate(dataset.excerpts):
        places.setdefault((excerpt.path, excerpt.extra.get("array", "")), []).append(index)
    frames = int(dataset.excerpts[0].extra.get("frames", "0"))
    found: NDArray[np.float32] | None = None
    for (name, key), indices in places.items():
        values = _shaped(_values(dataset.root / name, key), frames, name)
        rows = [int(dataset.excerpts[index].start) for index in indices]
        if found is None:
            found = np.empty((len(dataset), *values.shape[1:]), dtype=np.float32)
        if values.shape[1:] != found.shape[1:] or max(rows) >= len(values):
            raise DataError(
                f"{name} has features of another shape, or fewer rows than labels: all files of a "
                "data set need the same."
            )
        found[indices] = values[rows]
    assert found is not None  # a data set has rows
    if not np.isfinite(found).all():
        raise DataError(
            f"{next(iter(places))[0]} contains NaN or infinite values. Remove those rows."
        )
    return found


def _values(path: Path, key: str) -> np.ndarray:
    """The array of a file, its first axis the rows."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_array(path)
    if suffix == ".npz":
        return read_archive(path)[key]
    if suffix == ".json":
        return _regular(read_mfcc_json(path)["mfcc"], path)
    rows = read_table(path)
    columns = numeric_columns(rows)
    return np.array([_numbers(row, columns, path, n) for n, row in enumerate(rows, start=1)])


def _regular(values: Any, path: Path) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The features in {path.name} are not all of one shape. Leave out excerpts with "
            "fewer frames."
        ) from error


def _numbers(row: Mapping[str, str], columns: list[str], path: Path, number: int) -> list[float]:
    try:
        return [number_of(row[column]) for column in columns]
    except ValueError as error:
        raise DataError(f"{path.name}, row {number}: {error}.") from error


def _shaped(values: np.ndarray, frames: int, name: str) -> np.ndarray:
    """Shape (rows, bands, frames), from rows of numbers or of frames by bands."""
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]  # the depth of an image
    if values.ndim == 2 and frames and values.shape[1] % frames == 0:
        values = values.reshape(len(values), frames, -1)
    if values.ndim == 2:
        return values[:, :, None]
    if values.ndim != 3 or values.dtype.kind not in "iufb":
        raise DataError(
            f"{name} has an array of shape {values.shape}: features are rows of numbers, or rows "
            "of frames of numbers."
        )
    return values.transpose(0, 2, 1)


def declared_feature(root: Path) -> dict[str, Any] | None:
    """What a file ``feature.toml`` beside the features says of how they were computed.

    It has ``rate_hz``, ``window_samples`` and a table ``feature`` with ``name`` and ``arguments``,
    as a recipe has them; None where there is no such file.

    Raises:
        DataError: it cannot be read.
    """
    path = (root if root.is_dir() else root.parent) / _DECLARED
    return read_toml(path) if path.is_file() else None
