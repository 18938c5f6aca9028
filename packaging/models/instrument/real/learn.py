"""Goes on teaching the mobile network of `instrument` by what the teacher hears in real sound.

    python packaging/models/run.py instrument.real.learn SHARED_DATA VIEWS OUT.safetensors MINUTES

VIEWS is what ``real.views`` wrote, or is still writing. The teacher's logits and embedding are all
that is learned; no label is. It starts with the trunk of the bundled classifier (or
``--start=FILE``), and keeps where it is in ``OUT.part``, so that it goes on after an interruption.
The learning rate falls with the time that is over: how many steps there were is kept with the
weights. Writes the averaged weights, ``trunk.`` and the heads that imitate the teacher. A step of
128 windows takes about 0.3 s on one core.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from instrument.batches import changed
from instrument.teacher.labels import NAMES
from instrument.teacher.network import Teacher
from project import ROOT

SEED, BATCH = 1, 128
_PEAK, _LAST = 2.0e-3, 2e-5
_HEADS_ALONE = 250  # steps, before the trunk learns too
_MIXED = 0.3  # share of windows to which another one is added
_WORN = 0.65


class Imitator(nn.Module):
    """A mobile trunk, and what makes the teacher's embedding and logits of it."""

    def __init__(self, trunk: DecibelMobileTrunk, logits: int = 527) -> None:
        super().__init__()
        self.trunk = trunk
        size = trunk.embedding_size
        self.to_embedding, self.to_logits = nn.Linear(size, 512), nn.Linear(size, logits)


class Views:
    """All files that are there, read as they come."""

    def __init__(self, folder: Path, bands: int, frames: int, most: int = 200_000) -> None:
        self._folder, self._known = folder, set[str]()
        self._features = np.zeros((most, 2, bands, frames), np.float16)
        self._view = np.zeros(most, np.int64)
        self._embeddings, self._logits = list[Tensor](), list[Tensor]()
        self.count = self._views = 0
        self.look()

    def look(self) -> None:
        """Read what is new."""
        for path in sorted(self._folder.glob("*.npz")):
            if path.name in self._known:
                continue
            self._known.add(path.name)
            file = np.load(path)
            part = slice(self.count, self.count + len(file["views"]))
            self._features[part] = file["features"]
            self._view[part] = file["views"] + self._views
            self._embeddings.append(torch.from_numpy(file["embeddings"]))
            self._logits.append(torch.from_numpy(file["logits"]))
            self.count, self._views = part.stop, self._views + len(self._embeddings[-1])
        self.embeddings = torch.cat(self._embeddings)
        self.logits = torch.cat(self._logits)

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Features, the teacher's embeddings and logits, of a batch."""
        chosen = rng.integers(0, self.count, BATCH)
        version = (rng.random(BATCH) < _WORN).astype(np.int64)
        features = torch.from_numpy(self._features[chosen, version].astype(np.float32))
        row = self._view[chosen]
        return features, self.embeddings[row].float(), self.logits[row].float()


def added(features: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Another window added to some, 0 to 15 dB lower: features, and the weight of the other.

    In powers, as if both sounded at once.
    """
    other = features.roll(1, 0)
    down = 15 * torch.rand(len(features), 1, 1, generator=generator)
    level = features.mean((1, 2), keepdim=True) - other.mean((1, 2), keepdim=True) - down
    mixed = torch.logaddexp(features * (math.log(10) / 10), (other + level) * (math.log(10) / 10))
    chosen = torch.rand(len(features), generator=generator) < _MIXED
    both = torch.where(chosen[:, None, None], mixed * (10 / math.log(10)), features)
    power = 10 ** (-down[:, 0, 0] / 20)
    return both, torch.where(chosen, power / (1 + power), torch.zeros(len(features)))


def loss_of(
    learner: Imitator, batch: tuple[Tensor, Tensor, Tensor], names: Tensor, share: Tensor
) -> Tensor:
    """How unlike the teacher.

    Args:
        learner: what learns.
        batch: features (already changed), the teacher's embeddings and logits.
        names: columns of its logits that are names of instruments.
        share: of the window added to each, the next but one of the batch.
    """
    features, heard, said = batch
    embedding = learner.trunk.hear(features)
    target = torch.lerp(heard, heard.roll(1, 0), share[:, None])
    alike = functional.cosine_similarity(learner.to_embedding(embedding), target, dim=1)
    chances = said.sigmoid()
    # What is heard of either is heard of both, the softer one less surely.
    softer = chances.roll(1, 0) * (2 * share[:, None]).clamp(max=1.0)
    chances = 1 - (1 - chances) * (1 - softer)
    logits = learner.to_logits(embedding)
    each = functional.binary_cross_entropy_with_logits(logits, chances, reduction="none")
    # Which instrument it is, where one is: relative to each other, and by as much as there is any.
    told, known = said[:, names], share == 0
    surely = told.sigmoid().amax(1).clamp(0.02, 1.0) * known
    among = functional.kl_div(
        logits[:, names].log_softmax(1), told.log_softmax(1), log_target=True, reduction="none"
    ).sum(1)
    named = (among * surely).sum() / surely.sum().clamp(min=1.0)
    return 3.0 * (1 - alike).mean() + 0.15 * each.sum(1).mean() + 0.5 * named


@torch.no_grad()
def settle(learner: Imitator, views: Views, rng: np.random.Generator) -> None:
    """Measure the batch normalisations' means and deviations over a hundred batches."""
    layers = [layer for layer in learner.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    generator = torch.Generator().manual_seed(SEED)
    learner.train()
    for _ in range(100):
        features, _, _ = views.draw(rng)
        learner.trunk.hear(changed(features, features.roll(3, 0), generator))
    learner.eval()


def starting(path: Path) -> tuple[DecibelMobileTrunk, tuple[int, int]]:
    """The mobile trunk of a classifier, and bands and frames of its windows."""
    before = Classifier.load(path)
    network = before.network
    assert isinstance(network, MusicnnMobile)
    trunk = network.mobile if network.second is None else network.second
    trunk.drop.p = 0.0
    # Twice as fast on a CPU.
    trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return trunk, (network.bands, before.window_frames)


def rate_at(done: float, step: int) -> float:
    """The learning rate where so much of the time is over."""
    if step < _HEADS_ALONE:
        return _PEAK
    warm = min(1.0, (step - _HEADS_ALONE + 1) / 200)
    return warm * (_LAST + (_PEAK - _LAST) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Training:
    """What learns, and how far it has come.

    Args:
        learner: goes on learning.
        kept: where it is kept, to go on from there.
    """

    def __init__(self, learner: Imitator, kept: Path) -> None:
        self.learner, self._kept = learner, kept
        slowly = torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)  # type: ignore[no-untyped-call]
        self.average = torch.optim.swa_utils.AveragedModel(learner, multi_avg_fn=slowly)
        self._optimiser = torch.optim.AdamW(learner.parameters(), weight_decay=0.01)
        self.step, self.spent = 0, 0.0
        if kept.exists():
            state = torch.load(kept, weights_only=True)
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
            self.step, self.spent = state["step"], state["spent"]

    def _parts(self) -> dict[str, Any]:
        return {"learner": self.learner, "average": self.average, "optimiser": self._optimiser}

    def keep(self, spent: float) -> None:
        """Write where it is."""
        state = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save(state | {"step": self.step, "spent": spent}, self._kept)

    def learn(
        self,
        batch: tuple[Tensor, Tensor, Tensor],
        names: Tensor,
        generator: torch.Generator,
        done: float,
    ) -> float:
        """A step; gives the loss.

        Args:
            batch: features, and the teacher's embeddings and logits.
            names: see :func:`loss_of`.
            generator: changes the features.
            done: share of the time that is over.
        """
        learner, alone = self.learner, self.step < _HEADS_ALONE
        learner.trunk.requires_grad_(not alone)
        learner.train(not alone)
        for group in self._optimiser.param_groups:
            group["lr"] = rate_at(done, self.step)
        features, heard, said = batch
        mixed, share = added(features, generator)
        mixed = changed(mixed, features.roll(3, 0), generator)
        loss = loss_of(learner, (mixed, heard, said), names, share)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learner.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        if not alone:
            self.average.update_parameters(learner)
        return loss.item()


def taught(training: Training, views: Views, names: Tensor, seconds: float) -> Imitator:
    """Train for so long; the averaged weights are given back."""
    rng = np.random.default_rng([SEED, training.step])
    generator = torch.Generator().manual_seed(SEED + training.step)
    began, total = time.monotonic() - training.spent, 0.0
    while (passed := time.monotonic() - began) < seconds:
        total += training.learn(views.draw(rng), names, generator, passed / seconds)
        if training.step % 100 == 0:
            sys.stdout.write(
                f"step {training.step}: loss {total / 100:.3f}, {views.count} windows, "
                f"{passed:.0f} s\n"
            )
            sys.stdout.flush()
            total = 0.0
            views.look()
        if training.step % 500 == 0:
            training.keep(passed)
    found = training.average.module
    assert isinstance(found, Imitator)
    settle(found, views, rng)
    return found


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, folder, out = (Path(word) for word in words[:3])
    start = [Path(w.removeprefix("--start=")) for w in sys.argv if w.startswith("--start=")]
    trunk, (bands, frames) = starting(
        (start or [ROOT / "resources" / "models" / "instrument.safetensors"])[0]
    )
    all_names = Teacher(shared / "efficientat-mn04").labels
    names = torch.tensor(sorted({all_names.index(n) for group in NAMES.values() for n in group}))
    training = Training(Imitator(trunk), out.with_suffix(".part"))
    views = Views(folder, bands, frames)
    found = taught(training, views, names, 60 * float(words[3]))
    tensors = {key: value.contiguous() for key, value in found.state_dict().items()}
    told = {"steps": str(training.step), "windows": str(views.count), "minutes": words[3]}
    save_file(tensors, out, told)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
