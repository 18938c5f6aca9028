"""Augmentation does what it is named after, to the amount drawn, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.audio import Audio, write
from engine.errors import DataError
from engine.recipes.recipe import Augmentation
from engine.training.augment import augmentation, effects
from engine.training.augment.augmentation import (
    FrameAugmentation,
    SoundAugmentation,
    load_noises,
    mixup,
)
from tests.engine.training.augment.waves import (
    RATE,
    SAMPLES,
    clicks,
    kept,
    noise,
    power_db,
    seeded,
    sine,
)

EVERY = {
    "gain_db": 6.0,
    "pitch_semitones": 2.0,
    "stretch": 0.1,
    "noise_snr_db": [5.0, 30.0],
    "reverb_seconds": [0.1, 0.6],
    "shift": 0.2,
}


# Noise, reverb, gain, roll


@pytest.mark.parametrize("noises", [None, 50_000, SAMPLES, 200_000])
def test_the_snr_is_reached(noises: int | None) -> None:
    settings = Augmentation(probability=1.0, noise_snr_db=[12.0, 12.0])
    recordings = None if noises is None else 0.01 * noise(3, noises)
    sound = noise(9) * torch.logspace(-2, 0, 9)[:, None]
    out = SoundAugmentation(settings, RATE, recordings)(sound, seeded())
    reached = power_db(sound) - power_db(out - sound)
    torch.testing.assert_close(reached, torch.full((9,), 12.0), rtol=0, atol=0.05)


def test_the_snr_lies_between_its_bounds() -> None:
    sound = noise(64)
    out = kept({"noise_snr_db": [5.0, 30.0]})(sound, seeded())
    reached = power_db(sound) - power_db(out - sound)
    assert 5.0 - 0.1 < reached.min() < 10.0
    assert 25.0 < reached.max() < 30.0 + 0.1


def test_recordings_are_taken_at_random_places_without_a_seam() -> None:
    length = 4 * SAMPLES
    ramp = torch.linspace(-1, 1, length).expand(2, -1) * torch.tensor([[1.0], [-1.0]])
    settings = Augmentation(probability=1.0, noise_snr_db=[0.0])
    sound = noise(16)
    added = SoundAugmentation(settings, RATE, ramp)(sound, seeded()) - sound
    steps = added.diff(dim=1)
    assert len(added[:, 0].unique()) == 16
    spread = (steps - steps.mean(1, keepdim=True)).abs().amax(1)
    assert (spread < 1e-5).all()
    assert steps.mean(1).min() < 0 < steps.mean(1).max()


def test_gain_lies_in_its_range_and_scales_only() -> None:
    sound = noise(64)
    out = kept({"gain_db": 6.0})(sound, seeded())
    gains = power_db(out) - power_db(sound)
    assert -6.0 - 1e-3 < gains.min() < -4
    assert 4 < gains.max() < 6.0 + 1e-3
    torch.testing.assert_close(out, sound * (10 ** (gains / 20))[:, None])
    exact = effects.amplify(sound[:1], torch.tensor([-20.0]))
    torch.testing.assert_close(exact, sound[:1] / 10)


def test_shift_stays_within_its_share() -> None:
    out = kept({"shift": 0.1})(clicks([500], 1000).expand(200, -1), seeded())
    places = out.argmax(1)
    assert torch.equal(out.sum(1), torch.ones(200))
    assert 400 <= places.min() < 410
    assert 590 < places.max() <= 600


# All of them


@pytest.mark.parametrize("name", EVERY)
def test_each_change_befalls_its_share_of_the_windows(name: str) -> None:
    sound = noise(300, 1000)
    out = kept({name: EVERY[name]}, probability=0.3)(sound, seeded())
    changed = (out != sound).any(1)
    assert 0.2 < changed.float().mean() < 0.4
    assert torch.equal(out[~changed], sound[~changed])


def test_changes_are_drawn_apart_from_each_other() -> None:
    sound = torch.ones(400, 8)
    out = kept({"gain_db": 6.0, "noise_snr_db": [0.0]}, probability=0.5)(sound, seeded())
    noisy = out.std(1) > 0
    # With a share of one half each, a quarter has neither.
    untouched = (out == sound).all(1)
    assert 0.4 < noisy.float().mean() < 0.6
    assert 0.17 < untouched.float().mean() < 0.33


def test_probability_0_and_no_settings_change_nothing() -> None:
    sound, features = noise(4, 5000), torch.randn(4, 20, 30, generator=seeded())
    masks = {"frequency_masks": 2, "time_masks": 2}
    assert torch.equal(kept(EVERY, probability=0.0)(sound, seeded()), sound)
    assert torch.equal(kept({})(sound, seeded()), sound)
    for settings in ({"probability": 0.0, **masks}, {"probability": 1.0}):
        masked = FrameAugmentation(Augmentation.model_validate(settings))(features, seeded())
        assert torch.equal(masked, features)


def test_the_seed_decides_and_the_input_is_left_alone() -> None:
    sound = noise(6)
    before = sound.clone()
    change = kept(EVERY, probability=0.7)
    first, again, other = change(sound, seeded()), change(sound, seeded()), change(sound, seeded(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(sound, before)


def test_windows_do_not_see_each_other() -> None:
    sound = noise(4)
    changed = sound.clone()
    changed[2] = 0.3 * sine(700.0).float()
    first, second = kept(EVERY)(sound, seeded()), kept(EVERY)(changed, seeded())
    others = [0, 1, 3]
    torch.testing.assert_close(second[others], first[others], rtol=0, atol=1e-6)
    assert not torch.allclose(second[2], first[2], atol=1e-3)


def test_silence_stays_silence() -> None:
    out = kept(EVERY)(torch.zeros(3, SAMPLES), seeded())
    assert torch.equal(out, torch.zeros(3, SAMPLES))
    silent = SoundAugmentation(
        Augmentation(probability=1.0, noise_snr_db=[3.0]), RATE, torch.zeros(2, 1000)
    )
    sound = noise(2)
    assert torch.equal(silent(sound, seeded()), sound)


@pytest.mark.parametrize("samples", [1, 2, 3, 100, 1023, 2048, 4097])
def test_any_length_stays_finite_and_kept(samples: int) -> None:
    out = kept(EVERY)(noise(3, samples), seeded())
    assert out.shape == (3, samples)
    assert out.dtype == torch.float32
    assert out.isfinite().all()


def test_no_windows_are_no_trouble() -> None:
    assert kept(EVERY)(torch.zeros(0, 100), seeded()).shape == (0, 100)


@pytest.mark.parametrize("rate_hz", [1000, 8000, 16_000, 44_100, 96_000])
def test_every_rate_will_do(rate_hz: int) -> None:
    change = SoundAugmentation(Augmentation.model_validate(EVERY | {"probability": 1}), rate_hz)
    assert change(noise(2, rate_hz), seeded()).isfinite().all()
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
    features = torch.randn(200, 40, 60, generator=seeded()) + torch.arange(40.0)[:, None]
    name = {1: "frequency", 2: "time"}[axis]
    settings = Augmentation.model_validate(
        {"probability": 1.0, f"{name}_masks": 1, f"{name}_width": 0.25}
    )
    out = FrameAugmentation(settings)(features, seeded())
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
    features = torch.randn(100, 50, 50, generator=seeded())
    settings = Augmentation(
        probability=0.5, time_masks=2, time_width=0.1, frequency_masks=3, frequency_width=0.1
    )
    change = FrameAugmentation(settings)
    out = change(features, seeded())
    assert torch.equal(out, change(features, seeded()))
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
    out = FrameAugmentation(settings)(features, seeded())
    assert out.shape == features.shape
    assert out.isfinite().all()
    if shape[1:] == (1, 1):
        assert torch.equal(out, features)


# Mixup


@pytest.mark.parametrize("alpha", [1e-4, 0.2, 1.0, 30.0])
def test_mixup_blends_inputs_and_targets_alike(alpha: float) -> None:
    targets = torch.eye(64)
    inputs = torch.eye(64)[:, :, None].expand(-1, -1, 3)
    mixed, blended = mixup(inputs, targets, alpha, seeded())
    assert mixed.shape == inputs.shape
    torch.testing.assert_close(mixed[:, :, 1], blended)
    torch.testing.assert_close(blended.sum(1), torch.ones(64))
    assert blended.min() >= 0
    assert ((blended > 0).sum(1) <= 2).all()
    again = mixup(inputs, targets, alpha, seeded())
    assert torch.equal(mixed, again[0])
    assert torch.equal(blended, again[1])


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 4.0])
def test_mixups_shares_are_of_the_beta_distribution(alpha: float) -> None:
    shares = augmentation._beta(alpha, 40_000, seeded())
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(shares.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)


def test_no_mixup_is_none() -> None:
    inputs, targets = torch.randn(4, 3), torch.eye(4)
    mixed, blended = mixup(inputs, targets, 0.0, seeded())
    assert torch.equal(mixed, inputs)
    assert torch.equal(blended, targets)
    assert mixup(inputs[:0], targets[:0], 0.2, seeded())[0].shape == (0, 3)


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
    with pytest.raises(DataError, match="is not a folder"):
        load_noises(str(tmp_path / "none"), 8000, 8000)
