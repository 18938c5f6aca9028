"""How right classifiers are about mixtures of players left out, by how many play.

    python packaging/models/run.py instrument.together.judge MIXTURES [CLASSIFIER...]

MIXTURES is what ``instrument.together.mixtures`` wrote of the part "held", and beside it
``rival.npz`` of ``instrument.together.rival``, where that was run; CLASSIFIER files with
`instrument`'s trunks (without any, the bundled one). Prints a table in Markdown of the verdicts on
five seconds each: how often something is said, how much of what is said is right (a family, where
one of it plays), how many of those that play are named; macro F1 of the labels; and, of the labels
that the rival knows as well, the same of both.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.classifier.classifier import Classifier
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import verdict_on
from instrument.classes import FAMILIES, LABELS
from instrument.together.mixtures import BUNDLED, HOP_SECONDS

WINDOW_SECONDS, LEVEL_DBFS = 1.0, -25.0
# Labels of `instruments-in-music`, and which of ours they stand for.
COMMON = {
    "guitar": ("acoustic guitar", "electric guitar", "distorted guitar"),
    "piano": ("piano",),
    "violin": ("violin",),
    "cello": ("cello",),
    "drums": ("drums",),
    "flute": ("flute",),
    "harp": ("harp",),
    "harpsichord": ("harpsichord",),
    "voice": ("voice",),
}
_VOICES = ("voice", "female voice", "male voice", "choir")
Array = NDArray[Any]


@dataclass(frozen=True)
class Said:
    """What was said of a mixture, and what is true of it."""

    heard: frozenset[str]
    truth: frozenset[str]
    number: int


def load(folder: Path, part: str) -> dict[str, Array]:
    """All files of a part, one after the other; ``mixtures`` are numbered through."""
    paths = sorted(folder.glob(f"{part}-*.npz"), key=lambda path: int(path.stem.split("-")[-1]))
    kept: dict[str, list[Array]] = {}
    count = 0
    for path in paths:
        file = np.load(path)
        for key in file.files:
            kept.setdefault(key, []).append(file[key] + count if key == "mixtures" else file[key])
        count += len(file["numbers"])
    return {key: np.concatenate(values) for key, values in kept.items()}


@torch.inference_mode()
def timeline_of(classifier: Classifier, embeddings: Array, part: str) -> Timeline:
    """As the application has it, at a level at which nothing is silent."""
    hop = HOP_SECONDS[part]
    levels = torch.full((len(embeddings),), LEVEL_DBFS)
    found, presence = classifier.judge(torch.from_numpy(embeddings).float(), levels)
    return Timeline(
        labels=tuple(classifier.card.labels),
        times=WINDOW_SECONDS / 2 + hop * np.arange(len(embeddings), dtype=np.float64),
        probabilities=found.numpy(),
        presence=presence.numpy(),
        level_db=levels.numpy(),
        window_seconds=WINDOW_SECONDS,
        hop_seconds=hop,
    )


def said_by(classifier: Classifier, heard: dict[str, Array], part: str = "held") -> list[Said]:
    """The verdicts of a classifier on all mixtures."""
    rules, found = classifier.card.rules(), []
    for mixture, truth in enumerate(heard["truth"]):
        line = timeline_of(classifier, heard["embeddings"][heard["mixtures"] == mixture], part)
        verdict = verdict_on(line, decide(line, rules), rules)
        names = frozenset(label for label, here in zip(LABELS, truth, strict=True) if here)
        found.append(Said(frozenset(verdict.heard), names, int(heard["numbers"][mixture])))
    return found


def right(label: str, truth: frozenset[str]) -> bool:
    """Whether a label plays, or one of a family."""
    return label in truth or label in {FAMILIES.get(one) for one in truth}


def macro_f1(found: Sequence[Said]) -> float:
    """Mean of the F1 of the labels that play anywhere."""
    labels = sorted(frozenset().union(*(one.truth for one in found)))
    scores = []
    for label in labels:
        both = sum(label in one.heard and label in one.truth for one in found)
        either = sum((label in one.heard) + (label in one.truth) for one in found)
        scores.append(2 * both / max(1, either))
    return float(np.mean(scores))


def row(name: str, found: Sequence[Said]) -> str:
    """A line of the table."""
    said = [(label, one.truth) for one in found for label in one.heard]
    singles = [(label, truth) for label, truth in said if label in LABELS or label in COMMON]
    playing = sum(len(one.truth) for one in found)
    cells = [
        len(found),
        f"{100 * np.mean([bool(one.heard) for one in found]):.0f}",
        f"{len(said) / len(found):.1f}",
        f"{100 * np.mean([right(*one) for one in said] or [0.0]):.0f}",
        f"{100 * np.mean([label in truth for label, truth in singles] or [0.0]):.0f}",
        f"{100 * sum(label in truth for label, truth in said) / playing:.0f}",
        f"{macro_f1(found):.2f}",
    ]
    return f"| {name} | {' | '.join(map(str, cells))} |"


def rows(name: str, found: Sequence[Said]) -> list[str]:
    """By how many play, and two to six together."""
    lines = [
        row(f"{name}: {number} playing", mine)
        for number in range(1, 7)
        if (mine := [one for one in found if one.number == number])
    ]
    several = [one for one in found if one.number > 1]
    return [*lines, row(f"{name}: **2 to 6**", several)] if several else lines


def common(found: Sequence[Said]) -> list[Said]:
    """By the words of `instruments-in-music`, of the labels that both know."""

    def words(labels: frozenset[str]) -> frozenset[str]:
        ours = {word for word, members in COMMON.items() if labels & {word, *members}}
        return frozenset(ours | ({"voice"} if labels & set(_VOICES) else set()))

    mine = [Said(words(one.heard), words(one.truth), one.number) for one in found]
    return [one for one in mine if one.truth]


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    heard = load(folder, "held")
    heads = ("", "clips", "something said, %", "labels said", "right, %", "single right, %")
    sys.stdout.write(f"| {' | '.join((*heads, 'named of those playing, %', 'macro F1'))} |\n")
    sys.stdout.write(f"|{' --- |' * (len(heads) + 2)}\n")
    lists: dict[str, list[Said]] = {}
    for path in [Path(word) for word in sys.argv[2:]] or [BUNDLED]:
        lists[path.stem] = said_by(Classifier.load(path).eval(), heard)
        sys.stdout.write("\n".join(rows(path.stem, lists[path.stem])) + "\n")
    if (folder / "rival.npz").exists():
        told = np.load(folder / "rival.npz")["heard"]
        some = next(iter(lists.values()))
        lists["instruments-in-music"] = [
            Said(frozenset(filter(None, str(words).split(";"))), one.truth, one.number)
            for words, one in zip(told, some, strict=False)
        ]
        for name, found in lists.items():
            mine = common(found[: len(told)])
            sys.stdout.write("\n".join(rows(f"{name}, labels of both", mine)) + "\n")


if __name__ == "__main__":
    main()
