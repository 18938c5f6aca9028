"""Every feature in the table: agrees with librosa, streams, batches, round-trips."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.features import FEATURES, Feature, FeatureStream, build_feature, describe_feature
from engine.librosa_loading import load_librosa

librosa = load_librosa()
RATE = 22050
Array = NDArray[np.float32]

SHAPE: dict[str, Any] = {"rate_hz": RATE, "n_fft": 1024, "hop_length": 256}
MFCC = {"name": "mfcc", "arguments": {**SHAPE, "n_mfcc": 13}}
EXAMPLES: dict[str, dict[str, Any]] = {
    "stft": SHAPE,
    "power": SHAPE,
    "log_mel": SHAPE | {"n_mels": 64},
    "mfcc": SHAPE | {"n_mfcc": 20},
    "spectral_centroid": SHAPE,
    "spectral_contrast": SHAPE,
    "chroma": SHAPE,
    "pitch": SHAPE | {"lowest": 40, "highest": 100},
    "waveform": {"rate_hz": RATE},
    "one_hot": {"rate_hz": RATE},
    "delta": {"inner": MFCC, "order": 2},
    "stack": {
        "parts": [
            MFCC,
            {"name": "spectral_centroid", "arguments": SHAPE},
            {"name": "delta", "arguments": {"inner": MFCC}},
        ]
    },
    "given": {"rate_hz": RATE, "bands": 5, "frames": 7},
    "librosa": SHAPE | {"calls": ["mfcc", "spectral_contrast"], "pad_mode": "reflect"},
}


@pytest.fixture(scope="module")
def music() -> Array:
    """Three seconds of the demo sound: real notes with onsets, decay and silence."""
    path = Path(__file__).resolve().parents[2] / "resources" / "sounds" / "demo.ogg"
    samples, rate = soundfile.read(path, dtype="float32", frames=3 * 44100)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), dtype=np.float32)


def _centred(name: str, center: bool) -> dict[str, Any]:
    arguments: dict[str, Any] = json.loads(json.dumps(EXAMPLES[name]))

    def set_center(spec: dict[str, Any]) -> None:
        if "n_fft" in spec:
            spec["center"] = center
        for inner in [spec.get("inner"), *spec.get("parts", [])]:
            if inner:
                set_center(inner["arguments"])

    set_center(arguments)
    return arguments


def _one(feature: Feature, samples: Array) -> Array:
    frames: Array = feature(torch.from_numpy(samples)[None])[0].numpy()
    return frames


def test_every_feature_has_an_example() -> None:
    assert set(EXAMPLES) == set(FEATURES)


Reference = Callable[[Array, dict[str, Any]], Array]
FRAMES = {"n_fft": 1024, "hop_length": 256}
LIBROSA: dict[str, Reference] = {
    "stft": lambda y, o: np.abs(librosa.stft(y, **FRAMES, **o)),
    "power": lambda y, o: np.abs(librosa.stft(y, **FRAMES, **o)) ** 2,
    "log_mel": lambda y, o: librosa.power_to_db(
        librosa.feature.melspectrogram(y=y, sr=RATE, n_mels=64, **FRAMES, **o), top_db=None
    ),
    "spectral_centroid": lambda y, o: librosa.feature.spectral_centroid(
        y=y, sr=RATE, **FRAMES, **o
    ),
    "chroma": lambda y, o: librosa.feature.chroma_stft(y=y, sr=RATE, tuning=0.0, **FRAMES, **o),
}


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("name", LIBROSA)
def test_agrees_with_librosa(name: str, center: bool, music: Array) -> None:
    ours = _one(build_feature(name, _centred(name, center)), music)
    theirs = LIBROSA[name](music, {"center": center})
    assert ours.shape == theirs.shape
    if name in ("log_mel", "mfcc"):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3 * np.abs(theirs).max() * 1e-2)


@pytest.mark.parametrize("center", [True, False])
def test_contrast_agrees_with_librosa_and_its_floor(center: bool, music: Array) -> None:
    feature = build_feature("spectral_contrast", SHAPE | {"top_db": 80.0, "center": center})
    theirs = librosa.feature.spectral_contrast(y=music, sr=RATE, **FRAMES, center=center)
    np.testing.assert_allclose(_one(feature, music), theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("count", [13, 40, 120])
def test_mfcc_agrees_with_librosa_and_its_floor(count: int, center: bool, music: Array) -> None:
    settings = {"rate_hz": RATE, "n_mfcc": count, "top_db": 80.0, "center": center}
    theirs = librosa.feature.mfcc(y=music, sr=RATE, n_mfcc=count, center=center)
    np.testing.assert_allclose(_one(build_feature("mfcc", settings), music), theirs, atol=1e-3)


@pytest.mark.parametrize("order", [1, 2])
def test_delta_agrees_with_librosa(order: int, music: Array) -> None:
    inner = librosa.feature.mfcc(
        S=librosa.power_to_db(
            librosa.feature.melspectrogram(y=music, sr=RATE, **FRAMES), top_db=None
        ),
        n_mfcc=13,
    )
    theirs = librosa.feature.delta(inner, order=order)
    ours = _one(build_feature("delta", {"inner": MFCC, "order": order}), music)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("name", FEATURES)
def test_streaming_equals_offline(name: str, center: bool, music: Array) -> None:
    feature = build_feature(name, _centred(name, center))
    if feature.clip_wide:
        with pytest.raises(ModelError, match="cannot be streamed"):
            FeatureStream(feature)
        return
    rng = np.random.default_rng(3)
    stream, parts, position = FeatureStream(feature), [], 0
    while position < len(music):
        step = int(rng.integers(1, 6000))
        parts.append(stream.push(torch.from_numpy(music[position : position + step])))
        position += step
    parts.append(stream.finish())
    streamed = torch.cat(parts, dim=1).numpy()
    offline = _one(feature, music)
    assert streamed.shape == offline.shape
    np.testing.assert_allclose(streamed, offline, rtol=1e-5, atol=1e-5 * np.abs(offline).max())


@pytest.mark.parametrize("name", FEATURES)
def test_batch_equals_single(name: str, music: Array) -> None:
    feature = build_feature(name, EXAMPLES[name])
    clips = torch.from_numpy(music[:33000].reshape(3, -1).copy())
    batch = feature(clips)
    assert batch.shape == (3, feature.bands, feature.frame_count(clips.shape[1]))
    for row, clip in zip(batch, clips, strict=True):
        torch.testing.assert_close(row, feature(clip[None])[0], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", FEATURES)
def test_config_round_trips(name: str, music: Array) -> None:
    feature = build_feature(name, _centred(name, False))
    stored = json.loads(json.dumps(describe_feature(feature)))
    again = build_feature(stored["name"], stored["arguments"])
    assert describe_feature(again) == stored
    assert again.local == feature.local
    np.testing.assert_array_equal(_one(again, music), _one(feature, music))


@pytest.mark.parametrize("name", sorted(set(FEATURES) - {"one_hot", "librosa"}))
def test_gradients_reach_the_waveform(name: str, music: Array) -> None:
    waveform = torch.from_numpy(music[None, :9000].copy()).requires_grad_()
    build_feature(name, EXAMPLES[name])(waveform).square().mean().backward()
    assert waveform.grad is not None
    assert torch.isfinite(waveform.grad).all()
    assert waveform.grad.abs().sum() > 0


@pytest.mark.parametrize("name", FEATURES)
def test_silence_is_finite(name: str) -> None:
    frames = build_feature(name, EXAMPLES[name])(torch.zeros(1, 8192))
    assert torch.isfinite(frames).all()


@pytest.mark.parametrize("n_fft", [256, 2048, 8192])
def test_silence_has_no_centre(n_fft: int) -> None:
    feature = build_feature("spectral_centroid", {"rate_hz": RATE, "n_fft": n_fft})
    assert feature(torch.zeros(1, 16384)).eq(0).all()


def test_too_short_for_a_frame_gives_no_frame() -> None:
    frames = build_feature("log_mel", SHAPE | {"center": False})(torch.zeros(2, 1000))
    assert frames.shape == (2, 128, 0)


def test_deltas_of_too_few_frames_say_so() -> None:
    with pytest.raises(ModelError, match="at least that many"):
        build_feature("delta", {"inner": MFCC})(torch.zeros(1, 1000))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("log_mle", {}),
        ("log_mel", {"rate_hz": RATE, "colour": "red"}),
        ("log_mel", {}),
        ("log_mel", {"rate_hz": RATE, "high_hz": 30000.0}),
        ("log_mel", {"rate_hz": RATE, "n_fft": "many"}),
        ("mfcc", {"rate_hz": RATE, "n_mfcc": 200}),
        ("log_mel", {"rate_hz": RATE, "padding": "edge"}),
        ("stack", {"parts": []}),
        ("stack", {"parts": [MFCC, {"name": "mfcc", "arguments": SHAPE | {"padding": "reflect"}}]}),
        ("stack", {"parts": [{"name": "librosa", "arguments": SHAPE | {"calls": ["mfcc"]}}]}),
        ("librosa", {"rate_hz": RATE, "calls": []}),
        ("librosa", {"rate_hz": RATE, "calls": ["load"]}),
        ("librosa", {"rate_hz": RATE, "calls": ["mfcc"], "n_mfcc": 129}),
        ("librosa", {"rate_hz": RATE, "calls": ["mfcc"], "n_fft": 1 << 20}),
        ("librosa", {"rate_hz": RATE, "calls": ["mfcc"], "pad_mode": "empty"}),
        ("stack", {"parts": "mfcc"}),
        ("delta", {"inner": MFCC, "width": 4}),
    ],
)
def test_wrong_settings_are_refused(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        build_feature(name, arguments)


def test_one_hot_takes_sixteen_levels_of_each_clip() -> None:
    ramp = torch.linspace(-0.3, 0.7, 1600)[None]
    frames = build_feature("one_hot", {"rate_hz": 11025})(ramp)[0]
    assert frames.shape == (16, 1600)
    assert frames.sum(0).eq(1).all()
    torch.testing.assert_close(frames.sum(1), torch.full((16,), 100.0), atol=1.0, rtol=0)
    quiet = build_feature("one_hot", {"rate_hz": 11025})(ramp * 0.01)[0]
    assert (quiet != frames).float().mean() < 0.01
