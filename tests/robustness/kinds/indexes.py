"""Indexes of archives: tables, segments and projections that are broken or forged."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.search.building import build
from engine.search.duplicates import near_duplicates
from engine.search.index import Index
from engine.search.teaching import Teaching
from tests.engine.search.planted import PlantedEar, finished, store, tone
from tests.robustness.damage import broken_bytes
from tests.robustness.victim import Case

_VALUES = (None, 0, -1, 2**62, -(2**63), 1e300, float("inf"), 0.5, "", "x", b"", b"\xff", "a\0b")
_FILES = ("index.sqlite", "projection.safetensors", "segments/1.npy")


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    ear, whole = PlantedEar(), folder / "whole"
    paths = [
        store(folder / "sounds" / f"{n}.wav", tone(300.0 + 200 * n, 4.0, seed=n)) for n in range(5)
    ]
    with Index(whole, make=ear.projection) as index:
        finished(build(index, ear, paths))  # type: ignore[arg-type]
    # What torch makes when it is first used belongs to no input.
    shutil.copytree(whole, folder / "tried")
    _use(folder / "tried", ear, paths)

    def make(rng: random.Random, place: Path) -> Case:
        broken = place / "broken"
        shutil.copytree(whole, broken)
        what = rng.choice(_WAYS)(rng, broken)
        return Case(what, lambda: _use(broken, ear, paths), refusable=what != "as it is")

    return make


def _use(folder: Path, ear: PlantedEar, paths: list[Path]) -> None:
    """Search it, teach by it, compare its files, and go on with it.

    Raises:
        EarmarkError: it cannot be used.
    """
    query = ear.of(tone(700.0))
    with Index(folder) as index:
        for hit in index.search(query, count=9):
            assert 0 <= hit.start_seconds <= hit.end_seconds, "a stretch that ends before it begins"
            assert np.isfinite(hit.score)
        teaching = Teaching(index, query)
        for one in teaching.begin(3):
            teaching.mark(one, "yes")
        teaching.fit()
        teaching.propose(3)
        finished(near_duplicates(index))
        index.count()
    with Index(folder, make=ear.projection) as index:
        finished(build(index, ear, paths))  # type: ignore[arg-type]


# Ways to break one.


def _as_it_is(rng: random.Random, folder: Path) -> str:
    del rng, folder
    return "as it is"


def _bytes(rng: random.Random, folder: Path) -> str:
    name = rng.choice(_FILES)
    what, data = broken_bytes(rng, (folder / name).read_bytes())
    (folder / name).write_bytes(data)
    return f"{name}: {what}"


def _value(rng: random.Random, folder: Path) -> str:
    """Values of other types, or that do not fit each other."""
    said = []
    with sqlite3.connect(folder / "index.sqlite") as database:
        table = rng.choice(("settings", "segments", "files"))
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        name, value = rng.choice(names), rng.choice(_VALUES)
        try:
            database.execute(f"UPDATE OR REPLACE {table} SET {name} = ?", (value,))
        except sqlite3.Error as error:
            said.append(str(error)[:40])
        said.append(f"{table}.{name} {str(value)[:20]!r}")
    database.close()
    return f"with {', '.join(said)}"


def _schema(rng: random.Random, folder: Path) -> str:
    command = rng.choice(
        (
            "DROP TABLE segments",
            "DROP TABLE settings; CREATE TABLE settings (name)",
            "DROP TABLE files; CREATE VIEW files AS WITH RECURSIVE n(path) AS (SELECT 1 "
            "UNION ALL SELECT path + 1 FROM n) SELECT path FROM n",
            "CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM segments; END",
            "PRAGMA user_version = 99",
            "PRAGMA application_id = 7",
        )
    )
    database = sqlite3.connect(folder / "index.sqlite")
    database.executescript(command)
    database.close()
    return command[:60]


def _matrix(rng: random.Random, folder: Path) -> str:
    """A segment of other numbers, another shape, or a pickle."""
    path = folder / "segments" / "1.npy"
    kind = rng.choice(("shape", "type", "order", "pickle", "archive"))
    found = np.load(path)
    if kind == "shape":
        np.save(path, found[:-1])
    elif kind == "type":
        np.save(path, found.astype(np.float32))
    elif kind == "order":
        np.save(path, np.asfortranarray(found))
    elif kind == "pickle":
        np.save(path, np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        np.savez(path.with_suffix(".npz"), found)
        path.with_suffix(".npz").replace(path)
    return f"segment: {kind}"


_WAYS: tuple[Callable[[random.Random, Path], str], ...] = (
    *(_as_it_is, _bytes, _bytes, _bytes, _bytes, _value, _value, _value, _schema, _matrix),
)
