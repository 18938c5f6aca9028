"""The units of a regression's dimensions, learned from the training part alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.splits import Indices
from engine.errors import DataError


@dataclass(frozen=True, eq=False)
class Units:
    """How values of dimensions and what a network learns belong together.

    A network learns each dimension with mean 0 and deviation 1, so that all count the same.

    Attributes:
        mean: of the training windows, float64, shape (dimensions,).
        deviation: the same.
        ranges: the lowest and highest value of all windows, by dimension.
        truth: values of all windows, float32, shape (windows, dimensions).
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    ranges: tuple[tuple[float, float], ...]
    truth: NDArray[np.float32]

    @staticmethod
    def learned(dimensions: tuple[str, ...], values: NDArray[np.float64], part: Indices) -> "Units":
        """From the values of all windows, shape (windows, dimensions), and the training part.

        Raises:
            DataError: a dimension has one value only.
        """
        mean, deviation = values[part].mean(0), values[part].std(0)
        for name, spread in zip(dimensions, deviation, strict=True):
            if not spread > 1e-9:
                raise DataError(
                    f"All training sounds have the same value of '{name}', so there is nothing to "
                    "learn. Leave it out of data.dimensions, or add other sounds."
                )
        ranges = tuple(zip(values.min(0).tolist(), values.max(0).tolist(), strict=True))
        return Units(mean, deviation, ranges, values.astype(np.float32))

    def targets(self) -> NDArray[np.float32]:
        """What a network learns: float32, shape (windows, dimensions)."""
        return np.asarray((self.truth - self.mean) / self.deviation, dtype=np.float32)

    def values(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """From a network's outputs back to values, shape (n, dimensions)."""
        return np.asarray(outputs * self.deviation + self.mean, dtype=np.float32)
