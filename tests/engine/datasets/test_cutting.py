"""Windows: where they begin, what fills them, which are left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.cutting import Cutting, cut
from engine.datasets.onsets import onsets
from engine.windows import Windows


def _ramp(count: int) -> np.ndarray:
    return np.arange(1, count + 1, dtype=np.float32) / count


@given(st.integers(0, 500), st.integers(1, 100), st.integers(1, 100))
def test_hop_is_the_one_rule(count: int, length: int, hop: int) -> None:
    windows = Windows(length, hop)
    samples = _ramp(count)
    rows, starts = cut(samples, 8000, Cutting(windows))
    assert rows.shape == (windows.count(count), length)
    assert rows.dtype == np.float32
    assert starts.tolist() == [index * hop for index in range(windows.count(count))]
    for row, start in zip(rows, starts, strict=True):
        part = samples[start : start + length]
        assert np.array_equal(row[: len(part)], part)
        assert not row[len(part) :].any()


def test_start_takes_one() -> None:
    rows, starts = cut(_ramp(50), 8000, Cutting(Windows(10, 5), at="start"))
    assert starts.tolist() == [0]
    assert np.array_equal(rows[0], _ramp(50)[:10])


def test_what_fills_a_short_sound() -> None:
    samples = _ramp(4)
    silence, _ = cut(samples, 8000, Cutting(Windows(10, 10), short="silence"))
    assert silence.tolist() == [[*samples, 0, 0, 0, 0, 0, 0]]
    repeat, _ = cut(samples, 8000, Cutting(Windows(10, 10), short="repeat"))
    assert repeat.tolist() == [[*samples, *samples, *samples[:2]]]
    drop, starts = cut(samples, 8000, Cutting(Windows(10, 10), short="drop"))
    assert drop.shape == (0, 10)
    assert len(starts) == 0


def test_drop_leaves_out_the_unfilled_end_only() -> None:
    assert cut(_ramp(29), 8000, Cutting(Windows(10, 10), short="drop"))[1].tolist() == [0, 10]
    assert cut(_ramp(30), 8000, Cutting(Windows(10, 10), short="drop"))[1].tolist() == [0, 10, 20]
    assert cut(_ramp(29), 8000, Cutting(Windows(10, 10)))[1].tolist() == [0, 10, 20]


@pytest.mark.parametrize("at", ["hop", "onsets", "start"])
@pytest.mark.parametrize("short", ["silence", "repeat", "drop"])
def test_nothing_gives_nothing(at: str, short: str) -> None:
    rows, starts = cut(_ramp(0), 8000, Cutting(Windows(10, 10), at=at, short=short))  # type: ignore[arg-type]
    assert rows.shape == (0, 10)
    assert len(starts) == 0


def test_quiet_windows_are_left_out() -> None:
    samples = np.zeros(40, dtype=np.float32)
    samples[10:20], samples[20:30] = 0.1, 0.09  # -20 and -20.9 dBFS
    rows, starts = cut(samples, 8000, Cutting(Windows(10, 10), quietest_db=-20.1))
    assert starts.tolist() == [10]
    assert rows.shape == (1, 10)
    none, _ = cut(samples[:10], 8000, Cutting(Windows(10, 10), quietest_db=-90))
    assert none.shape == (0, 10)


def test_most_are_spread_evenly() -> None:
    how = Cutting(Windows(10, 10), most=3)
    assert cut(_ramp(110), 8000, how)[1].tolist() == [0, 50, 100]
    assert cut(_ramp(20), 8000, how)[1].tolist() == [0, 10]
    assert cut(_ramp(110), 8000, Cutting(Windows(10, 10), most=1))[1].tolist() == [0]


def test_most_are_taken_of_the_loud_ones() -> None:
    samples = np.zeros(100, dtype=np.float32)
    samples[30:60] = 0.5
    how = Cutting(Windows(10, 10), quietest_db=-40, most=2)
    assert cut(samples, 8000, how)[1].tolist() == [30, 50]


def _plucked(rate_hz: int, at: list[float], seconds: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = 0.0005 * rng.standard_normal(len(time))
    for number, start in enumerate(at):
        since = np.maximum(time - start, 0)
        frequency = 300 * 2 ** (number / 4)
        note = np.sin(2 * np.pi * frequency * since) + 0.4 * np.sin(4 * np.pi * frequency * since)
        samples += 0.4 * note * np.exp(-8 * since) * (time >= start)
    return samples.astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100])
def test_planted_onsets_are_found(rate_hz: int) -> None:
    planted = [0.3, 0.85, 1.4, 2.1]
    found = onsets(_plucked(rate_hz, planted), rate_hz) / rate_hz
    assert np.abs(found[:, None] - planted).min(axis=0).max() < 0.05
    assert len(found) <= len(planted) + 1  # the beginning of the noise may count as one


def test_windows_begin_at_onsets() -> None:
    samples = _plucked(22050, [0.3, 1.0, 1.9])
    rows, starts = cut(samples, 22050, Cutting(Windows(11025, 11025), at="onsets"))
    assert len(rows) == 3
    for row, start in zip(rows, starts, strict=True):
        assert np.array_equal(row, samples[start : start + 11025])


@pytest.mark.parametrize("count", [1, 100, 2047, 2048, 5000])
def test_short_and_silent_sounds_begin_at_their_beginning(count: int) -> None:
    assert onsets(np.zeros(count, dtype=np.float32), 22050).tolist() == [0]
    assert onsets(np.full(count, 0.1, dtype=np.float32), 22050)[0] >= 0


def test_no_onset_twice() -> None:
    noise = np.random.default_rng(2).standard_normal(60_000).astype(np.float32) * 0.1
    for rate_hz in (8000, 22050, 44100):
        assert np.all(np.diff(onsets(noise, rate_hz)) > 0)
