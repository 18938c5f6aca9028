"""Columns of numbers in a data set's table: what a regression learns and is judged by."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.datasets.delimited import number_of
from engine.datasets.table import Dataset
from engine.errors import DataError


def values_of(dataset: Dataset, dimensions: Sequence[str]) -> NDArray[np.float64]:
    """The numbers of each row.

    Args:
        dataset: with the columns.
        dimensions: their names.

    Returns:
        float64, shape (rows, dimensions).

    Raises:
        DataError: no dimension is named, a column is not there, or a cell is no finite number.
    """
    if not dimensions:
        raise DataError(
            "A regression needs the columns of numbers to predict: set data.dimensions. "
            f"{_known(dataset)}"
        )
    return np.asarray([[_value(dataset, row, name) for name in dimensions]
                       for row in range(len(dataset))])  # fmt: skip


def number_columns(dataset: Dataset) -> list[str]:
    """Columns in which each row has a number, sorted."""
    names = {name for excerpt in dataset.excerpts for name in excerpt.extra}
    return [
        name
        for name in sorted(names)
        if all(_is_number(excerpt.extra.get(name, "")) for excerpt in dataset.excerpts)
    ]


def _known(dataset: Dataset) -> str:
    names = number_columns(dataset)
    return f"{dataset.about.name} has " + (
        f"these: {', '.join(names)}." if names else "no column with a number in each row."
    )


def _value(dataset: Dataset, row: int, name: str) -> float:
    excerpt = dataset.excerpts[row]
    cell = excerpt.extra.get(name, "")
    if _is_number(cell):
        return number_of(cell)
    if all(name not in excerpt.extra for excerpt in dataset.excerpts):
        raise DataError(
            f"{dataset.about.name} has no column '{name}' to predict. {_known(dataset)}"
        )
    what = f"'{cell[:40]}', which is not a number," if cell else "no value"
    raise DataError(
        f"{dataset.about.name}: {excerpt.path} has {what} in the column '{name}'. "
        "Give each sound a number there, or leave the sound out."
    )


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(number_of(cell))
    except ValueError:
        return False
