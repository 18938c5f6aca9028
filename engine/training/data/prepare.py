"""Prepares a data set: decodes, cuts and computes features once, and caches them."""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from platformdirs import user_cache_path

from engine.atomic_write import put_in_place
from engine.bounded import read_json
from engine.datasets.arrays import feature_rows
from engine.datasets.table import Dataset
from engine.errors import DataError
from engine.features import Feature, build_feature, describe_feature
from engine.features.by_librosa import ByLibrosa, library
from engine.leftovers import DAY, sweep
from engine.memory import keep_freed_memory
from engine.recipes.recipe import Recipe
from engine.training.data.decoding import Cut, decoded

_AT_ONCE = 256  # windows turned into features in one call
_MOST_CACHED_BYTES = 20_000_000_000
_VERSION = 4
_UNFINISHED = "unfinished-"
_ARRAYS = ("rows.npy", "starts.npy", "levels.npy")
_VALUES, _INDEX = "values.f32", "index.json"
_MOST_INDEX_BYTES = 100_000_000
_CHECKED_BYTES = 1 << 25  # at both ends of a file of gigabytes
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, DataError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedData:
    """All windows of a data set.

    Attributes:
        values: float32, shape (windows, bands, frames); on disk, mapped into memory. Of sound, if
            ``is_sound``: bands is 1 and frames are samples.
        is_sound: whether features are still to be computed.
        rows: the data set's row that each window comes from, int64.
        starts: seconds from the row's start where each begins, float64.
        levels_db: RMS level of each in dBFS, float32.
        skipped: files that could not be read, with the reason.
        folder: where they are kept, None: nowhere.
    """

    values: NDArray[np.float32]
    is_sound: bool
    rows: NDArray[np.int64]
    starts: NDArray[np.float64]
    levels_db: NDArray[np.float32]
    skipped: dict[str, str]
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.rows)


def feature_of(recipe: Recipe) -> Feature:
    """The recipe's feature; its rate is the data's."""
    arguments = recipe.feature.arguments
    return build_feature(recipe.feature.name, with_rate(arguments, recipe.data.rate_hz))


def with_rate(arguments: dict[str, Any], rate_hz: int) -> dict[str, Any]:
    """Arguments of a feature with the rate filled in, also in its parts."""
    filled = dict(arguments)
    parts = [part for part in filled.get("parts", []) if isinstance(part, dict)]
    if "parts" in filled:
        filled["parts"] = [
            part | {"arguments": with_rate(part.get("arguments", {}), rate_hz)} for part in parts
        ]
        return filled
    inner = filled.get("inner")
    if isinstance(inner, dict):
        filled["inner"] = inner | {"arguments": with_rate(inner.get("arguments", {}), rate_hz)}
        return filled
    return filled | {"rate_hz": rate_hz}


def prepare(
    dataset: Dataset, recipe: Recipe, *, cache: Path | None = None, device: str = "cpu"
) -> Generator[float, None, PreparedData]:
    """Decode, cut and compute, or take it from the cache; yields the share done.

    Args:
        dataset: what to learn from.
        recipe: how.
        cache: folder to keep it in, None: the user's.
        device: where features are computed.

    Raises:
        DataError: nothing can be read, or the disk is full.
    """
    if dataset.features:
        return _ready_made(dataset)
    keep_freed_memory()
    feature = feature_of(recipe)
    is_sound = _keeps_sound(recipe, feature)
    folder = (cache or user_cache_path("earmark") / "windows") / _key(dataset, recipe, is_sound)
    found = _recalled(folder, is_sound)
    if found is None:
        try:
            yield from _kept(dataset, recipe, None if is_sound else feature, folder, device)
        except OSError as error:
            raise DataError(
                f"The features could not be cached in {folder.parent}: {error.strerror}. "
                "Free some space, or run 'earmark cache --clear'."
            ) from error
        _tidy(folder.parent, folder)
        found = _recalled(folder, is_sound)
    if found is None:
        raise DataError(
            f"The features in {folder} cannot be read. Run 'earmark cache --clear', then try again."
        )
    return found


def _keeps_sound(recipe: Recipe, feature: Feature) -> bool:
    """Whether windows are kept as sound: when each epoch changes them, or features are bulkier."""
    frames = feature.frame_count(recipe.data.window_samples)
    return recipe.augmentation.of_sound or feature.bands * frames > 2 * recipe.data.window_samples


def _key(dataset: Dataset, recipe: Recipe, is_sound: bool) -> str:
    data = recipe.data.model_dump(
        include={
            "rate_hz", "window_samples", "hop_samples", "at", "short", "quietest_dbfs",
            "most_windows", "scale", "resample", "whole_seconds",
        }
    )  # fmt: skip
    feature = None if is_sound else describe_feature(feature_of(recipe))
    if feature is not None and isinstance(feature_of(recipe), ByLibrosa):
        feature["computed_by"] = library()  # another version may compute otherwise
    text = json.dumps([_VERSION, data, feature, dataset.fingerprint()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _kept(
    dataset: Dataset, recipe: Recipe, feature: Feature | None, folder: Path, device: str
) -> Generator[float, None, None]:
    """Compute beside the place and rename: others may compute the same, or read it already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent, _UNFINISHED, older_than=DAY)  # by processes that were killed
    sweep(folder.parent)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder.parent) as beside:
        inside = Path(beside) / "windows"
        inside.mkdir()
        yield from _compute(dataset, recipe, feature, inside, device)
        with contextlib.suppress(OSError):  # another process was first
            put_in_place(inside, folder)


@dataclass(frozen=True)
class _Part:
    """Of one row: its sound or features, and what :class:`PreparedData` keeps beside them."""

    values: NDArray[np.float32]
    starts: NDArray[np.float64]
    levels_db: NDArray[np.float32]
    problem: str


def _part(cut: Cut, feature: Feature | None) -> _Part:
    return _Part(
        _features(cut.windows, feature, "cpu"), cut.starts, _levels(cut.windows), cut.problem
    )


def _compute(
    dataset: Dataset, recipe: Recipe, feature: Feature | None, folder: Path, device: str
) -> Generator[float, None, None]:
    """On a CPU each decoding thread computes features too; a GPU takes many windows at once."""
    rows: list[NDArray[np.int64]] = []
    starts: list[NDArray[np.float64]] = []
    levels: list[NDArray[np.float32]] = []
    skipped: dict[str, str] = {}
    shape: tuple[int, ...] = ()
    later = feature.to(device) if feature is not None and device != "cpu" else None
    now = feature if later is None else None
    with (folder / _VALUES).open("wb") as file:
        waiting: list[NDArray[np.float32]] = []
        parts = decoded(dataset, recipe, lambda cut: _part(cut, now), alone=now is not None)
        for index, part in enumerate(parts):
            if part.problem:
                skipped[dataset.excerpts[index].path] = part.problem
            rows.append(np.full(len(part.values), index, dtype=np.int64))
            starts.append(part.starts)
            levels.append(part.levels_db)
            waiting.append(part.values)
            last = index + 1 == len(dataset)
            if last or later is None or sum(map(len, waiting)) >= _AT_ONCE:
                values = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
                if later is not None:
                    values = _features(values[:, 0], later, device)
                shape = values.shape[1:]
                values.tofile(file)
                waiting = []
            yield (index + 1) / len(dataset)
    joined = np.concatenate(rows)
    if len(joined) == 0:
        reason = next(iter(skipped.values()), "all of them are too short or too quiet")
        raise DataError(f"None of the {len(dataset)} sounds can be used for training: {reason}")
    arrays: list[NDArray[Any]] = [joined, np.concatenate(starts), np.concatenate(levels)]
    for name, array in zip(_ARRAYS, arrays, strict=True):
        np.save(folder / name, array)
    digests = {name: _digest(folder / name, synchronise=True) for name in (_VALUES, *_ARRAYS)}
    about = {"shape": [len(joined), *shape], "skipped": skipped, "digests": digests}
    _write_down(folder / _INDEX, json.dumps(about).encode())


def _write_down(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path, *, synchronise: bool = False) -> str:
    """Size and SHA-256 of a file, of a large one of both its ends; synchronised on wish.

    A power cut leaves a file short, or zeros at its end.
    """
    with path.open("rb+" if synchronise else "rb") as file:
        if synchronise:
            os.fsync(file.fileno())
        digest = hashlib.sha256(file.read(_CHECKED_BYTES))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _CHECKED_BYTES))
        digest.update(file.read(_CHECKED_BYTES))
    return f"{size} {digest.hexdigest()}"


@torch.inference_mode()
def _features(
    windows: NDArray[np.float32], feature: Feature | None, device: str
) -> NDArray[np.float32]:
    if feature is None:
        return np.ascontiguousarray(windows[:, None])
    parts = [
        feature(torch.from_numpy(windows[start : start + _AT_ONCE]).to(device)).cpu()
        for start in range(0, len(windows), _AT_ONCE)
    ]
    if not parts:
        empty = feature.frame_count(windows.shape[1])
        return np.zeros((0, feature.bands, empty), dtype=np.float32)
    return np.asarray(torch.cat(parts).numpy())


def _levels(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    power = np.einsum("ij,ij->i", windows, windows) / max(1, windows.shape[1])
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), dtype=np.float32)


def _recalled(folder: Path, is_sound: bool) -> PreparedData | None:
    """What the cache holds; None where that is nothing, or damaged: then it goes."""
    if not folder.exists():
        return None
    try:
        return _load(folder, is_sound)
    except _DAMAGED as error:
        _log.warning("the cached features in %s are computed again: %s", folder, error)
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _load(folder: Path, is_sound: bool) -> PreparedData:
    index = read_json(folder / _INDEX, most_bytes=_MOST_INDEX_BYTES)
    shape = tuple(int(size) for size in index["shape"])
    for name in (_VALUES, *_ARRAYS):
        if _digest(folder / name) != index["digests"][name]:
            raise ValueError(f"{name} is damaged")
    os.utime(folder)  # the cache drops what was used longest ago
    rows, starts, levels = (np.load(folder / name, allow_pickle=False) for name in _ARRAYS)
    return PreparedData(
        values=np.memmap(folder / _VALUES, dtype=np.float32, mode="r", shape=shape),
        is_sound=is_sound,
        rows=rows,
        starts=starts,
        levels_db=levels,
        skipped={str(path): str(reason) for path, reason in index["skipped"].items()},
        folder=folder,
    )


def _ready_made(dataset: Dataset) -> PreparedData:
    """Features that came in files, in the order of the data set."""
    values = feature_rows(dataset)
    count = len(values)
    return PreparedData(
        values=values,
        is_sound=False,
        rows=np.arange(count, dtype=np.int64),
        starts=np.zeros(count),
        levels_db=np.zeros(count, dtype=np.float32),
        skipped={},
    )


def cached(cache: Path | None = None) -> tuple[int, int]:
    """How many sets of windows the cache holds, and their bytes."""
    folders = _folders(cache or user_cache_path("earmark") / "windows")
    return len(folders), sum(_bytes(folder) for folder in folders)


def clear(cache: Path | None = None) -> None:
    """Empty the cache."""
    shutil.rmtree(cache or user_cache_path("earmark") / "windows", ignore_errors=True)


def _tidy(cache: Path, keep: Path) -> None:
    """Drop what was used longest ago until the cache is within its bound."""
    folders = sorted(_folders(cache), key=lambda folder: folder.stat().st_mtime, reverse=True)
    total = 0
    for folder in folders:
        total += _bytes(folder)
        if total > _MOST_CACHED_BYTES and folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(cache: Path) -> list[Path]:
    return [path.parent for path in cache.glob(f"*/{_INDEX}")]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
