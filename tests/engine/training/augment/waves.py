"""Sounds, seeds and measures that the tests of augmentation share."""

import math

import torch
from torch import Tensor

from engine.recipes.recipe import Augmentation
from engine.training.augment import effects
from engine.training.augment.augmentation import SoundAugmentation

RATE = 22_050
SAMPLES = 3 * RATE
FRAME = effects.vocoder_frame(RATE)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(batch: int, samples: int = SAMPLES, seed: int = 7) -> Tensor:
    return 0.1 * torch.randn(batch, samples, generator=seeded(seed))


def sine(hz: float, samples: int = SAMPLES) -> Tensor:
    return 0.5 * torch.sin(2 * math.pi * hz * torch.arange(samples, dtype=torch.float64) / RATE)


def clicks(places: list[int], samples: int = SAMPLES) -> Tensor:
    out = torch.zeros(samples)
    out[places] = 1.0
    return out


def loudest_hz(waveform: Tensor) -> float:
    """Where the spectrum peaks, between bins by a parabola through the logarithms."""
    spectrum = torch.fft.rfft(waveform.double() * torch.hann_window(len(waveform))).abs()
    top = int(spectrum.argmax())
    left, middle, right = spectrum[top - 1 : top + 2].log().tolist()
    place = top + 0.5 * (left - right) / (left - 2 * middle + right)
    return place * RATE / len(waveform)


def power_db(waveforms: Tensor) -> Tensor:
    return 10 * waveforms.square().mean(-1).log10()


def kept(settings: dict[str, object], probability: float = 1.0) -> SoundAugmentation:
    chosen = Augmentation.model_validate({"probability": probability, **settings})
    return SoundAugmentation(chosen, RATE)
