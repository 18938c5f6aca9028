"""High-quality resampling, of a whole clip or of a stream."""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def resampled_length(samples: int, from_hz: int, to_hz: int) -> int:
    """Samples that remain of so many at another rate."""
    return math.ceil(samples * to_hz / from_hz)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Change the rate of a whole clip.

    Args:
        samples: float32, shape (channels, n).
        from_hz: its rate.
        to_hz: the rate wanted.

    Returns:
        float32, shape (channels, ceil(n * to_hz / from_hz)).
    """
    return Resampler(from_hz, to_hz, samples.shape[0]).push(samples, last=True)


class Resampler:
    """Changes the rate of a stream, block by block, without clicks between the blocks.

    The result is the same whatever the blocks, delayed by a few milliseconds until the last one.

    Args:
        from_hz: rate of what is pushed.
        to_hz: rate of what comes out.
        channels: number of channels.
    """

    def __init__(self, from_hz: int, to_hz: int, channels: int = 1) -> None:
        self._from_hz, self._to_hz, self._channels = from_hz, to_hz, channels
        self._taken = self._given = 0
        self._stream = None
        if from_hz != to_hz:
            self._stream = soxr.ResampleStream(
                from_hz, to_hz, channels, dtype="float32", quality="HQ"
            )

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        """Take samples, shape (channels, n); give what they settle, shape (channels, m).

        With ``last`` all that is left comes out, and nothing may be pushed after it.
        """
        if self._stream is None:
            return samples
        self._taken += samples.shape[1]
        block = np.ascontiguousarray(samples.T, dtype=np.float32)
        out = self._stream.resample_chunk(block, last=last).reshape(-1, self._channels).T
        if last:
            # soxr may end a sample early or late; the length follows from the rates alone.
            wanted = resampled_length(self._taken, self._from_hz, self._to_hz) - self._given
            missing = max(0, wanted - out.shape[1])
            out = np.pad(out, ((0, 0), (0, missing)))[:, : max(0, wanted)]
        self._given += out.shape[1]
        return np.ascontiguousarray(out)
