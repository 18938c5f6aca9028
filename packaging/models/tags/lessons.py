"""From what the labels of the bundled classifier of genres learn, and how.

Each label is a logistic regression on the logits of the 100 tags that stays near what tags.labels
has.

- classical, electronic, pop and rock learn from emotify's tracks, each against the three others, as
  recorded and through a room and a microphone; of players alone on instruments of the orchestra
  they learn that it is classical.
- The others keep saying what the tags say, but of what they cannot be (``EXCLUDED``: a classical
  track is no blues) they learn to say nothing, and of the rest of emotify to say it half as surely:
  what such a track is first is its genre.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.tags import MusicnnTags
from tags.emotify import GENRES, Kept, tracks
from tags.labels import GENRE, mix

SOURCES = ("emotify", "emotify-far", "solos")
LABELS = list(GENRE)
HEIGHT = 0.25  # see tags.labels
_NEAR = 10.0  # how much a label stays with its tags
_SECOND = 0.5  # of what the tags say of other labels, what stays
_THINNED = 4  # of emotify's windows, which overlap, so many to one
_ORCHESTRA = (
    "violin",
    "viola",
    "cello",
    "double-bass",
    "flute",
    "piccolo",
    "oboe",
    "cor-anglais",
    "clarinet",
    "bass-clarinet",
    "bassoon",
    "contrabassoon",
    "French-horn",
    "french-horn",
    "trumpet",
    "trombone",
    "tuba",
    "harp",
    "harpsichord",
    "piano",
    "organ",
)
_SOLOS_WEIGH = 0.3  # all of them together, of what the tracks of a genre weigh
_POPULAR = {
    "rock",
    "alternative",
    "indie",
    "metal",
    "punk",
    "pop",
    "electronic",
    "techno",
    "house",
    "dance",
    "hip-hop",
    "soul and r&b",
    "funk",
    "jazz",
    "blues",
    "country",
}
_STEPS = 200
ART = {"classical", "opera", "choral"}
# What a track of a genre cannot be.
EXCLUDED = {
    "classical": _POPULAR | {"indian"},
    "electronic": ART | {"blues", "country", "punk"},
    "pop": ART | {"metal", "techno", "house", "indian"},
    "rock": ART | {"techno", "house", "indian", "hip-hop"},
}
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """What all labels learn from.

    Attributes:
        tags: logits of the tags, shape (windows, 100).
        fixed: what is known of each label, shape (windows, labels); the truth is that and
        stays: this share of what the tags say, shape (windows, labels).
        weights: shape (windows,).
        tracks: number of emotify's track, -1: of something else.
    """

    tags: Array
    fixed: Array
    stays: Array
    weights: Array
    tracks: NDArray[np.int64]

    def without(self, left_out: NDArray[np.int64]) -> "Windows":
        kept = ~np.isin(self.tracks, left_out)
        parts = (self.tags, self.fixed, self.stays, self.weights, self.tracks)
        return Windows(*(part[kept] for part in parts))


@torch.inference_mode()
def tag_logits(classifier: Classifier, kept: Kept) -> Array:
    network = classifier.network
    assert isinstance(network, MusicnnTags)
    return network.tag_logits(torch.from_numpy(kept.embedding)).double().numpy()


def is_orchestral(name: str) -> bool:
    """Whether the file of a player alone is of an instrument of the orchestra."""
    return name.split("/")[-2] in _ORCHESTRA


def fitted(
    tags: Tensor, truth: Tensor, weights: Tensor, prior: tuple[Tensor, Tensor], near: float
) -> tuple[Tensor, Tensor]:
    """Logistic regressions of labels that stay near others: their rows of tags and biases.

    Minimises, of each label, the weighted mean of the cross-entropy and ``near`` times half the
    mean squared distance of the row from the prior's, in deviations of the tags: convex.

    Args:
        tags: logits, float64, shape (windows, tags).
        truth: probabilities, shape (windows, labels).
        weights: of the windows, shape (windows, labels).
        prior: rows (labels, tags) and biases (labels,).
        near: how much a row stays with the prior's.
    """
    deviation, mean = tags.std(0) + 1e-3, tags.mean(0)
    x, parts = (tags - mean) / deviation, weights / weights.sum(0)
    rows, start = prior[0] * deviation, prior[1] + prior[0] @ mean
    change = torch.zeros_like(rows, requires_grad=True)
    bias = start.clone().requires_grad_()
    steps = torch.optim.LBFGS(
        [change, bias], max_iter=_STEPS, tolerance_change=1e-10, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        steps.zero_grad()
        logits = x @ (rows + change).T + bias
        total = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, truth, parts, reduction="sum"
        )
        total = total + near * change.square().mean(1).sum() / 2
        total.backward()  # type: ignore[no-untyped-call]
        return float(total.detach())

    steps.step(loss)  # type: ignore[no-untyped-call]
    found = (rows + change.detach()) / deviation
    return found, bias.detach() - found @ mean


def shares(owners: NDArray[np.int64], of: NDArray[np.float64]) -> Array:
    """Weights of windows, so that each recording weighs what ``of`` says; their sum is 1."""
    weights = of[owners] / np.bincount(owners)[owners]
    return np.asarray(weights / max(1e-12, weights.sum()))


@dataclass(frozen=True)
class Lessons:
    """The sounds that the labels learn from, by source as tags.heard has them."""

    kept: dict[str, Kept]
    rows: list[dict[str, str]]

    @staticmethod
    def of(shared: Path, cache: Path) -> "Lessons":
        kept = {name: Kept.of(cache, name) for name in SOURCES}
        return Lessons(kept, tracks(shared, kept["emotify"].names))

    def windows(self, classifier: Classifier) -> Windows:
        """All of them."""
        parts = []
        for name, whole in self.kept.items():
            kept = whole.thinned(_THINNED) if name == "emotify" else whole
            make = self._solos if name == "solos" else self._tracks
            fixed, stays, weights = make(kept)
            numbers = np.full(len(kept.owners), -1) if name == "solos" else kept.owners
            parts.append(Windows(tag_logits(classifier, kept), fixed, stays, weights, numbers))
        columns = ("tags", "fixed", "stays", "weights", "tracks")
        return Windows(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns))

    def _tracks(self, kept: Kept) -> tuple[Array, Array, Array]:
        """Each genre weighs the same, an artist as the root of the number of tracks."""
        shape = (len(kept.owners), len(LABELS))
        fixed, stays, weights = np.zeros(shape), np.full(shape, _SECOND), np.zeros(shape[0])
        artists = [row["artist"] for row in self.rows]
        of = np.asarray([artists.count(artist) ** -0.5 for artist in artists])
        for genre in GENRES:
            mine = np.asarray([row["genre"] == genre for row in self.rows])
            weights += shares(kept.owners, np.where(mine, of, 0.0)) / 2  # near and far
            for label in [*GENRES, *EXCLUDED[genre]]:
                column = LABELS.index(label)
                fixed[mine[kept.owners], column] = float(label == genre)
                stays[mine[kept.owners], column] = 0.0
        return fixed, stays, weights

    def _solos(self, kept: Kept) -> tuple[Array, Array, Array]:
        """Players of instruments of the orchestra, as classical as a track of that genre."""
        shape = (len(kept.owners), len(LABELS))
        fixed, stays = np.zeros(shape), np.ones(shape)
        for label in [*GENRES, *EXCLUDED["classical"]]:
            fixed[:, LABELS.index(label)] = float(label == "classical")
            stays[:, LABELS.index(label)] = 0.0
        mine = np.asarray([is_orchestral(place) for place in kept.names])
        return fixed, stays, shares(kept.owners, mine.astype(float)) * _SOLOS_WEIGH


def learned(classifier: Classifier, windows: Windows) -> Classifier:
    """The classifier with labels that learned from the windows."""
    tags = torch.from_numpy(windows.tags)
    rows, biases = mix(GENRE, ["MTT", "MSD"], HEIGHT)
    prior = torch.tensor(rows).double(), torch.tensor(biases).double()
    said = (tags @ prior[0].T + prior[1]).sigmoid()
    truth = torch.from_numpy(windows.fixed) + torch.from_numpy(windows.stays) * said
    weights = torch.from_numpy(windows.weights)[:, None].expand(-1, len(LABELS))
    found, bias = fitted(tags, truth, weights, prior, _NEAR)
    return with_labels(classifier, LABELS, found.numpy(), bias.tolist())


def with_labels(
    classifier: Classifier, labels: list[str], rows: Array, biases: list[float]
) -> Classifier:
    """The same networks and gate, with other labels."""
    old = classifier.network
    assert isinstance(old, MusicnnTags)
    network = MusicnnTags(old.tags, len(labels))
    network.trunk.load_state_dict(old.trunk.state_dict())
    network.reader.load_state_dict(old.reader.state_dict())
    network.mix.copy_(torch.tensor(rows, dtype=torch.float32))
    card = classifier.card
    calibration = card.calibration.model_copy(
        update={"bias": biases, "thresholds": [0.5] * len(labels)}
    )
    arguments = card.network.model_copy(update={"arguments": network.arguments()})
    update = {"labels": labels, "calibration": calibration, "network": arguments}
    changed = card.model_copy(update=update)
    return Classifier(changed, classifier.feature, network, copy.deepcopy(classifier.gate))
