"""What is read from both trunks together, once the mobile one is taught: all of it is linear.

Which one instrument sounds alone is the sum of several readers, as each errs in its own way: the
bundled classifier's of musicnn's answer, which knows many more sampled instruments; the one that
the mobile trunk was taught with; one taught here on both; and linear discriminants, which count
what tells the sources of a label apart as scatter within it (``instrument/readers.py``).
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import MusicnnMobile
from instrument.classes import LABELS
from instrument.readers import discriminant
from instrument.real.learn import Learner, embeddings_of, importance
from instrument.real.windows import MIXTURE, MUSIC, NOTHING, SOLO, STRANGER, Pool
from instrument.student import LEAST_DEVIATION, SHARE

SEED = 2
MUSIC_SIZE = MusicnnMobile(frames=1, classes=1).music.embedding_size
_STEPS, _BATCH = 700, 512
_COUNTS = {SOLO: 270, STRANGER: 20, NOTHING: 0, MUSIC: 40, MIXTURE: 182}
_GATE_COUNTS = {SOLO: 170, STRANGER: 15, NOTHING: 220, MUSIC: 60, MIXTURE: 47}
# Weight of each reader of what sounds alone; each is brought to one spread first.
WEIGHTS = {"before": 0.3, "mobile": 0.3, "both": 0.4, "rules": 0.4}
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


class Heard:
    """What both trunks say of windows, standardised where it is learned from."""

    def __init__(self, music: NDArray[np.float16], mobile: Tensor) -> None:
        self.values = torch.cat([torch.from_numpy(music.astype(np.float32)), mobile], dim=1)


def learned(learner: Learner, before: Classifier, pool: Pool, usable: NDArray[np.bool_]) -> Readers:
    """Find all readers by the usable windows of a pool."""
    values = Heard(pool.music, embeddings_of(learner.trunk, pool.features)).values
    taught = _taught(values, pool, usable)
    solos = usable & (pool.kinds == SOLO)
    alone = {
        "before": _before(before),
        "mobile": _wide(learner.alone),
        "both": taught["alone"],
        "rules": _rules(values, pool, solos),
    }
    alone = {
        name: _spread(reader, values[torch.from_numpy(solos)]) for name, reader in alone.items()
    }
    together = taught["together"].times(_OWN).plus(_wide(learner.together).times(1 - _OWN))
    crowd = taught["crowd"].times(_OWN).plus(_wide(learner.crowd).times(1 - _OWN))
    return Readers(alone, together, crowd, taught["gate"])


def _wide(layer: nn.Linear) -> Linear:
    """A reader of the mobile trunk alone, as one of both."""
    weight = layer.weight.detach()
    left = weight.new_zeros(len(weight), MUSIC_SIZE)
    return Linear(torch.cat([left, weight], dim=1), layer.bias.detach())


def _before(classifier: Classifier) -> Linear:
    """The bundled classifier's reader of musicnn's answer."""
    network = classifier.network
    assert isinstance(network, MusicnnMobile)
    weight = network.output.weight.detach() / (1 - SHARE)
    weight = torch.cat([weight[:, :MUSIC_SIZE], torch.zeros(len(weight), 256)], dim=1)
    return Linear(weight, network.output.bias.detach())


def _rules(values: Tensor, pool: Pool, solos: NDArray[np.bool_]) -> Linear:
    """Discriminants of each trunk, musicnn's and the mobile one's alike heavy."""
    found = []
    for part in (slice(0, MUSIC_SIZE), slice(MUSIC_SIZE, None)):
        mine = values[torch.from_numpy(solos)][:, part].numpy().astype(np.float64)
        weight, bias = discriminant(mine, pool.labels[solos], pool.sources[solos])
        spread = float((mine @ weight.T + bias).std())
        whole = np.zeros((len(LABELS), values.shape[1]))
        whole[:, part] = weight / spread
        found.append(
            Linear(torch.from_numpy(whole).float(), torch.from_numpy(bias / spread).float())
        )
    return found[0].plus(found[1])


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
    weights = importance(pool, usable)
    labels = torch.from_numpy(pool.labels)
    targets, kinds = torch.from_numpy(pool.targets.astype(np.float32)), torch.from_numpy(pool.kinds)
    for _ in range(_STEPS):
        loss = torch.zeros(())
        for counts in (_COUNTS, _GATE_COUNTS):
            rows = torch.cat(
                [
                    torch.multinomial(weights[kind], count, True, generator=generator)
                    for kind, count in counts.items()
                    if count
                ]
            )
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
    return loss + functional.binary_cross_entropy_with_logits(
        heads["crowd"](heard)[known, 0], (kinds == MIXTURE)[known].float()
    )


def network_of(
    before: Classifier, learner: Learner, readers: Readers, weights: dict[str, float]
) -> tuple[MusicnnMobile, nn.Linear]:
    """The network that tells one from several, and its gate; not yet calibrated."""
    old = before.network
    assert isinstance(old, MusicnnMobile)
    network = MusicnnMobile(**{**old.arguments(), "several": True})
    network.music.load_state_dict(old.music.state_dict())
    network.mobile.load_state_dict(learner.trunk.state_dict())
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
