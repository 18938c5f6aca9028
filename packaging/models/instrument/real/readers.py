"""What is read from both trunks together, once the mobile one is taught: all of it is linear.

Which one instrument sounds alone is the sum of three readers, as each errs in its own way: the
classifier of before, whose mobile trunk stays beside the new one, as it heard many sampled
instruments of which no real player is here; the one that the mobile trunk was taught with; and one
taught here on both.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from instrument.classes import LABELS
from instrument.real.learn import Learner, embeddings_of, importance
from instrument.real.windows import MIXTURE, MUSIC, NOTHING, SOLO, STRANGER, Pool
from instrument.student import HIDDEN, LEAST_DEVIATION

SEED = 2
MUSIC_SIZE = MusicnnMobile(frames=1, classes=1).music.embedding_size
_STEPS, _BATCH = 700, 512
_COUNTS = {SOLO: 270, STRANGER: 20, NOTHING: 0, MUSIC: 40, MIXTURE: 182}
_GATE_COUNTS = {SOLO: 230, STRANGER: 15, NOTHING: 170, MUSIC: 55, MIXTURE: 42}
_SINGERS = 12.0  # as many times as of another label: hardest to tell from what is no music
# Weight of each reader of what sounds alone; each is brought to one spread first.
WEIGHTS = {"before": 0.5, "mobile": 0.5, "both": 0.5}
_OWN = 0.5  # of what is taught here in how many there are and in what sounds together


@dataclass(frozen=True)
class Linear:
    """From both embeddings: weight (outputs, size) and bias."""

    weight: Tensor
    bias: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        return values @ self.weight.T + self.bias

    def times(self, share: float) -> "Linear":
        return Linear(self.weight * share, self.bias * share)

    def plus(self, other: "Linear") -> "Linear":
        return Linear(self.weight + other.weight, self.bias + other.bias)


@dataclass(frozen=True)
class Readers:
    """All that is read of both embeddings."""

    alone: dict[str, Linear]
    together: Linear
    crowd: Linear
    gate: Linear

    def which(self, weights: dict[str, float]) -> Linear:
        """What sounds alone."""
        parts = [self.alone[name].times(weight) for name, weight in weights.items()]
        total = parts[0]
        for part in parts[1:]:
            total = total.plus(part)
        return total


def joined_of(music: NDArray[np.float16], new: Tensor, old: Tensor) -> Tensor:
    """What musicnn's trunk, the new and the old mobile one say of windows."""
    return torch.cat([torch.from_numpy(music.astype(np.float32)), new, old], dim=1)


def learned(
    learner: Learner, before: Classifier, pool: Pool, usable: NDArray[np.bool_], old: Tensor
) -> Readers:
    """Find all readers by the usable windows of a pool.

    Args:
        learner: what was taught.
        before: from which it started.
        pool: windows.
        usable: those to learn from.
        old: what the mobile trunk of before says of all of them.
    """
    values = joined_of(pool.music, embeddings_of(learner.trunk, pool.features), old)
    taught = _taught(values, pool, usable)
    solos = usable & (pool.kinds == SOLO)
    alone = {
        "before": _before(before),
        "mobile": _wide(learner.alone),
        "both": taught["alone"],
    }
    alone = {
        name: _spread(reader, values[torch.from_numpy(solos)]) for name, reader in alone.items()
    }
    together = taught["together"].times(_OWN).plus(_wide(learner.together).times(1 - _OWN))
    crowd = taught["crowd"].times(_OWN).plus(_wide(learner.crowd).times(1 - _OWN))
    return Readers(alone, together, crowd, taught["gate"])


def trunk_of(classifier: Classifier) -> DecibelMobileTrunk:
    """The mobile trunk of the classifier of before."""
    network = classifier.network
    assert isinstance(network, MusicnnMobile)
    return network.mobile


def _wide(layer: nn.Linear) -> Linear:
    """A reader of the new mobile trunk alone, as one of all."""
    weight = layer.weight.detach()
    left, right = (weight.new_zeros(len(weight), size) for size in (MUSIC_SIZE, HIDDEN))
    return Linear(torch.cat([left, weight, right], dim=1), layer.bias.detach())


def _before(classifier: Classifier) -> Linear:
    """All that the classifier of before says."""
    network = classifier.network
    assert isinstance(network, MusicnnMobile)
    weight = network.output.weight.detach()
    parts = weight[:, :MUSIC_SIZE], torch.zeros(len(weight), HIDDEN), weight[:, MUSIC_SIZE:]
    return Linear(torch.cat(parts, dim=1), network.output.bias.detach())


def _spread(reader: Linear, values: Tensor) -> Linear:
    """Logits with a mean of 0 and a deviation of 2 within a window, on average."""
    said = reader(values)
    centre = Linear(reader.weight - reader.weight.mean(0), reader.bias - reader.bias.mean())
    deviation = float((said - said.mean(1, keepdim=True)).std(1).mean())
    return centre.times(2.0 / deviation)


def _taught(values: Tensor, pool: Pool, usable: NDArray[np.bool_]) -> dict[str, Linear]:
    """Readers of both, by gradient descent."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    chosen = torch.from_numpy(np.flatnonzero(usable))
    mean, deviation = values[chosen].mean(0), values[chosen].std(0)
    lively = deviation > LEAST_DEVIATION
    scale = torch.where(lively, 1 / deviation.clamp(min=LEAST_DEVIATION), 0.0)
    sizes = {"alone": len(LABELS), "together": len(LABELS), "crowd": 1, "gate": 1}
    heads = nn.ModuleDict({name: nn.Linear(len(mean), size) for name, size in sizes.items()})
    for head in heads.values():
        assert isinstance(head, nn.Linear)
        nn.init.zeros_(head.weight)
    optimiser = torch.optim.AdamW(heads.parameters(), lr=2e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, _STEPS)
    weights, gate_weights = importance(pool, usable), _gate_weights(pool, usable)
    labels = torch.from_numpy(pool.labels)
    targets, kinds = torch.from_numpy(pool.targets.astype(np.float32)), torch.from_numpy(pool.kinds)
    for _ in range(_STEPS):
        loss = torch.zeros(())
        for counts, drawn in ((_COUNTS, weights), (_GATE_COUNTS, gate_weights)):
            rows = _drawn(drawn, counts, generator)
            heard = functional.dropout((values[rows] - mean) * scale, 0.4)
            if counts is _GATE_COUNTS:
                music = (kinds[rows] != NOTHING).float()
                loss = loss + functional.binary_cross_entropy_with_logits(
                    heads["gate"](heard)[:, 0], music
                )
                continue
            loss = loss + _loss(heads, heard, kinds[rows], labels[rows], targets[rows])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    found = {}
    for name, head in heads.items():
        assert isinstance(head, nn.Linear)
        weight = head.weight.detach() * scale
        found[name] = Linear(weight, head.bias.detach() - weight @ mean)
    return found


def _gate_weights(pool: Pool, usable: NDArray[np.bool_]) -> dict[int, Tensor]:
    """How much each window weighs for the gate: singers more."""
    weights = importance(pool, usable)
    sung = torch.from_numpy(pool.labels == LABELS.index("voice"))
    weights[SOLO] = torch.where(sung, _SINGERS / 2, 1.0) * weights[SOLO]
    return weights


def _drawn(
    weights: dict[int, Tensor], counts: dict[int, int], generator: torch.Generator
) -> Tensor:
    """Windows of a batch."""
    return torch.cat(
        [
            torch.multinomial(weights[kind], count, True, generator=generator)
            for kind, count in counts.items()
            if count
        ]
    )


def _loss(
    heads: nn.ModuleDict, heard: Tensor, kinds: Tensor, labels: Tensor, targets: Tensor
) -> Tensor:
    solo, stranger = kinds == SOLO, kinds == STRANGER
    alone = heads["alone"](heard)
    loss = functional.cross_entropy(alone[solo], labels[solo], label_smoothing=0.1)
    loss = loss - 0.1 * alone[stranger].log_softmax(1).mean()
    each = functional.binary_cross_entropy_with_logits(
        heads["together"](heard), targets.nan_to_num(0.0), reduction="none"
    )
    loss = loss + 6.0 * each[~targets.isnan()].mean()
    known = solo | (kinds == MIXTURE)
    total: Tensor = loss + functional.binary_cross_entropy_with_logits(
        heads["crowd"](heard)[known, 0], (kinds == MIXTURE)[known].float()
    )
    return total


def network_of(
    before: Classifier, learner: Learner, readers: Readers, weights: dict[str, float]
) -> tuple[MusicnnMobile, nn.Linear]:
    """The network that tells one from several, and its gate; not yet calibrated."""
    old = before.network
    assert isinstance(old, MusicnnMobile)
    network = MusicnnMobile(**{**old.arguments(), "several": True, "second": True})
    network.music.load_state_dict(old.music.state_dict())
    network.mobile.load_state_dict(learner.trunk.state_dict())
    assert network.second is not None
    network.second.load_state_dict(old.mobile.state_dict())
    gate = nn.Linear(network.embedding_size, 1)
    assert network.together is not None
    assert network.crowd is not None
    with torch.no_grad():
        for layer, reader in (
            (network.output, readers.which(weights)),
            (network.together, readers.together),
            (network.crowd, readers.crowd),
            (gate, readers.gate),
        ):
            layer.weight.copy_(reader.weight)
            layer.bias.copy_(reader.bias)
    return network.eval(), gate
