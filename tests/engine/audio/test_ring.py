"""The ring: the newest samples under an absolute index, whatever the blocks and the threads."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Ring


def ramp(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.float32)[None]


@given(st.integers(1, 40), st.lists(st.integers(0, 60), max_size=20), st.integers(0, 200))
def test_it_holds_the_newest_samples(capacity: int, blocks: list[int], index: int) -> None:
    ring, written = Ring(capacity), 0
    for block in blocks:
        ring.write(ramp(written, block))
        written += block
    assert ring.end == written
    assert ring.start == max(0, written - capacity)
    first, samples = ring.since(index)
    assert first == min(max(index, ring.start), written)
    np.testing.assert_array_equal(samples, ramp(first, written - first))
    newest = ramp(max(ring.start, written - 7), min(7, written, capacity))
    np.testing.assert_array_equal(ring.last(7), newest)
    view = ring.view(ring.start, ring.end - ring.start)
    np.testing.assert_array_equal(view, ramp(ring.start, ring.end - ring.start))


def test_what_is_gone_is_refused() -> None:
    ring = Ring(10, 2)
    ring.write(np.ones((2, 25), np.float32))
    with pytest.raises(IndexError):
        ring.view(14, 5)
    with pytest.raises(IndexError):
        ring.view(20, 6)
    assert ring.view(15, 10).shape == (2, 10)
    ring.count_lost(3)
    assert ring.lost == 3


def test_a_reader_never_sees_what_is_being_overwritten() -> None:
    ring = Ring(2000)
    stop = threading.Event()

    def write() -> None:
        position = 0
        while not stop.is_set():
            ring.write(ramp(position % 2**22, 137))
            position += 137

    writer = threading.Thread(target=write)
    writer.start()
    position, torn = 0, 0
    try:
        for _ in range(3000):
            first, samples = ring.since(position)
            assert first >= position
            steps = np.diff(samples[0])
            torn += int(np.count_nonzero((steps != 1) & (steps != 1 - 2**22)))
            position = first + samples.shape[1]
    finally:
        stop.set()
        writer.join()
    assert torn == 0
