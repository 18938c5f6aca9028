"""What was right before stays right: sounds whose answers are remembered, and looked at again."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.audio.files import read
from engine.classifier.card import Card
from engine.classifier.classifier import Classifier
from engine.networks.base import WINDOWS_AT_ONCE
from resources import resource

_MOST_A_FILE = 40
_TOLERATED = 0.02  # share of the answers that may change without a word


@dataclass(frozen=True)
class Check:
    """What became of remembered answers.

    Attributes:
        count: that were sure before, and not learned from.
        changed: those that are others now, in words: "flute to clarinet".
    """

    count: int
    changed: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether hardly any has changed."""
        return len(self.changed) <= max(1, _TOLERATED * self.count)


def remember(classifier: Classifier) -> Generator[float, None, Tensor]:
    """Embeddings of the sounds that Earmark comes with, float32, (windows, size).

    Yields:
        The share done.
    """
    parts: list[Tensor] = []
    sounds = sorted(resource("sounds").glob("*.ogg"))
    for number, path in enumerate(sounds):
        yield number / len(sounds)
        samples = read(path, rate_hz=classifier.card.rate_hz, mono=True).samples[0]
        length = classifier.card.window_samples
        count = len(samples) // length
        chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_A_FILE)).round().astype(int))
        for first in range(0, len(chosen), WINDOWS_AT_ONCE):
            yield (number + first / max(1, len(chosen))) / len(sounds)
            some = chosen[first : first + WINDOWS_AT_ONCE]
            windows = np.stack([samples[k * length : (k + 1) * length] for k in some])
            parts.append(embed(classifier, torch.from_numpy(windows)))
    return torch.cat(parts)


@torch.inference_mode()
def embed(classifier: Classifier, windows: Tensor) -> Tensor:
    """Embeddings, (windows, size), of windows, (windows, window_samples)."""
    parts = [
        classifier.network.embed(classifier.feature(some))
        for some in torch.split(windows, WINDOWS_AT_ONCE)
        if len(some)
    ]
    return torch.cat(parts) if parts else torch.zeros(0, classifier.network.embedding_size)


def learned_from(remembered: Tensor) -> Tensor:
    """Every second one: those that the head learns from."""
    return remembered[::2]


def held_out(remembered: Tensor) -> Tensor:
    """The others: those that it is judged by."""
    return remembered[1::2]


@torch.inference_mode()
def check(before: Classifier, after: Classifier, remembered: Tensor) -> Check:
    """Compare two classifiers' answers on embeddings, (windows, size), where the first was sure."""
    was, now = answers(before, remembered), answers(after, remembered)
    pairs = [(old, new) for old, new in zip(was, now, strict=True) if old]
    changed = tuple(f"{_words(old)} to {_words(new)}" for old, new in pairs if old != new)
    return Check(len(pairs), changed)


@torch.inference_mode()
def answers(classifier: Classifier, embeddings: Tensor) -> list[frozenset[str]]:
    """What a classifier says of each window, none of them silent; nothing where it is not sure."""
    probabilities, presence = classifier.judge(embeddings, torch.zeros(len(embeddings)))
    return [
        _answer(classifier.card, row, float(here))
        for row, here in zip(probabilities, presence, strict=True)
    ]


def _answer(card: Card, row: Tensor, presence: float) -> frozenset[str]:
    if presence < card.calibration.presence_threshold:
        return frozenset()
    over = [
        (float(probability), label)
        for probability, label, threshold in zip(
            row, card.labels, card.calibration.thresholds, strict=True
        )
        if probability >= threshold
    ]
    if not card.multi_label:
        over = over and [max(over)]
    return frozenset(label for _, label in over)


def _words(labels: frozenset[str]) -> str:
    return " and ".join(sorted(labels)) or "unknown"
