"""Augmentation does what it is named after, to the amount drawn, and nothing else."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.audio import Audio, write
from engine.errors import DataError
from engine.recipe import Augmentation
from engine.training import augmentation, effects
from engine.training.augmentation import (
    FrameAugmentation,
    SoundAugmentation,
    load_noises,
    mixup,
)

RATE = 22_050
SAMPLES = 3 * RATE
FRAME = effects.vocoder_frame(RATE)
EVERY = {
    "gain_db": 6.0,
    "pitch_semitones": 2.0,
    "stretch": 0.1,
    "noise_snr_db": [5.0, 30.0],
    "reverb_seconds": [0.1, 0.6],
    "shift": 0.2,
}


def _seed(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _noise(batch: int, samples: int = SAMPLES, seed: int = 7) -> Tensor:
    return 0.1 * torch.randn(batch, samples, generator=_seed(seed))


def _sine(hz: float, samples: int = SAMPLES) -> Tensor:
    return 0.5 * torch.sin(2 * math.pi * hz * torch.arange(samples, dtype=torch.float64) / RATE)


def _clicks(places: list[int], samples: int = SAMPLES) -> Tensor:
    out = torch.zeros(samples)
    out[places] = 1.0
    return out


def _loudest_hz(waveform: Tensor) -> float:
    """Where the spectrum peaks, between bins by a parabola through the logarithms."""
    spectrum = torch.fft.rfft(waveform.double() * torch.hann_window(len(waveform))).abs()
    top = int(spectrum.argmax())
    left, middle, right = spectrum[top - 1 : top + 2].log().tolist()
    place = top + 0.5 * (left - right) / (left - 2 * middle + right)
    return place * RATE / len(waveform)


def _power_db(waveforms: Tensor) -> Tensor:
    return 10 * waveforms.square().mean(-1).log10()


def _kept(settings: dict[str, object], probability: float = 1.0) -> SoundAugmentation:
    chosen = Augmentation.model_validate({"probability": probability, **settings})
    return SoundAugmentation(chosen, RATE)


# Pitch and speed


@pytest.mark.parametrize("hz", [110.0, 440.0, 3000.0])
def test_pitch_moves_by_the_ratio_and_level_stays(hz: float) -> None:
    ratios = torch.tensor([2 ** (s / 12) for s in (-12, -2, -0.3, 0.5, 2, 12)])
    sound = _sine(hz).float().expand(len(ratios), -1)
    out = effects.shift_pitch(sound, ratios, FRAME)
    assert out.shape == sound.shape
    assert out.dtype == torch.float32
    for row, ratio in zip(out, ratios.tolist(), strict=True):
        assert _loudest_hz(row) == pytest.approx(hz * ratio, rel=0.002)
    middle = slice(FRAME, -FRAME)
    levels = _power_db(out[:, middle]) - _power_db(sound[:, middle])
    assert levels.abs().max() < 0.5


def test_pitch_keeps_when_things_happen() -> None:
    sound = torch.where((torch.arange(SAMPLES) // (RATE // 2)) % 2 == 0, _sine(500.0), 0.0).float()
    out = effects.shift_pitch(sound[None], torch.tensor([2 ** (3 / 12)]), FRAME)[0]
    for start in range(0, SAMPLES, RATE // 2):
        middle = slice(start + RATE // 8, start + 3 * RATE // 8)
        loud = sound[middle].abs().max() > 0
        assert bool(out[middle].abs().max() > 0.2) == loud


def test_what_goes_beyond_half_the_rate_is_gone() -> None:
    out = effects.shift_pitch(_sine(8000.0).float()[None], torch.tensor([1.5]), FRAME)
    assert out[:, FRAME:-FRAME].abs().max() < 0.01


def test_pitch_shifted_up_and_read_slower_leaves_no_images() -> None:
    out = effects.shift_pitch(_sine(5000.0).float()[None], torch.tensor([0.5]), FRAME)[0]
    spectrum = torch.fft.rfft(out * torch.hann_window(SAMPLES)).abs()
    hz = torch.arange(len(spectrum)) * RATE / SAMPLES
    assert spectrum[(hz - 2500).abs() > 300].max() < 0.003 * spectrum.max()


@pytest.mark.parametrize("speed", [0.6, 0.9, 1.1, 1.4])
def test_stretch_keeps_pitch_and_moves_clicks(speed: float) -> None:
    tone = effects.stretch(_sine(440.0).float()[None], torch.tensor([speed]), FRAME)[0]
    heard = tone[: int(min(1.0, 1 / speed) * SAMPLES) - FRAME]
    assert _loudest_hz(heard) == pytest.approx(440.0, rel=0.005)

    first, second = 15_000, 33_000
    out = effects.stretch(_clicks([first, second])[None], torch.tensor([speed]), FRAME)[0]
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
    out = effects.stretch(_sine(440.0).float()[None], torch.tensor([1.25]), FRAME)[0]
    end = int(SAMPLES / 1.25)
    assert out[end - 2 * FRAME : end - FRAME].abs().max() > 0.3
    assert out[end + FRAME :].abs().max() < 1e-3


def test_unchanged_pitch_and_speed_give_the_sound_back() -> None:
    sound = _noise(2)
    ones = torch.ones(2)
    torch.testing.assert_close(effects.stretch(sound, ones, FRAME), sound, rtol=0, atol=1e-5)
    mixed = torch.tensor([1.0, 1.2])
    both = effects.shift_pitch(sound, mixed, FRAME)
    # The first row only loses what lies in the last bin.
    torch.testing.assert_close(both[0], sound[0], rtol=0, atol=1e-4)


def test_many_long_windows_are_computed_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sound, ratios = _noise(5, 20_000), torch.tensor([0.9, 1.0, 1.1, 1.2, 0.8])
    whole = effects.shift_pitch(sound, ratios, FRAME)
    monkeypatch.setattr(effects, "_AT_ONCE", 40_000)
    parts = effects.shift_pitch(sound, ratios, FRAME)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)


# Noise, reverb, gain, roll


@pytest.mark.parametrize("noises", [None, 50_000, SAMPLES, 200_000])
def test_the_snr_is_reached(noises: int | None) -> None:
    settings = Augmentation(probability=1.0, noise_snr_db=[12.0, 12.0])
    recordings = None if noises is None else 0.01 * _noise(3, noises)
    sound = _noise(9) * torch.logspace(-2, 0, 9)[:, None]
    out = SoundAugmentation(settings, RATE, recordings)(sound, _seed())
    reached = _power_db(sound) - _power_db(out - sound)
    torch.testing.assert_close(reached, torch.full((9,), 12.0), rtol=0, atol=0.05)


def test_the_snr_lies_between_its_bounds() -> None:
    sound = _noise(64)
    out = _kept({"noise_snr_db": [5.0, 30.0]})(sound, _seed())
    reached = _power_db(sound) - _power_db(out - sound)
    assert 5.0 - 0.1 < reached.min() < 10.0
    assert 25.0 < reached.max() < 30.0 + 0.1


def test_recordings_are_taken_at_random_places_without_a_seam() -> None:
    length = 4 * SAMPLES
    ramp = torch.linspace(-1, 1, length).expand(2, -1) * torch.tensor([[1.0], [-1.0]])
    settings = Augmentation(probability=1.0, noise_snr_db=[0.0])
    sound = _noise(16)
    noise = SoundAugmentation(settings, RATE, ramp)(sound, _seed()) - sound
    steps = noise.diff(dim=1)
    assert len(noise[:, 0].unique()) == 16
    spread = (steps - steps.mean(1, keepdim=True)).abs().amax(1)
    assert (spread < 1e-5).all()
    assert steps.mean(1).min() < 0 < steps.mean(1).max()


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_coloured_noise_falls_by_its_slope(slope: float) -> None:
    noise = effects.colour(_noise(8), torch.full((8,), slope), RATE)
    power = torch.fft.rfft(noise).abs().square().mean(0)
    hz = torch.arange(len(power)) * RATE / SAMPLES
    low, high = ((hz > f / 1.2) & (hz < f * 1.2) for f in (100.0, 6400.0))
    fall = 10 * torch.log10(power[low].mean() / power[high].mean())
    assert float(fall) == pytest.approx(6 * slope * 10 * math.log10(2), abs=1.5)
    assert power[hz < 19].max() < 1e-2 * power[(hz > 20) & (hz < 30)].max()


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.5])
def test_reverb_decays_in_its_time(seconds: float) -> None:
    tails = effects.room_tails(_noise(1), torch.tensor([seconds]), RATE)
    click = _clicks([0])[None]
    out = effects.reverberate(click, tails, torch.ones(1))[0]
    left = out.square().flip(0).cumsum(0).flip(0)  # Schroeder (1965)
    db = 10 * torch.log10(left[1:] / left[1])
    early, late = (int((db < level).nonzero()[0]) for level in (-5.0, -25.0))
    assert 3 * (late - early) / RATE == pytest.approx(seconds, rel=0.1)


def test_direct_sound_stays_in_place_and_the_level_too() -> None:
    tails = effects.room_tails(_noise(2), torch.tensor([0.3, 0.3]), RATE)
    wet = torch.tensor([0.1, 1.0])
    out = effects.reverberate(_clicks([5000]).expand(2, -1), tails, wet)
    assert out[:, :5000].abs().max() < 1e-6
    torch.testing.assert_close(out[:, 5000], 1 / (1 + wet.square()).sqrt())
    torch.testing.assert_close(out.square().sum(1), torch.ones(2), rtol=0.01, atol=0)


def test_reverb_is_a_convolution() -> None:
    sound, tails = _noise(1, 300), _noise(1, 120, seed=3)
    out = effects.reverberate(sound, tails, torch.tensor([0.5]))[0]
    echo = np.convolve(sound[0].numpy(), tails[0].numpy())[:300]
    expected = (sound[0] + 0.5 * torch.from_numpy(echo)) / math.sqrt(1.25)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-6)


def test_gain_lies_in_its_range_and_scales_only() -> None:
    sound = _noise(64)
    out = _kept({"gain_db": 6.0})(sound, _seed())
    gains = _power_db(out) - _power_db(sound)
    assert -6.0 - 1e-3 < gains.min() < -4
    assert 4 < gains.max() < 6.0 + 1e-3
    torch.testing.assert_close(out, sound * (10 ** (gains / 20))[:, None])
    exact = effects.amplify(sound[:1], torch.tensor([-20.0]))
    torch.testing.assert_close(exact, sound[:1] / 10)


def test_roll_is_numpys() -> None:
    sound = _noise(3, 100)
    out = effects.roll(sound, torch.tensor([0, 13, -40]))
    for row, steps in enumerate([0, 13, -40]):
        assert torch.equal(out[row], sound[row].roll(steps))


def test_shift_stays_within_its_share() -> None:
    out = _kept({"shift": 0.1})(_clicks([500], 1000).expand(200, -1), _seed())
    places = out.argmax(1)
    assert torch.equal(out.sum(1), torch.ones(200))
    assert 400 <= places.min() < 410
    assert 590 < places.max() <= 600


# All of them


@pytest.mark.parametrize("name", EVERY)
def test_each_change_befalls_its_share_of_the_windows(name: str) -> None:
    sound = _noise(300, 1000)
    out = _kept({name: EVERY[name]}, probability=0.3)(sound, _seed())
    changed = (out != sound).any(1)
    assert 0.2 < changed.float().mean() < 0.4
    assert torch.equal(out[~changed], sound[~changed])


def test_changes_are_drawn_apart_from_each_other() -> None:
    sound = torch.ones(400, 8)
    out = _kept({"gain_db": 6.0, "noise_snr_db": [0.0]}, probability=0.5)(sound, _seed())
    noisy = out.std(1) > 0
    # With a share of one half each, a quarter has neither.
    untouched = (out == sound).all(1)
    assert 0.4 < noisy.float().mean() < 0.6
    assert 0.17 < untouched.float().mean() < 0.33


def test_probability_0_and_no_settings_change_nothing() -> None:
    sound, features = _noise(4, 5000), torch.randn(4, 20, 30, generator=_seed())
    masks = {"frequency_masks": 2, "time_masks": 2}
    assert torch.equal(_kept(EVERY, probability=0.0)(sound, _seed()), sound)
    assert torch.equal(_kept({})(sound, _seed()), sound)
    for settings in ({"probability": 0.0, **masks}, {"probability": 1.0}):
        masked = FrameAugmentation(Augmentation.model_validate(settings))(features, _seed())
        assert torch.equal(masked, features)


def test_the_seed_decides_and_the_input_is_left_alone() -> None:
    sound = _noise(6)
    before = sound.clone()
    change = _kept(EVERY, probability=0.7)
    first, again, other = change(sound, _seed()), change(sound, _seed()), change(sound, _seed(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(sound, before)


def test_windows_do_not_see_each_other() -> None:
    sound = _noise(4)
    changed = sound.clone()
    changed[2] = 0.3 * _sine(700.0).float()
    first, second = _kept(EVERY)(sound, _seed()), _kept(EVERY)(changed, _seed())
    others = [0, 1, 3]
    torch.testing.assert_close(second[others], first[others], rtol=0, atol=1e-6)
    assert not torch.allclose(second[2], first[2], atol=1e-3)


def test_silence_stays_silence() -> None:
    out = _kept(EVERY)(torch.zeros(3, SAMPLES), _seed())
    assert torch.equal(out, torch.zeros(3, SAMPLES))
    silent = SoundAugmentation(
        Augmentation(probability=1.0, noise_snr_db=[3.0]), RATE, torch.zeros(2, 1000)
    )
    sound = _noise(2)
    assert torch.equal(silent(sound, _seed()), sound)


@pytest.mark.parametrize("samples", [1, 2, 3, 100, 1023, 2048, 4097])
def test_any_length_stays_finite_and_kept(samples: int) -> None:
    out = _kept(EVERY)(_noise(3, samples), _seed())
    assert out.shape == (3, samples)
    assert out.dtype == torch.float32
    assert out.isfinite().all()


def test_no_windows_are_no_trouble() -> None:
    assert _kept(EVERY)(torch.zeros(0, 100), _seed()).shape == (0, 100)


@pytest.mark.parametrize("rate_hz", [1000, 8000, 16_000, 44_100, 96_000])
def test_every_rate_will_do(rate_hz: int) -> None:
    change = SoundAugmentation(Augmentation.model_validate(EVERY | {"probability": 1}), rate_hz)
    assert change(_noise(2, rate_hz), _seed()).isfinite().all()
    assert 0.06 < effects.vocoder_frame(rate_hz) / rate_hz < 0.13


# Masks


def _stretches(hidden: Tensor) -> list[int]:
    """Lengths of the runs of true, shape (size,)."""
    edges = torch.diff(hidden.int(), prepend=torch.zeros(1), append=torch.zeros(1))
    return ((edges == -1).nonzero() - (edges == 1).nonzero()).flatten().tolist()


def test_stripes_lie_where_they_are_put() -> None:
    found = effects.stripes(torch.tensor([0, 2, 4]), torch.tensor([1, 0, 2]), 6)
    assert found.int().tolist() == [[1, 0, 0, 0, 0, 0], [0] * 6, [0, 0, 0, 0, 1, 1]]


@pytest.mark.parametrize("axis", [1, 2])
def test_masks_hide_stripes_and_change_nothing_else(axis: int) -> None:
    features = torch.randn(200, 40, 60, generator=_seed()) + torch.arange(40.0)[:, None]
    name = {1: "frequency", 2: "time"}[axis]
    settings = Augmentation.model_validate(
        {"probability": 1.0, f"{name}_masks": 1, f"{name}_width": 0.25}
    )
    out = FrameAugmentation(settings)(features, _seed())
    hidden = (out != features).all(3 - axis)
    assert torch.equal((out != features).any(3 - axis), hidden)
    runs = [_stretches(row) for row in hidden]
    assert all(len(run) <= 1 for run in runs)
    widths = [run[0] if run else 0 for run in runs]
    assert set(widths) == set(range(features.shape[axis] // 4 + 1))
    assert hidden.any(0).all()  # every place has its turn
    fill = features.mean(2, keepdim=True) if axis == 2 else features.mean((1, 2), keepdim=True)
    torch.testing.assert_close(out, torch.where(out != features, fill, features))


def test_masks_may_be_several_and_of_both_kinds() -> None:
    features = torch.randn(100, 50, 50, generator=_seed())
    settings = Augmentation(
        probability=0.5, time_masks=2, time_width=0.1, frequency_masks=3, frequency_width=0.1
    )
    change = FrameAugmentation(settings)
    out = change(features, _seed())
    assert torch.equal(out, change(features, _seed()))
    bands, frames = (out != features).all(2), (out != features).all(1)
    assert max(len(_stretches(row)) for row in frames) == 2
    assert max(len(_stretches(row)) for row in bands) == 3
    assert 0.3 < bands.any(1).float().mean() < 0.7
    assert (bands.any(1) != frames.any(1)).any()
    elsewhere = ~(bands[:, :, None] | frames[:, None, :])
    assert torch.equal(out[elsewhere], features[elsewhere])


@pytest.mark.parametrize("shape", [(3, 1, 1), (2, 5, 0), (0, 4, 4), (2, 1, 500)])
def test_masks_on_few_bands_or_frames(shape: tuple[int, int, int]) -> None:
    settings = Augmentation(probability=1.0, time_masks=2, frequency_masks=2)
    features = torch.randn(shape)
    out = FrameAugmentation(settings)(features, _seed())
    assert out.shape == features.shape
    assert out.isfinite().all()
    if shape[1:] == (1, 1):
        assert torch.equal(out, features)


# Mixup


@pytest.mark.parametrize("alpha", [1e-4, 0.2, 1.0, 30.0])
def test_mixup_blends_inputs_and_targets_alike(alpha: float) -> None:
    targets = torch.eye(64)
    inputs = torch.eye(64)[:, :, None].expand(-1, -1, 3)
    mixed, blended = mixup(inputs, targets, alpha, _seed())
    assert mixed.shape == inputs.shape
    torch.testing.assert_close(mixed[:, :, 1], blended)
    torch.testing.assert_close(blended.sum(1), torch.ones(64))
    assert blended.min() >= 0
    assert ((blended > 0).sum(1) <= 2).all()
    again = mixup(inputs, targets, alpha, _seed())
    assert torch.equal(mixed, again[0])
    assert torch.equal(blended, again[1])


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 4.0])
def test_mixups_shares_are_of_the_beta_distribution(alpha: float) -> None:
    shares = augmentation._beta(alpha, 40_000, _seed())
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(shares.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)


def test_no_mixup_is_none() -> None:
    inputs, targets = torch.randn(4, 3), torch.eye(4)
    mixed, blended = mixup(inputs, targets, 0.0, _seed())
    assert torch.equal(mixed, inputs)
    assert torch.equal(blended, targets)
    assert mixup(inputs[:0], targets[:0], 0.2, _seed())[0].shape == (0, 3)


# Recordings of noise


def _recording(path: Path, seconds: float, rate_hz: int, level: float) -> None:
    samples = np.full((2, round(seconds * rate_hz)), level, dtype=np.float32)
    write(path, Audio(samples, rate_hz))


def test_recordings_become_rows(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    _recording(tmp_path / "a.wav", 2.5, 8000, 0.1)
    _recording(tmp_path / "inner" / "b.wav", 0.25, 16_000, 0.2)
    (tmp_path / "c.wav").write_bytes(b"no sound")
    (tmp_path / "d.txt").write_text("no sound either")
    rows = load_noises(str(tmp_path), 8000, 8000)
    assert rows.shape == (3, 8000)
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows[:2], torch.full((2, 8000), 0.1), rtol=0, atol=1e-3)
    # Repeated to fill its row.
    assert float(rows[2].mean()) == pytest.approx(0.2, abs=0.01)


def test_a_large_folder_is_taken_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(5):
        _recording(tmp_path / f"{index}.wav", 3.0, 4000, 0.1 * index)
    monkeypatch.setattr(augmentation, "_MOST_NOISE_BYTES", 4 * 4000 * 6)
    assert load_noises(str(tmp_path), 4000, 4000).shape == (5, 4000)
    monkeypatch.setattr(augmentation, "_MOST_NOISE_BYTES", 4 * 4000 * 3)
    rows = load_noises(str(tmp_path), 4000, 4000)
    torch.testing.assert_close(rows[:, 500], torch.tensor([0.0, 0.2, 0.4]), rtol=0, atol=1e-3)
    monkeypatch.setattr(augmentation, "_MOST_NOISE_BYTES", 1)
    assert load_noises(str(tmp_path), 4000, 4000).shape == (1, 4000)


def test_no_recordings_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No sound in the folder"):
        load_noises(str(tmp_path), 8000, 8000)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(DataError, match="No sound in the folder"):
        load_noises(str(tmp_path), 8000, 8000)
    with pytest.raises(DataError, match="is no folder"):
        load_noises(str(tmp_path / "none"), 8000, 8000)


@pytest.mark.parametrize("samples", [1, 7, 100, 66_150, 130_000])
def test_a_fast_length_is_long_enough_and_not_much_longer(samples: int) -> None:
    size = effects.fast_length(samples)
    assert samples <= size <= 1.25 * samples + 1
