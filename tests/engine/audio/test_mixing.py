"""Channels as one: the mean, but where they cancel each other."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio import Audio, read, write
from engine.audio.mixing import Mixer

RATE = 16000


def _noise(channels: int, seconds: float = 2.0) -> NDArray[np.float32]:
    shape = channels, round(seconds * RATE)
    return np.random.default_rng(1).normal(0, 0.1, shape).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 6, 64])
def test_what_does_not_cancel_is_the_mean_bit_for_bit(channels: int) -> None:
    noise = _noise(channels)
    assert (Mixer(channels, RATE).push(noise) == noise.mean(axis=0, dtype=np.float32)).all()


def test_silence_and_one_empty_channel_are_the_mean() -> None:
    noise = _noise(2)
    noise[1] = 0
    noise[:, :8000] = 0
    assert (Mixer(2, RATE).push(noise) == noise.mean(axis=0, dtype=np.float32)).all()


def test_opposite_channels_are_heard_not_lost() -> None:
    left = _noise(1)[0]
    mono = Mixer(2, RATE).push(np.stack([left, -left]))
    np.testing.assert_array_equal(mono[RATE // 5 :], left[RATE // 5 :])
    assert np.abs(np.diff(mono)).max() <= np.abs(np.diff(left)).max() + 0.01


def test_it_goes_back_to_the_mean() -> None:
    left = _noise(1)[0]
    right = np.where(np.arange(len(left)) < RATE, -left, left)
    mono = Mixer(2, RATE).push(np.stack([left, right]))
    mean = (left + right) / 2
    np.testing.assert_allclose(mono[RATE * 3 // 2 :], mean[RATE * 3 // 2 :], atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_any_size_give_the_same(seed: int) -> None:
    random = np.random.default_rng(seed)
    left = _noise(1)[0]
    flip = np.repeat(random.choice([-1.0, -1.0, 1.0, 0.3], 40), len(left) // 40)
    both = np.stack([left, left * flip]).astype(np.float32)
    whole = Mixer(2, RATE).push(both)
    mixer, parts, at = Mixer(2, RATE), [], 0
    while at < both.shape[1]:
        size = int(random.integers(1, 3000))
        parts.append(mixer.push(both[:, at : at + size]))
        at += size
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_an_antiphase_file_is_heard(tmp_path: Path) -> None:
    left = _noise(1)[0].clip(-1, 1)
    both = Audio(np.stack([left, -left]), RATE)
    write(tmp_path / "a.wav", both, subtype="FLOAT")
    mono = read(tmp_path / "a.wav", mono=True).samples[0]
    assert np.sqrt(np.mean(mono[RATE // 5 :] ** 2)) == pytest.approx(0.1, rel=0.05)
    np.testing.assert_allclose(both.mono(), mono, atol=1e-6)
