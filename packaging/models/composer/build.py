"""Trains and judges the bundled classifier of composers.

    python packaging/models/run.py composer.build FOLDER [--judge]

FOLDER is what composer.scores, composer.sounds and composer.background filled; --judge takes the
classifier that was trained before. Trains the recipe `composer`, as
`earmark train composer FOLDER/sounds --background FOLDER/background` does, and writes
resources/models/composer.safetensors and the tables of FOLDER/tables.md: the test pieces, the same
on instruments and a soundfont unseen in training, statistics of the very notes that were played,
and music and sounds by nobody it knows.
"""

import csv
import itertools
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cards import LIMITS
from composer.scores import Piece
from composer.sounds import Playing, notes_of
from composer.statistics import statistics
from engine.classifier.card import DataSource
from engine.classifier.classifier import Classifier, level_db
from engine.datasets import open_dataset
from engine.recipes.recipe import find_recipe
from engine.training.events import EpochDone, Finished, Started, Warned
from engine.training.train import Place, train
from engine.windows import Windows
from project import ROOT

OUT = ROOT / "resources" / "models" / "composer.safetensors"
GATE = "by one of these composers"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """Probabilities of windows, before presence, shape (n, labels); truth and piece of each."""

    probabilities: Array
    truth: NDArray[np.int64]
    pieces: NDArray[np.str_]

    def voted(self) -> "Heard":
        """One row a piece: the mean of its windows."""
        names, first, place = np.unique(self.pieces, return_index=True, return_inverse=True)
        mean = np.stack([self.probabilities[place == i].mean(0) for i in range(len(names))])
        return Heard(mean, self.truth[first], names)


def rows_of(folder: Path, *parts: str) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["fold"] in parts]


@torch.inference_mode()
def listen(classifier: Classifier, sound: NDArray[np.float32]) -> tuple[Array, Array]:
    """Probabilities without presence, (windows, labels), and presence, of windows half apart."""
    card = classifier.card
    rule = Windows(card.window_samples, card.window_samples // 2)
    starts = [i * rule.hop for i in range(rule.count(len(sound)))]
    cut = np.stack([np.resize(sound[s:], rule.length) for s in starts])
    waves = torch.from_numpy(cut)
    embedding = classifier.network.embed(classifier.feature(waves))
    both, presence = classifier.judge(embedding, level_db(waves))
    return (both / presence.clamp(min=1e-9)[:, None]).double().numpy(), presence.double().numpy()


def hear(classifier: Classifier, folder: Path) -> tuple[Heard, Array]:
    """The test excerpts of a folder, and the presence of each window."""
    found, truth, pieces, presences = [], [], [], []
    for row in rows_of(folder, "test"):
        sound, _ = soundfile.read(folder / row["path"], dtype="float32")
        probabilities, presence = listen(classifier, sound)
        found.append(probabilities)
        presences.append(presence)
        truth += [classifier.card.labels.index(row["label"])] * len(probabilities)
        pieces += [row["piece"]] * len(probabilities)
    heard = Heard(np.concatenate(found), np.asarray(truth), np.asarray(pieces))
    return heard, np.concatenate(presences)


def read(folder: Path, scores: Path, labels: list[str], *parts: str) -> tuple[Array, Heard]:
    """Statistics of the notes of the same windows; the probabilities are empty still."""
    figures, truth, pieces = [], [], []
    window, hop = 200704 / 16000, 100352 / 16000
    for row in rows_of(folder, *parts):
        piece = Piece(row["piece"], row["label"], row["group"], row["fold"])
        seconds = 37.8 if row["fold"] == "test" else 25.2
        playing = Playing(piece, seconds, float(row["start"]), float(row["pace"]), 0, [])
        notes = notes_of(playing, scores)
        for start in np.arange(0, seconds - window + 0.1, hop):
            inside = notes[(notes[:, 0] >= start) & (notes[:, 0] < start + window)]
            if len(inside) >= 6:
                figures.append(statistics(inside))
                truth.append(labels.index(row["label"]))
                pieces.append(row["piece"])
    empty = Heard(np.zeros((len(truth), 0)), np.asarray(truth), np.asarray(pieces))
    return np.stack(figures), empty


def references(folder: Path, labels: list[str]) -> dict[str, Heard]:
    """What statistics of the notes themselves reach with two plain classifiers."""
    sounds, scores = folder / "sounds", folder / "scores"
    x, known = read(sounds, scores, labels, "training")
    judged, unknown = read(sounds, scores, labels, "test")
    models: dict[str, Any] = {
        "score, logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.05, max_iter=3000)
        ),
        "score, gradient boosting": HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.08, l2_regularization=1.0, random_state=1
        ),
    }
    return {
        name: Heard(model.fit(x, known.truth).predict_proba(judged), unknown.truth, unknown.pieces)
        for name, model in models.items()
    }


def figures(heard: Heard) -> dict[str, float]:
    guess = heard.probabilities.argmax(1)
    confidence = heard.probabilities.max(1)
    right = guess == heard.truth
    edges = np.linspace(0, 1, 11)[1:-1]
    box = np.digitize(confidence, edges)
    gaps = [abs(confidence[box == b].mean() - right[box == b].mean()) for b in np.unique(box)]
    sizes = [float((box == b).mean()) for b in np.unique(box)]
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(balanced_accuracy_score(heard.truth, guess)),
        "calibration_error": float(np.dot(gaps, sizes)),
    }


def table(lines: dict[str, Heard], labels: list[str]) -> Iterable[str]:
    yield "| | segments | accuracy | balanced | calibration error | pieces | accuracy | balanced |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, heard in lines.items():
        one, whole = figures(heard), figures(heard.voted())
        yield (
            f"| {name} | {len(heard.truth)} | {one['accuracy']:.3f} | "
            f"{one['balanced_accuracy']:.3f} | {one['calibration_error']:.3f} | "
            f"{len(heard.voted().truth)} | {whole['accuracy']:.3f} | "
            f"{whole['balanced_accuracy']:.3f} |"
        )
    first = next(iter(lines.values()))
    for unit, heard in (("segments", first), ("pieces", first.voted())):
        share = np.bincount(heard.truth, minlength=len(labels)).max() / len(heard.truth)
        chance = f"accuracy {share:.3f}, balanced {1 / len(labels):.3f}"
        yield f"\nAlways the commonest of the {unit}: {chance}."


def confusion(heard: Heard, labels: list[str]) -> Iterable[str]:
    yield "| | " + " | ".join(labels) + " | recall |"
    yield "| --- |" + " --- |" * (len(labels) + 1)
    counts = confusion_matrix(heard.truth, heard.probabilities.argmax(1), labels=range(len(labels)))
    for label, row in zip(labels, counts.tolist(), strict=True):
        recall = row[labels.index(label)] / max(1, sum(row))
        yield f"| {label} | " + " | ".join(map(str, row)) + f" | {recall:.2f} |"


def open_set(classifier: Classifier, folder: Path, known: Heard, presence: Array) -> Iterable[str]:
    """What it says of sounds that are by none of its composers and that no gate learned from."""
    rule = classifier.card.calibration

    def line(name: str, probabilities: Array, presence: Array) -> str:
        named = (probabilities.max(1) * presence >= 0.5) & (presence >= rule.presence_threshold)
        low = presence < rule.presence_threshold
        auroc = roc_auc_score(
            np.r_[np.ones(len(mine)), np.zeros(len(presence))],
            np.r_[mine, probabilities.max(1) * presence],
        )
        return f"| {name} | {len(presence)} | {low.mean():.2f} | {named.mean():.2f} | {auroc:.3f} |"

    mine = known.probabilities.max(1) * presence
    yield "| | windows | presence too low | a composer is named | AUROC against the test |"
    yield "| --- | --- | --- | --- | --- |"
    yield line("test pieces", known.probabilities, presence)
    # As the training has it: of all files in order, every second judges.
    paths = sorted((folder / "background").rglob("*.flac"))[1::2]
    for kind, some in itertools.groupby(paths, key=lambda path: path.parent.name):
        parts = [listen(classifier, soundfile.read(path, dtype="float32")[0]) for path in some]
        yield line(kind, *(np.concatenate(list(both)) for both in zip(*parts, strict=True)))


def trained(folder: Path) -> Path:
    """Train the recipe; gives the file of the classifier."""
    run = folder / "run"
    dataset = open_dataset(folder / "sounds")
    place = Place(run, "cpu", background=folder / "background", cache=folder / "windows")
    for event in train(find_recipe("composer"), dataset, place):
        if isinstance(event, EpochDone | Finished | Started | Warned):
            sys.stdout.write(f"{event}\n"[:400])
            sys.stdout.flush()
    return run / "classifier.safetensors"


DESCRIPTION = (
    "Which of five composers wrote 12 s of music, judged by the notes alone: instrument, key, "
    "tempo and loudness carried no information in training."
)
LICENCE = "Apache-2.0 (weights; for the training data, see there)"
SOURCES = [
    DataSource(
        name="Scores in the corpus of music21 10.5.1",
        licence=(
            "encodings by permission of their makers; only weights trained on them are included"
        ),
        url="https://github.com/cuthbertLab/music21",
    ),
    DataSource(name="FluidR3 GM and MuseScore General (soundfonts)", licence="MIT"),
    DataSource(name="GM bank of Csound (soundfont)", licence="public domain"),
    DataSource(name="ESC-10, Free Spoken Digit Dataset (gate)", licence="CC BY 3.0; CC BY-SA 4.0"),
    DataSource(name="Music of free games in Debian (gate)", licence="GPL, CC BY-SA and others"),
]


def shipped(path: Path, found: dict[str, float], count: int) -> Classifier:
    """The same classifier with a card that says what it is."""
    old = Classifier.load(path)
    calibration = old.card.calibration.model_copy(update={"gate": GATE, "smoothing_seconds": 4.0})
    sources = [SOURCES[0].model_copy(update={"count": count}), *SOURCES[1:]]
    card = old.card.model_copy(
        update={
            "title": "Composer",
            "description": DESCRIPTION,
            "calibration": calibration,
            "data": sources,
            "licence": LICENCE,
            "metrics": found,
            "limits": LIMITS["composer"],
        }
    )
    return Classifier(card, old.feature, old.network, old.gate)


def judged(classifier: Classifier, folder: Path) -> tuple[list[str], dict[str, float]]:
    """The tables in words, and the figures for the card."""
    labels = classifier.card.labels
    known, presence = hear(classifier, folder / "sounds")
    unseen, _ = hear(classifier, folder / "unseen")
    lines = {
        "sound, instruments and soundfonts as in training": known,
        "sound, soundfont and leading instrument never heard": unseen,
        **references(folder, labels),
    }
    text = [*table(lines, labels)]
    for title, heard in (
        ("Pieces as heard", known.voted()),
        ("Segments as heard", known),
        ("Pieces from an unseen soundfont, on unseen leading instruments", unseen.voted()),
    ):
        text += ["", f"{title}:", "", *confusion(heard, labels)]
    text += ["", *open_set(classifier, folder, known, presence)]
    found = figures(known)
    found |= {f"piece_{name}": value for name, value in figures(known.voted()).items()}
    found |= {f"unseen_soundfont_{name}": value for name, value in figures(unseen).items()}
    found["unseen_soundfont_piece_accuracy"] = figures(unseen.voted())["accuracy"]
    return text, found


def main() -> None:
    began, folder = time.monotonic(), Path(sys.argv[1])
    path = folder / "run" / "classifier.safetensors"
    if "--judge" not in sys.argv:
        path = trained(folder)
    took = (time.monotonic() - began) / 60
    classifier = Classifier.load(path)
    text, found = judged(classifier, folder)
    if "--judge" not in sys.argv:
        text += ["", f"Training took {took:.0f} minutes."]
    (folder / "tables.md").write_text("\n".join(text) + "\n")
    sys.stdout.write("\n".join(text) + "\n")
    pieces = {row["piece"] for row in rows_of(folder / "sounds", "training")}
    final = shipped(path, found, len(pieces))
    final.save(OUT)
    sys.stdout.write(f"saved, {OUT.stat().st_size} bytes, SHA-256 {final.sha256}\n")


if __name__ == "__main__":
    main()
