"""Results as they are kept: what was put in comes out, and only what changed is heard again."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.archive.batch import Plan, ears_of, plan
from engine.archive.corrections import (
    Correction,
    correct,
    corrections,
    precision_at,
    threshold_for,
    wilson,
)
from engine.archive.database import Database, stamp_of
from engine.archive.processes import Listening
from engine.classifier.classifier import Classifier
from engine.cli.output import finished
from engine.errors import DataError
from engine.export import EXPORTS
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.planted import RATE, beeper, burst


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "beeper.safetensors"
    beeper().save(path)
    return path


@pytest.fixture
def sounds(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for number in range(3):
        both = np.stack([burst(3.0, at=1.0), burst(3.0)], axis=1) * (0.5 + 0.1 * number)
        soundfile.write(folder / f"P_2024010{number + 1}_120000.wav", both, RATE)
    (folder / "bad.wav").write_text("no sound")
    return sorted(folder.iterdir())


def fill(database: Database, sounds: list[Path], how: Listening, **more: Any) -> Plan:
    """As ``carry_out``, in this process."""
    work = finished(plan(database, sounds, how, **more))
    models = {
        ear.name: Classifier.load(n) for ear, n in zip(work.ears, how.classifiers, strict=True)
    }
    ids = database.ids(work.ears)
    for event in classify_files(list(work.todo), models, channels=how.channels):
        if isinstance(event, BatchResult):
            database.record(event, work.todo[event.path], ids, how.channels)
    return work


def test_results_come_back_as_they_were(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, sounds, Listening((str(model),)))
        found = list(database.results())
        assert database.labels() == ["beep", "hum", "hiss"]
    events = classify_files(sounds, {"planted": beeper()})
    alone = [e.result for e in events if isinstance(e, BatchResult) and e.result]
    assert len(found) == len(alone) == 3
    for ours, theirs in zip(found, alone, strict=True):
        for name in ("table", "csv", "json", "audacity", "raven"):
            assert EXPORTS[name].write(ours) == EXPORTS[name].write(theirs)
        assert np.array_equal(
            ours.timelines["planted"].probabilities, theirs.timelines["planted"].probabilities
        )


def test_each_channel_is_heard_as_if_alone(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    samples, rate = soundfile.read(sounds[0])
    for channel in (1, 2):
        soundfile.write(tmp_path / f"{channel}.wav", samples[:, channel - 1], rate)
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, sounds, Listening((str(model),), None, "each"))
        first = next(database.results())
        channels = database.rows("SELECT DISTINCT channel FROM answers ORDER BY channel")
    assert channels == [(1,), (2,)]
    assert list(first.timelines) == ["planted (channel 1)", "planted (channel 2)"]
    one, two = first.timelines.values()
    assert not np.allclose(one.probabilities, two.probabilities, atol=1e-3)
    alone = classify_files([tmp_path / "1.wav", tmp_path / "2.wav"], {"planted": beeper()})
    found = [e.result for e in alone if isinstance(e, BatchResult) and e.result]
    for ours, theirs in zip((one, two), found, strict=True):
        (line,) = theirs.timelines.values()
        np.testing.assert_allclose(ours.probabilities, line.probabilities, atol=1e-6)


def test_other_programs_read_it(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    path = tmp_path / "a.sqlite"
    with Database(path) as database:
        fill(database, sounds, Listening((str(model),)))
        # Another connection, while this one is open.
        other = sqlite3.connect(path)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        rows = other.execute(
            "SELECT folder, recorded_at, begins_at, start_seconds FROM heard ORDER BY 2, 4"
        ).fetchall()
        (reason,) = other.execute("SELECT reason FROM files WHERE status = 'failed'").fetchone()
        (sha256,) = other.execute("SELECT sha256 FROM classifiers").fetchone()
        other.close()
    assert rows[0][:2] == (str(sounds[0].parent), "2024-01-01 12:00:00")
    assert rows[0][2].startswith("2024-01-01 12:00:0")
    assert "bad.wav" in reason
    assert sha256 == Classifier.load(model).sha256


def test_only_what_is_new_or_has_changed(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    how = Listening((str(model),))
    bad, first, second, third = sorted(sounds, key=lambda path: path.name != "bad.wav")
    with Database(tmp_path / "a.sqlite") as database:
        assert list(fill(database, sounds, how).todo) == sounds
        again = fill(database, sounds, how)
        assert (list(again.todo), list(again.failed), again.done) == ([], [bad], 3)
        assert list(fill(database, sounds, how, retry=True).todo) == [bad]
        os.utime(first, ns=(0, 0))
        new = first.with_name("new.wav")
        new.write_bytes(second.read_bytes())
        third.write_bytes(third.read_bytes() + b"1234")
        assert set(fill(database, [*sounds, new], how).todo) == {first, third, new}
        rows = database.rows("SELECT path, count(*) FROM answers GROUP BY path, label")
        assert len(rows) == 4 * 3
        assert {count for _, count in rows} == {1}
        # Another step is another result, in place of the old one.
        other = Listening((str(model),), 0.5)
        assert set(fill(database, sounds, other).todo) == set(sounds)
        assert database.rows("SELECT count(*) FROM results") == [(4,)]


def test_contents_instead_of_dates(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    how, sound = Listening((str(model),)), sounds[0]
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, [sound], how, contents=True)
        os.utime(sound, ns=(0, 0))
        assert not fill(database, [sound], how, contents=True).todo
        assert not fill(database, [sound], how).todo  # the new date is known now
        data, stat = sound.read_bytes(), sound.stat()
        sound.write_bytes(data[:-2] + bytes([data[-2] ^ 1, data[-1]]))
        os.utime(sound, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert not finished(plan(database, [sound], how)).todo
        assert list(finished(plan(database, [sound], how, contents=True)).todo) == [sound]


def test_lost_files_are_tried_again(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    how = Listening((str(model),))
    with Database(tmp_path / "a.sqlite") as database:
        lost = BatchResult(sounds[0], None, "killed", lost=True)
        ids = database.ids(ears_of(how))
        database.record(lost, stamp_of(sounds[0]), ids, "mixed")
        assert database.rows("SELECT status FROM files") == [("lost",)]
        assert list(finished(plan(database, sounds[:1], how)).todo) == sounds[:1]


def test_adjusted_rules_are_another_listening(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.classifier.catalog import Catalog

    catalog = Catalog(tmp_path / "models")
    catalog.add(model)
    before = ears_of(Listening(("planted",)), catalog)
    catalog.adjust("planted", {"beep": 0.9})
    after = ears_of(Listening(("planted",)), catalog)
    assert before[0].sha256 == after[0].sha256
    assert before[0].settings != after[0].settings


@pytest.mark.skipif(os.name == "nt", reason="names that are not UTF-8")
def test_names_that_are_not_utf_8(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    odd = sounds[0].with_name("caf\udce9\n.wav")
    odd.write_bytes(sounds[1].read_bytes())
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, [odd], Listening((str(model),)))
        assert not fill(database, [odd], Listening((str(model),))).todo
        assert database.rows("SELECT status FROM files") == [("done",)]


def test_other_databases_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(DataError, match="of another program"):
        Database(path)
    assert path.read_bytes() == before
    path.write_text("not a database, but long enough to be seen as something else" * 20)
    with pytest.raises(DataError, match="cannot be used as a results database"):
        Database(path)
    with pytest.raises(DataError, match="There is no results database"):
        Database(tmp_path / "none.sqlite", make=False)
    with Database(tmp_path / "later.sqlite") as later:
        later.change("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="later version"):
        Database(tmp_path / "later.sqlite")


def test_corrections(tmp_path: Path, model: Path, sounds: list[Path]) -> None:
    how = Listening((str(model),))
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, sounds, how)
        (number, label), *_ = database.rows("SELECT segment_id, label FROM heard ORDER BY path")
        correct(database, number, True)
        correct(database, number, False)  # on second thoughts
        fill(database, sounds, Listening((str(model),), 0.5))  # heard anew: they stay
        (kept,) = corrections(database)
        assert (kept.label, kept.right) == (label, False)
        assert corrections(database, sounds[0]) == [kept]
        assert corrections(database, sounds[1]) == []
        with pytest.raises(DataError, match="no stretch 999"):
            correct(database, 999, True)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("DROP TABLE segments", "no table 'segments'"),
        ("ALTER TABLE files DROP COLUMN tags", "'files' has other columns"),
        ("DROP VIEW heard; CREATE TABLE heard (label)", "no view 'heard'"),
        (
            "DROP VIEW answers; CREATE VIEW answers AS SELECT path, folder, recorded_at, "
            "1 AS classifier, 1 AS channel, 1 AS verdict, 1 AS label, 1 AS probability, "
            "1 AS heard, duration_seconds, title, artist, album FROM files",
            "'answers' is another one",
        ),
        ("CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM results; END", "triggers"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, command: str, words: str) -> None:
    path = tmp_path / "a.sqlite"
    Database(path).close()
    with sqlite3.connect(path) as changed:
        changed.executescript(command)
    changed.close()
    with pytest.raises(DataError, match=words):
        Database(path)


def test_tables_of_the_owner_are_welcome(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    Database(path).close()
    with sqlite3.connect(path) as changed:
        changed.executescript("CREATE TABLE mine (a); CREATE VIEW own AS SELECT path FROM files")
    changed.close()
    with Database(path) as database:
        assert database.known() == {}


def test_a_damaged_page_is_an_error_of_ours(
    sounds: list[Path], model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.sqlite"
    with Database(path) as database:
        fill(database, sounds, Listening((str(model),)))
        (page,) = database.rows("SELECT rootpage FROM sqlite_master WHERE name = 'files'")[0]
    data = bytearray(path.read_bytes())
    data[4096 * (page - 1) : 4096 * page] = b"\xff" * 4096
    path.write_bytes(data)
    with Database(path) as database:
        with pytest.raises(DataError, match="cannot be read"):
            database.known()
        with pytest.raises(DataError, match="cannot be read"):
            list(database.results())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("UPDATE files SET duration_seconds = 'x'", "could not convert"),
        ("UPDATE results SET hop_seconds = 9e999", "not a number"),
        ("UPDATE results SET classifier_id = 99", "classifier is missing"),
    ],
)
def test_values_of_another_kind_are_an_error_of_ours(
    sounds: list[Path], model: Path, tmp_path: Path, command: str, words: str
) -> None:
    path = tmp_path / "a.sqlite"
    with Database(path) as database:
        fill(database, sounds, Listening((str(model),)))
    changed = sqlite3.connect(path, isolation_level=None)
    changed.execute("PRAGMA foreign_keys = OFF")
    changed.execute(command)
    changed.close()
    with Database(path) as database, pytest.raises(DataError, match=words):
        list(database.results())


def judged(*values: tuple[float, bool]) -> list[Correction]:
    return [Correction("a", "x", 0, 0.0, 1.0, "y", p, right) for p, right in values]


def test_precision_and_thresholds() -> None:
    some = judged(*[(0.9, True)] * 40, *[(0.5, False)] * 30, *[(0.4, True)] * 2)
    all_of_it = precision_at(some, 0.0)
    assert all_of_it is not None
    assert (all_of_it.right, all_of_it.judged) == (42, 72)
    assert (all_of_it.low, all_of_it.high) == wilson(42, 72)
    found = threshold_for(some, 0.9)
    assert found is not None
    assert (found.threshold, found.judged) == (0.9, 40)
    assert found.low == pytest.approx(0.9124, abs=1e-3)  # 1 / (1 + 1.96**2 / 40)
    assert threshold_for(some, 0.95) is None
    assert threshold_for(some[:5], 0.1) is None  # five are too few
    assert precision_at(some, 0.95) is None
    lowest = threshold_for(some, 0.4)
    assert lowest is not None
    assert lowest.threshold == 0.4


def test_wilson_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 0 of 20."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
