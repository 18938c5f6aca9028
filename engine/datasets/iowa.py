"""The Iowa quadruple of an NYU course: MFCCs of instrument notes as ``.npy`` files, no sound."""

from pathlib import Path

import numpy as np

from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

ABOUT = About(
    "uiowa MFCC features (NYU machine learning course)",
    "",
    "https://github.com/sdrangan/introml",
)
_PARTS = {"train": "training", "test": "test"}


def recognises(root: Path) -> bool:
    """Whether one of the four files is there."""
    return any((root / name).is_file() for name in _names())


def load(root: Path) -> Dataset:
    """One excerpt a row of the feature files: ``start`` is the row. Folds: training and test.

    Raises:
        DataError: a file is missing, or they do not fit each other.
    """
    missing = [name for name in _names() if not (root / name).is_file()]
    if missing:
        raise DataError(f"{root} lacks {', '.join(missing)}: all four are needed, see {ABOUT.url}.")
    excerpts: list[Excerpt] = []
    for part, fold in _PARTS.items():
        data = read_features(root / f"uiowa_{part}_data.npy")
        labels = read_features(root / f"uiowa_{part}_labels.npy")
        if data.ndim != 2 or len(labels) != len(data):
            raise DataError(
                f"uiowa_{part}_data.npy of shape {data.shape} does not fit {len(labels)} labels."
            )
        name = f"uiowa_{part}_data.npy"
        width = len(str(int(labels.max())))
        # The files tell neither notes nor players: every row stands for itself.
        excerpts += [
            Excerpt(name, f"{int(label):0{width}d}", f"{name} {row}", start=row, fold=fold)
            for row, label in enumerate(labels.reshape(-1))
        ]
    return Dataset(ABOUT, root, tuple(excerpts), features=True)


def read_features(path: Path) -> np.ndarray:
    """A ``.npy`` file, mapped into memory; never one with pickled objects.

    Raises:
        DataError: it is none.
    """
    try:
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} is no plain .npy file of numbers.") from error
    return mapped


def _names() -> list[str]:
    return [f"uiowa_{part}_{what}.npy" for part in _PARTS for what in ("data", "labels")]
