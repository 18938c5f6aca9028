"""Teaches `instrument` to tell one player from several, and who plays then.

    python packaging/models/run.py instrument.together.learn MIXTURES BEFORE [OUT.safetensors]

MIXTURES is what ``instrument.together.mixtures`` wrote of the parts "taught" and "tuned", BEFORE
the classifier that names one at a time, as ``instrument.real.reader`` wrote it. Two readers are
added to those of soloists, which stay as they are: whether several play (logistic regression), and
each label's own probability (logistic regression as well, near the soloists' logits). How sure is
who is heard among others is found on "tuned", by readers that learned from the other half of the
sources only: there so much of what is named among others is right as ``WANTED``. With
``--licences=commercial`` nothing is learned from recordings that must not be used commercially.
Prints how right both are about these mixtures; writes OUT if it is named.
"""

import datetime
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from engine.classifier.card import Card, CrowdCard, DataSource, Part
from engine.classifier.classifier import Classifier
from engine.networks import describe_network
from engine.networks.musicnn.mobile import MusicnnMobile
from instrument.together.judge import Said, load, rows, said_by, timeline_of
from instrument.together.mixtures import FIRST_HALF

HEARD, UNHEARD = -18.0, -30.0  # dB under all: over the one a part is heard, under the other not
SHRINKAGE, CROWD_SHRINKAGE = 1.0, 0.1
NUMBER, POWER = 1.5, 4.0  # of a crowd, see ``engine.classifier.rules.Crowd``
# Several are met less often than in the lessons: chosen so that soloists left out are named as
# rightly as where only one can be.
RARER = 1.5  # logits
WANTED = 0.78
NON_COMMERCIAL = ("players-rickenbacker4001", "ravdess")
DESCRIPTION = (
    "Recognises which of 29 instruments, or voices, are heard: none, one alone or several at once. "
    "Where it is unsure, it reports the family."
)
# What the cards of before say of one at a time, and what is said now.
LIMIT = (
    "For one instrument at a time. ",
    "Best for one instrument at a time. Of two to six that play together it names few: mostly the "
    "one that stands out, or a family. ",
)
PLAYERS = (
    "Real players: 9 sources, through the teacher",
    DataSource(
        name="Real players: 9 sources, through the teacher, and in mixtures", licence="see NOTICE"
    ),
)
SCRIPTS = "instrument: build, real.singers, real.reader, together.learn (packaging/models/run.py)"
_LEAST_DEVIATION = 1e-2
_STEPS = 60
_WINDOWS = ("embeddings", "parts")
Array = NDArray[Any]


@dataclass(frozen=True)
class Lesson:
    """Windows of mixtures.

    Attributes:
        embeddings: (windows, size).
        parts: who is heard, (windows, labels), and how much that counts: 0 where it is doubtful.
        several: whether more than one is, (windows, 1), and how much that counts.
        first: whether the mixture's sources are of the first half, (windows,).
    """

    embeddings: Tensor
    parts: tuple[Tensor, Tensor]
    several: tuple[Tensor, Tensor]
    first: NDArray[np.bool_]

    @staticmethod
    def of(heard: dict[str, Array]) -> "Lesson":
        levels = heard["parts"]
        clear = (levels > HEARD) | (levels < UNHEARD)
        second = np.sort(levels, axis=1)[:, -2:-1]
        sure = (second > HEARD) | (second < UNHEARD)
        return Lesson(
            torch.from_numpy(heard["embeddings"]).float(),
            (_float(levels > HEARD), _float(clear)),
            (_float(second > HEARD), _float(sure)),
            in_first_half(heard["sources"])[heard["mixtures"]],
        )

    def half(self, first: bool) -> "Lesson":
        chosen = torch.from_numpy(self.first == first)
        parts, several = (tuple(x[chosen] for x in pair) for pair in (self.parts, self.several))
        return Lesson(
            self.embeddings[chosen],
            (parts[0], parts[1]),
            (several[0], several[1]),
            self.first[self.first == first],
        )


def in_first_half(sources: Array) -> NDArray[np.bool_]:
    """Whether mixtures are of the first half's sources."""
    return np.asarray([str(one).split("+")[0] in FIRST_HALF for one in sources])


def _float(values: Array) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


def logistic(
    values: Tensor, truth: tuple[Tensor, Tensor], shrinkage: float, prior: nn.Linear | None = None
) -> nn.Linear:
    """Logistic regressions near what other logits say, which are given a common factor.

    Args:
        values: (windows, size).
        truth: (windows, outputs), and how much each counts.
        shrinkage: of what is added to the prior.
        prior: reads the same; None: nothing.
    """
    mean, deviation = values.mean(0), values.std(0) + _LEAST_DEVIATION
    rows, outputs = (values - mean) / deviation, truth[0].shape[1]
    before = torch.zeros_like(truth[0]) if prior is None else centred(prior)(values).detach()
    weight = torch.zeros(values.shape[1], outputs, requires_grad=True)
    bias, factor = torch.zeros(outputs, requires_grad=True), torch.ones(1, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias, factor], max_iter=_STEPS, history_size=15, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        each = functional.binary_cross_entropy_with_logits(
            rows @ weight + bias + factor * before, truth[0], reduction="none"
        )
        total = (each * truth[1]).sum() / len(rows) + shrinkage * weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found = nn.Linear(values.shape[1], outputs)
    with torch.no_grad():
        raw = weight / deviation[:, None]
        found.weight.copy_(raw.T)
        found.bias.copy_(bias - mean @ raw)
        if prior is not None:
            like = centred(prior)
            found.weight.add_(factor * like.weight)
            found.bias.add_(factor * like.bias)
    return found.requires_grad_(False)


def centred(layer: nn.Linear) -> nn.Linear:
    """A reader whose outputs have the mean 0."""
    found = nn.Linear(layer.in_features, layer.out_features)
    with torch.no_grad():
        found.weight.copy_(layer.weight - layer.weight.mean(0))
        found.bias.copy_(layer.bias - layer.bias.mean())
    return found.requires_grad_(False)


@dataclass(frozen=True)
class Readers:
    """What is added to the soloists' readers."""

    together: nn.Linear
    crowd: nn.Linear

    @staticmethod
    def of(lesson: Lesson, soloists: nn.Linear) -> "Readers":
        """Learned from mixtures, those of labels near the soloists' logits."""
        crowd = logistic(lesson.embeddings, lesson.several, CROWD_SHRINKAGE)
        crowd.bias.sub_(RARER)
        together = logistic(lesson.embeddings, lesson.parts, SHRINKAGE, soloists)
        return Readers(together, crowd)


def described(card: Card) -> Card:
    """The card with the words of today: what is heard, where it fails, by which scripts."""
    numbers = {k: v for k, v in (card.recipe or {}).items() if not isinstance(v, str)}
    others = [source for source in card.data if source.name not in (PLAYERS[0], PLAYERS[1].name)]
    return card.model_copy(
        update={
            "description": DESCRIPTION,
            "limits": card.limits.replace(*LIMIT),
            "data": [*others, PLAYERS[1]],
            "recipe": {"scripts": SCRIPTS, **numbers},
            "date": datetime.date.today().isoformat(),
        }
    )


def with_several(before: Classifier, readers: Readers, crowd: CrowdCard) -> Classifier:
    """A classifier of one at a time as one of several; of soloists it says what it said.

    Args:
        before: names one at a time.
        readers: tell one from several, and who plays then.
        crowd: how windows of several add up.
    """
    old, calibration = before.network, before.card.calibration
    assert isinstance(old, MusicnnMobile)
    assert calibration.evidence is not None
    assert not before.card.multi_label, "it tells several already"
    network = MusicnnMobile(**{**old.arguments(), "several": True})
    network.load_state_dict(old.state_dict(), strict=False)
    assert network.together is not None
    assert network.crowd is not None
    with torch.no_grad():
        # The logits that come out are calibrated already.
        network.output.weight.div_(calibration.temperature)
        network.output.bias.div_(calibration.temperature)
    network.together.load_state_dict(readers.together.state_dict())
    network.crowd.load_state_dict(readers.crowd.state_dict())
    evidence = calibration.evidence.model_copy(update={"crowd": crowd})
    changed = calibration.model_copy(update={"temperature": 1.0, "evidence": evidence})
    card = described(before.card).model_copy(
        update={
            "multi_label": True,
            "network": Part(**describe_network(network)),
            "calibration": changed,
        }
    )
    checked = Card.model_validate(card.model_dump())
    return Classifier(checked, before.feature, network.eval(), before.gate)


def crowd_of(means: Array, truth: Array, threshold: float) -> CrowdCard:
    """How probable is who is heard among others.

    Args:
        means: root of the mean of the powers of the windows' probabilities, (mixtures, labels).
        truth: who plays, of the same shape.
        threshold: over which a label is named: there ``WANTED`` are right.
    """
    clipped = np.clip(means, 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    found = LogisticRegression(C=1e6).fit(logits.reshape(-1, 1), truth.ravel())
    scale = float(found.coef_[0, 0])
    order = np.argsort(-logits, axis=None)
    right = np.cumsum(truth.ravel()[order]) / np.arange(1, truth.size + 1)
    last = int(np.flatnonzero(right >= WANTED).max())
    border = float(np.log(threshold / (1 - threshold)))
    bias = border - scale * float(logits.ravel()[order[last]])
    return CrowdCard(number=NUMBER, power=POWER, scale=round(scale, 3), bias=round(bias, 3))


def means_of(classifier: Classifier, embeddings: Array) -> Array:
    """Of a mixture's windows, as evidence adds them up; shape (labels,)."""
    line = timeline_of(classifier, embeddings, "tuned")
    chances = line.probabilities / line.presence[:, None]
    weights = line.presence / line.presence.sum()
    return np.asarray((weights[:, None] * chances**POWER).sum(0) ** (1 / POWER))


def part_of(heard: dict[str, Array], chosen: NDArray[np.bool_]) -> dict[str, Array]:
    """Some mixtures."""
    windows = chosen[heard["mixtures"]]
    numbers = np.cumsum(chosen) - 1
    found = {
        key: values[windows if key in _WINDOWS else chosen]
        for key, values in heard.items()
        if key != "mixtures"
    }
    return found | {"mixtures": numbers[heard["mixtures"][windows]]}


def tuned(
    before: Classifier, soloists: nn.Linear, lesson: Lesson, heard: dict[str, Array]
) -> tuple[CrowdCard, list[Said]]:
    """How windows of several add up, and what is said then of the mixtures that told it."""
    first, plain = in_first_half(heard["sources"]), CrowdCard(number=NUMBER, power=POWER, scale=1.0)
    readers = {half: Readers.of(lesson.half(not half), soloists) for half in (True, False)}
    means = np.zeros(heard["truth"].shape)
    for half, mine in readers.items():
        classifier = with_several(before, mine, plain)
        for mixture in np.flatnonzero(first == half):
            means[mixture] = means_of(classifier, heard["embeddings"][heard["mixtures"] == mixture])
    several = heard["numbers"] > 1
    threshold = float(np.median(before.card.calibration.thresholds))
    crowd = crowd_of(means[several], heard["truth"][several], threshold)
    said = [
        one
        for half, mine in readers.items()
        for one in said_by(
            with_several(before, mine, crowd), part_of(heard, first == half), "tuned"
        )
    ]
    return crowd, said


def without(heard: dict[str, Array], sources: tuple[str, ...]) -> dict[str, Array]:
    """Mixtures in which none of some sources plays."""
    lists = [str(one).split("+") for one in heard["sources"]]
    return part_of(heard, np.asarray([not set(one) & set(sources) for one in lists]))


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder, before = Path(words[0]), Classifier.load(Path(words[1])).eval()
    taught, heard = load(folder, "taught"), load(folder, "tuned")
    if "--licences=commercial" in sys.argv:
        taught, heard = (without(part, NON_COMMERCIAL) for part in (taught, heard))
    network = before.network
    assert isinstance(network, MusicnnMobile)
    soloists = nn.Linear(network.output.in_features, network.output.out_features)
    with torch.no_grad():
        temperature = before.card.calibration.temperature
        soloists.weight.copy_(network.output.weight / temperature)
        soloists.bias.copy_(network.output.bias / temperature)
    lesson = Lesson.of(taught)
    crowd, said = tuned(before, soloists, lesson, heard)
    sys.stdout.write(f"{len(lesson.embeddings)} windows, {crowd}\n")
    sys.stdout.write("\n".join(rows("other half of the sources", said)) + "\n")
    if len(words) > 2:
        with_several(before, Readers.of(lesson, soloists), crowd).save(Path(words[2]))


if __name__ == "__main__":
    main()
