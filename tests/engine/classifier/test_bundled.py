"""What the bundled classifiers say of known sounds: right, and the same as when they were made."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio import read
from engine.classifier.catalog import BUNDLED, Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline, between, concatenate, summary
from resources import resource


@pytest.fixture(scope="module")
def classifiers() -> dict[str, Classifier]:
    return Catalog().load_all(BUNDLED)


def hear(
    sound: NDArray[np.float32], rate: int, classifiers: dict[str, Classifier]
) -> dict[str, Timeline]:
    analysis = Analysis(classifiers, rate)
    first, last = analysis.push(sound), analysis.finish()
    return {name: concatenate([first[name], last[name]]) for name in classifiers}


@pytest.fixture(scope="module")
def demo(classifiers: dict[str, Classifier]) -> dict[str, Timeline]:
    audio = read(resource("sounds", "demo.ogg"), mono=True)
    return hear(audio.samples[0], audio.rate_hz, classifiers)


SECTIONS = [
    (2.0, 6.4, "instruments-in-music", {"piano"}),
    (2.0, 6.4, "instrument", {"piano"}),
    (9.6, 14.4, "instrument", {"cello"}),
    (9.6, 14.4, "instruments-in-music", {"cello", "violin", "strings"}),
    (9.6, 14.4, "genre", {"classical"}),
    (17.6, 21.5, "instrument", {"distorted guitar"}),
    (17.6, 21.5, "instruments-in-music", {"guitar"}),
    (17.6, 21.5, "genre", {"rock"}),
    (25.6, 30.4, "genre", {"techno", "electronic"}),
    (25.6, 30.4, "instruments-in-music", {"synth"}),
    (25.6, 30.4, "instrument", {"drums"}),
    (33.0, 34.5, "instrument", {"flute"}),
    (36.5, 39.5, "instrument", {"harp"}),
    (41.5, 46.5, "instrument", {"voice"}),
    (41.5, 46.5, "instruments-in-music", {"choir"}),
]


@pytest.mark.parametrize(("start", "end", "name", "labels"), SECTIONS)
def test_each_section_of_the_demo_is_heard(
    start: float, end: float, name: str, labels: set[str], demo: dict[str, Timeline]
) -> None:
    top = [label for label, _ in summary(between(demo[name], start, end))[: len(labels)]]
    assert set(top) == labels


def test_they_say_what_they_said_when_they_were_made(demo: dict[str, Timeline]) -> None:
    kept = np.load(Path(__file__).resolve().parents[2] / "data" / "demo_probabilities.npz")
    for name, timeline in demo.items():
        np.testing.assert_allclose(timeline.probabilities[::6], kept[name], atol=1e-3)


def test_flute_and_harpsichord(classifiers: dict[str, Classifier]) -> None:
    both = {name: classifiers[name] for name in ("instruments-in-music", "instrument")}
    for label in ("flute", "harpsichord"):
        audio = read(resource("sounds", f"{label}.ogg"), mono=True)
        for heard in hear(audio.samples[0], audio.rate_hz, both).values():
            assert summary(heard)[0][0] == label


@pytest.mark.parametrize("label", ["flute", "harpsichord"])
def test_classical_instruments_alone_are_no_popular_music(
    label: str, classifiers: dict[str, Classifier]
) -> None:
    audio = read(resource("sounds", f"{label}.ogg"), mono=True)
    one = {"genre": classifiers["genre"]}
    heard = hear(audio.samples[0], audio.rate_hz, one)["genre"]
    assert summary(heard)[0][0] == "classical"
    decisions = decide(heard, one["genre"].card.rules())
    said = {name for decision in decisions for name in decision.heard}
    assert "classical" in said
    assert not said & {"blues", "jazz", "hip-hop", "rock", "pop", "country"}


def test_a_singer_alone_is_heard_as_a_voice(classifiers: dict[str, Classifier]) -> None:
    path = Path(__file__).resolve().parents[2] / "data" / "singer.ogg"
    one = {"instrument": classifiers["instrument"]}
    heard = hear(read(path, mono=True).samples[0], 16000, one)["instrument"]
    decisions = decide(heard, one["instrument"].card.rules())
    said = [label for decision in decisions for label in decision.heard]
    assert set(said) == {"voice"}
    assert len(said) > len(decisions) / 3


def test_the_right_instrument_leads_within_300_ms(classifiers: dict[str, Classifier]) -> None:
    audio = read(resource("sounds", "flute.ogg"), mono=True, rate_hz=16000)
    sound = np.pad(audio.samples[0], (32000, 0))
    onset = float(np.flatnonzero(np.abs(sound) > 0.01)[0]) / 16000
    one = {"instrument": classifiers["instrument"]}
    heard = hear(sound, 16000, one)["instrument"]
    right = heard.probabilities.argmax(axis=1) == heard.labels.index("flute")
    ends = heard.times + heard.window_seconds / 2
    assert ends[right & (heard.presence > 0.5)][0] - onset < 0.3


def noise(kind: str, rng: np.random.Generator) -> NDArray[np.float32]:
    time = np.arange(16000 * 8) / 16000
    if kind == "silence":
        return np.zeros(len(time), np.float32)
    if kind == "hum":
        tones = [np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 8)]
        return np.asarray(0.2 * np.sum(tones, axis=0), dtype=np.float32)
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    if kind == "pink noise":
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    sound = np.fft.irfft(spectrum)
    return np.asarray(0.3 * sound / np.abs(sound).max(), dtype=np.float32)


@pytest.mark.parametrize("kind", ["silence", "hum", "white noise", "pink noise"])
def test_noise_is_not_music(kind: str, classifiers: dict[str, Classifier]) -> None:
    heard = hear(noise(kind, np.random.default_rng(77)), 16000, classifiers)
    for name, timeline in heard.items():
        decisions = decide(timeline, classifiers[name].card.rules())
        assert not any(decision.heard for decision in decisions), name
        gate = classifiers[name].card.calibration.gate
        wanted = "silence" if kind == "silence" else f"not {gate}"
        assert decisions[-1].verdict == wanted
        assert max(probability for _, probability in summary(timeline)) < 0.35


@pytest.mark.shared_data
def test_real_speech_and_surroundings_are_not_music(
    shared_data: Path, classifiers: dict[str, Classifier]
) -> None:
    rng = np.random.default_rng(5)
    recordings = sorted((shared_data / "fsdd" / "recordings").glob("*_theo_*.wav"))
    words = [read(recordings[rng.integers(len(recordings))], rate_hz=16000) for _ in range(20)]
    talk = np.concatenate([np.pad(word.samples[0], (0, 3000)) for word in words])
    sounds = {"speech": talk}
    for kind in ("rain", "dog-bark", "baby-cry", "sea-waves", "fire-crackling"):
        paths = sorted((shared_data / "esc10" / kind).glob("5-*.ogg"))[:3]
        sounds[kind] = np.concatenate([read(path, rate_hz=16000).samples[0] for path in paths])
    heard_something = []
    for kind, sound in sounds.items():
        for name, timeline in hear(sound, 16000, classifiers).items():
            decisions = decide(timeline, classifiers[name].card.rules())
            share = np.mean([bool(decision.heard) for decision in decisions])
            if share > 0.2:
                heard_something.append((kind, name, float(share)))
    assert not heard_something


@pytest.mark.shared_data
def test_real_notes_are_music(shared_data: Path, classifiers: dict[str, Classifier]) -> None:
    genre = {"genre": classifiers["genre"]}
    presences = []
    for instrument in ("flute", "cello", "saxophone", "guitar", "trombone"):
        for path in sorted((shared_data / "philharmonia" / instrument).glob("*.mp3"))[::60]:
            sound = read(path, rate_hz=16000, mono=True).samples[0]
            presences.append(float(hear(sound, 16000, genre)["genre"].presence.max()))
    assert len(presences) >= 10
    assert np.mean(np.asarray(presences) >= 0.5) > 0.85
