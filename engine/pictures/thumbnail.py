"""A waveform in a few columns, for lists."""

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-3  # a stretch quieter than this is drawn flat, not as loud as any other


def thumbnail(samples: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Lowest and highest sample of each column, as shares of the loudest.

    Args:
        samples: float32, shape (n,).
        columns: how many; fewer where there are fewer samples.

    Returns:
        float32 in [-1, 1], shape (2, columns).
    """
    count = min(columns, len(samples))
    if count == 0:
        return np.zeros((2, 0), dtype=np.float32)
    starts = np.linspace(0, len(samples), count, endpoint=False).astype(np.int64)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    loudest = max(float(np.abs(samples).max()), _LEAST)
    return np.asarray(np.stack([low, high]) / loudest, dtype=np.float32)
