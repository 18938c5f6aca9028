"""Features by librosa are what the courses' own calls give; ours say the same but for rounding."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from engine.audio import Audio
from engine.audio.resample import resample
from engine.errors import ModelError
from engine.features import FeatureStream, build_feature
from engine.features.by_librosa import ByLibrosa
from engine.librosa_loading import load_librosa
from resources import resource

librosa = load_librosa()
RATE = 22050
PADDINGS = ["constant", "reflect", "edge"]
# Some frames of what `courses` gave with librosa 0.11.0; made by `make_fixture` below.
FIXTURE = Path(__file__).resolve().parents[2] / "data" / "librosa_frames.npz"
KEPT = [0, 1, 2, 60, 61, -3, -2, -1]


def sound() -> NDArray[np.float32]:
    """A segment of 3 s, as the notes on GTZAN cut them.

    Decoded by libsndfile as when the kept frames were made: in what is nearly silent, two decoders
    of one file differ by decibels.
    """
    samples, rate_hz = soundfile.read(resource("sounds", "demo.ogg"), dtype="float32")
    audio = Audio(np.ascontiguousarray(samples.reshape(len(samples), -1).T), rate_hz)
    return resample(audio.mono()[None], rate_hz, RATE)[0][:66150]


def courses(y: NDArray[np.float32], pad_mode: str) -> dict[str, NDArray[Any]]:
    """The features as the courses wrote them; the padding was librosa's default of the day."""
    sr = RATE
    more = {"pad_mode": pad_mode}
    mfcc = librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13, n_fft=2048, hop_length=512, **more)
    centroid = librosa.feature.spectral_centroid(y=y, sr=sr, **more)
    contrast = librosa.feature.spectral_contrast(y=y, sr=sr, **more)
    return {
        "genre": mfcc,
        "iowa": librosa.feature.mfcc(y=y, sr=sr, n_mfcc=120, **more),
        "medley": np.concatenate([mfcc, centroid, contrast]),
    }


def make_fixture() -> None:
    """Write the fixture anew."""
    frames = {
        f"{padding} {name}": values[:, KEPT].astype(np.float32)
        for padding in PADDINGS
        for name, values in courses(sound(), padding).items()
    }
    np.savez_compressed(FIXTURE, **frames)


ARGUMENTS: dict[str, dict[str, Any]] = {
    "genre": {"calls": ["mfcc"], "n_mfcc": 13},
    "iowa": {"calls": ["mfcc"], "n_mfcc": 120},
    "medley": {"calls": ["mfcc", "spectral_centroid", "spectral_contrast"], "n_mfcc": 13},
}


def _feature(name: str, padding: str) -> ByLibrosa:
    made = build_feature("librosa", {"rate_hz": RATE, "pad_mode": padding, **ARGUMENTS[name]})
    assert isinstance(made, ByLibrosa)
    return made


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_frames_are_the_courses(name: str, padding: str) -> None:
    y = sound()
    found = _feature(name, padding)(torch.from_numpy(y)[None])[0].numpy()
    expected = courses(y, padding)[name]
    assert found.shape == expected.shape == (found.shape[0], 130)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_frames_are_those_of_the_version_tried(name: str, padding: str) -> None:
    found = _feature(name, padding)(torch.from_numpy(sound())[None])[0].numpy()
    with np.load(FIXTURE) as kept:
        np.testing.assert_allclose(found[:, KEPT], kept[f"{padding} {name}"], rtol=1e-4, atol=2e-3)


def test_the_padding_matters_in_the_first_two_and_last_two_frames_only() -> None:
    silence, mirror = (
        _feature("genre", p)(torch.from_numpy(sound())[None])[0] for p in ("constant", "reflect")
    )
    differ = (silence - mirror).abs().amax(0)
    assert differ[[0, 1, -2, -1]].min() > 1e-3
    assert differ[[0, -1]].max() > 5  # of the first coefficient mostly
    assert differ[2:-2].max() < 1e-3


@pytest.mark.parametrize("padding", ["constant", "reflect"])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_ours_differ_by_rounding(name: str, padding: str) -> None:
    """At most 5e-5 of the value: 0.0002 in MFCCs, 0.001 in Hz and dB."""
    feature, clip = _feature(name, padding), torch.from_numpy(sound())[None]
    theirs, ours = feature(clip), feature.own()(clip)
    assert ours.shape == theirs.shape
    difference = float(((ours - theirs).abs() / theirs.abs().clamp(min=1.0)).max())
    assert difference < 2e-4


def test_of_other_paddings_ours_differ() -> None:
    feature, clip = _feature("genre", "edge"), torch.from_numpy(sound())[None]
    assert (feature(clip) - feature.own()(clip)).abs().max() > 1


def test_each_clip_has_its_own_floor() -> None:
    """librosa takes the loudest of all clips it is given at once; the courses gave it one."""
    loud, quiet = torch.from_numpy(sound())[None], torch.from_numpy(sound())[None] * 1e-3
    feature = _feature("medley", "reflect")
    both = feature(torch.cat([loud, quiet]))
    torch.testing.assert_close(both[1:], feature(quiet), rtol=1e-5, atol=1e-4)


def test_not_centred_as_frames_of_notes() -> None:
    frames = np.stack([sound()[start : start + 2048] for start in range(0, 20480, 2048)])
    arguments = {"rate_hz": RATE, "calls": ["mfcc"], "n_mfcc": 120, "center": False}
    found = build_feature("librosa", arguments)(torch.from_numpy(frames)).numpy()
    assert found.shape == (10, 120, 1)
    for row, y in zip(found, frames, strict=True):
        expected = librosa.feature.mfcc(y=y, sr=RATE, n_mfcc=120, n_fft=2048, center=False)
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-4)


def test_what_is_reflected_cannot_be_streamed_and_must_be_long_enough() -> None:
    ours = _feature("genre", "reflect").own()
    with pytest.raises(ModelError, match="padded by reflection"):
        FeatureStream(build_feature("mfcc", {"rate_hz": RATE, "padding": "reflect"}))
    with pytest.raises(ModelError, match="needs a longer waveform"):
        ours(torch.zeros(1, 1000))


def test_a_clip_shorter_than_a_frame_gives_none() -> None:
    arguments = {"rate_hz": RATE, "calls": ["mfcc"], "center": False}
    assert build_feature("librosa", arguments)(torch.zeros(2, 1000)).shape == (2, 20, 0)
