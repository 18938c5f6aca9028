"""What Earmark itself wrote, broken: projects, runs, caches, settings and messages."""

import contextlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from desktop import settings as remembered
from desktop.settings import Setting, Settings
from engine.classifier.catalog import Catalog
from engine.datasets import cache, open_dataset
from engine.datasets.table import Dataset
from engine.errors import EarmarkError
from engine.project.project import Project
from engine.training.runs.comparison import write_comparison
from engine.training.runs.listing import find_runs
from engine.training.runs.results import read_results
from engine.training.runs.run import Run
from tests import corpora
from tests.engine.training import toys
from tests.robustness.damage import broken_bytes, broken_value, deep, nasty
from tests.robustness.victim import Case

_RECIPE = {"training__epochs": 2}


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    data = toys.features(folder / "toy" / "data", rows=30)
    toys.trained(toys.recipe(**_RECIPE), data, toys.place(folder / "toy"))
    toys.trained(toys.recipe(**_RECIPE), data, toys.place(folder / "toy", "other"))
    more = {"training__epochs": 6}
    toys.broken_off(toys.recipe(**more), data, toys.place(folder / "toy", "off"), 2)
    sounds = toys.sounds(folder, files=3, seconds=0.2)
    small = toys.place(folder / "prepared", "run")
    toys.trained(toys.recipe(**_RECIPE), sounds, small)
    project = Project(folder / "project")
    for _ in project.import_folder(corpora.folders(folder / "mine", ("bell", "drum"), 3, 0.1)):
        pass
    project.close()
    cache.LEAST_ROWS = 1  # small tables are kept as well

    def make(rng: random.Random, place: Path) -> Case:
        return rng.choice(_WAYS)(rng, folder, place)

    return make


def _break(rng: random.Random, path: Path) -> str:
    """Break a file as its kind suggests; says how."""
    data = path.read_bytes()
    draw = rng.random()
    if draw < 0.15:
        path.unlink()
        path.mkdir()
        return f"{path.name} a folder"
    if draw < 0.25:
        path.unlink()
        return f"{path.name} gone"
    if path.suffix == ".json" and draw < 0.8:
        if rng.random() < 0.25:
            text = deep(rng)
            path.write_text(text)
            return f"{path.name} {text[:20]!r}"
        values = json.loads(data)
        what = broken_value(rng, values) if isinstance(values, dict | list) and values else "as is"
        path.write_text(json.dumps(values))
        return f"{path.name} {what}"
    what, data = broken_bytes(rng, data)
    path.write_bytes(data)
    return f"{path.name} {what}"


def _one(rng: random.Random, folder: Path, *names: str) -> Path:
    """One of the files in a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not names)
    found += [folder / name for name in names if (folder / name).is_file()]
    return rng.choice(found)


def _project(rng: random.Random, base: Path, place: Path) -> Case:
    """A project: opened, changed, undone, closed and opened again."""
    mine = place / "project"
    shutil.copytree(base / "project", mine)
    what = _break(rng, _one(rng, mine, "manifest.csv", "classes.json"))
    if rng.random() < 0.3:
        (mine / ".classes.next.json").write_text(rng.choice((deep(rng), '{"classes": ["bell"]}')))
        what += ", and one step half done"

    def act() -> None:
        project = Project(mine)
        names = {name.casefold() for name in project.classes}
        assert all(row.label in project.classes for row in project.rows)
        before = project.rows
        if "fresh" not in names:
            project.add_class("fresh")
        if project.rows:
            project.relabel(project.rows[:1], project.classes[-1])
            project.history.undo()
        for _ in project.check():
            pass
        project.close()
        again = Project(mine)
        assert [(r.path, r.label) for r in again.rows] == [(r.path, r.label) for r in before]
        again.close()

    return Case(f"a project, {what}", act)


def _run(rng: random.Random, base: Path, place: Path) -> Case:
    """A finished run: listed, read and compared."""
    shutil.copytree(base / "toy" / "run", place / "runs" / "one")
    shutil.copytree(base / "toy" / "other", place / "runs" / "two")
    what = _break(rng, _one(rng, place / "runs" / "one"))

    def act() -> None:
        runs = [place / "runs" / "one", place / "runs" / "two"]
        listing = find_runs([place / "runs"])
        with contextlib.suppress(StopIteration):
            while True:
                next(listing)
        run = Run(runs[0])
        for read in (run.recipe, run.history, lambda: read_results(runs[0])):
            with contextlib.suppress(EarmarkError):
                read()
        write_comparison(runs, place / "comparison.html")

    return Case(f"a run, {what}", act)


def _resumed(rng: random.Random, base: Path, place: Path) -> Case:
    """A run that was broken off: it goes on, or says why not."""
    shutil.copytree(base / "toy" / "off", place / "run")
    name = rng.choice(("checkpoint.safetensors", "checkpoint.safetensors", "history.json"))
    path = place / "run" / name
    if name.startswith("checkpoint") and rng.random() < 0.6:
        what = _other_state(rng, path)
    else:
        path = rng.choice((path, _one(rng, place / "run")))
        what = _break(rng, path)

    def act() -> None:
        data = toys.existing(base / "toy" / "data", rows=30)
        recipe = toys.recipe(training__epochs=6)
        run, _ = toys.trained(recipe, data, toys.place(place, resume=True))
        assert [epoch.epoch for epoch in run.history()] == [1, 2, 3, 4, 5, 6]

    return Case(f"resumed, {what}", act)


def _other_state(rng: random.Random, path: Path) -> str:
    """The state in a checkpoint, which is JSON inside JSON, broken."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    if rng.random() < 0.7:
        state = json.loads(header["__metadata__"]["state"])
        what = broken_value(rng, state)
        header["__metadata__"]["state"] = deep(rng) if rng.random() < 0.2 else json.dumps(state)
    else:
        what = broken_value(rng, header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    return f"state {what}"


def _windows(rng: random.Random, base: Path, place: Path) -> Case:
    """Kept windows of a data set: a broken cache costs time and nothing else."""
    kept = place / "cache"
    shutil.copytree(base / "prepared" / "cache", kept)
    what = _break(rng, _one(rng, kept))

    def act() -> None:
        sounds = open_dataset(base / "sounds")
        where = toys.place(place, "run")
        run, _ = toys.trained(toys.recipe(**_RECIPE), sounds, where)
        mine, first = run.history(), Run(base / "prepared" / "run").history()
        assert [epoch.loss for epoch in mine] == [epoch.loss for epoch in first]

    return Case(f"the cache of windows, {what}", act, refusable=False)


def _table(rng: random.Random, base: Path, place: Path) -> Case:
    """The kept table of a data set."""
    del place
    root = (base / "sounds").absolute()
    whole = open_dataset(root)
    stamp = "0" * 64
    cache.keep(root, "auto", stamp, whole)
    path = cache._path(root, "auto")
    what = _break(rng, path)

    def act() -> None:
        found: Dataset | None = cache.recall(root, "auto", stamp)
        if path.is_dir():
            path.rmdir()
        if found is not None:
            assert all(isinstance(excerpt.label, str) for excerpt in found.excerpts)
            found.fingerprint()

    return Case(f"the kept table, {what}", act)


def _forgotten() -> None:
    """As in a new process: what the module holds of the file is read anew."""
    remembered._stores.clear()


def _settings() -> list[Setting]:
    return [value for value in vars(remembered).values() if isinstance(value, Setting)]


def _remembered(rng: random.Random, base: Path, place: Path) -> Case:
    """The settings: each is of its type, or the default."""
    del base
    _forgotten()
    settings = Settings()
    for setting in _settings():
        settings.set(setting, setting.default)
    settings.set(remembered.RECENT, ["/a/song.wav", "/b/ünï.wav"])
    _forgotten()
    folder = Path(os.environ["XDG_CONFIG_HOME"])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert files, "the settings are nowhere"
    path = rng.choice(files)
    if path.suffix == ".json" and rng.random() < 0.7:
        values = json.loads(path.read_text())
        what = broken_value(rng, values)
        for key in rng.sample(sorted(values), min(3, len(values))):
            values[key] = nasty(rng)
        path.write_text(json.dumps(values))
    else:
        what, data = broken_bytes(rng, path.read_bytes())
        path.write_bytes(data)

    def act() -> None:
        try:
            again = Settings()
            for setting in _settings():
                value = again.get(setting)
                wanted = type(setting.default)
                assert isinstance(value, wanted), f"{setting.key} is {str(value)[:50]!r}"
                if wanted is list:
                    assert all(isinstance(one, str) for one in value), f"{setting.key} of others"
        finally:
            for old in files:
                old.unlink(missing_ok=True)

    return Case(f"{path.name}, {what}", act, refusable=False)


def _adjustments(rng: random.Random, base: Path, place: Path) -> Case:
    """The user's thresholds."""
    del base
    path = place / "adjustments.json"
    values: Any = {"genre": {"thresholds": {"rock": 0.3}, "smoothing_seconds": 1.0}}
    what = broken_value(rng, values)
    text = json.dumps(values)
    if rng.random() < 0.4:
        text = deep(rng)
        what = text[:20]
    path.write_text(text)

    def act() -> None:
        catalog = Catalog(place)
        card = catalog.adjusted(catalog.find("genre").card)
        assert len(card.calibration.thresholds) == len(card.labels)
        assert np.isfinite(card.calibration.thresholds).all()

    return Case(f"adjustments, {what}", act, refusable=False)


_WAYS: tuple[Callable[[random.Random, Path, Path], Case], ...] = (
    *(_project, _project, _run, _run, _resumed, _resumed, _windows, _table),
    *(_remembered, _remembered, _adjustments),
)
