"""The effects themselves: pitch, speed, reverb, coloured noise."""

import math

import numpy as np
import pytest
import torch

from engine.training.augment import effects
from tests.engine.training.augment.waves import (
    FRAME,
    RATE,
    SAMPLES,
    clicks,
    loudest_hz,
    noise,
    power_db,
    sine,
)

# Pitch and speed


@pytest.mark.parametrize("hz", [110.0, 440.0, 3000.0])
def test_pitch_moves_by_the_ratio_and_level_stays(hz: float) -> None:
    ratios = torch.tensor([2 ** (s / 12) for s in (-12, -2, -0.3, 0.5, 2, 12)])
    sound = sine(hz).float().expand(len(ratios), -1)
    out = effects.shift_pitch(sound, ratios, FRAME)
    assert out.shape == sound.shape
    assert out.dtype == torch.float32
    for row, ratio in zip(out, ratios.tolist(), strict=True):
        assert loudest_hz(row) == pytest.approx(hz * ratio, rel=0.002)
    middle = slice(FRAME, -FRAME)
    levels = power_db(out[:, middle]) - power_db(sound[:, middle])
    assert levels.abs().max() < 0.5


def test_pitch_keeps_when_things_happen() -> None:
    sound = torch.where((torch.arange(SAMPLES) // (RATE // 2)) % 2 == 0, sine(500.0), 0.0).float()
    out = effects.shift_pitch(sound[None], torch.tensor([2 ** (3 / 12)]), FRAME)[0]
    for start in range(0, SAMPLES, RATE // 2):
        middle = slice(start + RATE // 8, start + 3 * RATE // 8)
        loud = sound[middle].abs().max() > 0
        assert bool(out[middle].abs().max() > 0.2) == loud


def test_what_goes_beyond_half_the_rate_is_gone() -> None:
    out = effects.shift_pitch(sine(8000.0).float()[None], torch.tensor([1.5]), FRAME)
    assert out[:, FRAME:-FRAME].abs().max() < 0.01


def test_pitch_shifted_up_and_read_slower_leaves_no_images() -> None:
    out = effects.shift_pitch(sine(5000.0).float()[None], torch.tensor([0.5]), FRAME)[0]
    spectrum = torch.fft.rfft(out * torch.hann_window(SAMPLES)).abs()
    hz = torch.arange(len(spectrum)) * RATE / SAMPLES
    assert spectrum[(hz - 2500).abs() > 300].max() < 0.003 * spectrum.max()


@pytest.mark.parametrize("speed", [0.6, 0.9, 1.1, 1.4])
def test_stretch_keeps_pitch_and_moves_clicks(speed: float) -> None:
    tone = effects.stretch(sine(440.0).float()[None], torch.tensor([speed]), FRAME)[0]
    heard = tone[: int(min(1.0, 1 / speed) * SAMPLES) - FRAME]
    assert loudest_hz(heard) == pytest.approx(440.0, rel=0.005)

    first, second = 15_000, 33_000
    out = effects.stretch(clicks([first, second])[None], torch.tensor([speed]), FRAME)[0]
    energy = out.square()
    places = [
        float((energy[a:b] * torch.arange(a, b)).sum() / energy[a:b].sum())
        for a, b in [
            (round(place / speed) - FRAME, round(place / speed) + FRAME)
            for place in (first, second)
        ]
    ]
    assert places[1] - places[0] == pytest.approx((second - first) / speed, abs=0.007 * RATE)
    assert places[0] == pytest.approx(first / speed, abs=0.007 * RATE)


def test_faster_sound_ends_in_silence() -> None:
    out = effects.stretch(sine(440.0).float()[None], torch.tensor([1.25]), FRAME)[0]
    end = int(SAMPLES / 1.25)
    assert out[end - 2 * FRAME : end - FRAME].abs().max() > 0.3
    assert out[end + FRAME :].abs().max() < 1e-3


def test_unchanged_pitch_and_speed_give_the_sound_back() -> None:
    sound = noise(2)
    ones = torch.ones(2)
    torch.testing.assert_close(effects.stretch(sound, ones, FRAME), sound, rtol=0, atol=1e-5)
    mixed = torch.tensor([1.0, 1.2])
    both = effects.shift_pitch(sound, mixed, FRAME)
    # The first row only loses what lies in the last bin.
    torch.testing.assert_close(both[0], sound[0], rtol=0, atol=1e-4)


def test_many_long_windows_are_computed_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sound, ratios = noise(5, 20_000), torch.tensor([0.9, 1.0, 1.1, 1.2, 0.8])
    whole = effects.shift_pitch(sound, ratios, FRAME)
    monkeypatch.setattr(effects, "_AT_ONCE", 40_000)
    parts = effects.shift_pitch(sound, ratios, FRAME)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_coloured_noise_falls_by_its_slope(slope: float) -> None:
    coloured = effects.colour(noise(8), torch.full((8,), slope), RATE)
    power = torch.fft.rfft(coloured).abs().square().mean(0)
    hz = torch.arange(len(power)) * RATE / SAMPLES
    low, high = ((hz > f / 1.2) & (hz < f * 1.2) for f in (100.0, 6400.0))
    fall = 10 * torch.log10(power[low].mean() / power[high].mean())
    assert float(fall) == pytest.approx(6 * slope * 10 * math.log10(2), abs=1.5)
    assert power[hz < 19].max() < 1e-2 * power[(hz > 20) & (hz < 30)].max()


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.5])
def test_reverb_decays_in_its_time(seconds: float) -> None:
    tails = effects.room_tails(noise(1), torch.tensor([seconds]), RATE)
    click = clicks([0])[None]
    out = effects.reverberate(click, tails, torch.ones(1))[0]
    left = out.square().flip(0).cumsum(0).flip(0)  # Schroeder (1965)
    db = 10 * torch.log10(left[1:] / left[1])
    early, late = (int((db < level).nonzero()[0]) for level in (-5.0, -25.0))
    assert 3 * (late - early) / RATE == pytest.approx(seconds, rel=0.1)


def test_direct_sound_stays_in_place_and_the_level_too() -> None:
    tails = effects.room_tails(noise(2), torch.tensor([0.3, 0.3]), RATE)
    wet = torch.tensor([0.1, 1.0])
    out = effects.reverberate(clicks([5000]).expand(2, -1), tails, wet)
    assert out[:, :5000].abs().max() < 1e-6
    torch.testing.assert_close(out[:, 5000], 1 / (1 + wet.square()).sqrt())
    torch.testing.assert_close(out.square().sum(1), torch.ones(2), rtol=0.01, atol=0)


def test_reverb_is_a_convolution() -> None:
    sound, tails = noise(1, 300), noise(1, 120, seed=3)
    out = effects.reverberate(sound, tails, torch.tensor([0.5]))[0]
    echo = np.convolve(sound[0].numpy(), tails[0].numpy())[:300]
    expected = (sound[0] + 0.5 * torch.from_numpy(echo)) / math.sqrt(1.25)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-6)


def test_roll_is_numpys() -> None:
    sound = noise(3, 100)
    out = effects.roll(sound, torch.tensor([0, 13, -40]))
    for row, steps in enumerate([0, 13, -40]):
        assert torch.equal(out[row], sound[row].roll(steps))


@pytest.mark.parametrize("samples", [1, 7, 100, 66_150, 130_000])
def test_a_fast_length_is_long_enough_and_not_much_longer(samples: int) -> None:
    size = effects.fast_length(samples)
    assert samples <= size <= 1.25 * samples + 1
