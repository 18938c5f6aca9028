"""Predictions of a run on each test window, for comparing runs."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.evaluation.results import Results, ValueResults

_FILE = "probabilities.npz"
# What numpy and zipfile raise on archives that are damaged anywhere.
_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError),
    *(RuntimeError, MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error),
)


def write_results(results: Results | ValueResults, folder: Path) -> None:
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
                **_content(results),
                truth=results.truth,
                names=np.asarray(names, dtype=np.str_),
                recordings=np.asarray([place[name] for name in results.recordings]),
                starts=results.starts,
            )
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.") from error


def _content(results: Results | ValueResults) -> dict[str, Any]:
    """What is not common to labels and values."""
    if isinstance(results, Results):
        labels = np.asarray(results.labels, dtype=np.str_)
        return {"labels": labels, "probabilities": results.probabilities}
    return {
        "dimensions": np.asarray(results.dimensions, dtype=np.str_),
        "values": results.values,
        "baseline": results.baseline,
        "groups": np.asarray(results.groups, dtype=np.str_),
    }


def read_results(folder: Path) -> Results | ValueResults:
    """What a run said of its test part.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / _FILE
    try:
        # Opened here: of a damaged archive numpy would leave the file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            names: Sequence[str] = kept["names"].tolist()
            recordings = tuple(names[index] for index in kept["recordings"])
            if "dimensions" in kept.files:
                return ValueResults(
                    dimensions=tuple(kept["dimensions"].tolist()),
                    values=kept["values"],
                    truth=kept["truth"],
                    baseline=kept["baseline"],
                    recordings=recordings,
                    groups=tuple(kept["groups"].tolist()),
                    starts=kept["starts"],
                )
            return Results(
                labels=tuple(kept["labels"].tolist()),
                probabilities=kept["probabilities"],
                truth=kept["truth"],
                recordings=recordings,
                starts=kept["starts"],
            )
    except _DAMAGED as error:
        raise DataError(
            f"{folder} has no results to compare. Finish its training first."
        ) from error
