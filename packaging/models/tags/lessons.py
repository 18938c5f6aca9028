"""From what the labels of the bundled classifier of genres learn, and how.

Each label is a logistic regression on the logits of the 100 tags that stays near what tags.labels
has.

- classical, electronic, pop and rock learn from emotify's tracks, each against the three others, as
  recorded and through a room and a microphone; of players alone on instruments of the orchestra
  they learn that it is classical.
- The others keep saying what the tags say, but of what they cannot be (``EXCLUDED``: a classical
  track is no blues) they learn to say nothing.
- disco and reggae, for which there are no tags, learn from synthetic rhythms (tags.styles).
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

SOURCES = ("emotify", "emotify-far", "solos", "music", "styles")
SYNTHETIC = ("disco", "reggae")
LABELS = [*GENRE, *SYNTHETIC]
HEIGHT = 0.25  # see tags.labels
# How much a label stays with its tags: of those that emotify judges, of the others, of the new.
_NEAR = {"judged": 0.1, "others": 1.0, "synthetic": 0.1}
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
_STYLES_WEIGH = 0.5
_DUB = ("Burning Babylon",)  # electronic in emotify; its music is dub reggae
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
        truth: probability of each label, shape (windows, labels); NaN: what the tags say stays.
        weights: shape (windows, labels).
        tracks: number of emotify's track, -1: of something else.
    """

    tags: Array
    truth: Array
    weights: Array
    tracks: NDArray[np.int64]

    def without(self, left_out: NDArray[np.int64]) -> "Windows":
        kept = ~np.isin(self.tracks, left_out)
        return Windows(self.tags[kept], self.truth[kept], self.weights[kept], self.tracks[kept])


@torch.inference_mode()
def tag_logits(classifier: Classifier, kept: Kept) -> Array:
    network = classifier.network
    assert isinstance(network, MusicnnTags)
    return network.tag_logits(torch.from_numpy(kept.embedding)).double().numpy()


def is_orchestral(name: str) -> bool:
    """Whether the file of a player alone is of an instrument of the orchestra."""
    return name.split("/")[-2] in _ORCHESTRA


def fitted(
    tags: Tensor, truth: Tensor, weights: Tensor, prior: tuple[Tensor, Tensor], near: Tensor
) -> tuple[Tensor, Tensor]:
    """Logistic regressions of labels that stay near others: their rows of tags and biases.

    Minimises, of each label, the weighted mean of the cross-entropy and ``near`` times half the
    mean squared distance of the row from the prior's, in deviations of the tags: convex.

    Args:
        tags: logits, float64, shape (windows, tags).
        truth: probabilities, shape (windows, labels).
        weights: of the windows, shape (windows, labels).
        prior: rows (labels, tags) and biases (labels,).
        near: shape (labels,).
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
        total = total + (near * change.square().mean(1)).sum() / 2
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
        for name, kept in self.kept.items():
            tags = tag_logits(classifier, kept)
            make = self._tracks if name.startswith("emotify") else self._others
            truth, weights = make(name, kept)
            numbers = kept.owners if name.startswith("emotify") else np.full(len(tags), -1)
            parts.append(Windows(tags, truth, weights, numbers))
        columns = ("tags", "truth", "weights", "tracks")
        return Windows(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns))

    def _tracks(self, name: str, kept: Kept) -> tuple[Array, Array]:
        """Each genre weighs the same, an artist as the root of the number of tracks."""
        count = len(kept.owners)
        truth, weights = np.full((count, len(LABELS)), np.nan), np.zeros((count, 1))
        artists = [row["artist"] for row in self.rows]
        of = np.asarray([artists.count(artist) ** -0.5 for artist in artists])
        for genre in GENRES:
            mine = np.asarray([row["genre"] == genre for row in self.rows])
            inside = mine[kept.owners]
            weights[:, 0] += shares(kept.owners, np.where(mine, of, 0.0))
            for label in [*GENRES, *EXCLUDED[genre], *SYNTHETIC]:
                truth[inside, LABELS.index(label)] = float(label == genre)
        dub = np.asarray([artist in _DUB for artist in artists])[kept.owners]
        truth[dub, LABELS.index("reggae")] = np.nan
        return truth, np.repeat(weights / 2, len(LABELS), axis=1)  # near and far

    def _others(self, name: str, kept: Kept) -> tuple[Array, Array]:
        count = len(kept.owners)
        truth, weights = np.full((count, len(LABELS)), np.nan), np.zeros((count, len(LABELS)))
        if name == "solos":
            mine = np.asarray([is_orchestral(place) for place in kept.names])
            for label in ["classical", *EXCLUDED["classical"], *SYNTHETIC]:
                truth[:, LABELS.index(label)] = float(label == "classical")
            weights += shares(kept.owners, mine.astype(float))[:, None] * _SOLOS_WEIGH
        elif name == "styles":
            styles = np.asarray([place.split("/")[-2] for place in kept.names])
            for label in SYNTHETIC:
                column, mine = LABELS.index(label), styles == label
                truth[:, column] = mine[kept.owners]
                both = shares(kept.owners, mine * 1.0) + shares(kept.owners, ~mine * 1.0)
                weights[:, column] = both * _STYLES_WEIGH
        else:
            others = [n for n, label in enumerate(LABELS) if label not in (*GENRES, *SYNTHETIC)]
            weights[:, others] = shares(kept.owners, np.ones(len(kept.names)))[:, None]
        return truth, weights


def rows_of_tags() -> tuple[Array, list[float]]:
    """The rows and biases that tags.labels has, for all labels; zeros where it has none."""
    rows, biases = mix(GENRE, ["MTT", "MSD"], HEIGHT)
    empty = [[0.0] * len(rows[0])] * len(SYNTHETIC)
    return np.asarray(rows + empty), biases + [-3.0] * len(SYNTHETIC)


def learned(classifier: Classifier, windows: Windows) -> Classifier:
    """The classifier with labels that learned from the windows."""
    tags, weights = torch.from_numpy(windows.tags), torch.from_numpy(windows.weights)
    rows, biases = rows_of_tags()
    prior = torch.from_numpy(rows), torch.tensor(biases, dtype=torch.float64)
    truth = torch.from_numpy(windows.truth)
    truth = torch.where(truth.isnan(), (tags @ prior[0].T + prior[1]).sigmoid(), truth)
    kinds = [
        "judged" if label in GENRES else "synthetic" if label in SYNTHETIC else "others"
        for label in LABELS
    ]
    near = torch.tensor([_NEAR[kind] for kind in kinds], dtype=torch.float64)
    found, bias = fitted(tags, truth, weights, prior, near)
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
