"""The solo-instrument student: what it is and how it is taught."""

import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from engine.networks.musicnn.trunk import MusicnnTrunk
from instrument.batches import BATCH, NOTHING, Batch, Batches, Windows, shares
from instrument.classes import LABELS, RARE

HIDDEN, DROPOUT, WIDTH = 256, 0.2, 0.35
SHARE = 0.4  # of the mobile trunk's reader in what both say; musicnn's has the rest
GATE_SHARE = 0.7  # of the mobile trunk's reader in the gate
RULES = 0.5  # share of the readers found by discriminant analysis; the taught ones have the rest
LEAST_DEVIATION = 3e-3
# Added to the logits of rare labels and of their sisters: with the temperature, half and one and a
# half times the probability, so that what both together get stays.
RARER, COMMONER = -0.53, 0.31


class Student(nn.Module):
    """Two listeners with their own readers: a mobile trunk that learns, and musicnn as it is."""

    def __init__(self, bands: int, frames: int, width: float, logits: int) -> None:
        super().__init__()
        self.trunk = DecibelMobileTrunk(bands, frames, width, HIDDEN, DROPOUT, relative=True)
        self.output, self.gate = nn.Linear(HIDDEN, len(LABELS)), nn.Linear(HIDDEN, 1)
        self.to_embedding = nn.Linear(HIDDEN, 512)
        self.to_logits, self.to_names = nn.Linear(HIDDEN, logits), nn.Linear(HIDDEN, len(LABELS))
        size = MusicnnTrunk.embedding_size
        self.scale = nn.BatchNorm1d(size, affine=False)
        self.drop = nn.Dropout(0.5)
        self.music_output = nn.Linear(size, len(LABELS))
        # Found at once by instrument/readers.py when all else is taught.
        self.rule = nn.Linear(HIDDEN, len(LABELS)).requires_grad_(False)
        self.music_rule = nn.Linear(size, len(LABELS)).requires_grad_(False)
        # Found by instrument/gate.py, together with the gate.
        self.music_gate = nn.Linear(size, 1).requires_grad_(False)

    def read_music(self, music: Tensor) -> Tensor:
        """From musicnn's answer: logits, (batch, labels)."""
        logits: Tensor = self.music_output(self.drop(self.scale(music)))
        return logits

    def answer(self) -> nn.Linear:
        """All four readers of the labels as one on both embeddings."""
        both = self._taught()
        rules = [(1 - SHARE) * self.music_rule.weight, SHARE * self.rule.weight]
        bias = (1 - SHARE) * self.music_rule.bias + SHARE * self.rule.bias
        with torch.no_grad():
            both.weight.lerp_(torch.cat(rules, dim=1), RULES)
            both.bias.lerp_(bias, RULES)
            for rare, sister in RARE.items():
                both.bias[LABELS.index(rare)] += RARER
                both.bias[LABELS.index(sister)] += COMMONER
        return both

    def _taught(self) -> nn.Linear:
        """Both taught readers, each by its share, as one on both embeddings."""
        mean, variance = self.scale.running_mean, self.scale.running_var
        assert mean is not None
        assert variance is not None
        read, read_music = self.output, self.music_output
        both = nn.Linear(len(mean) + HIDDEN, len(LABELS))
        with torch.no_grad():
            # What hardly ever changes would bring rounding errors, enlarged a thousand times.
            lively = variance > LEAST_DEVIATION**2
            scaled = read_music.weight * lively / (variance + self.scale.eps).sqrt()
            both.weight.copy_(torch.cat([(1 - SHARE) * scaled, SHARE * read.weight], dim=1))
            both.bias.copy_((1 - SHARE) * (read_music.bias - scaled @ mean) + SHARE * read.bias)
        return both

    def presence(self) -> nn.Linear:
        """Both readers of the gate as one on both embeddings."""
        parts = [(1 - GATE_SHARE, self.music_gate), (GATE_SHARE, self.gate)]
        both = nn.Linear(sum(gate.in_features for _, gate in parts), 1)
        with torch.no_grad():
            both.weight.copy_(torch.cat([share * gate.weight for share, gate in parts], dim=1))
            both.bias.copy_(torch.stack([share * gate.bias for share, gate in parts]).sum(0))
        return both

    def shipped(self, music: MusicnnTrunk, width: float) -> tuple[MusicnnMobile, nn.Linear]:
        """The network and its gate, with musicnn's weights."""
        network = MusicnnMobile(
            frames=self.trunk.frames,
            classes=len(LABELS),
            width=width,
            hidden=HIDDEN,
            dropout=DROPOUT,
        )
        network.music.load_state_dict(music.state_dict())
        network.mobile.load_state_dict(self.trunk.state_dict())
        network.output = self.answer()
        return network.eval(), self.presence()


def label_loss(logits: Tensor, labels: Tensor, share: Tensor) -> Tensor:
    """Of the labels, each window by its share; where there is none, nothing."""
    each = functional.cross_entropy(
        logits, labels.clamp(min=0), label_smoothing=0.1, reduction="none"
    )
    return (share * each * (labels >= 0)).sum() / BATCH


def gate_loss(presence: Tensor, labels: Tensor, share: Tensor) -> Tensor:
    """Of presence, each window by its share."""
    each = functional.binary_cross_entropy_with_logits(
        presence[:, 0], (labels != NOTHING).float(), reduction="none"
    )
    return (share * each).mean()


def named_loss(names: Tensor, batch: Batch, index: Tensor | slice, share: Tensor) -> Tensor:
    """Of what the teacher would call it, where there is music."""
    named, music = batch.named[index].softmax(1), batch.labels[index] != NOTHING
    each = functional.cross_entropy(names, named, reduction="none")
    return (share * music * each).sum() / BATCH


def losses(student: Student, batch: Batch, mix: Tensor) -> Tensor:
    """Labels, presence, and the teacher's embedding and logits.

    Args:
        student: what learns.
        batch: from which.
        mix: share of each window in itself; the rest is of the next one of the batch.
    """
    features, labels, heard, said = batch.features, batch.labels, batch.heard, batch.said
    other = torch.arange(len(features)).roll(1)
    embedding = student.trunk.hear(torch.lerp(features[other], features, mix[:, None, None]))
    logits, presence = student.output(embedding), student.gate(embedding)
    names = student.to_names(embedding)
    loss = label_loss(student.read_music(batch.music), labels, torch.ones_like(mix))
    for share, index in ((mix, slice(None)), (1 - mix, other)):
        loss = loss + label_loss(logits, labels[index], share)
        loss = loss + 0.5 * gate_loss(presence, labels[index], share)
        loss = loss + named_loss(names, batch, index, share)
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
    student.trunk.standardise.learn(relative.mean((0, 2)), deviation)
    return student


def teach(
    windows: Windows, usable: NDArray[np.bool_], steps: int, seed: int, width: float = WIDTH
) -> Student:
    """Train a student; its averaged weights are given back."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    student = beginner(windows, usable, width)
    # Statistics of the layers' inputs are measured anew at the end, for the averaged weights.
    slowly = torch.optim.swa_utils.get_ema_multi_avg_fn(0.995)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(student, multi_avg_fn=slowly)
    optimiser = torch.optim.AdamW(student.parameters(), weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps, pct_start=0.15)
    batches = Batches(windows, usable, generator)
    began, total = time.monotonic(), 0.0
    student.train()
    for step in range(steps):
        loss = losses(student, batches.draw(), shares(generator))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
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
    taught = average.module
    assert isinstance(taught, Student)
    settle(taught, batches)
    return taught.eval()


def load_student(path: Path, windows: Windows, width: float = WIDTH) -> Student:
    """One that was taught on such windows."""
    _, _, bands, frames = windows.features.shape
    student = Student(bands, frames, width, windows.logits.shape[1])
    student.load_state_dict(load_file(path))
    return student.eval()


@torch.no_grad()
def settle(student: Student, batches: "Batches") -> None:
    """Measure the batch normalisations' means and deviations over a hundred batches."""
    layers = [m for m in student.modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    student.train()
    for _ in range(100):
        batch = batches.draw()
        student.trunk.hear(batch.features)
        student.scale(batch.music)


@torch.inference_mode()
def judge(
    student: Student, features: NDArray[np.float16], music: NDArray[np.float16]
) -> tuple[Tensor, Tensor]:
    """Logits (n, labels) and presence logits (n,) of windows, as the shipped network gives them."""
    output, gate = student.answer(), student.presence()
    logits, gates = [], []
    for start in range(0, len(features), 256):
        part = slice(start, start + 256)
        heard = student.trunk.hear(torch.from_numpy(features[part].astype(np.float32)))
        both = torch.cat([torch.from_numpy(music[part].astype(np.float32)), heard], dim=1)
        logits.append(output(both))
        gates.append(gate(both)[:, 0])
    return torch.cat(logits), torch.cat(gates)
