"""The analysis of classifiers whose windows share nothing: still each window alone."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.audio import Audio, write
from engine.audio.files import find_audio
from engine.classifier.card import Calibration, Card, Part
from engine.classifier.classifier import Classifier
from engine.errors import AudioError
from engine.features import build_feature, describe_feature
from engine.networks.musicnn.tags import MusicnnTags
from engine.recognition.analysis import Analysis
from engine.recognition.files import analyse
from engine.recognition.timeline import concatenate


def make(center: bool, top_db: float | None, hop: int) -> Classifier:
    torch.manual_seed(2)
    settings = {"rate_hz": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 96}
    feature = build_feature("log_mel", settings | {"center": center, "top_db": top_db})
    network = MusicnnTags([4], 2)
    network.mix.copy_(torch.rand(2, 4))
    card = Card(
        name="tiny",
        title="Tiny",
        description="for tests",
        task="other",
        multi_label=False,
        labels=["a", "b"],
        rate_hz=16000,
        window_samples=16000,
        hop_samples=hop,
        feature=Part(**describe_feature(feature)),
        network=Part(name="musicnn_tags", arguments=network.arguments()),
        calibration=Calibration(thresholds=[0.5, 0.5]),
        licence="Apache-2.0",
        date="2026-11-21",
    )
    return Classifier(card, feature, network)


@pytest.mark.parametrize(
    ("center", "top_db", "hop"), [(True, None, 8000), (False, 80.0, 5000), (False, None, 5000)]
)
def test_rows_are_windows_alone_whatever_the_blocks(
    center: bool, top_db: float | None, hop: int
) -> None:
    classifier = make(center, top_db, hop)
    rng = np.random.default_rng(4)
    sound = rng.standard_normal(16000 * 5 + 700).astype(np.float32) * 0.1
    analysis, parts, position = Analysis({"x": classifier}, 16000), [], 0
    while position < len(sound):
        step = int(rng.integers(1, 12000))
        parts.append(analysis.push(sound[position : position + step])["x"])
        position += step
    parts.append(analysis.finish()["x"])
    rows = concatenate(parts)
    starts = range(0, len(rows) * hop, hop)
    padded = torch.from_numpy(np.pad(sound, (0, 16000)))
    with torch.inference_mode():
        alone = classifier(torch.stack([padded[s : s + 16000] for s in starts])).numpy()
    np.testing.assert_allclose(rows.probabilities, alone, atol=1e-5)
    np.testing.assert_allclose(rows.times, (np.asarray(starts) + 8000) / 16000)
    np.testing.assert_allclose(rows.probabilities.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("hop", [3840, 15872])
def test_blocks_that_end_between_a_window_s_last_frame_and_its_last_sample(hop: int) -> None:
    """Its frames end at sample 15872 of 16000: the embedding is there before the samples are."""
    classifier = make(False, None, hop)
    sound = np.random.default_rng(5).standard_normal(16000 * 4).astype(np.float32) * 0.1
    analysis, parts = Analysis({"x": classifier}, 16000), []
    cuts = [0, 15900, *(15900 + n * hop for n in range(1, 40) if 15900 + n * hop < 64000), 64000]
    for first, last in itertools.pairwise(cuts):
        parts.append(analysis.push(sound[first:last])["x"])
    parts.append(analysis.finish()["x"])
    assert all(len(part) == len(part.probabilities) for part in parts)
    rows = concatenate(parts)
    padded = torch.from_numpy(np.pad(sound, (0, 16000)))
    with torch.inference_mode():
        windows = torch.stack([padded[n * hop : n * hop + 16000] for n in range(len(rows))])
        alone = classifier(windows).numpy()
    np.testing.assert_allclose(rows.probabilities, alone, atol=1e-5)


def test_a_hop_one_asks_for_is_the_nearest_possible() -> None:
    classifier = make(False, None, 8192)
    analysis = Analysis({"x": classifier}, 16000, hop_seconds=0.25)
    rows = analysis.push(np.ones(16000 * 3, np.float32) * 0.1)["x"]
    assert rows.hop_seconds == pytest.approx(0.25, abs=256 / 16000 / 2)
    assert np.diff(rows.times) == pytest.approx(rows.hop_seconds)


def test_a_short_file_gives_one_row(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", Audio(np.full((2, 900), 0.1, np.float32), 44100))
    steps = analyse(tmp_path / "a.wav", {"x": make(False, None, 8192)})
    rows = [len(step.rows["x"]) for step in steps]
    assert sum(rows) == 1


def test_audio_is_found_in_folders_and_patterns(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("b.WAV", "a.mp3", "notes.txt"):
        (inner / name).touch()
    names = [path.name for path in find_audio([tmp_path])]
    assert names == ["a.mp3", "b.WAV"]
    assert [p.name for p in find_audio([str(inner / "*.mp3"), inner / "notes.txt"])] == [
        "a.mp3",
        "notes.txt",
    ]
    with pytest.raises(AudioError, match="No sound file found"):
        find_audio([str(tmp_path / "*.flac")])
