"""What the solo-instrument student learns from: windows, and how batches of them are drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor

from instrument.classes import LABELS

NOTHING, UNLABELLED = -1, -2
BATCH = 128
# Shares of collections in their labels, of labels in a batch; all others 1. Song is the hardest to
# tell from what is no music, and of few people.
_COLLECTIONS = {"philharmonia": 2.0, "players": 2.0, "speakers": 4.0}
_LABELS = {NOTHING: 6.0, UNLABELLED: 8.0, LABELS.index("voice"): 3.0}
# Groups of what is not music, and of unlabelled music, that no training sees.
HELD = (
    "esc fold 5",
    "speech theo",
    "speech yweweler",
    "espeak fr",
    "espeak ru",
    "espeak hi",
    "spoken fr",
    "spoken it",
    "spoken uk",
    "spoken asterisk-fr_CA",
    "spoken asterisk-fr_f",
    "spoken asterisk-it_f",
    "spoken asterisk-it_m",
    "song asterisk-fr_CA",
    "song asterisk-fr_f",
    "song asterisk-it_f",
    "song asterisk-it_m",
    "song klettres-fr",
    "song klettres-it",
    "song klettres-uk",
    "song ktuberling-fr",
    "song ktuberling-it",
    "song ktuberling-uk",
    "noise 8",
    "noise 9",
    "hum 9",
    "effects colobot-common-sounds",
    "effects lincity-ng-data",
    "effects lugaru-data",
    "music lincity-ng-data",
)


@dataclass
class Windows:
    """All windows of some collections, and what is known of each."""

    features: NDArray[np.float16]
    music: NDArray[np.float16]
    embeddings: Tensor
    logits: Tensor
    named: Tensor
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    kinds: NDArray[np.str_]
    rows: NDArray[np.int64]
    collections: NDArray[np.str_]

    @staticmethod
    def read(folder: Path, names: list[str]) -> "Windows":
        """Join the files of the named collections."""
        parts = [np.load(folder / f"{name}.npz") for name in names]

        def join(key: str) -> NDArray[Any]:
            return np.concatenate([part[key] for part in parts])

        counts = [len(part["labels"]) for part in parts]
        return Windows(
            join("features"),
            join("music"),
            torch.from_numpy(join("embeddings")),
            torch.from_numpy(join("logits")),
            torch.from_numpy(join("named")),
            join("labels"),
            join("groups"),
            join("kinds"),
            join("rows"),
            np.repeat(np.asarray(names), counts),
        )

    def held(self) -> NDArray[np.bool_]:
        return np.isin(self.groups, HELD)


def importance(windows: Windows, usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much each window weighs, shape (windows,); 0 for what is not usable."""
    weight = np.zeros(len(windows.labels))
    for label in np.unique(windows.labels[usable]):
        mine = usable & (windows.labels == label)
        unnamed = label in (UNLABELLED, NOTHING)
        parts = np.char.partition(windows.groups, " ")[:, 0] if unnamed else windows.collections
        for name in np.unique(parts[mine]):
            part = mine & (parts == name)
            share = 1.0 if unnamed else min(1.0, part.sum() / 20) * _COLLECTIONS.get(name, 1.0)
            weight[part] = share / part.sum()
        weight[mine] *= _LABELS.get(int(label), 1.0) / weight[mine].sum()
    return weight


class Sampler:
    """Draws batches: labels alike, and of each label its collections, recorded ones twice."""

    def __init__(self, windows: Windows, usable: NDArray[np.bool_]) -> None:
        self._weight = torch.from_numpy(importance(windows, usable))

    def draw(self, generator: torch.Generator) -> NDArray[np.int64]:
        drawn = torch.multinomial(self._weight, BATCH, replacement=True, generator=generator)
        return drawn.numpy()


def changed(features: Tensor, noise: Tensor, generator: torch.Generator) -> Tensor:
    """Spectrograms in dB, (batch, bands, frames): microphones, noise, pitch and masks at random."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    batch, bands, frames = features.shape
    knots = torch.randn(batch, 1, 7, generator=generator) * 5 * (uniform(batch, 1, 1) < 0.5)
    curve = functional.interpolate(knots, bands, mode="linear", align_corners=True)
    features = features + curve.transpose(1, 2)
    loud = features.amax((1, 2), keepdim=True)
    floor = noise - noise.mean((1, 2), keepdim=True) + features.mean((1, 2), keepdim=True)
    floor = floor - 25 * uniform(batch, 1, 1) + 8
    noisy = 10 * torch.log10(10 ** ((features - loud) / 10) + 10 ** ((floor - loud) / 10)) + loud
    features = torch.where(uniform(batch, 1, 1) < 0.3, noisy, features)
    shift = int(torch.randint(-1, 2, (1,), generator=generator))
    features = torch.where(uniform(batch, 1, 1) < 0.5, features.roll(shift, 1), features)
    mean = features.mean((1, 2), keepdim=True)
    for size, dimension, widest in ((bands, 1, 12), (frames, 2, 12)):
        for _ in range(2):
            width = (uniform(batch, 1) * widest).floor()
            start = (uniform(batch, 1) * (size - width)).floor()
            place = torch.arange(size)[None]
            hidden = (place >= start) & (place < start + width) & (uniform(batch, 1) < 0.6)
            hidden = hidden[:, :, None] if dimension == 1 else hidden[:, None, :]
            features = torch.where(hidden, mean, features)
    return features


@dataclass(frozen=True)
class Batch:
    """Windows to learn from.

    Attributes:
        features: float32, dB, (batch, bands, frames).
        music: musicnn's answer, (batch, 1506).
        labels: int64, (batch,); negative: none.
        heard: the teacher's embedding, (batch, 512).
        said: its logits, (batch, 527).
        named: its logits of our labels, (batch, labels).
    """

    features: Tensor
    music: Tensor
    labels: Tensor
    heard: Tensor
    said: Tensor
    named: Tensor


class Batches:
    """Draws batches, two thirds of it worn windows, all changed at random."""

    def __init__(
        self, windows: Windows, usable: NDArray[np.bool_], generator: torch.Generator
    ) -> None:
        self._windows, self._generator = windows, generator
        self._sampler = Sampler(windows, usable)
        self._nothing = np.flatnonzero(usable & (windows.labels == NOTHING))

    def draw(self) -> Batch:
        windows, generator = self._windows, self._generator
        chosen = self._sampler.draw(generator)
        version = (torch.rand(BATCH, generator=generator) < 0.65).long().numpy()
        features = torch.from_numpy(windows.features[chosen, version].astype(np.float32))
        drawn = torch.randint(len(self._nothing), (BATCH,), generator=generator).numpy()
        noise = torch.from_numpy(windows.features[self._nothing[drawn], 0].astype(np.float32))
        return Batch(
            changed(features, noise, generator),
            torch.from_numpy(windows.music[chosen, version].astype(np.float32)),
            torch.from_numpy(windows.labels[chosen]),
            windows.embeddings[chosen].float(),
            windows.logits[chosen].float(),
            windows.named[chosen].float(),
        )


def shares(generator: torch.Generator) -> Tensor:
    """How much of each window stays where windows are mixed: 1 for most, (batch,)."""
    mixed = torch.rand(BATCH, generator=generator) < 0.4
    share = torch.distributions.Beta(0.4, 0.4).sample((BATCH,))
    return torch.where(mixed, torch.maximum(share, 1 - share), torch.ones(BATCH))
