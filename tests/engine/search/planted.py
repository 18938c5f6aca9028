"""An ear that costs nothing: directions of sounds by how strong each band of frequencies is."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.files import read
from engine.search.ear import Heard
from engine.search.projection import NUMBERS, Projection, on_sphere

RATE = 8000


class PlantedEar:
    """As :class:`engine.search.ear.SearchEar`, with the magnitudes of a spectrum as embedding."""

    def __init__(self, by: None = None, projection: Projection | None = None) -> None:
        rng = np.random.default_rng(1)
        mean = np.zeros(512, dtype=np.float32)
        matrix = rng.standard_normal((NUMBERS, 512)).astype(np.float32)
        self.projection = Projection(mean, matrix, "planted")
        self.heard: list[Path] = []
        self.another = PlantedEar
        self.by = None

    def hear(self, path: Path, step_seconds: float = 3.0) -> Generator[float, None, Heard]:
        sound = read(path, rate_hz=RATE, mono=True)
        self.heard.append(path)
        length = round(step_seconds * RATE)
        parts = []
        for start in range(0, sound.length, length):
            yield start / sound.length
            parts.append(self.of(sound.samples[0, start : start + length]))
        return Heard(np.concatenate(parts), sound.duration_seconds)

    def query(self, audio: Audio) -> NDArray[np.float32]:
        return self.of(audio.samples[0])

    def of(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        spectrum = np.abs(np.fft.rfft(samples, 1024 * (1 + len(samples) // 1024)))
        bands = np.add.reduceat(spectrum, np.linspace(0, len(spectrum) - 1, 512).astype(int))
        return on_sphere(bands[None].astype(np.float32) @ self.projection.components.T)


def tone(hz: float, seconds: float = 3.0, seed: int = 0, level: float = 0.3) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.01, len(time))
    return (level * np.sin(2 * np.pi * hz * time) + noise).astype(np.float32)


def store(path: Path, samples: NDArray[np.float32]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE)
    return path


def finished(steps: Generator[object, None, object]) -> object:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value
