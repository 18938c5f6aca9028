"""A watched folder with its real processes: what arrives is in the database, whatever happens."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from engine.archive.batch import ears_of
from engine.archive.database import Database, stamp_of
from engine.archive.processes import Listening
from engine.recognition.events import BatchResult
from engine.watch.folder import FolderNews, Watching, watch_folder
from engine.watch.journal import gaps_of
from engine.watch.rules import Rule
from tests.planted import RATE, beeper, burst

SECONDS = 400.0


class Watch:
    """Watches, and looks what is told until something is so."""

    def __init__(self, database: Database, orders: Watching) -> None:
        self._steps = watch_folder(database, orders)
        self.results: list[BatchResult] = []
        self.told: list[str] = []
        self.last: FolderNews | None = None

    def until(self, so: Callable[[FolderNews], bool]) -> FolderNews:
        deadline = time.monotonic() + SECONDS
        for news in self._steps:
            self.last = news
            if isinstance(news.event, BatchResult):
                self.results.append(news.event)
            self.told += [one.text for one in news.happened]
            if so(news):
                return news
            assert time.monotonic() < deadline, news
        raise AssertionError("it ended")

    def close(self) -> None:
        self._steps.close()


def put(path: Path, seconds: float = 3.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, burst(seconds, at=1.0), RATE)


def test_what_arrives_is_heard(tmp_path: Path) -> None:
    folder, model = tmp_path / "in", tmp_path / "beeper.safetensors"
    beeper().save(model)
    put(folder / "first.wav")
    (folder / "bad.wav").write_text("no sound")
    rule = Rule("Hum", frozenset({"hum"}), seconds=1, pause_seconds=0, notify=True)
    how = Listening((str(model),))
    orders = Watching(folder, how, settle_seconds=0.5, every_seconds=0.5, rules=(rule,))
    with Database(tmp_path / "a.sqlite") as database:
        watch = Watch(database, orders)
        assert watch.until(lambda news: news.done == 2).failed == 1
        assert watch.told == ["hum in first.wav, 100% (Hum)"] or watch.told[0].startswith("hum in")
        # A recorder that is still at work, in a new folder.
        growing = folder / "new" / "growing.wav"
        growing.parent.mkdir()
        sound = burst(3.0, at=1.0)
        with soundfile.SoundFile(growing, "w", RATE, 1) as file:
            for begin in range(0, len(sound), RATE // 2):
                file.write(sound[begin : begin + RATE // 2])
                file.flush()
                end = time.monotonic() + 0.2
                watch.until(lambda news, end=end: time.monotonic() > end)  # type: ignore[misc]
            assert watch.last is not None
            assert watch.last.done == 2
        watch.until(lambda news: news.done == 3)
        assert watch.results[-1].path == growing
        assert watch.results[-1].result is not None
        assert watch.results[-1].result.info.duration_seconds == 3.0
        # The drive goes and comes back.
        os.rename(folder, tmp_path / "away")
        assert "No such file" in watch.until(lambda news: news.state == "away").words
        end = time.monotonic() + 1.0
        watch.until(lambda news: time.monotonic() > end)
        os.rename(tmp_path / "away", folder)
        put(folder / "later.wav")
        watch.until(lambda news: news.state == "watching" and news.done == 4)
        watch.close()
        (gap,) = gaps_of(database)
        assert gap.kind == "folder"
        assert gap.seconds >= 1.0
        rows = database.rows("SELECT path, status FROM files ORDER BY path")
        names = [(Path(path).name, status) for path, status in rows]
        assert names == [
            *(("bad.wav", "failed"), ("first.wav", "done"), ("later.wav", "done")),
            ("growing.wav", "done"),
        ]
        # It goes on where it was: nothing is heard twice.
        put(folder / "again.wav")
        watch = Watch(database, orders)
        news = watch.until(lambda news: news.done == 1)
        assert news.already == 4
        watch.close()
        assert [found.path.name for found in watch.results] == ["again.wav"]


def test_what_is_known_is_not_heard_again_though_it_is_found_in_parts(tmp_path: Path) -> None:
    """Looking pauses every few hundred entries: files become complete in several lots."""
    folder, model = tmp_path / "in", tmp_path / "beeper.safetensors"
    beeper().save(model)
    folder.mkdir()
    orders = Watching(folder, Listening((str(model),)), settle_seconds=0.0)
    with Database(tmp_path / "a.sqlite") as database:
        ears = ears_of(orders.how)
        ids = database.ids(ears)
        for number in range(450):
            (folder / f"{number}.wav").write_text("no sound")
            failed = BatchResult(folder / f"{number}.wav", None, "It is no sound.")
            database.record(failed, stamp_of(failed.path), ids, "mixed")
        watch = Watch(database, orders)
        news = watch.until(lambda news: news.idle or news.queued > 0 or news.event is not None)
        watch.close()
        assert (news.already, news.queued, news.event) == (450, 0, None)


def test_a_file_whose_drive_has_gone_did_not_fail(tmp_path: Path) -> None:
    """The process finds nothing where the file was: that is not noted against the file."""
    folder, model = tmp_path / "in", tmp_path / "beeper.safetensors"
    beeper().save(model)
    put(folder / "a.wav")
    orders = Watching(folder, Listening((str(model),)), settle_seconds=0.2, every_seconds=0.5)
    with Database(tmp_path / "a.sqlite") as database:
        watch = Watch(database, orders)
        watch.until(lambda news: news.queued > 0 or news.event is not None)
        os.rename(folder, tmp_path / "away")
        watch.until(lambda news: bool(watch.results))
        assert watch.results[0].result is None
        assert database.rows("SELECT count(*) FROM files") == [(0,)]
        os.rename(tmp_path / "away", folder)
        watch.until(lambda news: news.done == 1)
        watch.close()
        assert database.rows("SELECT status FROM files") == [("done",)]


@pytest.mark.skipif(sys.platform != "linux", reason="the system's word is tried with inotify")
def test_the_system_tells_of_what_arrives(tmp_path: Path) -> None:
    from engine.watch.hints import Hints

    hints = Hints(tmp_path)
    assert hints.open()
    try:
        put(tmp_path / "a.wav")
        os.rename(tmp_path / "a.wav", tmp_path / "b.wav")
        (tmp_path / "new").mkdir()
        found: list[tuple[str, bool, bool]] = []
        deadline = time.monotonic() + 240
        while not any(folder for _, _, folder in found) and time.monotonic() < deadline:
            found += [(hint.path.name, hint.closed, hint.folder) for hint in hints.take()]
            time.sleep(0.02)
    finally:
        hints.close()
    assert ("a.wav", True, False) in found
    assert ("b.wav", True, False) in found
    assert ("new", False, True) in found
    assert not Hints(tmp_path / "none").open()
