"""Power by pitch: notes lie where they should, and a semitone up is a band up."""

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features import build_feature

RATE = 16000
SHAPE = {"rate_hz": RATE, "n_fft": 6144, "hop_length": 2048, "lowest": 40, "highest": 100}


def sine(note: float, amplitude: float = 1.0) -> Tensor:
    time = np.arange(RATE) / RATE
    hz = 440.0 * 2.0 ** ((note - 69.0) / 12.0)
    return torch.from_numpy(amplitude * np.sin(2 * np.pi * hz * time)).float()[None]


@pytest.mark.parametrize("per_semitone", [1, 2, 3])
@pytest.mark.parametrize("note", [45, 60, 69, 96])
def test_a_note_is_strongest_in_its_band(note: int, per_semitone: int) -> None:
    feature = build_feature("pitch", SHAPE | {"per_semitone": per_semitone, "center": False})
    frames = feature(sine(note))[0]
    assert frames.shape[0] == 61 * per_semitone
    assert frames.argmax(0).eq((note - 40) * per_semitone).all()
    assert -6.0 < frames.max() < 3.0  # of a full-scale sine, near 0 dB


def test_a_semitone_up_is_a_band_up() -> None:
    feature = build_feature("pitch", SHAPE | {"center": False})
    chord = torch.cat([sine(60), sine(64), sine(67)]).mean(0, keepdim=True)
    higher = torch.cat([sine(61), sine(65), sine(68)]).mean(0, keepdim=True)
    one, other = feature(chord)[0], feature(higher)[0]
    loud = one[:-1] > one.max() - 12.0
    assert loud.any()
    torch.testing.assert_close(other[1:][loud], one[:-1][loud], atol=2.0, rtol=0)


def test_half_as_loud_is_six_decibels_less() -> None:
    feature = build_feature("pitch", SHAPE)
    difference = feature(sine(69))[0, 29, 3] - feature(sine(69, 0.5))[0, 29, 3]
    assert difference.item() == pytest.approx(6.02, abs=0.01)


@pytest.mark.parametrize("change", [{"lowest": 80, "highest": 70}, {"highest": 120}])
def test_pitches_that_cannot_be_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(ModelError, match="Pitches go up"):
        build_feature("pitch", SHAPE | change)
