"""Level and likeness to speech, on sound made here: syllables of a voice, and noises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.recognition.said.speech import SpeechMeter

RATES = (16000, 44100, 48000)
Samples = NDArray[np.float32]


def syllables(rate_hz: int, seconds: float = 4.0) -> Samples:
    """A buzz through two resonances that move, about four times a second, with pauses."""
    draw = np.random.default_rng(5)
    count = round(seconds * rate_hz)
    time = np.arange(count) / rate_hz
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    sound = np.zeros(count)
    first = 500 + 250 * np.sin(2 * np.pi * 1.9 * time)
    second = 1500 + 600 * np.sin(2 * np.pi * 2.7 * time + 1)
    for number in range(1, 28):
        hz = number * pitch
        gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.5 / (1 + ((hz - second) / 160) ** 2)
        sound += gain * np.sin(number * phase)
    beats = np.clip(np.sin(2 * np.pi * 3.8 * time) + 0.4, 0, None)
    beats *= np.sin(2 * np.pi * 0.45 * time) > -0.6
    hiss = draw.normal(0, 1e-3, count)
    return (0.1 * sound * beats + hiss).astype(np.float32)


def meter_of(samples: Samples, rate_hz: int, block: int = 2205) -> SpeechMeter:
    meter = SpeechMeter(rate_hz)
    for first in range(0, len(samples), block):
        meter.push(samples[first : first + block])
    return meter


@pytest.mark.parametrize("rate_hz", RATES)
def test_syllables_are_speech_and_steady_noises_are_not(rate_hz: int) -> None:
    draw = np.random.default_rng(2)
    count = 4 * rate_hz
    time = np.arange(count) / rate_hz
    noises = {
        "hiss": draw.normal(0, 0.1, count),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * time) + draw.normal(0, 0.01, count),
        "engine": 0.1 * np.sign(np.sin(2 * np.pi * 90 * time)) + draw.normal(0, 0.05, count),
    }
    assert meter_of(syllables(rate_hz), rate_hz).speech > 0.5
    for name, sound in noises.items():
        assert meter_of(sound.astype(np.float32), rate_hz).speech < 0.5, name


def test_blocks_of_any_size_tell_the_same() -> None:
    sound = syllables(16000)
    whole, pieces = meter_of(sound, 16000, 64000), meter_of(sound, 16000, 317)
    assert pieces.speech == pytest.approx(whole.speech)
    assert pieces.level_db == pytest.approx(whole.level_db)


def test_nothing_is_said_of_too_little_or_of_silence() -> None:
    meter = SpeechMeter(16000)
    assert (meter.speech, meter.level_db) == (0.0, -120.0)
    meter.push(syllables(16000, 0.5))
    assert meter.speech == 0.0
    meter = meter_of(np.zeros(64000, dtype=np.float32), 16000)
    assert (meter.speech, meter.level_db) == (0.0, -120.0)


def test_the_level_is_that_of_the_last_half_second() -> None:
    sound = np.concatenate([np.full(64000, 0.5), np.full(16000, 0.05)]).astype(np.float32)
    assert meter_of(sound, 16000).level_db == pytest.approx(20 * np.log10(0.05), abs=0.2)
