"""Small data sets and recipes that train in a moment."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets import open_dataset
from engine.datasets.table import About, Dataset, Excerpt
from engine.recipes.recipe import Recipe, validated
from engine.training.events import EpochDone, Event
from engine.training.runs.run import Run
from engine.training.train import Place, train
from tests import corpora

BANDS = 6


def features(folder: Path, rows: int = 120, classes: int = 3, spread: float = 0.5) -> Dataset:
    """Points around a centre for each class, as a ``.npy`` file of features."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    labels = np.arange(rows) % classes
    centres = 2.0 * np.eye(classes, BANDS)
    np.save(folder / "data.npy", centres[labels] + rng.normal(0, spread, (rows, BANDS)))
    return existing(folder, rows, classes)


def existing(folder: Path, rows: int = 120, classes: int = 3) -> Dataset:
    """The same, of a file that is there."""
    labels = np.arange(rows) % classes
    excerpts = tuple(
        Excerpt("data.npy", f"class {label}", group=f"note {row}", start=float(row))
        for row, label in enumerate(labels.tolist())
    )
    return Dataset(About("toy"), folder, excerpts, features=True)


def recipe(**changes: Any) -> Recipe:
    """A dense network on 6 bands; fields by their path, with ``__`` for the dots."""
    plain: dict[str, Any] = {
        "name": "toy",
        "title": "Toy",
        "description": "Three heaps of points.",
        "data": {
            "rate_hz": 8000,
            "window_samples": 400,
            "hop_samples": 400,
            "allow_leak": True,  # synthesised windows are much alike
        },
        "feature": {"name": "mfcc", "arguments": {"n_mfcc": BANDS, "n_mels": 20, "n_fft": 256}},
        "network": {"name": "dense", "arguments": {"hidden": [8]}},
        "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.02},
    }
    return validated(plain, "toy").changed({k.replace("__", "."): v for k, v in changes.items()})


def sounds(folder: Path, files: int = 5, seconds: float = 0.3) -> Dataset:
    """Three classes of sounds in folders."""
    return open_dataset(corpora.folders(folder / "sounds", files=files, seconds=seconds))


def place(folder: Path, name: str = "run", **more: Any) -> Place:
    """A run's place that leaves the user's cache alone."""
    return Place(folder / name, device="cpu", cache=folder / "cache", **more)


def started(recipe: Recipe, dataset: Dataset, where: Place) -> Generator[Event, None, Run]:
    """A training, to be driven by hand."""
    return train(recipe, dataset, where)


def trained(recipe: Recipe, dataset: Dataset, where: Place) -> tuple[Run, list[Event]]:
    """A whole training and what it told."""
    events: list[Event] = []
    steps = train(recipe, dataset, where)
    while True:
        try:
            events.append(next(steps))
        except StopIteration as stop:
            return stop.value, events


def broken_off(recipe: Recipe, dataset: Dataset, where: Place, epoch: int) -> None:
    """A training that is closed when so many epochs are done."""
    steps = train(recipe, dataset, where)
    for event in steps:
        if isinstance(event, EpochDone) and event.epoch == epoch:
            break
    steps.close()
