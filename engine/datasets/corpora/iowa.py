"""The Iowa quadruple of an NYU course: MFCCs of instrument notes as ``.npy`` files, no sound."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.arrays import read_array
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

ABOUT = About(
    "uiowa MFCC features (NYU machine learning course)",
    "not stated",
    "https://github.com/marl/dl4mir-tutorial",
)
_PARTS = {"train": "training", "test": "test"}


def recognises(root: Path) -> bool:
    """Whether one of the four files is there, here or in ``instrument_dataset``."""
    return any((_home(root) / name).is_file() for name in _names())


def load(root: Path) -> Dataset:
    """One excerpt a row of the feature files: ``start`` is the row. Folds: training and test.

    Raises:
        DataError: a file is missing, or they do not fit each other.
    """
    home = _home(root)
    missing = [name for name in _names() if not (home / name).is_file()]
    if missing:
        raise DataError(f"{home} lacks {', '.join(missing)}: all four are needed, see {ABOUT.url}.")
    labels = {part: _labels(home, part) for part in _PARTS}
    width = len(str(max(int(numbers.max()) for numbers in labels.values())))
    excerpts: list[Excerpt] = []
    for part, fold in _PARTS.items():
        name = f"uiowa_{part}_data.npy"
        # The files tell neither notes nor players: every row stands for itself.
        excerpts += [
            Excerpt(name, f"{label:0{width}d}", f"{name} {row}", start=row, fold=fold)
            for row, label in enumerate(labels[part].tolist())
        ]
    bands = {part: read_array(home / f"uiowa_{part}_data.npy").shape[1] for part in _PARTS}
    if bands["train"] != bands["test"]:
        raise DataError(
            f"uiowa_train_data.npy has {bands['train']} features and uiowa_test_data.npy "
            f"{bands['test']}: get all four files from one place, see {ABOUT.url}."
        )
    return Dataset(ABOUT, home, tuple(excerpts), features=True)


def _labels(home: Path, part: str) -> NDArray[np.int64]:
    """The class of each row, shape (n,)."""
    data = read_array(home / f"uiowa_{part}_data.npy")
    found = np.asarray(read_array(home / f"uiowa_{part}_labels.npy"))
    if data.ndim != 2 or found.size != len(data) or len(data) == 0:
        raise DataError(
            f"uiowa_{part}_data.npy of shape {data.shape} does not match labels of shape "
            f"{found.shape}: one label a row is needed, see {ABOUT.url}."
        )
    numbers: NDArray[np.int64] = np.nan_to_num(found.reshape(-1), nan=-1.0).astype(np.int64)
    if numbers.min() < 0 or not np.array_equal(numbers, found.reshape(-1)):
        raise DataError(f"uiowa_{part}_labels.npy must contain integers from 0.")
    return numbers


def _home(root: Path) -> Path:
    inner = root / "instrument_dataset"
    return inner if any((inner / name).is_file() for name in _names()) else root


def _names() -> list[str]:
    return [f"uiowa_{part}_{what}.npy" for part in _PARTS for what in ("data", "labels")]
