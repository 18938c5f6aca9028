"""Resampling: a stream is the clip, whatever its blocks."""

import numpy as np
import pytest

from engine.audio import Resampler, resample


@pytest.mark.parametrize(
    ("source", "target"), [(44100, 16000), (48000, 22050), (8000, 44100), (96000, 16000)]
)
def test_streaming_equals_offline(source: int, target: int) -> None:
    rng = np.random.default_rng(1)
    sound = rng.standard_normal((2, source * 2)).astype(np.float32) * 0.3
    whole = resample(sound, source, target)
    resampler, parts, position = Resampler(source, target, 2), [], 0
    while position < sound.shape[1]:
        step = int(rng.integers(1, 5000))
        last = position + step >= sound.shape[1]
        parts.append(resampler.push(sound[:, position : position + step], last=last))
        position += step
    joined = np.concatenate(parts, axis=1)
    assert joined.shape == whole.shape == (2, target * 2)
    error = 20 * np.log10(np.abs(joined - whole).max() / np.abs(whole).max() + 1e-12)
    assert error < -90


def test_a_tone_keeps_its_pitch_and_level() -> None:
    time = np.arange(48000) / 48000
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)[None]
    heard = resample(tone, 48000, 16000)[0, 1000:15000]
    expected = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)[1000:15000]
    assert np.abs(heard - expected).max() < 1e-3


def test_what_the_new_rate_cannot_hold_is_removed() -> None:
    time = np.arange(48000) / 48000
    tone = np.sin(2 * np.pi * 12000 * time).astype(np.float32)[None]
    assert np.abs(resample(tone, 48000, 16000)[0, 1000:-1000]).max() < 1e-3


def test_equal_rates_change_nothing() -> None:
    sound = np.ones((1, 100), np.float32)
    assert Resampler(16000, 16000).push(sound) is sound
