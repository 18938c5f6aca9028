"""The bundled classifier of composers: right about the demo sound, and the same as when made."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio import read
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline, concatenate, summary
from resources import resource

RATE = 16000
LABELS = ["Bach", "Beethoven", "Monteverdi", "Mozart", "Palestrina"]
# Of every fourth window of the demo sound, when the classifier was made.
KEPT = [
    [0.4539, 0.0626, 0.2965, 0.0017, 0.1853],
    [0.7076, 0.0914, 0.1594, 0.0029, 0.0353],
    [0.5678, 0.0394, 0.0862, 0.2316, 0.0259],
]


@pytest.fixture(scope="module")
def composer() -> Classifier:
    return Classifier.load(resource("models", "composer.safetensors"))


@pytest.fixture(scope="module")
def chorale() -> NDArray[np.float32]:
    """A chorale by Bach on an organ, of which no training knew."""
    samples: NDArray[np.float32] = read(
        resource("sounds", "chorale.ogg"), mono=True, rate_hz=RATE
    ).samples[0]
    return samples


def hear(sound: NDArray[np.float32], classifier: Classifier) -> Timeline:
    analysis = Analysis({"composer": classifier}, RATE)
    first, last = analysis.push(sound), analysis.finish()
    return concatenate([first["composer"], last["composer"]])


def test_the_chorale_is_by_bach(composer: Classifier, chorale: NDArray[np.float32]) -> None:
    heard = hear(chorale, composer)
    assert summary(heard)[0][0] == "Bach"
    assert heard.presence.mean() > composer.card.calibration.presence_threshold
    decisions = decide(heard, composer.card.rules())
    assert decisions[-1].heard == ("Bach",)


def test_it_says_what_it_said_when_it_was_made(
    composer: Classifier, chorale: NDArray[np.float32]
) -> None:
    heard = hear(chorale, composer)
    assert composer.card.labels == LABELS
    np.testing.assert_allclose(heard.probabilities[::4], KEPT, atol=2e-3)


def test_loudness_tells_nothing(composer: Classifier, chorale: NDArray[np.float32]) -> None:
    loud, quiet = hear(chorale, composer), hear(chorale * 0.1, composer)
    np.testing.assert_allclose(quiet.probabilities, loud.probabilities, atol=1e-3)


@pytest.mark.parametrize("kind", ["silence", "hum", "noise"])
def test_noise_is_by_nobody(kind: str, composer: Classifier) -> None:
    time = np.arange(16 * RATE) / RATE
    sound = {
        "silence": np.zeros(len(time)),
        "hum": 0.1 * np.sum([np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 8)], axis=0),
        "noise": 0.05 * np.random.default_rng(7).standard_normal(len(time)),
    }[kind].astype(np.float32)
    decisions = decide(hear(sound, composer), composer.card.rules())
    assert not any(decision.heard for decision in decisions)


def test_its_card_tells_where_it_fails(composer: Classifier) -> None:
    card = composer.card
    assert card.task == "author"
    assert "Mozart" in card.limits
    assert 0.5 < card.metrics["unseen_soundfont_piece_accuracy"] <= 1.0
    assert resource("models", "composer.safetensors").stat().st_size < 2_000_000
