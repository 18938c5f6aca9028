"""Teaches the bundled classifier of genres what recordings can teach, and judges it.

    python packaging/models/run.py tags.genre SHARED CACHE [--licences=commercial] [--judge]

SHARED holds emotify/, CACHE what tags.heard wrote. resources/models/genre.safetensors, which
tags.build made, keeps its networks and its gate; what is learned is how tags make up labels: see
tags.lessons. Prints the tables of docs/accuracy.md, of artists left out: eight parts, seed 1, in
each of which some artists are judged by what learned from the others. With --judge nothing is
written. With --licences=commercial the labels are tags.labels' alone: nothing of emotify and of the
players, whose licences exclude commercial use, is in it.
"""

import datetime
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold

from cards import COMMERCIAL, LIMITS
from engine.classifier.card import DataSource
from engine.classifier.classifier import Classifier
from engine.recognition.timeline import Timeline
from project import ROOT
from tags.emotify import GENRES, Heard, Kept, genres
from tags.labels import GENRE, mix
from tags.lessons import ART, EXCLUDED, HEIGHT, Lessons, learned, with_labels

PATH = ROOT / "resources" / "models" / "genre.safetensors"
PARTS, SEED = 8, 1


def left_out(lessons: Lessons, classifier: Classifier) -> dict[str, Heard]:
    """What classifiers say of tracks by artists whom they did not learn from, near and far."""
    windows = lessons.windows(classifier)
    artists = [row["artist"] for row in lessons.rows]
    truth = [list(GENRES).index(row["genre"]) for row in lessons.rows]
    split = StratifiedGroupKFold(PARTS, shuffle=True, random_state=SEED)
    said: dict[str, dict[int, Timeline]] = {"emotify": {}, "emotify-far": {}}
    for _, out in split.split(truth, truth, artists):
        part = learned(classifier, windows.without(out))
        for name, lines in said.items():
            some = lessons.kept[name].only(out)
            lines |= zip(out.tolist(), some.judged(part).timelines, strict=True)
    card = part.card
    return {
        name: Heard(card, [lines[number] for number in range(len(lessons.rows))])
        for name, lines in said.items()
    }


def false_names(rows: list[dict[str, str]], heard: Heard) -> Iterator[str]:
    """How often labels are said of tracks that they exclude, in percent."""
    said = heard.said
    yield "| genre | said though it cannot be, in percent of the tracks |"
    yield "| --- | --- |"
    for genre, excluded in EXCLUDED.items():
        mine = [words for words, row in zip(said, rows, strict=True) if row["genre"] == genre]
        wrong = {label: sum(label in words for words in mine) for label in sorted(excluded)}
        any_one = sum(bool(excluded & set(words)) for words in mine)
        words = [f"{x} {100 * n / len(mine):.0f}" for x, n in wrong.items() if n]
        yield f"| {genre} | any {100 * any_one / len(mine):.0f}: {', '.join(words)} |"


def calibration_error(rows: list[dict[str, str]], heard: Heard) -> float:
    """Of the four labels' means over a track, ten boxes."""
    columns = [heard.card.labels.index(genre) for genre in GENRES]
    chances = heard.means[:, columns].ravel()
    truth = np.asarray([[row["genre"] == genre for genre in GENRES] for row in rows]).ravel()
    boxes = np.minimum((chances * 10).astype(int), 9)
    gaps = [abs(chances[boxes == b].mean() - truth[boxes == b].mean()) for b in np.unique(boxes)]
    return float(np.dot(gaps, [(boxes == b).mean() for b in np.unique(boxes)]))


def of_solos(kept: Kept, classifier: Classifier) -> Iterator[str]:
    """What is said of players alone, by instrument."""
    heard = kept.judged(classifier)
    said, means = heard.said, heard.means
    kinds = np.asarray([place.split("/")[-2] for place in kept.names])
    yield "| alone | recordings | classical is said | something else | most probable |"
    yield "| --- | --- | --- | --- | --- |"
    for kind in sorted(set(kinds)):
        mine = np.flatnonzero(kinds == kind)
        first = Counter(heard.card.labels[means[i].argmax()] for i in mine).most_common(4)
        right = np.mean(["classical" in said[i] for i in mine])
        wrong = Counter(x for i in mine for x in said[i] if x not in ART).most_common(3)
        words = [", ".join(f"{x} {n}" for x, n in found) for found in (wrong, first)]
        yield f"| {kind} | {len(mine)} | {100 * right:.0f} % | {words[0]} | {words[1]} |"


def mean_right(rows: list[dict[str, str]], heard: Heard) -> float:
    """Tracks whose genre is the most probable of the four, mean of the genres."""
    columns = [heard.card.labels.index(genre) for genre in GENRES]
    first = np.asarray(list(GENRES))[heard.means[:, columns].argmax(1)]
    truth = np.asarray([row["genre"] for row in rows])
    return float(np.mean([(first[truth == genre] == genre).mean() for genre in GENRES]))


def told(rows: list[dict[str, str]], heard: Heard) -> Iterator[str]:
    """All tables of a source."""
    yield f"first of the four: {100 * mean_right(rows, heard):.1f} %, mean of the genres"
    yield f"calibration error of the four: {calibration_error(rows, heard):.3f}\n"
    yield from genres(rows, heard)
    yield ""
    yield from false_names(rows, heard)


DESCRIPTION = (
    "Genres of music, several at a time where they mix. Classical, electronic, pop and rock were "
    "learned from recordings; the others are based on the tags of two musicnn networks."
)
LICENCE = (
    "ISC (musicnn weights), Apache-2.0 (gate and calibration); not for commercial use: "
    "classical, electronic, pop and rock learned from recordings under CC BY-NC-SA"
)
SOURCES = [
    DataSource(
        name="Emotify: 317 tracks of Magnatune (genres)",
        licence="recordings CC BY-NC-SA; ratings free for research",
        count=317,
        url="https://www2.projects.science.uu.nl/memotion/emotifydata/",
    ),
    DataSource(
        name="Recordings of players alone (what is classical)",
        licence="CC0, CC BY, CC BY-NC-SA and others, see the credits",
    ),
]


def described(
    classifier: Classifier, changes: dict[str, object], sources: list[DataSource]
) -> Classifier:
    """The same with a card that says what it is."""
    ours = {source.name for source in SOURCES}
    data = [source for source in classifier.card.data if source.name not in ours]
    date = datetime.date.today().isoformat()
    update = {**changes, "data": data + sources, "date": date}
    card = classifier.card.model_copy(update=update)
    return Classifier(card, classifier.feature, classifier.network, classifier.gate)


def without_recordings(classifier: Classifier) -> Classifier:
    """The labels of tags.labels alone."""
    rows, biases = mix(GENRE, ["MTT", "MSD"], HEIGHT)
    return with_labels(classifier, list(GENRE), np.asarray(rows), biases)


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    old = Classifier.load(PATH)
    gate = {k: v for k, v in old.card.metrics.items() if k.startswith("gate")}
    plain = without_recordings(old)
    if "--licences=commercial" in sys.argv:
        changes = COMMERCIAL["genre"] | {"metrics": gate}
        described(plain, changes, []).save(PATH)
        return
    lessons = Lessons.of(Path(words[0]), Path(words[1]))
    judged = left_out(lessons, old)
    for name, heard in judged.items():
        sys.stdout.write(f"## {name}: the tags alone\n")
        before = lessons.kept[name].judged(plain)
        sys.stdout.write("\n".join(told(lessons.rows, before)))
        sys.stdout.write(f"\n\n## {name}: artists left out\n")
        sys.stdout.write("\n".join(told(lessons.rows, heard)) + "\n\n")
        sys.stdout.flush()
    found = learned(old, lessons.windows(old))
    sys.stdout.write("\n".join(of_solos(lessons.kept["solos"], found)) + "\n")
    if "--judge" not in sys.argv:
        metrics = gate | {
            "artists_left_out_balanced_accuracy": mean_right(lessons.rows, judged["emotify"]),
            "artists_left_out_ece": calibration_error(lessons.rows, judged["emotify"]),
        }
        changes = {
            "description": DESCRIPTION,
            "licence": LICENCE,
            "limits": LIMITS["genre"],
            "metrics": metrics,
        }
        shipped = described(found, changes, SOURCES)
        shipped.save(PATH)
        sys.stdout.write(f"saved, SHA-256 {shipped.sha256}\n")


if __name__ == "__main__":
    main()
