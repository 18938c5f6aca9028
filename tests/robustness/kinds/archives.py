"""Results databases: SQLite files whose bytes, values or tables are broken."""

import io
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from engine.archive.batch import ears_of, plan
from engine.archive.corrections import correct, corrections, precision_at, threshold_for
from engine.archive.database import Database
from engine.archive.parquet import open_parquet
from engine.archive.processes import Listening
from engine.classifier.classifier import Classifier
from engine.export import EXPORTS
from engine.export.destinations import open_destination
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.planted import RATE, beeper, burst
from tests.robustness.damage import broken_bytes
from tests.robustness.victim import Case

_PAGE = 4096
_VALUES = (
    *(None, 0, -1, 2**62, -(2**63), 1e300, float("inf"), 0.5, "", "x", "[]", "{}", "null", b""),
    *("[1, 2]", '{"rules": 3}', '{"a": []}', "[" * 5000, b"\xff\xfe", "\ud7ff", "-1e999", "a\0b"),
    *(b"\0" * 8, b"\xff" * 64, b"\x7f\xf0\0\0\0\0\0\0" * 3, "x" * 100_000),
)


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    model, sounds, whole = folder / "beeper.safetensors", folder / "sounds", folder / "a.sqlite"
    beeper().save(model)
    sounds.mkdir()
    for number in range(6):
        soundfile.write(sounds / f"P_20240101_00000{number}.wav", burst(3.0, at=number / 3), RATE)
    (sounds / "bad.wav").write_text("no sound")
    how = Listening((str(model),))
    found = _filled(whole, sorted(sounds.iterdir()), model, how)

    def make(rng: random.Random, place: Path) -> Case:
        path = place / "broken.sqlite"
        shutil.copy(whole, path)
        what = rng.choice(_WAYS)(rng, path)
        good = what == "as it is"
        return Case(what, lambda: _use(path, found, how), refusable=not good)

    return make


def _filled(path: Path, sounds: list[Path], model: Path, how: Listening) -> list[BatchResult]:
    """Make a database of some sounds; what was heard in them."""
    results = [
        event
        for event in classify_files(sounds, {"planted": Classifier.load(model)})
        if isinstance(event, BatchResult)
    ]
    with Database(path) as database:
        _record(database, results, how)
        for number in range(1, 3):
            correct(database, number, right=number == 1)
    # All in one file: what was in the log beside it goes into it when it is closed.
    assert not path.with_name(f"{path.name}-wal").exists()
    return results


def _record(database: Database, results: list[BatchResult], how: Listening) -> None:
    ears = ears_of(how)
    ids = {"planted": database.ids(ears)[ears[0].name]}
    for result in results:
        database.record(result, None, ids, how.channels)


def _use(path: Path, found: list[BatchResult], how: Listening) -> None:
    """Look into it, export it, judge stretches, and go on with it.

    Raises:
        EarmarkError: it cannot be used.
    """
    with Database(path, make=False) as database:
        labels = database.labels()
        table = path.with_suffix(".parquet")
        wholes = open_parquet(str(table), labels, "each", sounds=[], kind="windows")
        texts = open_destination(None, EXPORTS["csv"], [], [], stream=io.StringIO())
        for result in database.results():
            for line in result.timelines.values():
                assert line.probabilities.shape == (len(line.times), len(line.labels))
                assert np.isfinite(line.probabilities).all(), "what was heard are no numbers"
            wholes.put(result.info.path, result)
            texts.put(result.info.path, result)
        wholes.close()
        judged = corrections(database)
        precision_at(judged, 0.5)
        threshold_for(judged, 0.9)
        for (number,) in database.rows("SELECT segment_id FROM heard LIMIT 2"):
            correct(database, number, right=False)
        for _ in plan(database, [result.path for result in found], how):
            pass
        _record(database, found[:2], how)
        database.known()


# Ways to break one.


def _as_it_is(rng: random.Random, path: Path) -> str:
    del rng, path
    return "as it is"


def _bytes(rng: random.Random, path: Path) -> str:
    what, data = broken_bytes(rng, path.read_bytes())
    path.write_bytes(data)
    return what


def _page(rng: random.Random, path: Path) -> str:
    """A page of the file broken: others may be read for long before it is met."""
    data = path.read_bytes()
    at = _PAGE * rng.randrange(len(data) // _PAGE)
    what, page = broken_bytes(rng, data[at : at + _PAGE])
    page = page[:_PAGE].ljust(_PAGE, b"\0")
    path.write_bytes(data[:at] + page + data[at + _PAGE :])
    return f"page {at // _PAGE}, {what}"


def _log(rng: random.Random, path: Path) -> str:
    """Something beside it that is taken for its log."""
    name = rng.choice(("-wal", "-shm", "-journal"))
    path.with_name(path.name + name).write_bytes(rng.randbytes(rng.choice((0, 32, 5000))))
    return f"a wrong {name}"


def _value(rng: random.Random, path: Path) -> str:
    """Values of other types, or that do not fit each other."""
    said = []
    with sqlite3.connect(path) as database:
        tables = ("classifiers", "files", "results", "summaries", "segments", "corrections")
        for _ in range(rng.choice((1, 1, 2))):
            table = rng.choice(tables)
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            name, value = rng.choice(names), rng.choice(_VALUES)
            where = "" if rng.random() < 0.3 else f"WHERE {names[0]} % 3 = 1"
            try:
                database.execute(f"UPDATE OR REPLACE {table} SET {name} = ? {where}", (value,))
            except sqlite3.Error as error:
                said.append(str(error)[:40])
            said.append(f"{table}.{name} {str(value)[:20]!r}")
    database.close()
    return f"with {', '.join(said)}"


def _schema(rng: random.Random, path: Path) -> str:
    """Other tables under the names of ours, or none."""
    command = rng.choice(
        (
            "DROP TABLE corrections",
            "DROP TABLE segments",
            "DROP VIEW heard",
            "ALTER TABLE files DROP COLUMN tags",
            "ALTER TABLE results RENAME TO others",
            "DROP VIEW heard; CREATE TABLE heard (label)",
            "DROP VIEW heard; CREATE VIEW heard AS WITH RECURSIVE n(segment_id) AS (SELECT 1 "
            "UNION ALL SELECT segment_id + 1 FROM n) SELECT segment_id FROM n",
            "CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM results; END",
            "PRAGMA user_version = 99",
            "PRAGMA application_id = 7",
            "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)",
        )
    )
    database = sqlite3.connect(path)
    database.executescript(command)
    database.close()
    return command[:60]


_WAYS: tuple[Callable[[random.Random, Path], str], ...] = (
    *(_as_it_is, _bytes, _bytes, _page, _page, _page, _log, _value, _value, _value, _value),
    *(_schema, _schema),
)
