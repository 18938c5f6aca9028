"""Ring buffer with the last seconds of a live stream."""

import threading

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Ring:
    """A ring buffer addressed by an absolute sample index.

    One thread writes (the audio callback: it never waits and never allocates), others read. Every
    sample is kept twice, a capacity apart, so that any stretch is one contiguous view.

    Args:
        capacity: samples held.
        channels: number of channels.
    """

    def __init__(self, capacity: int, channels: int = 1) -> None:
        if capacity < 1 or channels < 1:
            raise ValueError("a ring needs room for at least one sample of one channel")
        self._store = np.zeros((channels, 2 * capacity), dtype=np.float32)
        self._capacity = capacity
        self._end = 0
        # Where the writer is going to: what lies further back than a capacity is being overwritten.
        self._writing = 0
        self._lost = 0
        self._lost_lock = threading.Lock()

    @property
    def capacity(self) -> int:
        """Samples held at most."""
        return self._capacity

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._store.shape[0])

    @property
    def end(self) -> int:
        """Index after the newest sample: how many were ever written."""
        return self._end

    @property
    def start(self) -> int:
        """Index of the oldest sample still held."""
        return max(0, self._writing - self._capacity)

    @property
    def lost(self) -> int:
        """Samples that never reached the ring, as told by :meth:`count_lost`."""
        return self._lost

    def count_lost(self, samples: int) -> None:
        """Note that so many samples were lost before they could be written."""
        with self._lost_lock:
            self._lost += samples

    def write(self, block: Samples) -> None:
        """Append a block, shape (channels, n); of one longer than the ring its end is kept."""
        length = block.shape[1]
        position = self._end
        self._writing = position + length
        if length > self._capacity:
            block = block[:, -self._capacity :]
            position += length - self._capacity
        first = position % self._capacity
        head = min(block.shape[1], self._capacity - first)
        for offset in (0, self._capacity):
            self._store[:, offset + first : offset + first + head] = block[:, :head]
            self._store[:, offset : offset + block.shape[1] - head] = block[:, head:]
        self._end += length

    def view(self, start: int, length: int) -> Samples:
        """A view of samples ``start`` to ``start + length``, which the writer may soon overwrite.

        Raises:
            IndexError: they are not all there.
        """
        if length < 0 or start < self.start or start + length > self._end:
            raise IndexError(f"samples {start} to {start + length} are not in the ring")
        first = start % self._capacity
        view: Samples = self._store[:, first : first + length]
        return view

    def since(self, index: int) -> tuple[int, Samples]:
        """All that is held from ``index`` on, as a copy no writer can change.

        Returns:
            The index of the first sample, higher than asked when some were overwritten, and the
            samples, float32, shape (channels, n).
        """
        end = self._end
        while True:
            first = min(max(index, self.start), end)
            copy = self._store[:, first % self._capacity :][:, : end - first].copy()
            if self.start <= first:
                return first, copy
            index = self.start + self._capacity // 8  # leave the writer some way to go
            end = self._end

    def last(self, samples: int) -> Samples:
        """A copy of the newest samples, as many as there are up to ``samples``."""
        return self.since(self._end - samples)[1]
