"""Days of listening at speed: the schedule, gaps, kept sound, the disk's share, rules."""

import itertools
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.archive.database import Database
from engine.errors import DataError
from engine.watch.journal import Journal, gaps_of
from engine.watch.keeping import Keep
from engine.watch.listening import News, Orders, keep_listening
from engine.watch.rules import Rule
from engine.watch.schedule import schedule_of
from tests.engine.watch.simulated import BEEP, HUM, RATE, SILENT, FastClock, Room, at
from tests.planted import beeper

BEGIN = "2024-01-01T04:50:00"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "live.sqlite") as opened:
        yield opened


def run(
    database: Database,
    clock: FastClock,
    room: Room,
    orders: Orders,
    until: float,
    each: Callable[[News], None] = lambda news: None,
) -> None:
    journal = Journal(database, "microphone:Room", clock.now())
    steps = keep_listening(room, {"planted": beeper()}, orders, journal, clock)
    for news in steps:
        each(news)
        if clock.now() >= until:
            break
    steps.close()


def beeps(every: int, long: int) -> Callable[[int], np.ndarray]:
    return lambda second: BEEP if second % every < long else SILENT


def test_it_listens_at_its_hours_and_notes_all_else(database: Database) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(
        clock,
        beeps(300, 5),
        gone=lambda now: at("2024-01-01T05:20") <= now < at("2024-01-01T05:22"),
    )
    states: list[str] = []
    orders = Orders(schedule_of(["05:00-05:45"], ["05:30-05:35"]))

    def each(news: News) -> None:
        if not states or states[-1] != news.state:
            states.append(news.state)

    run(database, clock, room, orders, at("2024-01-01T06:00:00"), each)
    assert states == ["quiet", "listening", "waiting", "listening", "quiet", "listening", "quiet"]
    found = [(gap.kind, gap.began_at[11:19], round(gap.seconds)) for gap in gaps_of(database)]
    kinds = [kind for kind, _, _ in found]
    assert kinds == ["schedule", "microphone", "schedule", "schedule"]
    for (_, begin, seconds), (wanted, length) in zip(
        found,
        [("04:50:00", 600), ("05:20:00", 120), ("05:30:00", 300), ("05:45:00", 900)],
        strict=True,
    ):
        off = datetime.fromisoformat(f"2024-01-01T{begin}") - datetime.fromisoformat(
            f"2024-01-01T{wanted}"
        )
        assert abs(off.total_seconds()) <= 3
        assert abs(seconds - length) <= 5
    ((heard,),) = database.rows("SELECT heard_seconds FROM watches")
    missing = sum(gap.seconds for gap in gaps_of(database))
    assert heard + missing == pytest.approx(70 * 60, abs=5)
    labels = database.rows("SELECT label, count(*), avg(seconds) FROM live GROUP BY label")
    assert [label for label, _, _ in labels] == ["beep"]
    assert labels[0][1] in (7, 8)
    assert 3 < labels[0][2] < 8


def test_time_without_sound_and_without_the_program_is_noted(database: Database) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(clock, lambda second: SILENT)
    steps = itertools.count()

    def each(news: News) -> None:
        if next(steps) == 100:
            room.sleeps_until(clock.now() + 3600)
        if next(steps) == 301:
            room.ring.count_lost(RATE)
            room.dropped = room.ring.lost

    run(database, clock, room, Orders(), at(BEGIN) + 5000, each)
    found = {gap.kind: gap.seconds for gap in gaps_of(database)}
    assert found["asleep"] == pytest.approx(3600, abs=3)
    assert found["lost"] == pytest.approx(1.0)
    clock.time += 7200
    room.dropped = 0
    run(database, clock, room, Orders(), clock.now() + 60)
    found = {gap.kind: gap.seconds for gap in gaps_of(database)}
    assert found["off"] == pytest.approx(7200, abs=3)


def test_only_what_is_heard_is_kept_with_what_is_round_it(
    database: Database, tmp_path: Path
) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(clock, lambda second: BEEP if second % 300 in range(100, 104) else SILENT)
    keep = Keep(tmp_path / "kept", before_seconds=3, after_seconds=5)
    run(database, clock, room, Orders(keep=keep), at(BEGIN) + 900)
    files = sorted((tmp_path / "kept").rglob("*.flac"))
    assert len(files) == 3
    assert all(path.parent.name == "2024-01-01" and path.stem.endswith("beep") for path in files)
    for path in files:
        sound, rate = soundfile.read(path)
        loud = np.flatnonzero(np.abs(sound) > 0.1) / rate
        assert 3.0 <= loud[0] <= 7.0  # at least what was asked for before it
        assert loud[-1] - loud[0] == pytest.approx(4.0, abs=0.1)
        assert len(sound) / rate - loud[-1] >= 4.0
        assert len(sound) / rate < 25
    rows = database.rows("SELECT path, state, seconds FROM recordings ORDER BY path")
    assert [Path(path) for path, _, _ in rows] == files
    named = database.rows("SELECT recording FROM live ORDER BY begins_at")
    assert [Path(path) for (path,) in named] == files


def test_labels_that_are_not_asked_for_are_not_kept(database: Database, tmp_path: Path) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(clock, lambda second: HUM if second % 100 < 5 else SILENT)
    keep = Keep(tmp_path / "kept", labels=frozenset({"beep"}))
    run(database, clock, room, Orders(keep=keep), at(BEGIN) + 300)
    assert database.rows("SELECT label FROM live") == [("hum",)] * 3
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("when_full", ["stop", "delete", "move"])
def test_no_more_of_the_disk_is_taken_than_allowed(
    database: Database, tmp_path: Path, when_full: str
) -> None:
    clock = FastClock(at(BEGIN))
    rng = np.random.default_rng(1)
    noise = (0.0005 * rng.standard_normal(RATE)).astype(np.float32)
    room = Room(clock, lambda second: noise + (BEEP if second % 50 < 5 else 0))
    (tmp_path / "kept").mkdir()
    mine = tmp_path / "kept" / "mine.flac"
    soundfile.write(mine, noise, RATE)  # of somebody else: never touched
    most = 2_500_000
    keep = Keep(
        tmp_path / "kept",
        most_bytes=most,
        when_full=when_full,  # type: ignore[arg-type]
        move_to=tmp_path / "old",
    )
    problems: set[str] = set()
    run(
        *(database, clock, room, Orders(keep=keep), at(BEGIN) + 600),
        lambda news: problems.add(news.problem),
    )
    kept = [path for path in (tmp_path / "kept").rglob("*.flac") if path != mine]
    # A file that is being written may go over by what is written between two looks.
    assert sum(path.stat().st_size for path in kept) < most + 600_000
    assert mine.exists()
    states = dict(database.rows("SELECT state, count(*) FROM recordings GROUP BY state"))
    moved = list((tmp_path / "old").rglob("*.flac"))
    if when_full == "stop":
        assert any("Nothing more is kept" in problem for problem in problems)
        assert set(states) == {"kept"}
        assert database.rows("SELECT count(*) FROM live WHERE label = 'beep'")[0][0] == 12
    else:
        assert problems == {""}
        assert states["kept"] == len(kept)
        assert states["deleted" if when_full == "delete" else "moved"] >= 4
        assert len(moved) == states.get("moved", 0)


def test_rules_act_once_in_their_pause(database: Database, tmp_path: Path) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(clock, beeps(50, 6))
    log = tmp_path / "log"
    code = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + chr(10))"
    command = (sys.executable, "-c", code, str(log), "{label}", "{recording}")
    rule = Rule(
        "r",
        frozenset({"beep"}),
        seconds=2,
        pause_seconds=120,
        notify=True,
        record=True,
        command=command,
    )
    keep = Keep(tmp_path / "kept", heard=False)
    told: list[str] = []
    run(
        *(database, clock, room, Orders(rules=[rule], keep=keep), at(BEGIN) + 500),
        lambda news: told.extend(one.text for one in news.happened),
    )
    assert len(told) in (3, 4)
    assert told[0].startswith("beep, ")
    assert len(list((tmp_path / "kept").rglob("*.flac"))) == len(told)
    events = database.rows("SELECT what, count(*) FROM rule_events GROUP BY what")
    assert dict(events)["record"] == dict(events)["notify"] == len(told)
    assert dict(events)["command"] == len(told)


def test_a_table_of_another_program_is_refused(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        database.change("CREATE TABLE gaps (a)")
        with pytest.raises(DataError, match="another program"):
            Journal(database, "microphone:x", 0.0)


def test_near_gaps_of_one_kind_are_one_row(database: Database) -> None:
    """A device that keeps losing samples, each time too few to count, does not fill the table."""
    journal, begin = Journal(database, "microphone:Room", at(BEGIN)), at(BEGIN)
    for step in range(300):
        journal.gap("lost", begin + step, 0.04, "lost samples")
    journal.gap("asleep", begin + 300, 5.0, "it slept")
    journal.gap("lost", begin + 500, 0.2, "lost samples")
    found = [(gap.kind, round(gap.seconds, 3)) for gap in gaps_of(database)]
    assert found == [("lost", 12.0), ("asleep", 5.0), ("lost", 0.2)]
    assert [gap.kind for gap in journal.gaps] == ["lost", "asleep", "lost"]
    for step in range(2000):  # a row in ten minutes at most
        journal.gap("late", begin + step, 0.5, "too busy")
    assert [round(gap.seconds) for gap in gaps_of(database) if gap.kind == "late"] == [
        *(300, 300, 300, 100)
    ]


def test_a_microphone_missing_after_the_quiet_hours_leaves_them_their_length(
    database: Database,
) -> None:
    clock = FastClock(at("2024-01-01T04:55:00"))
    room = Room(clock, lambda second: SILENT, gone=lambda now: now >= at("2024-01-01T05:10"))
    orders = Orders(schedule_of([], ["05:00-06:00"]))
    run(database, clock, room, orders, at("2024-01-01T06:05:00"))
    found = [(gap.kind, gap.began_at[11:16], gap.seconds) for gap in gaps_of(database)]
    assert [(kind, begin) for kind, begin, _ in found] == [
        ("schedule", "05:00"),
        ("microphone", "06:00"),
    ]
    assert found[0][2] == pytest.approx(3600, abs=3)
    assert found[1][2] == pytest.approx(300, abs=5)


def test_what_was_heard_before_a_sleep_is_dated_before_it(database: Database) -> None:
    clock = FastClock(at(BEGIN))
    room = Room(clock, lambda second: BEEP if 100 <= second - at(BEGIN) < 105 else SILENT)
    slept: list[float] = []

    def each(news: News) -> None:
        if not slept and clock.now() > at(BEGIN) + 112:
            slept.append(clock.now())
            room.sleeps_until(clock.now() + 3600)

    run(database, clock, room, Orders(), at(BEGIN) + 4000, each)
    ((begins,),) = database.rows("SELECT begins_at FROM live")
    assert datetime.fromisoformat(begins).timestamp() == pytest.approx(at(BEGIN) + 100, abs=4)


def test_room_that_a_person_made_is_used(database: Database, tmp_path: Path) -> None:
    clock, folder = FastClock(at(BEGIN)), tmp_path / "kept"
    room = Room(clock, beeps(60, 5))
    problems: list[bool] = []
    emptied: list[float] = []

    def each(news: News) -> None:
        problems.append(bool(news.problem))
        if news.problem and not emptied:
            emptied.append(clock.now())
            for path in folder.rglob("*.flac"):
                path.unlink()

    keep = Keep(folder, most_bytes=200_000)
    run(database, clock, room, Orders(keep=keep), at(BEGIN) + 900, each)
    assert emptied
    assert len(list(folder.rglob("*.flac"))) >= 1
