"""Levels are read from the ring, by index: nothing between two readings is passed over."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from engine.audio import Ring
from engine.audio.level import Level, LevelMeter
from engine.audio.microphone import Microphone
from tests.virtual_microphone import VirtualMicrophone


def write(ring: Ring, *values: float) -> None:
    ring.write(np.asarray([values], dtype=np.float32))


def test_a_level_is_that_of_all_blocks_since_the_last() -> None:
    ring = Ring(100)
    write(ring, 0.9, 0.9)
    meter = LevelMeter(ring)
    assert meter.level() == Level()
    write(ring, 0.0, 0.5)
    write(ring, -1.0, 1.0)
    write(ring, 0.1, 0.0)
    level = meter.level()
    assert (level.peak, level.clipped) == (1.0, 2)
    assert level.rms == pytest.approx(np.sqrt((0.25 + 1 + 1 + 0.01) / 6))
    write(ring, 0.25)
    assert meter.level() == Level(0.25, 0.25, 0)
    assert meter.level() == Level()


def test_what_was_overwritten_is_passed_over() -> None:
    ring = Ring(4)
    meter = LevelMeter(ring)
    write(ring, *[0.8] * 4)
    write(ring, *[0.2] * 4)
    assert meter.level().peak == pytest.approx(0.2)


def test_zeros_are_counted_to_the_newest_sample() -> None:
    ring = Ring(100)
    write(ring, 0.0, 0.0)
    meter = LevelMeter(ring)
    assert meter.zeros() == 0  # only what comes now
    write(ring, 0.0, 0.0, 0.0)
    assert meter.zeros() == 3
    write(ring, 0.0, 1e-9, 0.0)
    assert meter.zeros() == 1
    write(ring, 0.0)
    assert meter.zeros() == 2
    meter.restart()
    assert meter.zeros() == 0


def test_counting_zeros_takes_no_level_away() -> None:
    ring = Ring(100)
    meter = LevelMeter(ring)
    write(ring, 0.75)
    assert meter.zeros() == 0
    assert meter.level().peak == 0.75


def test_it_follows_a_writer_in_another_thread() -> None:
    ring, rng = Ring(44100), np.random.default_rng(3)
    blocks = [rng.uniform(-0.5, 0.5, (1, 512)).astype(np.float32) for _ in range(200)]
    blocks[137][0, 17] = 0.95
    meter, squares, count = LevelMeter(ring), 0.0, 0

    def play() -> None:
        for block in blocks:
            ring.write(block)
            time.sleep(0.0005)

    writer = threading.Thread(target=play)
    writer.start()
    peaks = []
    while writer.is_alive() or count < ring.end:
        level = meter.level()
        squares += level.rms**2 * (meter._told - count)
        count = meter._told
        peaks.append(level.peak)
    writer.join()
    assert sum(peak > 0.9 for peak in peaks) == 1
    whole = np.concatenate(blocks, axis=1)[0].astype(np.float64)
    assert count == len(whole)
    assert squares == pytest.approx(float(whole @ whole), rel=1e-4)


@pytest.mark.microphone
def test_the_callback_measures_nothing(
    virtual_microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    microphone = Microphone(channel=0)
    clock = SimpleNamespace(currentTime=1.0, inputBufferAdcTime=0.9)
    loud = np.asarray([[1.0], [-0.5], [0.0]], dtype=np.float32)
    with monkeypatch.context() as patch:
        for name in ("abs", "sqrt", "count_nonzero", "flatnonzero"):
            patch.setattr(np, name, None)
        microphone._callback(loud, 3, clock, None)
    level = microphone.level()
    assert (level.peak, level.clipped) == (1.0, 1)
    assert level.rms == pytest.approx(np.sqrt(1.25 / 3))
    assert microphone.advice() is None
    silence = np.zeros((microphone.rate_hz, 1), dtype=np.float32)
    microphone._callback(silence, len(silence), clock, None)
    assert microphone.advice() is None
    microphone._callback(silence, len(silence), clock, None)
    assert "muted" in str(microphone.advice())
    assert microphone.level() == Level()
