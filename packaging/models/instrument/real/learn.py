"""Goes on teaching the mobile trunk of the bundled `instrument` by real players and mixtures.

    python packaging/models/run.py instrument.real.learn SHARED_DATA WINDOWS OUT STEPS [PART]

WINDOWS is what ``hear``, ``mixtures`` and ``synthetic`` wrote, SHARED_DATA names the teacher's
words. ``--start=FILE`` is the classifier to go on from, as ``instrument.build`` wrote it (where it
is left out, the bundled one, which must then be that); musicnn's trunk stays as it is. PART, 0 or
1, leaves that part of the players out, to be judged by ``real/judge.py``. Writes OUT, the student's
tensors; about 0.55 s a step on a core.
"""

import copy
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from instrument.batches import changed
from instrument.classes import LABELS
from instrument.real.windows import MIXTURE, MUSIC, NOTHING, SOLO, STRANGER, Pool, read_all
from instrument.student import HIDDEN
from instrument.student import SHARE as OLD_SHARE
from instrument.teacher.network import Teacher
from project import ROOT

SEED = 1
BATCH = 128
# Of a batch; what is left are mixtures of two of its solos, made in the power of the bands.
_COUNTS = {SOLO: 66, STRANGER: 5, NOTHING: 15, MUSIC: 10, MIXTURE: 18}
_MADE = BATCH - sum(_COUNTS.values())
_VOICE = LABELS.index("voice")
_RATE, _TRUNK_RATE = 3e-3, 1e-3
_RECORDED, _FEW = 1.0, 25.0  # a synthetic source weighs a third; a source of few windows less


class Learner(nn.Module):
    """The mobile trunk, and what is read from it while it learns."""

    def __init__(self, trunk: DecibelMobileTrunk) -> None:
        super().__init__()
        self.trunk = trunk
        self.alone = nn.Linear(HIDDEN, len(LABELS))
        self.together = nn.Linear(HIDDEN, len(LABELS))
        self.crowd, self.gate = nn.Linear(HIDDEN, 1), nn.Linear(HIDDEN, 1)
        self.to_embedding, self.to_logits = nn.Linear(HIDDEN, 512), nn.Linear(HIDDEN, 527)


def starting(classifier: Classifier) -> Learner:
    """With what the bundled classifier reads from its mobile trunk."""
    network = classifier.network
    assert isinstance(network, MusicnnMobile)
    learner = Learner(copy.deepcopy(network.mobile))
    with torch.no_grad():
        weight = network.output.weight[:, -HIDDEN:] / OLD_SHARE
        learner.alone.weight.copy_(weight)
        learner.alone.bias.copy_(network.output.bias)
        learner.together.weight.copy_(weight / 2)
        learner.together.bias.fill_(-3.0)
        assert classifier.gate is not None
        learner.gate.weight.copy_(classifier.gate.weight[:, -HIDDEN:])
    return learner


def importance(pool: Pool, usable: NDArray[np.bool_]) -> dict[int, Tensor]:
    """How much each window of a kind weighs when batches are drawn."""
    found = {}
    for kind in _COUNTS:
        weight = np.zeros(len(pool))
        mine = usable & (pool.kinds == kind)
        for label in np.unique(pool.labels[mine]):
            cell = mine & (pool.labels == label)
            for source in np.unique(pool.sources[cell]):
                part = cell & (pool.sources == source)
                share = min(1.0, part.sum() / _FEW) * (0.33 if "synth" in source else _RECORDED)
                weight[part] = share / part.sum()
            # What few real players play is drawn less often than others, but not much.
            weight[cell] *= (2.0 if label == _VOICE else 1.0) / weight[cell].sum()
        found[kind] = torch.from_numpy(weight)
    return found


@dataclass(frozen=True)
class Batch:
    """Windows to learn from, see :class:`Pool`; teacher's words are 0 where it was not asked."""

    features: Tensor
    kinds: Tensor
    labels: Tensor
    targets: Tensor
    asked: Tensor
    heard: Tensor
    said: Tensor


class Batches:
    """Draws batches of all kinds, changed at random."""

    def __init__(self, pool: Pool, usable: NDArray[np.bool_], generator: torch.Generator) -> None:
        self._pool, self._generator = pool, generator
        self._weights = importance(pool, usable)
        self._nothing = np.flatnonzero(usable & (pool.kinds == NOTHING))

    def draw(self) -> Batch:
        pool, generator = self._pool, self._generator
        drawn = [
            torch.multinomial(self._weights[kind], count, True, generator=generator)
            for kind, count in _COUNTS.items()
        ]
        chosen = torch.cat(drawn).numpy()
        features = torch.from_numpy(pool.features[chosen].astype(np.float32))
        kinds, labels = (torch.from_numpy(v[chosen]) for v in (pool.kinds, pool.labels))
        targets = torch.from_numpy(pool.targets[chosen].astype(np.float32))
        taught = pool.taught[chosen]
        asked = torch.from_numpy(taught >= 0)
        made = self._made(features[: _COUNTS[SOLO]], targets[: _COUNTS[SOLO]])
        features, targets = (
            torch.cat(pair) for pair in zip((features, targets), made, strict=True)
        )
        noise = self._nothing[torch.randint(len(self._nothing), (BATCH,), generator=generator)]
        behind = torch.from_numpy(pool.features[noise].astype(np.float32))
        return Batch(
            changed(features, behind, generator),
            torch.cat([kinds, kinds.new_full((_MADE,), MIXTURE)]),
            torch.cat([labels, labels.new_full((_MADE,), -1)]),
            targets,
            torch.cat([asked, asked.new_zeros(_MADE)]),
            torch.from_numpy(pool.embeddings[taught].astype(np.float32)),
            torch.from_numpy(pool.logits[taught].astype(np.float32)),
        )

    def _made(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Powers of two solos added, the second up to 9 dB softer or louder."""
        first, second = torch.randperm(len(features), generator=self._generator)[: 2 * _MADE].view(
            2, _MADE
        )
        level = features.mean((1, 2), keepdim=True)
        apart = 18 * torch.rand(_MADE, 1, 1, generator=self._generator) - 9
        other = features[second] - level[second] + level[first] + apart
        both = torch.logaddexp(features[first] * 0.2302585, other * 0.2302585) / 0.2302585
        return both, torch.maximum(targets[first], targets[second])


def losses(learner: Learner, batch: Batch) -> Tensor:
    """Labels alone and together, how many, presence, and the teacher's embedding and logits."""
    embedding = learner.trunk.hear(batch.features)
    kinds = batch.kinds
    solo, stranger, mixture = kinds == SOLO, kinds == STRANGER, kinds == MIXTURE
    alone = learner.alone(embedding)
    loss = functional.cross_entropy(alone[solo], batch.labels[solo], label_smoothing=0.1)
    # What is none of ours is nothing in particular.
    loss = loss - 0.1 * alone[stranger].log_softmax(1).mean()
    counted = (kinds != NOTHING)[:, None] & ~batch.targets.isnan()
    each = functional.binary_cross_entropy_with_logits(
        learner.together(embedding), batch.targets.nan_to_num(0.0), reduction="none"
    )
    loss = loss + 6.0 * each[counted].mean()
    known = solo | mixture
    loss = loss + 0.5 * functional.binary_cross_entropy_with_logits(
        learner.crowd(embedding)[known, 0], mixture[known].float()
    )
    loss = loss + 0.5 * functional.binary_cross_entropy_with_logits(
        learner.gate(embedding)[:, 0], (kinds != NOTHING).float()
    )
    asked = batch.asked
    taught = embedding[: len(batch.heard)][asked[: len(batch.heard)]]
    heard, said = (v[asked[: len(v)]] for v in (batch.heard, batch.said))
    alike = functional.cosine_similarity(learner.to_embedding(taught), heard, dim=1)
    kept = functional.binary_cross_entropy_with_logits(
        learner.to_logits(taught), said.sigmoid(), reduction="none"
    )
    total: Tensor = loss + 2.0 * (1 - alike).mean() + 0.1 * kept.sum(1).mean()
    return total


@torch.no_grad()
def begin_with_the_teacher(learner: Learner, pool: Pool, usable: NDArray[np.bool_]) -> None:
    """What the trunk hears already, read as the teacher's words by least squares."""
    chosen = np.flatnonzero(usable & (pool.taught >= 0))[::4]
    heard = embeddings_of(learner.trunk, pool.features[chosen]).double()
    rows = torch.cat([heard, torch.ones(len(heard), 1).double()], dim=1)
    gram = rows.T @ rows + 0.05 * len(rows) * torch.eye(rows.shape[1]).double()
    for layer, targets in (
        (learner.to_embedding, pool.embeddings),
        (learner.to_logits, pool.logits),
    ):
        wanted = torch.from_numpy(targets[pool.taught[chosen]].astype(np.float64))
        found = torch.linalg.solve(gram, rows.T @ wanted)
        layer.weight.copy_(found[:-1].T)
        layer.bias.copy_(found[-1])


@torch.inference_mode()
def embeddings_of(trunk: DecibelMobileTrunk, features: NDArray[np.float16]) -> Tensor:
    """What a trunk in its final state hears, (windows, 256)."""
    trunk.eval()
    parts = [
        trunk.hear(torch.from_numpy(features[start : start + 256].astype(np.float32)))
        for start in range(0, len(features), 256)
    ]
    return torch.cat(parts)


def teach(learner: Learner, pool: Pool, usable: NDArray[np.bool_], steps: int) -> Learner:
    """Train; the averaged weights are given back."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    begin_with_the_teacher(learner, pool, usable)
    slowly = torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(learner, multi_avg_fn=slowly)
    trunk = list(learner.trunk.parameters())
    heads = [p for n, p in learner.named_parameters() if not n.startswith("trunk.")]
    groups = [{"params": trunk, "lr": _TRUNK_RATE}, {"params": heads, "lr": _RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [_TRUNK_RATE, _RATE], steps, pct_start=0.15
    )
    batches = Batches(pool, usable, generator)
    began, total = time.monotonic(), 0.0
    learner.train()
    for step in range(steps):
        loss = losses(learner, batches.draw())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learner.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(learner)
        total += loss.item()
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step + 1)
            sys.stdout.write(f"  step {step + 1}: loss {total / 50:.3f}, {pace:.2f} s each\n")
            sys.stdout.flush()
            total = 0.0
    taught = average.module
    assert isinstance(taught, Learner)
    settle(taught.trunk, batches)
    return taught.eval()


@torch.no_grad()
def settle(trunk: DecibelMobileTrunk, batches: Batches) -> None:
    """Measure the batch normalisations' means and deviations over a hundred batches."""
    for layer in trunk.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    trunk.train()
    for _ in range(100):
        trunk.hear(batches.draw().features)


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, folder, out, steps = Path(words[0]), Path(words[1]), Path(words[2]), int(words[3])
    start = [Path(w.removeprefix("--start=")) for w in sys.argv if w.startswith("--start=")]
    bundled = ROOT / "resources" / "models" / "instrument.safetensors"
    teacher = Teacher(shared / "efficientat-mn04")
    pool = read_all(folder, teacher.labels)
    usable = np.ones(len(pool), bool)
    if len(words) > 4:
        usable = pool.parts != int(words[4])
    learner = starting(Classifier.load((start or [bundled])[0]))
    taught = teach(learner, pool, usable, steps)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(taught.state_dict(), out, {"steps": str(steps)})


if __name__ == "__main__":
    main()
