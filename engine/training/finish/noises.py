"""Sounds that are none of the classes, to learn when to say nothing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import read
from engine.errors import AudioError, DataError
from engine.recognition.files import find_audio

Samples = NDArray[np.float32]

_NOISES = ("white noise", "pink noise", "brown noise", "hum", "clicks")


def synthetic(rate_hz: int, samples: int, count: int, seed: int) -> Iterator[tuple[str, Samples]]:
    """Noises, mains hum and clicks at random levels: kind and float32 of shape (samples,)."""
    rng = np.random.default_rng([seed, 5])
    for index in range(count):
        kind = _NOISES[index % len(_NOISES)]
        sound = _sound(kind, rate_hz, samples, rng)
        level = 10 ** (rng.uniform(-45, -6) / 20)
        yield kind, np.asarray(sound / max(1e-9, np.abs(sound).max()) * level, dtype=np.float32)


def _sound(kind: str, rate_hz: int, samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if kind == "hum":
        time = np.arange(samples) / rate_hz
        base = rng.choice([50.0, 60.0]) * rng.uniform(0.99, 1.01)
        waves = [rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 9)]
        return np.asarray(np.sum(waves, axis=0) + 0.01 * rng.standard_normal(samples))
    if kind == "clicks":
        sound = 1e-3 * rng.standard_normal(samples)
        places = rng.integers(0, samples, max(1, int(samples / rate_hz * rng.uniform(1, 20))))
        sound[places] += rng.uniform(-1, 1, len(places))
        return sound
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    slope = {"white noise": 0.0, "pink noise": 0.5, "brown noise": 1.0}[kind]
    spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** slope
    return np.fft.irfft(spectrum, samples)


def recorded(folder: Path, rate_hz: int, samples: int) -> Iterator[tuple[str, str, Samples]]:
    """Windows of a folder's recordings: kind (its folder), path, float32 of shape (samples,).

    Raises:
        DataError: the folder holds no sound.
    """
    try:
        paths = find_audio([folder])
    except AudioError as error:
        raise DataError(
            f"{error} A background folder holds what is none of the classes."
        ) from error
    for path in paths:
        try:
            sound = read(path, mono=True, rate_hz=rate_hz).samples[0]
        except AudioError:
            continue
        inside = path.relative_to(folder) if folder.is_dir() else path
        kind = inside.parts[0] if len(inside.parts) > 1 else folder.name
        for start in range(0, max(1, len(sound) - samples + 1), samples):
            part = sound[start : start + samples]
            yield kind, str(path), np.pad(part, (0, samples - len(part)))
