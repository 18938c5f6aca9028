"""What genre, mood and composer say of real recordings: emotify's tracks.

    python packaging/models/run.py tags.emotify SHARED CACHE

SHARED/emotify/tracks.tsv holds genre, composer and nine rated emotions of 317 tracks of Magnatune;
CACHE is what tags.heard wrote. Prints tables in Markdown: what the tracks of each genre are taken
for, how the means of the moods rank with the emotions (Spearman, with 95 % intervals by bootstrap
over artists, seed 1; and the same within the genres), and which composers are named. A track is
its 12 s, summed up as the application does.

`genre` learned from these very tracks: what it says of artists left out is printed by tags.genre.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from engine.audio import read
from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline, concatenate, summary
from engine.recognition.verdict import verdict_on
from tags.heard import FRAME_HOP, RATE, hop_of

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
_DRAWS = 2000
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """What a classifier says of each track, in the order of the table."""

    card: Card
    timelines: list[Timeline]

    @cached_property
    def means(self) -> Array:
        """Shape (tracks, labels)."""
        rows = [dict(summary(line)) for line in self.timelines]
        return np.asarray([[row[label] for label in self.card.labels] for row in rows])

    @cached_property
    def said(self) -> list[tuple[str, ...]]:
        """What is read of each track."""
        rules = self.card.rules()
        return [verdict_on(line, decide(line, rules), rules).heard for line in self.timelines]


@dataclass(frozen=True)
class Kept:
    """What tags.heard kept of a source.

    Attributes:
        names: place of each recording.
        owners: of each window, the number of its recording.
        embedding: of each window, shape (windows, 3012).
        levels: of each window, dBFS.
        hop_seconds: from window to window.
    """

    names: list[str]
    owners: NDArray[np.int64]
    embedding: NDArray[np.float32]
    levels: NDArray[np.float32]
    hop_seconds: float

    @staticmethod
    def of(cache: Path, source: str) -> "Kept":
        kept = np.load(cache / f"{source}.npz")
        names = [str(name) for name in kept["names"]]
        owners = np.repeat(np.arange(len(names)), kept["rows"])
        hop = hop_of(source) * FRAME_HOP / RATE
        return Kept(names, owners, kept["embedding"].astype(np.float32), kept["level"], hop)

    def only(self, chosen: NDArray[np.int64]) -> "Kept":
        """Some of the recordings, in that order."""
        rows = [np.flatnonzero(self.owners == number) for number in chosen]
        owners = np.repeat(np.arange(len(chosen)), [len(some) for some in rows])
        index = np.concatenate(rows)
        names = [self.names[number] for number in chosen]
        levels = self.levels[index]
        return Kept(names, owners, self.embedding[index], levels, self.hop_seconds)

    def thinned(self, one_of: int) -> "Kept":
        """Every so many-th window."""
        some = slice(0, None, one_of)
        parts = (self.owners[some], self.embedding[some], self.levels[some])
        return Kept(self.names, *parts, self.hop_seconds * one_of)

    @torch.inference_mode()
    def judged(self, classifier: Classifier) -> Heard:
        """What a classifier on the same trunks says of the recordings."""
        card = classifier.card
        embedding, levels = torch.from_numpy(self.embedding), torch.from_numpy(self.levels)
        said, presence = classifier.judge(embedding, levels)
        hop, window = self.hop_seconds, card.window_samples / card.rate_hz
        lines = []
        for number in range(len(self.names)):
            mine = self.owners == number
            lines.append(
                Timeline(
                    labels=tuple(card.labels),
                    times=window / 2 + hop * np.arange(mine.sum()),
                    probabilities=said.numpy()[mine],
                    presence=presence.numpy()[mine],
                    level_db=self.levels[mine],
                    window_seconds=window,
                    hop_seconds=hop,
                )
            )
        return Heard(card, lines)


def tracks(shared: Path, places: list[str]) -> list[dict[str, str]]:
    """The rows of the table that belong to the files, in their order."""
    with (shared / "emotify" / "tracks.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = {(row["genre"], row["file_prefix"].zfill(3)): row for row in rows}
    return [found[p.split("/")[1], p.split("/")[2].split("__")[0]] for p in places]


def genres(rows: list[dict[str, str]], genre: Heard) -> Iterator[str]:
    """Which genre the tracks of each are taken for."""
    means, said = genre.means, genre.said
    four = [genre.card.labels.index(name) for name in GENRES]
    heads = (
        "genre",
        "tracks",
        "first of the four",
        "among the first two of the four",
        "first of all, as right",
        "something right is said",
        "only something else",
        "nothing",
        "first of all",
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


def correlations(means: Array, rated: Array, genre: NDArray[np.str_] | None = None) -> Array:
    """Spearman's rank correlations, shape (columns of means, columns of rated).

    With genres: of the ranks within each genre, so that it does not count that genres differ.
    """
    groups = [np.ones(len(means), bool)] if genre is None else [genre == g for g in set(genre)]
    sides = []
    for values in (means, rated):
        ranks = np.zeros(values.shape)
        for group in groups:
            if group.any():
                inside = rankdata(values[group], axis=0) / (group.sum() + 1)
                ranks[group] = inside - inside.mean(0)
        sides.append(ranks / np.sqrt((ranks**2).sum(0) + 1e-12))
    return np.asarray(sides[0].T @ sides[1])


def moods(rows: list[dict[str, str]], mood: Heard) -> Iterator[str]:
    """Rank correlations of the moods with the rated emotions, over all and within genres."""
    means = mood.means
    rated = np.asarray([[float(row[e]) for e in EMOTIONS] for row in rows])
    genre = np.asarray([row["genre"] for row in rows])
    artists = np.unique([row["artist"] for row in rows], return_inverse=True)[1]
    rng, draws = np.random.default_rng(1), []
    for _ in range(_DRAWS):
        chosen = rng.integers(0, artists.max() + 1, artists.max() + 1)
        index = np.concatenate([np.flatnonzero(artists == artist) for artist in chosen])
        draws.append(correlations(means[index], rated[index]))
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    found, inside = correlations(means, rated), correlations(means, rated, genre)
    yield "| mood | " + " | ".join(word.replace("_", " ") for word in EMOTIONS) + " |"
    yield "| --- |" + " --- |" * len(EMOTIONS)
    for index, label in enumerate(mood.card.labels):
        cells = [
            f"{a:+.2f} ({b:+.2f} to {c:+.2f}); {d:+.2f}"
            for a, b, c, d in zip(*(x[index] for x in (found, low, high, inside)), strict=True)
        ]
        yield f"| {label} | " + " | ".join(cells) + " |"


def listened(classifier: Classifier, shared: Path, places: list[str]) -> Heard:
    """What a classifier with trunks of its own says of the recordings."""
    lines = []
    for place in places:
        sound = read(shared / place, mono=True, rate_hz=classifier.card.rate_hz).samples[0]
        long = np.resize(sound, max(len(sound), classifier.card.window_samples))
        analysis = Analysis({"it": classifier}, classifier.card.rate_hz)
        lines.append(concatenate([analysis.push(long)["it"], analysis.finish()["it"]]))
    return Heard(classifier.card, lines)


def composers(rows: list[dict[str, str]], composer: Heard) -> Iterator[str]:
    """Who is named, of tracks of classical music."""
    means, said = composer.means, composer.said
    known = composer.card.labels
    yield "| by | tracks | most probable | named |"
    yield "| --- | --- | --- | --- |"
    by: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        match = [label for label in known if label.lower() in row["composer"].lower()]
        by.setdefault(match[0] if match else "others, or not known", []).append(index)
    for name, mine in by.items():
        first = Counter(known[i] for i in means[mine].argmax(1)).most_common()
        named = Counter(said[i][0] if said[i] else "nobody" for i in mine).most_common()
        words = [", ".join(f"{x} {n}" for x, n in found) for found in (first, named)]
        yield f"| {name} | {len(mine)} | {words[0]} | {words[1]} |"


def main() -> None:
    torch.set_num_threads(1)
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    kept, catalog = Kept.of(cache, "emotify"), Catalog()
    rows = tracks(shared, kept.names)
    parts = [
        genres(rows, kept.judged(catalog.load("genre"))),
        moods(rows, kept.judged(catalog.load("mood"))),
    ]
    classical = [name for name in kept.names if "/classical/" in name]
    said = listened(catalog.load("composer"), shared, classical)
    parts.append(composers(tracks(shared, classical), said))
    sys.stdout.write("\n\n".join("\n".join(part) for part in parts) + "\n")


if __name__ == "__main__":
    main()
