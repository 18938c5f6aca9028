"""What genre, mood and composer say of real recordings: emotify's tracks.

    python packaging/models/run.py tags.emotify SHARED CACHE

SHARED/emotify/tracks.tsv holds genre, composer and nine rated emotions of 317 tracks of Magnatune;
CACHE is what instrument.judge.heard wrote. Prints tables in Markdown: what the tracks of each genre
are taken for, how the means of the moods rank with the emotions (Spearman), and which composers are
named. A track is its 12 s here, summed up as the application does.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from engine.classifier.card import Card
from engine.classifier.file import read_header
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline, summary
from engine.recognition.verdict import verdict_on
from project import ROOT

# Genres of the set, and labels of ours that are as right.
GENRES = {
    "classical": ("classical", "opera", "choral"),
    "electronic": ("electronic", "techno", "house", "dance", "ambient"),
    "pop": ("pop", "indie"),
    "rock": ("rock", "alternative", "indie", "metal", "punk"),
}
EMOTIONS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)


@dataclass(frozen=True)
class Heard:
    """What a classifier says of each track, in the order of the table."""

    card: Card
    timelines: list[Timeline]

    def means(self) -> NDArray[np.float64]:
        """Shape (tracks, labels)."""
        rows = [dict(summary(line)) for line in self.timelines]
        return np.asarray([[row[label] for label in self.card.labels] for row in rows])

    def said(self) -> list[tuple[str, ...]]:
        """What is read of each track."""
        rules = self.card.rules()
        return [verdict_on(line, decide(line, rules), rules).heard for line in self.timelines]


def heard(cache: Path, name: str) -> tuple[list[str], Heard]:
    """Places of the tracks, and what a classifier says of them."""
    card = read_header(ROOT / "resources" / "models" / f"{name}.safetensors").card
    kept = np.load(cache / "emotify.npz")
    ends = np.cumsum(kept[f"{name}.rows"])
    logits = kept[f"{name}.logits"].astype(np.float64)
    if card.multi_label:
        chances = 1 / (1 + np.exp(-logits))
    else:
        chances = np.exp(logits - logits.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
    presence = 1 / (1 + np.exp(-kept[f"{name}.gates"].astype(np.float64)))
    levels = kept[f"{name}.levels"]
    presence = np.where(levels < card.calibration.silence_dbfs, 0.0, presence)
    hop, window = (n / card.rate_hz for n in (card.hop_samples, card.window_samples))
    lines = []
    for end, count in zip(ends, kept[f"{name}.rows"], strict=True):
        part = slice(end - count, end)
        lines.append(
            Timeline(
                labels=tuple(card.labels),
                times=window / 2 + hop * np.arange(count),
                probabilities=(chances * presence[:, None])[part].astype(np.float32),
                presence=presence[part].astype(np.float32),
                level_db=levels[part],
                window_seconds=window,
                hop_seconds=hop,
            )
        )
    return [str(place) for place in kept["names"]], Heard(card, lines)


def tracks(shared: Path, places: list[str]) -> list[dict[str, str]]:
    """The rows of the table that belong to the files, in their order."""
    with (shared / "emotify" / "tracks.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = {(row["genre"], row["file_prefix"].zfill(3)): row for row in rows}
    return [found[p.split("/")[1], p.split("/")[2].split("__")[0]] for p in places]


def genres(rows: list[dict[str, str]], genre: Heard) -> Iterator[str]:
    """Which genre the tracks of each are taken for."""
    means, said = genre.means(), genre.said()
    four = [genre.card.labels.index(name) for name in GENRES]
    heads = (
        "genre",
        "tracks",
        "first of the four",
        "among the first two of the four",
        "first of all 24, as right",
        "something right is said",
        "only something else",
        "nothing",
        "first of all 24",
    )
    yield "| " + " | ".join(heads) + " |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for place, (name, alike) in enumerate(GENRES.items()):
        mine = [i for i, row in enumerate(rows) if row["genre"] == name]
        order = np.argsort(-means[mine][:, four], axis=1)
        first = [genre.card.labels[i] for i in means[mine].argmax(1)]
        words = ", ".join(
            f"{x} {100 * n / len(mine):.0f}" for x, n in Counter(first).most_common(6)
        )
        right = [bool(set(said[i]) & set(alike)) for i in mine]
        nothing = [not said[i] for i in mine]
        shares = [
            np.mean(order[:, 0] == place),
            np.mean((order[:, :2] == place).any(1)),
            np.mean([x in alike for x in first]),
            np.mean(right),
            np.mean([not r and not n for r, n in zip(right, nothing, strict=True)]),
            np.mean(nothing),
        ]
        cells = [name, str(len(mine)), *(f"{100 * s:.0f}" for s in shares), words]
        yield "| " + " | ".join(cells) + " |"


def moods(rows: list[dict[str, str]], mood: Heard) -> Iterator[str]:
    """Rank correlation of each mood with each rated emotion."""
    means = mood.means()
    yield "| mood | " + " | ".join(name.replace("_", " ") for name in EMOTIONS) + " |"
    yield "| --- " * (len(EMOTIONS) + 1) + "|"
    for index, label in enumerate(mood.card.labels):
        cells = [
            f"{spearmanr(means[:, index], [float(row[e]) for row in rows])[0]:+.2f}"
            for e in EMOTIONS
        ]
        yield f"| {label} | " + " | ".join(cells) + " |"


def composers(rows: list[dict[str, str]], composer: Heard) -> Iterator[str]:
    """Who is named, of tracks with a composer."""
    means, said = composer.means(), composer.said()
    known = composer.card.labels
    yield "| by | tracks | most probable | named |"
    yield "| --- | --- | --- | --- |"
    by: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row["genre"] == "classical":
            name = row["composer"].strip()
            match = [label for label in known if label.lower() in name.lower()]
            by.setdefault(match[0] if match else "others, or not known", []).append(index)
    for name, mine in by.items():
        first = Counter(known[i] for i in means[mine].argmax(1)).most_common()
        named = Counter(said[i][0] if said[i] else "nobody" for i in mine).most_common()
        words = [", ".join(f"{x} {n}" for x, n in found) for found in (first, named)]
        yield f"| {name} | {len(mine)} | {words[0]} | {words[1]} |"


def main() -> None:
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    parts = []
    for name, table in (("genre", genres), ("mood", moods), ("composer", composers)):
        places, said = heard(cache, name)
        parts.append("\n".join(table(tracks(shared, places), said)))
    sys.stdout.write("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
