"""What a results database is asked: filters, orders, counts, and a few rows at a time."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.archive.corrections import correct, take_back
from engine.archive.database import Database
from engine.archive.questions import (
    Count,
    Filter,
    counts,
    failures,
    numbers,
    overview,
    stretches,
)
from engine.errors import DataError


def all_of(steps: Generator[None, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def fill(database: Database, rows: list[tuple[str, str | None, str, float, float, float]]) -> None:
    """Stretches: path, when it was recorded, label, start, end, probability."""
    database.change(
        "INSERT INTO classifiers VALUES (1, 'instrument', 'abc', '{}', '[\"flute\", \"oboe\"]')"
    )
    for path in dict.fromkeys(row[0] for row in rows):
        moment = next(row[1] for row in rows if row[0] == path)
        database.change(
            "INSERT INTO files (path, folder, status, reason, remark, repaired, attempt, "
            "duration_seconds, recorded_at, tags, artist) "
            "VALUES (?, ?, 'done', '', '', 0, '[1]', 60, ?, '{}', 'Quantz')",
            (path, path.rpartition("/")[0], moment),
        )
        database.change(
            "INSERT INTO results (file_id, classifier_id, channel, verdict, heard, window_seconds, "
            "hop_seconds, times, probabilities, presence, level_db) "
            "SELECT id, 1, 0, '', '[]', 3, 1, x'', x'', x'', x'' FROM files WHERE path = ?",
            (path,),
        )
    for path, _, label, start, end, probability in rows:
        database.change(
            "INSERT INTO segments (result_id, start_seconds, end_seconds, label, probability) "
            "SELECT results.id, ?, ?, ?, ? FROM results JOIN files ON files.id = file_id "
            "WHERE path = ?",
            (start, end, label, probability, path),
        )


ROWS = [
    ("/b/two.wav", "2024-01-02 23:59:30", "flute", 40.0, 41.0, 0.95),
    ("/b/two.wav", "2024-01-02 23:59:30", "oboe", 1.0, 3.0, 0.55),
    ("/a/one 100%.wav", None, "flute", 2.0, 2.5, 0.72),
    ("/a/one 100%.wav", None, "flute", 0.0, 1.0, 1.0),
]


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database, None, None]:
    with Database(tmp_path / "a.sqlite") as made:
        fill(made, ROWS)
        yield made


def found(database: Database, wanted: Filter, *, by: Any = "file", down: bool = False) -> list[int]:
    return [int(n) for n in all_of(numbers(database, wanted, by, descending=down))]


def test_orders(database: Database) -> None:
    everything = Filter()
    assert found(database, everything) == [4, 3, 2, 1]  # by path, then by time
    assert found(database, everything, down=True) == [1, 2, 3, 4]
    assert found(database, everything, by="certainty") == [2, 3, 1, 4]
    assert found(database, everything, by="length", down=True) == [2, 4, 1, 3]
    assert found(database, everything, by="label") == [4, 3, 1, 2]
    assert found(database, everything, by="time")[2:] == [2, 1]  # those without a date come first
    mixed = found(database, everything, by="random")
    assert sorted(mixed) == [1, 2, 3, 4]
    assert mixed == found(database, everything, by="random")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(label="flute"), {1, 3, 4}),
        (Filter(folder="/a"), {3, 4}),
        (Filter(least=0.72, below=1.0), {1, 3}),
        (Filter(text="TWO"), {1, 2}),
        (Filter(text="0%."), {3, 4}),  # nothing in it is a wildcard
        (Filter(text="_ne"), set()),
        (Filter(text="quantz", label="oboe"), {2}),
        (Filter(day="2024-01-03"), {1}),  # 40 s after half a minute before midnight
        (Filter(hour=23), {2}),
        (Filter(classifier="genre"), set()),
    ],
)
def test_filters(database: Database, wanted: Filter, expected: set[int]) -> None:
    assert set(found(database, wanted)) == expected


def test_what_was_judged_is_found(database: Database) -> None:
    correct(database, 1, True)
    correct(database, 2, False)
    assert found(database, Filter(judged="right")) == [1]
    assert found(database, Filter(judged="wrong")) == [2]
    assert set(found(database, Filter(judged="none"))) == {3, 4}
    assert [one.right for one in stretches(database, [1, 2, 3])] == [True, False, None]
    take_back(database, 1)
    assert set(found(database, Filter(judged="none"))) == {1, 3, 4}


def test_a_few_rows_in_their_order(database: Database) -> None:
    one, other = stretches(database, [3, 999, 1])
    assert (one.path, one.label, one.start_seconds) == ("/a/one 100%.wav", "flute", 2.0)
    assert (other.number, other.begins_at) == (1, "2024-01-03 00:00:10")
    assert one.begins_at == ""


def test_counts(database: Database) -> None:
    by_label = counts(database, Filter(), "label")
    assert by_label == [Count("flute", 3, 2.5), Count("oboe", 1, 2.0)]
    # 1.0 belongs to the highest class.
    classes = {one.value: one.stretches for one in counts(database, Filter(), "certainty")}
    assert classes == {5: 1, 7: 1, 9: 2}
    assert {c.value for c in counts(database, Filter(label="oboe"), "folder")} == {"/b"}
    days = [(one.value, one.stretches) for one in counts(database, Filter(), "day")]
    assert days == [("2024-01-02", 1), ("2024-01-03", 1)]
    assert [one.value for one in counts(database, Filter(), "hour")] == [0, 23]


def test_overview(database: Database) -> None:
    database.change(
        "INSERT INTO files (path, folder, status, reason, remark, repaired, attempt, tags) "
        "VALUES ('/c.wav', '/', 'failed', 'No sound.', '', 0, '[1]', '{}')"
    )
    view = overview(database)
    assert (view.done, view.failed, view.seconds) == (2, 1, 120.0)
    assert view.labels == ("flute", "oboe")
    assert view.classifiers == ("instrument",)
    assert failures(database) == [("/c.wav", "No sound.")]


def test_an_empty_database(tmp_path: Path) -> None:
    with Database(tmp_path / "empty.sqlite") as database:
        none = all_of(numbers(database, Filter()))
        assert none.dtype == np.int64
        assert len(none) == 0
        assert counts(database, Filter(), "hour") == []
        assert overview(database).done == 0


def test_a_damaged_time_is_told(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        fill(database, ROWS)
        database.change("UPDATE segments SET start_seconds = 'soon' WHERE id = 1")
        with pytest.raises(DataError, match=r"a\.sqlite is damaged"):
            stretches(database, [1, 2])
