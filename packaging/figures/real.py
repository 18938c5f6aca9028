"""Trains the courses' recipes, and `emotion`, on real recordings: figures of docs/benchmarks.md.

    python packaging/figures/real.py DATA OUT [--only STEP ...] [--guitars TRUE FALSE]

DATA is the folder of recordings (philharmonia/, emotify/, players/), OUT takes a run for each
training, and is gone through again where one is missing: whatever breaks it off, nothing is
trained twice. Figures are read from the runs and printed as Markdown.

The author recipes need the guitar tracks of two authors, in WAV or Ogg files under two folders,
such as Debian's packages fretsonfire-songs-muldjord and -sectoid hold (guitar.ogg).
"""

import argparse
import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio import read, write
from engine.classifier.figures import with_bounds
from engine.datasets import Dataset, open_dataset
from engine.evaluation import ValueResults, evaluate_values
from engine.recipes.recipe import Recipe, find_recipe
from engine.training.events import EpochDone
from engine.training.runs.results import read_results
from engine.training.runs.run import Run
from engine.training.train import Place, train

FOLDS = 5
# Ten of the Philharmonia's sixteen, as many as the courses have.
_TEN = ["bass-clarinet", "bassoon", "cello", "clarinet", "double-bass", "flute", "french-horn",
        "oboe", "saxophone", "trombone"]  # fmt: skip
# Of the players: learned from one collection, judged on others.
_LEARNED = ("fsdkaggle2018",)
_JUDGED = ("iowa-mis", "freesound-packs", "ixox-flute", "mtg-solosax", "dsmolken-double-bass")
_LABELS = ("acoustic-guitar", "cello", "clarinet", "double-bass", "flute", "saxophone", "violin")


@dataclass(frozen=True)
class Training:
    """One training.

    Attributes:
        name: of its folder.
        recipe: a preset's name.
        published: whether as published.
        changes: fields that are set otherwise.
    """

    name: str
    recipe: str
    published: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)

    def made(self) -> Recipe:
        recipe = find_recipe(self.recipe)
        return (recipe.as_published() if self.published else recipe).changed(self.changes)


def both(recipe: str, changes: Mapping[str, Any] | None = None) -> list[Training]:
    """A recipe as published and corrected."""
    return [
        Training(f"{recipe}-as-published", recipe, True, changes or {}),
        Training(f"{recipe}-corrected", recipe, False, changes or {}),
    ]


def run(training: Training, dataset: Dataset, out: Path) -> Run:
    """Train, unless that was done; go on where it was broken off."""
    found = Run(out / training.name)
    if not found.results_file.is_file():
        resume = found.checkpoint_file.is_file()
        place = Place(found.folder, device="cpu", resume=resume, cache=out / "cache")
        for event in train(training.made(), dataset, place):
            if isinstance(event, EpochDone):
                print(f"{training.name}: epoch {event.epoch}, loss {event.loss:.4f}", flush=True)
    return found


def table(runs: Sequence[Run], names: Sequence[str]) -> str:
    """A row for each run with some of its figures."""
    lines = [f"| run | windows | {' | '.join(names)} |", "| --- " * (len(names) + 2) + "|"]
    for one in runs:
        figures, facts = one.figures(), one.facts()
        cells = [with_bounds(figures, name) if name in figures else "" for name in names]
        windows = "/".join(map(str, facts["windows"]))
        lines.append(f"| `{one.folder.name}` | {windows} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def emotion(data: Path, out: Path) -> str:
    """Nine emotions, five folds of artists, all windows that were left out judged together."""
    dataset = open_dataset(data / "emotify")
    parts = []
    for fold in range(FOLDS):
        changes = {"data.split.folds": FOLDS, "data.split.fold": fold, "deployment.gate": False}
        results = read_results(run(Training(f"emotion-{fold}", "emotion", False, changes),
                                   dataset, out).folder)  # fmt: skip
        assert isinstance(results, ValueResults)
        parts.append(results)
    found = evaluate_values(joined(parts))
    lines = [
        "| emotion | RMSE | RMSE of the mean | error removed | R² | concordance |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in found.by_recording:
        ends = one.intervals
        cells = [f"{one.rmse:.3f}", f"{one.mean_rmse:.3f}"]
        cells += [
            f"{value:.2f} ({ends[name].low:.2f} to {ends[name].high:.2f})"
            for name, value in (
                ("gain", one.gain),
                ("r2", one.r2),
                ("concordance", one.concordance),
            )
        ]
        lines.append(f"| {one.name.replace('_', ' ')} | {' | '.join(cells)} |")
    better = sum(one.beats_mean for one in found.by_recording)
    lines.append(
        f"\n{found.recordings} tracks of {found.groups} artists, each judged by a training that "
        f"heard none of its artist's; {better} of {len(found.by_recording)} better than the mean "
        f"predictor. Mean over the emotions: R² {found.recording_r2:.3f}, concordance "
        f"{found.recording_concordance:.3f}; of single windows {found.r2:.3f} and "
        f"{found.concordance:.3f}."
    )
    return "\n".join(lines) + "\n"


def joined(parts: Sequence[ValueResults]) -> ValueResults:
    """All folds as one; the mean predictor is the mean of theirs, who together know all tracks."""
    first = parts[0]
    return ValueResults(
        dimensions=first.dimensions,
        values=np.concatenate([part.values for part in parts]),
        truth=np.concatenate([part.truth for part in parts]),
        baseline=np.mean([part.baseline for part in parts], axis=0, dtype=np.float32),
        recordings=tuple(name for part in parts for name in part.recordings),
        groups=tuple(name for part in parts for name in part.groups),
        starts=np.concatenate([part.starts for part in parts]),
    )


def genre(data: Path, out: Path) -> str:
    """Four genres: segments at random as published, and artists held out."""
    dataset = open_dataset(data / "emotify")
    trainings = [one for name in ("genre-mlp", "genre-cnn", "genre-lstm") for one in both(name)]
    return table([run(one, dataset, out) for one in trainings], ("accuracy", "recording_accuracy"))


def instrument(data: Path, out: Path) -> str:
    """Frames of notes at random as published, and whole pitches held out."""
    dataset = open_dataset(data / "philharmonia")
    trainings = both("instrument-mlp", {"data.classes": _TEN, "data.most_per_class": 8000})
    return table([run(one, dataset, out) for one in trainings], ("accuracy", "recording_accuracy"))


def author(data: Path, out: Path, guitars: Sequence[Path]) -> str:
    """Two authors' guitar tracks."""
    for folder, source in zip(("true", "false"), guitars, strict=True):
        for number, path in enumerate(
            sorted([*source.rglob("guitar.ogg"), *source.rglob("*.wav")])
        ):
            target = out / "guitars" / folder / f"{number}.wav"
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                write(target, read(path, mono=True, rate_hz=44100))
    dataset = open_dataset(out / "guitars", "author-music")
    trainings = [one for name in ("author-dense", "author-rnn", "author-gru") for one in both(name)]
    return table([run(one, dataset, out) for one in trainings], ("accuracy", "recording_accuracy"))


def medley(data: Path, out: Path) -> str:
    """Learned from players of one collection, judged on those of others.

    Accuracies of the validation part, as the course reports them, and of the test part. The network
    on samples as published takes 12.6 GB of memory.
    """
    manifest = out / "players" / "manifest.csv"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "group", "fold"])
        for fold, collections in (("training", _LEARNED), ("test", _JUDGED)):
            for path, label in _players(data / "players", collections):
                rows.writerow([path.absolute(), label, path.stem.split("_")[0], fold])
    dataset = open_dataset(manifest)
    trainings = [
        one for name in ("instrument-lstm-spectral", "instrument-lstm-time") for one in both(name)
    ]
    runs = [run(one, dataset, out) for one in trainings]
    lines = ["| run | epochs | validation accuracy |", "| --- | --- | --- |"]
    for found in runs:
        told = found.history()
        last = found.recipe().training.keep == "last"
        kept = told[-1] if last else min(told, key=lambda epoch: epoch.validation_loss)
        lines.append(f"| `{found.folder.name}` | {len(told)} | {kept.validation_accuracy:.3f} |")
    return "\n".join(lines) + "\n\n" + table(runs, ("accuracy", "balanced_accuracy"))


def _players(folder: Path, collections: Sequence[str]) -> Iterator[tuple[Path, str]]:
    for collection in collections:
        for label in _LABELS:
            for path in sorted((folder / collection / label).glob("*.opus")):
                yield path, label


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("data", type=Path)
    reader.add_argument("out", type=Path)
    steps = {"emotion": emotion, "genre": genre, "instrument": instrument, "medley": medley}
    reader.add_argument("--only", nargs="+", choices=[*steps, "author"], default=[*steps])
    reader.add_argument("--guitars", nargs=2, type=Path, metavar=("TRUE", "FALSE"))
    asked = reader.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in asked.only:
        if name == "author":
            if asked.guitars is None:
                reader.error("the author recipes need --guitars")
            words = author(asked.data, asked.out, asked.guitars)
        else:
            words = steps[name](asked.data, asked.out)
        print(f"\n## {name}\n\n{words}", flush=True)


if __name__ == "__main__":
    main()
