"""Predictions of a run on each test window, for comparing runs."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.errors import DataError
from engine.evaluation.results import Results

_FILE = "probabilities.npz"
# What numpy and zipfile raise on archives that are damaged anywhere.
_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError),
    *(RuntimeError, MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error),
)


def write_results(results: Results, folder: Path) -> None:
    """Keep what each window got in a run's folder.

    Raises:
        DataError: the disk is full.
    """
    path = folder / _FILE
    names = sorted(set(results.recordings))
    place = {name: index for index, name in enumerate(names)}
    try:
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                labels=np.asarray(results.labels, dtype=np.str_),
                probabilities=results.probabilities,
                truth=results.truth,
                names=np.asarray(names, dtype=np.str_),
                recordings=np.asarray([place[name] for name in results.recordings]),
                starts=results.starts,
            )
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.") from error


def read_results(folder: Path) -> Results:
    """What a run said of its test part.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / _FILE
    try:
        # Opened here: of a damaged archive numpy would leave the file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            names: Sequence[str] = kept["names"].tolist()
            return Results(
                labels=tuple(kept["labels"].tolist()),
                probabilities=kept["probabilities"],
                truth=kept["truth"],
                recordings=tuple(names[index] for index in kept["recordings"]),
                starts=kept["starts"],
            )
    except _DAMAGED as error:
        raise DataError(
            f"{folder} has no results to compare. Finish its training first."
        ) from error
