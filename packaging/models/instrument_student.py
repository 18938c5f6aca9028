"""The solo-instrument student: what it is, what it learns from, how it is taught."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from instrument_classes import LABELS
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.networks.mobile import MobileCnn

NOTHING, UNLABELLED = -1, -2
BATCH = 128
REAL = ("philharmonia", "players")
# Groups of what is not music, and of unlabelled music, that no training sees.
HELD = (
    "esc fold 5",
    "speech theo",
    "speech yweweler",
    "espeak fr",
    "espeak ru",
    "espeak hi",
    "noise 8",
    "noise 9",
    "effects colobot-common-sounds",
    "effects lincity-ng-data",
    "effects lugaru-data",
    "music warzone2100-music",
    "music lincity-ng-data",
)


@dataclass
class Windows:
    """All windows of some collections, and what is known of each."""

    features: NDArray[np.float16]
    embeddings: Tensor
    logits: Tensor
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    kinds: NDArray[np.str_]
    rows: NDArray[np.int64]
    collections: NDArray[np.str_]

    @staticmethod
    def read(folder: Path, names: list[str]) -> "Windows":
        """Join the files of the named collections."""
        parts = [np.load(folder / f"{name}.npz") for name in names]

        def join(key: str) -> NDArray[np.generic]:
            return np.concatenate([part[key] for part in parts])

        counts = [len(part["labels"]) for part in parts]
        return Windows(
            join("features"),
            torch.from_numpy(join("embeddings")),
            torch.from_numpy(join("logits")),
            join("labels"),
            join("groups"),
            join("kinds"),
            join("rows"),
            np.repeat(np.asarray(names), counts),
        )

    def held(self) -> NDArray[np.bool_]:
        return np.isin(self.groups, HELD)


class Student(nn.Module):
    """The network to ship, its gate, and the two readers that only teaching needs."""

    def __init__(self, bands: int, frames: int, width: float, logits: int) -> None:
        super().__init__()
        self.network = MobileCnn(
            bands=bands, frames=frames, classes=len(LABELS), width=width, hidden=256, dropout=0.2
        )
        self.gate = nn.Linear(256, 1)
        self.to_embedding = nn.Linear(256, 512)
        self.to_logits = nn.Linear(256, logits)


class Sampler:
    """Draws batches: labels alike, and of each label its collections, recorded ones twice."""

    def __init__(self, windows: Windows, usable: NDArray[np.bool_]) -> None:
        weight = np.zeros(len(windows.labels))
        shares = {NOTHING: 6.0, UNLABELLED: 3.0}
        for label in np.unique(windows.labels[usable]):
            mine = usable & (windows.labels == label)
            if label in (UNLABELLED, NOTHING):
                kinds = np.char.partition(windows.groups, " ")[:, 0]
                for kind in np.unique(kinds[mine]):
                    part = mine & (kinds == kind)
                    weight[part] = shares[int(label)] / part.sum()
                weight[mine] *= shares[int(label)] / weight[mine].sum()
                continue
            for collection in np.unique(windows.collections[mine]):
                part = mine & (windows.collections == collection)
                weight[part] = min(1.0, part.sum() / 20) * (2.0 if collection in REAL else 1.0)
                weight[part] /= part.sum()
            weight[mine] /= weight[mine].sum()
        self._weight = torch.from_numpy(weight)

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
        features: float32, (batch, bands, frames).
        labels: int64, (batch,); negative: none.
        heard: the teacher's embedding, (batch, 512).
        said: its logits, (batch, classes).
    """

    features: Tensor
    labels: Tensor
    heard: Tensor
    said: Tensor


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
            torch.from_numpy(windows.labels[chosen]),
            windows.embeddings[chosen].float(),
            windows.logits[chosen].float(),
        )


def losses(student: Student, batch: Batch, mix: Tensor) -> Tensor:
    """Labels, presence, and the teacher's embedding and logits.

    Args:
        student: what learns.
        batch: from which.
        mix: share of each window in itself; the rest is of the next one of the batch.
    """
    features, labels, heard, said = batch.features, batch.labels, batch.heard, batch.said
    other = torch.arange(len(features)).roll(1)
    embedding = student.network.embed(torch.lerp(features[other], features, mix[:, None, None]))
    logits = student.network.head(embedding)
    loss = features.new_zeros(())
    for share, index in ((mix, slice(None)), (1 - mix, other)):
        wanted = labels[index]
        known = wanted >= 0
        each = functional.cross_entropy(
            logits, wanted.clamp(min=0), label_smoothing=0.1, reduction="none"
        )
        loss = loss + (share * each * known).sum() / BATCH
        present = (wanted != NOTHING).float()
        gate = functional.binary_cross_entropy_with_logits(
            student.gate(embedding)[:, 0], present, reduction="none"
        )
        loss = loss + 0.5 * (share * gate).mean()
    target = torch.lerp(heard[other], heard, mix[:, None])
    alike = functional.cosine_similarity(student.to_embedding(embedding), target, dim=1)
    loss = loss + 2.0 * (1 - alike).mean()
    chances = torch.lerp(said[other].sigmoid(), said.sigmoid(), mix[:, None])
    kept = functional.binary_cross_entropy_with_logits(
        student.to_logits(embedding), chances, reduction="none"
    )
    return loss + 0.1 * kept.sum(1).mean()


def beginner(windows: Windows, usable: NDArray[np.bool_], width: float) -> Student:
    """A student with weights at random, which knows only the bands' means and deviations."""
    _, _, bands, frames = windows.features.shape
    student = Student(bands, frames, width, windows.logits.shape[1])
    chosen = np.flatnonzero(usable)
    chosen = chosen[:: max(1, len(chosen) // 3000)]
    sample = torch.from_numpy(windows.features[chosen, 1].astype(np.float32))
    relative = sample - sample.mean((1, 2), keepdim=True)
    deviation = relative.std((0, 2)).clamp(min=1.0)
    student.network.trunk.standardise.learn(relative.mean((0, 2)), deviation)
    return student


def shares(generator: torch.Generator) -> Tensor:
    """How much of each window stays where windows are mixed: 1 for most, (batch,)."""
    mixed = torch.rand(BATCH, generator=generator) < 0.4
    share = torch.distributions.Beta(0.4, 0.4).sample((BATCH,))
    return torch.where(mixed, torch.maximum(share, 1 - share), torch.ones(BATCH))


def teach(
    windows: Windows, usable: NDArray[np.bool_], steps: int, seed: int, width: float = 0.4
) -> Student:
    """Train a student; its averaged weights are given back."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    student = beginner(windows, usable, width)
    # Statistics of the layers' inputs are measured anew at the end, for the averaged weights.
    average = torch.optim.swa_utils.AveragedModel(
        student, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995)
    )
    optimiser = torch.optim.AdamW(student.parameters(), weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps, pct_start=0.15)
    batches = Batches(windows, usable, generator)
    began, total = time.monotonic(), 0.0
    student.train()
    for step in range(steps):
        loss = losses(student, batches.draw(), shares(generator))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(student)
        total += loss.item()
        if (step + 1) % 100 == 0:
            pace = (step + 1) * BATCH / (time.monotonic() - began)
            sys.stdout.write(f"  step {step + 1}: loss {total / 100:.3f}, {pace:.0f} windows/s\n")
            sys.stdout.flush()
            total = 0.0
    taught: Student = average.module
    settle(taught, batches)
    return taught.eval()


@torch.no_grad()
def settle(student: Student, batches: "Batches") -> None:
    """Measure the batch normalisations' means and deviations over a hundred batches."""
    layers = [m for m in student.modules() if isinstance(m, nn.BatchNorm2d)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    student.train()
    for _ in range(100):
        student.network.embed(batches.draw().features)


@torch.inference_mode()
def judge(student: Student, features: NDArray[np.float16]) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (n, labels), presence logits (n,) and embeddings (n, 256) of windows."""
    logits, gates, embeddings = [], [], []
    for start in range(0, len(features), 256):
        batch = torch.from_numpy(features[start : start + 256].astype(np.float32))
        embedding = student.network.embed(batch)
        logits.append(student.network.head(embedding))
        gates.append(student.gate(embedding)[:, 0])
        embeddings.append(embedding)
    return torch.cat(logits), torch.cat(gates), torch.cat(embeddings)
