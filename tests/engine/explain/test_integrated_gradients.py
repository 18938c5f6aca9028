"""Why a classifier says what it says: the right band, the right moment, and sums that hold."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.audio import Audio, write
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.errors import AudioError, ModelError
from engine.explain import integrated_gradients
from engine.explain.explanation import Explanation, highlight, strongest
from engine.explain.frames import explained_frames
from engine.explain.integrated_gradients import COARSE_STEPS, STEPS, explain, explain_file
from engine.features import FEATURES, build_feature
from resources import resource
from tests.planted import BURST, BURST_HZ, MEL, RATE, beeper, build, burst

Result = TypeVar("Result")
SHAPE = {"rate_hz": RATE, "n_fft": 512, "hop_length": 128}
MFCC = {"name": "mfcc", "arguments": MEL | {"n_mfcc": 13, "top_db": 80.0}}
STACK = {"parts": [MFCC, {"name": "delta", "arguments": {"inner": MFCC}}]}
MIXED = {"parts": [MFCC, {"name": "chroma", "arguments": SHAPE | {"center": False}}]}
FREQUENCIES = {
    "stft": SHAPE,
    "power": SHAPE,
    "log_mel": MEL | {"top_db": 80.0},
    "mfcc": MFCC["arguments"],
    "spectral_contrast": SHAPE | {"octaves": 5},
    "delta": {"inner": MFCC},
    "stack": STACK,
}
TIMES = {
    "spectral_centroid": SHAPE,
    "chroma": SHAPE,
    "waveform": {"rate_hz": 4000},
    "one_hot": {"rate_hz": 4000},
    "stack": MIXED,
}


def done(work: Generator[float, None, Result]) -> Result:
    while True:
        try:
            share = next(work)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        assert 0.0 <= share < 1.0


def mass(found: Explanation, times: tuple[float, float], hz: tuple[float, float]) -> float:
    """Share of what spoke for the label that lies in a box."""
    assert found.edges_hz is not None
    middle = (found.edges_hz[1:] + found.edges_hz[:-1]) / 2
    frames = np.arange(found.attribution.shape[1]) + 0.5
    moments = found.begin_seconds + frames * found.step_seconds
    inside = np.outer(
        (middle > hz[0]) & (middle < hz[1]), (moments > times[0]) & (moments < times[1])
    )
    positive = np.maximum(found.attribution, 0)
    return float(positive[inside].sum() / positive.sum())


@pytest.fixture(scope="module")
def planted() -> Explanation:
    return done(explain(beeper(), burst(), "beep"))


def test_the_burst_is_what_spoke(planted: Explanation) -> None:
    assert planted.axis == "frequency"
    assert planted.attribution.dtype == np.float32
    assert mass(planted, (BURST[0] - 0.02, BURST[1] + 0.02), (2700, 3300)) > 0.95
    assert mass(planted, (0.0, 1.0), (300, 700)) < 0.01  # the hum is louder in sum
    hum = done(explain(beeper(), burst(), "hum"))
    assert mass(hum, (0.0, 1.0), (400, 620)) > 0.9


def test_the_strongest_spots_and_the_highlight_lie_there(planted: Explanation) -> None:
    first = strongest(planted)[0]
    assert first.low_hz is not None
    assert first.high_hz is not None
    assert first.low_hz < BURST_HZ < first.high_hz
    assert first.start_seconds < BURST[1]
    assert first.end_seconds > BURST[0]
    assert sum(spot.share for spot in strongest(planted, 1000)) == pytest.approx(1.0)
    bright = highlight(planted)
    band, frame = np.argwhere(bright == 1.0).mean(axis=0).round().astype(int)
    assert planted.edges_hz is not None
    assert planted.edges_hz[band - 1] < BURST_HZ < planted.edges_hz[band + 2]
    at = planted.begin_seconds + (frame + 0.5) * planted.step_seconds
    assert BURST[0] - 0.02 < at < BURST[1] + 0.02
    assert bright.max() == 1.0
    assert bright.min() >= 0.0


def test_it_says_what_the_classifier_says(planted: Explanation) -> None:
    with torch.inference_mode():
        probabilities = beeper()(torch.from_numpy(burst())[None])[0]
    assert planted.probability == pytest.approx(float(probabilities[0]), abs=1e-6)
    assert planted.probability == pytest.approx(1 / (1 + np.exp(-planted.logit)), abs=1e-5)
    assert planted.gap < 1e-4  # a linear network: exact
    assert replace(planted, logit=planted.logit + 5).gap > 0.1


def test_silence_has_nothing_that_spoke() -> None:
    found = done(explain(beeper(), np.zeros(RATE, dtype=np.float32), "beep"))
    assert not found.attribution.any()
    assert found.gap == 0.0
    assert strongest(found) == []
    assert not highlight(found).any()


NETWORKS: dict[str, dict[str, Any]] = {
    "dense": {"hidden": [8]},
    "cnn": {"hidden": [8], "channels": [4, 4, 4]},
    "residual_cnn": {"channels": [4, 8]},
    "recurrent": {"kind": "lstm", "units": [6, 5], "hidden": [6], "states": "all"},
    "crnn": {"channels": [4, 4], "units": 5},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("multi_label", [True, False])
def test_shares_add_up_for_every_network(name: str, multi_label: bool) -> None:
    coarse = MEL | {"n_fft": 1024, "hop_length": 512, "n_mels": 32}
    classifier = build(("log_mel", coarse), (name, NETWORKS[name]), multi_label=multi_label)
    # In dB as they come, features of 100 would saturate weights drawn at random.
    _standardise(classifier)
    found = done(explain(classifier, burst(), "hum", steps=64))
    assert abs(found.logit - found.silent_logit) > 1e-3
    assert found.gap < 0.05
    with torch.inference_mode():
        probability = float(classifier(torch.from_numpy(burst())[None])[0, 1])
    assert np.log(probability / (1 - probability)) == pytest.approx(found.logit, abs=1e-3)


def _standardise(classifier: Classifier) -> None:
    trunk: Any = classifier.network.trunks[0]
    trunk.standardise.mean.fill_(-60.0)
    trunk.standardise.deviation.fill_(30.0)


@pytest.mark.parametrize("name", FREQUENCIES)
def test_features_of_frequencies_have_them(name: str) -> None:
    found = done(explain(build((name, FREQUENCIES[name])), _at(RATE), "beep", steps=8))
    assert found.axis == "frequency"
    assert found.edges_hz is not None
    assert len(found.edges_hz) == found.attribution.shape[0] + 1
    assert np.all(np.diff(found.edges_hz) > 0)
    assert found.gap < 0.02


@pytest.mark.parametrize("name", TIMES)
def test_features_without_frequencies_say_so(name: str) -> None:
    arguments = TIMES[name]
    rate = int(arguments.get("rate_hz", RATE))
    found = done(explain(build((name, arguments)), _at(rate), "beep", steps=8))
    assert found.axis == "time"
    assert found.edges_hz is None
    assert found.attribution.shape[0] == 1
    assert found.gap < 0.02
    assert found.step_seconds >= 0.005
    assert found.end_seconds == pytest.approx(1.0, abs=0.03)
    assert all(spot.low_hz is None for spot in strongest(found))


def _at(rate_hz: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    step = RATE // rate_hz
    return np.ascontiguousarray(burst()[::step])


@pytest.mark.parametrize("name", [*FREQUENCIES, "chroma", "one_hot"])
def test_what_is_explained_makes_the_feature(name: str) -> None:
    assert name in FEATURES
    feature = build_feature(name, (FREQUENCIES | TIMES)[name] if name != "stack" else MIXED)
    window = torch.from_numpy(burst())[None]
    parts = [one.rest(one.source(window)) for one in explained_frames(feature)]
    torch.testing.assert_close(torch.cat(parts, dim=1), feature(window))


def test_a_centred_frame_lies_around_its_middle() -> None:
    begin = done(explain(build(("log_mel", MEL | {"center": True})), burst(), "hum", steps=4))
    plain = done(explain(build(), burst(), "hum", steps=4, at_seconds=3.0))
    assert begin.begin_seconds == pytest.approx(-0.004)
    assert plain.begin_seconds == pytest.approx(3.0 + 0.016 - 0.004)
    assert plain.window_seconds == (3.0, 4.0)


def test_a_file_is_explained_where_one_looks(tmp_path: Path) -> None:
    path = tmp_path / "burst.wav"
    write(path, Audio(burst(4.0, at=2.1, rate_hz=44100)[None], 44100))
    found = done(explain_file(beeper(), path, 2.6, "beep"))
    assert found.window_seconds == (2.0, 3.0)
    assert mass(found, (2.48, 2.72), (2700, 3300)) > 0.9
    last = done(explain_file(beeper(), path, 4.0, "hum", steps=4))
    assert last.window_seconds == (3.0, 4.0)
    with pytest.raises(AudioError, match=r"4\.0 s long"):
        done(explain_file(beeper(), path, 9.0))
    with pytest.raises(AudioError):
        done(explain_file(beeper(), tmp_path / "none.wav", 0.0))


def test_short_sounds_are_filled_up_and_too_short_ones_refused() -> None:
    found = done(explain(beeper(), burst()[: RATE // 2], steps=4))
    assert found.attribution.shape[1] == beeper().window_frames
    assert found.label == "hum"  # the most probable
    with pytest.raises(AudioError, match=r"too short to explain\. It needs at least 32 ms"):
        done(explain(beeper(), burst()[:500]))
    with pytest.raises(AudioError, match=r"analyses 1\.0 s at a time"):
        done(explain(beeper(), burst(1.5)))


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(ModelError, match=r"has no label 'tuba'\. It has: beep, hum, hiss"):
        done(explain(beeper(), burst(), "tuba"))


def test_it_can_be_cancelled_and_leaves_the_classifier_as_it_was() -> None:
    classifier = build(network=("recurrent", {"kind": "gru", "units": [5]}))
    before = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    work = explain(classifier, burst(), "beep", steps=1000)
    shares = [next(work) for _ in range(4)]
    assert shares == sorted(shares)
    assert shares[-1] < 0.01
    work.close()
    assert not classifier.training
    assert torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in classifier.parameters())
    assert all(torch.equal(before[name], t) for name, t in classifier.state_dict().items())


def test_bundled_classifiers_are_explained_within_a_few_percent() -> None:
    from resources import resource

    classifier = Classifier.load(resource("models", "instruments-in-music.safetensors"))
    demo = resource("sounds", "demo.ogg")
    found = done(explain_file(classifier, demo, 5.0, "piano", steps=6))
    assert found.probability > 0.8
    assert found.gap < 0.05
    # The notes of a piano, not the noise above them.
    assert mass(found, found.window_seconds, (60, 3000)) > 0.7


def test_one_that_is_deaf_to_loudness_is_explained_too() -> None:
    """It decides within the first hundredths of the way from silence: even steps miss that."""
    from resources import resource

    classifier = Classifier.load(resource("models", "instrument.safetensors"))
    found = done(explain_file(classifier, resource("sounds", "flute.ogg"), 2.0, "flute"))
    assert found.gap < 0.1


def test_a_family_is_explained_by_all_its_labels() -> None:
    from resources import resource

    classifier = Classifier.load(resource("models", "instrument.safetensors"))
    demo = resource("sounds", "demo.ogg")
    family, label = (done(explain_file(classifier, demo, 4.0, n)) for n in ("keyboards", "piano"))
    assert family.label == "keyboards"
    assert label.probability < family.probability <= 1
    assert family.gap < 0.1
    with pytest.raises(ModelError, match="has no label 'kazoo'"):
        done(explain_file(classifier, demo, 4.0, "kazoo"))


def test_a_coarse_answer_is_a_fifth_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `genre`, whose two trunks take longest: passes of the network, with and without slopes."""
    passes = {True: 0, False: 0}
    make = integrated_gradients._logit_of

    def counting(*words: Any) -> Callable[..., Tensor]:
        logit = make(*words)

        def counted(*frames: Tensor) -> Tensor:
            passes[torch.is_grad_enabled()] += 1
            return logit(*frames)

        return counted

    monkeypatch.setattr(integrated_gradients, "_logit_of", counting)
    demo = resource("sounds", "demo.ogg")
    done(explain_file(Catalog().load("genre"), demo, 28.0, "techno", steps=COARSE_STEPS))
    whole = 25 + 2 + 3 * STEPS  # a pass with slopes costs about three
    assert passes[True] == COARSE_STEPS
    assert passes[False] + 3 * passes[True] <= whole / 5
