"""Finds how `instrument`'s windows add up, and from when on it says what, by real players.

    python packaging/models/run.py instrument.judge.certainty CACHE

CACHE is what instrument.judge.heard wrote. Nothing that is trained changes: only the card's
calibration. By itself it judges ``COMMON``: one threshold for all labels, chosen among two dozen
for naming more rightly and less wrongly in phrases of players left out, and no less rightly in
single notes; --write puts it on the bundled card. With --by-class it looks for thresholds a class:
weight and growth of evidence are those of least cross-entropy, the thresholds those at which a
label of the class, or a family, is right often enough, such that most clips are named rightly
while no more than ``WRONG`` are named wrongly; and prints what comes out where each source in turn,
with its relatives, is left out of that. These did not carry over to sources left out
(docs/accuracy.md). All means are of the classes, of each the mean of its sources.
"""

import itertools
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from engine.classifier.card import Card, EvidenceCard
from engine.classifier.file import read_header, with_card, write_file
from engine.classifier.rules import Evidence, Rules
from instrument.classes import FAMILIES, LABELS
from instrument.judge.players import all_clips, judge, report
from instrument.judge.recordings import HOP, LEARNED, SILENCE, Clip
from project import ROOT

WRONG = 0.075  # of the clips, at most
_FAMILY_WORTH = 0.4  # of a right family, against a right label
_SURE = 0.8  # how often right what is said without "probably" is
_FLOORS = (1e-3, 1e-2, 3e-2)
_WEIGHTS = np.geomspace(0.4, 1.6, 9)
_GROWTHS = (0.0, 0.1, 0.2, 0.3, 0.4)
_SECONDS = 6.0
# Strength with which a class's own threshold is held to the common one.
_OWN = 0.5
_CHANCES = np.arange(0.30, 0.92, 0.02)
NAMES = sorted(set(FAMILIES.values()))
_FAMILY = np.asarray([NAMES.index(FAMILIES[label]) for label in LABELS])
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Clips as arrays: summed log-probabilities by floor, mean probabilities, weights, truth."""

    sums: dict[float, Array]
    weight: Array
    truth: NDArray[np.int64]
    importance: Array
    group: NDArray[np.str_]
    passed: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> "Table":
        return Table(
            {floor: values[chosen] for floor, values in self.sums.items()},
            self.weight[chosen],
            self.truth[chosen],
            self.importance[chosen],
            self.group[chosen],
            self.passed[chosen],
        )


def table_of(clips: list[Clip], passed: list[bool]) -> Table:
    sums: dict[float, list[Array]] = {floor: [] for floor in _FLOORS}
    weights = []
    for clip in clips:
        line = clip.timeline
        presence = line.presence.astype(np.float64)
        silent = (line.level_db < SILENCE) | (presence <= 0)
        chances = line.probabilities / np.where(silent, 1.0, presence)[:, None]
        weight = np.where(silent, 0.0, np.maximum(presence, 1e-3))
        weights.append(weight.sum())
        shares = chances / np.maximum(chances.sum(1, keepdims=True), 1e-6)
        for floor in _FLOORS:
            sums[floor].append((weight[:, None] * np.log(shares + floor)).sum(0))
    return Table(
        {floor: np.stack(values) for floor, values in sums.items()},
        np.asarray(weights),
        np.asarray([LABELS.index(clip.label) for clip in clips]),
        importance(clips),
        np.asarray([clip.group for clip in clips]),
        np.asarray(passed),
    )


def importance(clips: list[Clip]) -> Array:
    """Each class as heavy, in it each source, in it recordings and joined notes half each."""
    cells: dict[tuple[str, str], dict[bool, int]] = {}
    for clip in clips:
        cell = cells.setdefault((clip.label, clip.source), {})
        cell[clip.joined] = cell.get(clip.joined, 0) + 1
    sources: dict[str, int] = {}
    for label, _ in cells:
        sources[label] = sources.get(label, 0) + 1
    found = []
    for clip in clips:
        cell = cells[clip.label, clip.source]
        found.append(1 / (len(sources) * sources[clip.label] * len(cell) * cell[clip.joined]))
    return np.asarray(found)


@dataclass(frozen=True)
class Found:
    """What is on the card in the end."""

    floor: float
    weight: float
    growth: float
    thresholds: Array
    family: float
    sure: float

    def chances(self, table: Table) -> Array:
        return chances_of(table, self.floor, self.weight, self.growth)


def chances_of(table: Table, floor: float, weight: float, growth: float) -> Array:
    """As ``engine.recognition.evidence`` has them, of all clips at once."""
    count = np.clip(table.weight, 1.0, _SECONDS / HOP)
    mean = table.sums[floor] / np.maximum(table.weight, 1e-9)[:, None]
    logits = (weight * count**growth)[:, None] * mean
    raised = np.exp(logits - logits.max(1, keepdims=True))
    chances: Array = raised / raised.sum(1, keepdims=True)
    return chances


def find(table: Table) -> Found:
    """By clips of one instrument that may be learned from."""
    best: tuple[float, float, float] | None = None
    costs = np.inf
    for floor, weight, growth in itertools.product(_FLOORS, _WEIGHTS, _GROWTHS):
        chances = chances_of(table, floor, float(weight), growth)
        right = chances[np.arange(len(chances)), table.truth]
        cost = float(np.average(-np.log(right + 1e-4), weights=table.importance))
        if cost < costs:
            best, costs = (floor, float(weight), growth), cost
    assert best is not None
    chances = chances_of(table, *best)
    return decided(table, chances, best)


def decided(table: Table, chances: Array, adding: tuple[float, float, float]) -> Found:
    """The thresholds: most right for at most ``WRONG`` wrong."""
    first, sums = chances.argmax(1), families_of(chances)
    right = first == table.truth
    slope, offsets = reliability(logit(chances.max(1)), first, right, table.importance)
    family_right = sums.argmax(1) == _FAMILY[table.truth]
    best: tuple[Array, float] | None = None
    worth = -np.inf
    for label_chance, family_chance in itertools.product(_CHANCES, _CHANCES):
        thresholds = sigmoid((logit(label_chance) - offsets) / slope)
        said = table.passed & (chances.max(1) >= thresholds[first])
        rest = table.passed & ~said & (sums.max(1) >= family_chance)
        shares = [
            float(table.importance[mask].sum() / table.importance.sum())
            for mask in (said & right, rest & family_right, said & ~right, rest & ~family_right)
        ]
        if shares[2] + shares[3] > WRONG:
            continue
        if shares[0] + _FAMILY_WORTH * shares[1] > worth:
            worth = shares[0] + _FAMILY_WORTH * shares[1]
            best = thresholds, float(family_chance)
    assert best is not None
    common = float(np.average(offsets))
    sure = float(sigmoid((logit(_SURE) - common) / slope))
    return Found(*adding, np.clip(best[0], 0.2, 0.95), best[1], sure)


def reliability(
    values: Array, said: NDArray[np.int64], right: NDArray[np.bool_], weights: Array
) -> tuple[float, Array]:
    """Logistic regression of being right on a logit, with an offset a class: slope, offsets."""
    own = np.eye(len(LABELS))[said] * _OWN
    rows = np.hstack([values[:, None], own])
    scaled = weights / weights.mean()
    found = LogisticRegression(C=1.0, max_iter=500).fit(rows, right, sample_weight=scaled)
    slope = max(0.2, float(found.coef_[0, 0]))
    return slope, found.intercept_[0] + _OWN * found.coef_[0, 1:]


def families_of(chances: Array) -> Array:
    return np.stack([chances[:, f == _FAMILY].sum(1) for f in range(len(NAMES))], axis=1)


def logit(values: Any) -> Any:
    clipped = np.clip(values, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def sigmoid(values: Any) -> Any:
    return 1 / (1 + np.exp(-values))


def rules_of(found: Found, rules: Rules, presence: "Presence") -> Rules:
    """As the card will have them."""
    card = evidence_of(found, presence)
    return replace(
        rules,
        thresholds=tuple(float(t) for t in found.thresholds),
        family_threshold=found.family,
        presence_threshold=presence.threshold,
        evidence=Evidence(**card.model_dump()),
    )


@dataclass(frozen=True)
class Presence:
    """How presence is averaged, and how much is enough."""

    seconds: float
    threshold: float


COMMON = Found(
    floor=0.01,
    weight=1.1,
    growth=0.3,
    thresholds=np.full(len(LABELS), 0.66),
    family=0.7,
    sure=0.8,
)
CHANGE = 9.0
PRESENCE = Presence(2.0, 0.4)


def evidence_of(found: Found, presence: Presence) -> EvidenceCard:
    return EvidenceCard(
        seconds=_SECONDS,
        weight=round(found.weight, 3),
        growth=found.growth,
        floor=found.floor,
        change=CHANGE,
        presence_seconds=presence.seconds,
        sure=round(found.sure, 2),
    )


def passes(clip: Clip, presence: Presence) -> bool:
    """Whether all of a clip together is music."""
    line = clip.timeline
    loud = (line.level_db >= SILENCE) & (line.presence > 0)
    if not loud.any():
        return False
    logits = np.clip(logit(line.presence[loud].astype(np.float64)), -4, 4)
    return bool(sigmoid(logits.mean()) >= presence.threshold)


def main() -> None:
    cache = Path(sys.argv[1])
    path = ROOT / "resources" / "models" / "instrument.safetensors"
    card = read_header(path).card
    before = replace(card.rules(), evidence=None)
    clips = all_clips(cache)
    if "--by-class" not in sys.argv:
        rules = rules_of(COMMON, before, PRESENCE)
        sys.stdout.write(report([judge(clip, rules) for clip in clips]))
        if "--write" in sys.argv:
            write_file(path, with_card(path, calibrated(card, COMMON)))
        return
    music = [clip for clip in clips if clip.label and clip.source not in LEARNED]
    table = table_of(music, [passes(clip, PRESENCE) for clip in music])
    found = []
    for group in np.unique(table.group):
        others = table.group != group
        rules = rules_of(find(table.part(others)), before, PRESENCE)
        found += [judge(clip, rules) for clip in music if clip.group == group]
    final = find(table)
    rules = rules_of(final, before, PRESENCE)
    found += [judge(c, rules) for c in clips if not c.label or c.source in LEARNED]
    sys.stdout.write(report(found))
    sys.stdout.write(f"\n{final}\n")


def calibrated(card: Card, found: Found) -> Card:
    """The card with what was found; the probabilities of windows stay the same."""
    calibration = card.calibration.model_copy(
        update={
            "thresholds": [round(float(t), 2) for t in found.thresholds],
            "family_threshold": round(found.family, 2),
            "presence_threshold": PRESENCE.threshold,
            "evidence": evidence_of(found, PRESENCE),
        }
    )
    return card.model_copy(update={"calibration": calibration})


if __name__ == "__main__":
    main()
