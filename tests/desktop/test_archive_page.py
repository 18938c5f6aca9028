"""The Archive page: real files analysed by real processes, results looked through and judged."""

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages.archive import model as models
from desktop.pages.archive import worker
from desktop.pages.archive.batch import BatchPanel
from desktop.pages.archive.dialogs import Failures, Thresholds
from desktop.pages.archive.judging import Judgement
from desktop.pages.archive.page import ArchivePage
from desktop.requests import AddRegion, FindSimilar, OpenArchive, OpenFile
from desktop.session import Session
from desktop.settings import ARCHIVE, ARCHIVE_SCHEDULER, Settings
from desktop.window import Window
from engine.archive.batch import ears_of
from engine.archive.corrections import corrections
from engine.archive.database import Database, stamp_of
from engine.archive.orders import BatchOrder, keep_order, kept_order
from engine.archive.processes import Listening
from engine.audio.files import find_audio
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.cluster import Machines, free_port
from tests.desktop.conftest import Show, settle, take_away
from tests.desktop.said import press
from tests.planted import RATE, beeper, burst

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = 6
WAIT = 240_000


def make_sounds(folder: Path, count: int = SOUNDS, seconds: float = 8.0) -> Path:
    """Files with a beep each, of which the last is no sound."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        sound = burst(seconds, at=1 + number % 5)
        soundfile.write(folder / f"P_20240101_0{number % 10}0000 {number}.wav", sound, RATE)
    (folder / "bad.wav").write_text("no sound")
    return folder


@pytest.fixture(scope="module")
def beeper_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classifier") / "beeper.safetensors"
    beeper().save(path)
    return path


@pytest.fixture
def open_page(session: Session, show: Show, beeper_file: Path) -> Callable[[], ArchivePage]:
    def open_page() -> ArchivePage:
        page = show(ArchivePage(session))
        page.panel.classifiers = [str(beeper_file)]
        page.panel.show_classifiers()
        page.enter()
        return page

    return open_page


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory, beeper_file: Path) -> Path:
    """A database of six files that have results and one that failed; tests copy it."""
    folder = tmp_path_factory.mktemp("analysed")
    make_sounds(folder / "in")
    how = Listening((str(beeper_file),))
    with Database(folder / "a.sqlite") as database:
        ids = database.ids(ears_of(how))
        keep_order(database, BatchOrder((str(folder / "in"),), how, SOUNDS + 1, finished=True))
        for event in classify_files(find_audio([folder / "in"]), {"planted": beeper()}):
            if isinstance(event, BatchResult):
                database.record(event, stamp_of(event.path), ids, "mixed")
        database.change(  # a second label
            "INSERT INTO segments (result_id, start_seconds, end_seconds, label, probability) "
            "SELECT id, 1.4, 1.9, 'beep', 0.5 + id / 20.0 FROM results"
        )
    return folder / "a.sqlite"


@pytest.fixture
def results(
    open_page: Callable[[], ArchivePage], analysed: Path, tmp_path: Path, qtbot: QtBot
) -> ArchivePage:
    """The page with a database of its own."""
    place = tmp_path / "mine.sqlite"
    place.write_bytes(analysed.read_bytes())
    page = open_page()
    page.open(place)
    settled(page, qtbot)
    return page


def settled(page: ArchivePage, qtbot: QtBot) -> None:
    """Wait until what is in sight has been read."""
    view = page.results
    qtbot.waitUntil(lambda: view.view is not None and view._reading is None, timeout=WAIT)
    if view.model.rowCount():
        qtbot.waitUntil(lambda: view.model.stretch(0) is not None, timeout=WAIT)


def shown(page: ArchivePage) -> list[tuple[str, ...]]:
    """The table's cells as they are read."""
    model = page.results.model
    columns = range(model.columnCount())
    return [
        tuple(str(model.index(row, column).data()) for column in columns)
        for row in range(model.rowCount())
    ]


def test_it_begins_with_one_thing_to_do(open_page: Callable[[], ArchivePage]) -> None:
    page = open_page()
    assert page.stack.currentWidget() is page.welcome
    assert page.choose_button.isVisible()
    assert not page.panel.start_button.isEnabled()
    assert page.panel.start_button.toolTip() == "Add a folder of recordings first"


def test_a_folder_is_analysed(
    open_page: Callable[[], ArchivePage], session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page()
    folder = make_sounds(tmp_path / "pond")
    assert page.take_drop([folder])
    qtbot.waitUntil(lambda: page.place is not None, timeout=WAIT)
    assert page.place == session.archives_folder / "pond.sqlite"
    QTest.mouseClick(page.panel.start_button, Qt.MouseButton.LeftButton)
    assert page.running
    assert not page.panel.add_button.isEnabled()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    settled(page, qtbot)
    labels = {row[models.LABEL] for row in shown(page)}
    assert "hum" in labels
    assert page.panel.words.text() == "6 files analysed, 0:48 of sound"
    assert page.panel.start_button.text() == "Update"
    assert "6 files have results" in page.notices.text
    assert page.panel.failures_button.text() == "1 failed"
    press(page.notices, "Show them")
    qtbot.waitUntil(lambda: page.findChild(Failures) is not None, timeout=WAIT)
    failures = page.findChild(Failures)
    path, reason = failures.list.item(0).text().split("\n")
    assert path.endswith("bad.wav")
    assert reason.startswith("bad.wav is not a sound file")
    failures.close()
    qtbot.waitUntil(lambda: page.findChild(Failures) is None)
    # Nothing is new: nothing is analysed again.
    page.start()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    assert session.settings.get(ARCHIVE) == str(page.place)


def test_it_rests_continues_and_is_cancelled(
    open_page: Callable[[], ArchivePage], tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page()
    folder = make_sounds(tmp_path / "long", count=12, seconds=120.0)
    words = page.panel.words
    assert page.panel.pause_button.toolTip() == "Let the analysis rest"
    page.panel.jobs.setValue(1)
    page.choose_database(tmp_path / "mine")  # which gets its ending
    assert page.place == tmp_path / "mine.sqlite"
    page.add_folders([folder])
    page.start()
    done = lambda: page.found.overview.done if page.found else 0  # noqa: E731
    qtbot.waitUntil(lambda: done() >= 1, timeout=WAIT)
    page.panel.pause_button.click()
    assert page.panel.pause_button.text() == "Continue"
    qtbot.waitUntil(lambda: words.text().endswith("pausing..."), timeout=WAIT)
    qtbot.waitUntil(lambda: words.text().endswith("paused"), timeout=WAIT)
    before = finished(page.place)
    assert words.text().startswith(f"{before} of 13 files")
    QTest.qWait(1000)
    assert finished(page.place) == before
    page.panel.pause_button.click()
    qtbot.waitUntil(lambda: finished(tmp_path / "mine.sqlite") > before, timeout=WAIT)
    page.panel.cancel_button.click()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    assert page.panel.start_button.text() == "Continue"
    jobs.cancel_all()
    kept = finished(page.place)
    assert kept < 13
    with Database(page.place, make=False) as database:
        order = kept_order(database)
    assert order is not None
    assert not order.finished
    assert order.places == (str(folder),)


def test_a_cluster_analyses(
    open_page: Callable[[], ArchivePage], session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    page, folder = open_page(), make_sounds(tmp_path / "in")
    page.choose_database(tmp_path / "mine.sqlite")
    page.add_folders([folder])
    with Machines(tmp_path) as machines:
        machines.start_scheduler()
        page.panel.scheduler.setText(f" {machines.address} ")
        assert session.settings.get(ARCHIVE_SCHEDULER) == machines.address
        assert not page.panel.jobs.isEnabled()
        assert page.panel.pause_button.toolTip().startswith("Begin no more files")
        page.start()
        waits = "Waiting for a worker of the cluster at " + machines.address
        qtbot.waitUntil(lambda: waits in page.panel.words.text(), timeout=WAIT)
        machines.start_worker()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert page.found is not None
        assert (page.found.overview.done, page.found.overview.failed) == (SOUNDS, 1)
    page.panel.scheduler.clear()
    assert page.panel.jobs.isEnabled()


@pytest.mark.parametrize("missing", [True, False])
def test_a_cluster_that_is_not_there(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    missing: bool,
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, "distributed", None)
    else:
        pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    monkeypatch.setattr("engine.archive.cluster.connection._ANSWER_SECONDS", 0.5)
    page, folder = open_page(), make_sounds(tmp_path / "in", count=1)
    page.choose_database(tmp_path / "mine.sqlite")
    page.add_folders([folder])
    page.panel.scheduler.setText(f"tcp://127.0.0.1:{free_port()}")
    page.start()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    words = "Analysis on a cluster needs the extra 'cluster'" if missing else "Nobody answers at"
    assert words in page.notices.text


def test_a_missing_library_is_told_before_files_are_searched(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[object] = []
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr("engine.archive.addresses.find_sounds", searched.append)
    page = open_page()
    page.choose_database(tmp_path / "mine.sqlite")
    page.add_folders([tmp_path])
    page.panel.scheduler.setText("tcp://127.0.0.1:1")
    page.start()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    assert "needs the extra 'cluster'" in page.notices.text
    assert searched == []


def test_files_are_looked_for_in_a_thread(
    open_page: Callable[[], ArchivePage],
    session: Session,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network drive that does not answer must not hold the window up."""
    asked: list[str] = []
    exists, is_file = Path.exists, Path.is_file

    def noted(
        look: Callable[[Path], bool],
    ) -> Callable[[Path], bool]:
        def noting(path: Path) -> bool:
            if path.name == "far.sqlite":
                asked.append(threading.current_thread().name)
            return look(path)

        return noting

    monkeypatch.setattr(Path, "exists", noted(exists))
    monkeypatch.setattr(Path, "is_file", noted(is_file))
    session.settings.set(ARCHIVE, str(tmp_path / "far.sqlite"))
    page = open_page()
    page.enter()
    settle(qtbot)
    page.choose_database(tmp_path / "far.sqlite")
    settle(qtbot)
    page._look_again()
    settle(qtbot)
    assert asked
    assert threading.main_thread().name not in asked
    assert page.place == tmp_path / "far.sqlite"


def test_what_is_no_database_leaves_the_page_as_it_was(
    open_page: Callable[[], ArchivePage], tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page()
    page.choose_database(tmp_path / "mine.sqlite")
    settle(qtbot)
    (tmp_path / "letter.txt").write_text("Dear Sir,", encoding="utf-8")
    page.choose_database(tmp_path / "letter.txt")
    settle(qtbot)
    assert page.place == tmp_path / "mine.sqlite"
    assert "letter.txt" in page.notices.text


def test_connecting_is_said_and_cancelled(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    monkeypatch.setattr("engine.archive.cluster.connection._ANSWER_SECONDS", 1000.0)
    page, folder = open_page(), make_sounds(tmp_path / "in", count=1)
    page.choose_database(tmp_path / "mine.sqlite")
    page.add_folders([folder])
    page.panel.scheduler.setText(f"tcp://127.0.0.1:{free_port()}")
    page.start()
    words = "Connecting to the cluster at " + page.panel.address
    qtbot.waitUntil(lambda: words in page.panel.words.text(), timeout=WAIT)
    page.cancel()
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    assert page.panel.start_button.isEnabled()


def test_an_address_can_be_read_where_there_is_room(
    open_page: Callable[[], ArchivePage], qtbot: QtBot
) -> None:
    page, address = open_page(), "tcp://scheduler.example:8786"
    page.resize(1180, 700)
    field = page.panel.scheduler
    room = field.fontMetrics().horizontalAdvance(address) + 16
    qtbot.waitUntil(lambda: field.width() >= room, timeout=WAIT)


def test_start_is_not_lost_where_a_folder_was_analysed_before(
    open_page: Callable[[], ArchivePage], session: Session, beeper_file: Path, tmp_path: Path,
    qtbot: QtBot,
) -> None:  # fmt: skip
    folder = make_sounds(tmp_path / "pond", count=1)
    place = session.archives_folder / "pond.sqlite"
    place.parent.mkdir(parents=True)
    with Database(place) as database:
        how = Listening((str(beeper_file),))
        keep_order(database, BatchOrder((str(folder),), how, 2, finished=False))
    page = open_page()
    page.add_folders([folder])
    page.start()  # at once: the database is still being looked for, and then opened
    qtbot.waitUntil(lambda: page.running, timeout=WAIT)
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    assert page.found is not None
    assert page.found.overview.done == 1


def finished(place: Path | None) -> int:
    assert place is not None
    with Database(place, make=False) as database:
        ((count,),) = database.rows("SELECT count(*) FROM files")
    return int(count)


def test_what_was_interrupted_is_told_and_continued(
    open_page: Callable[[], ArchivePage], session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    """The batch of a window that is killed with -9; the next one says so and goes on."""
    folder = make_sounds(tmp_path / "in", count=20, seconds=40.0)
    place, model = tmp_path / "a.sqlite", tmp_path / "beeper.safetensors"
    beeper().save(model)
    script = tmp_path / "killed.py"
    words = {"root": ROOT, "folder": folder, "place": place, "model": model}
    script.write_text(_WINDOW.format(**{k: str(v) for k, v in words.items()}))
    window = subprocess.Popen([sys.executable, str(script)], env=os.environ.copy())
    while not place.exists() or finished(place) < 3:
        assert window.poll() is None
        time.sleep(0.05)
    children = _children(window.pid)
    window.kill()
    assert window.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 240
    while any(_alive(child) for child in children):  # its processes end with it
        assert time.monotonic() < deadline
        time.sleep(0.1)
    before = finished(place)
    assert before < 21
    session.settings.set(ARCHIVE, str(place))
    page = open_page()
    qtbot.waitUntil(lambda: "interrupted" in page.notices.text, timeout=WAIT)
    assert f"{before} of 21 files are done" in page.notices.text
    assert page.panel.folders == [str(folder)]
    assert page.panel.start_button.text() == "Continue"
    press(page.notices, "Continue")
    assert page.running
    qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
    with Database(place, make=False) as database:
        rows = database.rows("SELECT path, status FROM files")
        twice = database.rows("SELECT file_id FROM results GROUP BY file_id HAVING count(*) > 1")
        heard = database.rows("SELECT count(DISTINCT path) FROM heard WHERE label = 'hum'")
    assert len(rows) == 21
    assert [path for path, status in rows if status != "done"] == [str(folder / "bad.wav")]
    assert twice == []
    assert heard == [(20,)]


_WINDOW = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
if __name__ == "__main__":
    from PySide6.QtWidgets import QApplication
    from desktop.pages.archive.page import ArchivePage
    from desktop.session import Session
    application = QApplication([])
    page = ArchivePage(Session())
    page.panel.classifiers = [{model!r}]
    page.show()
    page.choose_database(Path({place!r}))
    page.add_folders([Path({folder!r})])
    page.start()
    application.exec()
"""


def _children(process: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_filters_and_histogram(results: ArchivePage, qtbot: QtBot) -> None:
    view = results.results
    everything = view.model.rowCount()
    assert view.words.text() == f"{everything} stretches"
    view.filters.label.setCurrentIndex(view.filters.label.findData("beep"))
    settled(results, qtbot)
    assert {row[models.LABEL] for row in shown(results)} == {"beep"}
    beeps = view.model.rowCount()
    assert 0 < beeps < everything
    view.histogram.choice.setCurrentIndex(view.histogram.choice.findData("hour"))
    settled(results, qtbot)
    bars = {bar.name: bar.values[0] for bar in view.histogram.bars.bars}
    assert sum(value or 0 for value in bars.values()) == beeps
    assert "05:00" in bars
    bar = list(bars).index("05:00")
    place = view.histogram.bars.place_of(bar, 0.5).toPoint()
    QTest.mouseClick(view.histogram.bars.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: "05:00" in view.words.text(), timeout=WAIT)
    settled(results, qtbot)
    assert all(" 05:00" in row[models.RECORDED] for row in shown(results))
    view.filters.clear_button.click()
    settled(results, qtbot)
    assert view.model.rowCount() == everything
    view.filters.search.setText("000 3.WAV")
    qtbot.waitUntil(lambda: view.model.rowCount() < everything, timeout=WAIT)
    settled(results, qtbot)
    assert {row[models.FILE] for row in shown(results)} == {"P_20240101_030000 3.wav"}


def test_headings_sort(results: ArchivePage, qtbot: QtBot) -> None:
    view = results.results
    view._sort(models.CERTAINTY)
    settled(results, qtbot)
    order = [int(row[models.CERTAINTY].split("\N{NO-BREAK SPACE}")[0]) for row in shown(results)]
    assert order == sorted(order)
    view._sort(models.CERTAINTY)
    settled(results, qtbot)
    order = [int(row[models.CERTAINTY].split("\N{NO-BREAK SPACE}")[0]) for row in shown(results)]
    assert order == sorted(order, reverse=True)


def test_judged_by_keys(
    results: ArchivePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    view, played = results.results, []
    monkeypatch.setattr(
        view.transport, "play", lambda start, end, *, loop: played.append((start, end))
    )
    view.table.choose(0)
    first = view.model.stretch(0)
    assert first is not None
    rect = view.table.visualRect(view.model.index(0, models.LABEL))
    QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert played == [(first.start_seconds, first.end_seconds)]
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert view.table.row == 1
    QTest.keyClick(view.table, Qt.Key.Key_Backspace)
    assert len(played) == 3  # the next is played
    qtbot.waitUntil(lambda: not view.judging.busy, timeout=WAIT)
    assert [row[models.JUDGED] for row in shown(results)[:2]] == ["✓", "✗"]
    with Database(view.place or Path(), make=False) as database:
        assert [one.right for one in corrections(database)] == [True, False]
    assert results.steps[0].endswith("is wrong")
    results.undo()
    qtbot.waitUntil(lambda: not view.judging.busy, timeout=WAIT)
    with Database(view.place or Path(), make=False) as database:
        assert [one.right for one in corrections(database)] == [True]
    results.redo()
    view.table.choose(0)
    QTest.keyClick(view.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not view.judging.busy, timeout=WAIT)
    with Database(view.place or Path(), make=False) as database:
        assert [one.right for one in corrections(database)] == [False]
    results.exports.save(tmp_path / "judged.csv", worker.Form("corrections", ".csv"))
    qtbot.waitUntil((tmp_path / "judged.csv").exists, timeout=WAIT)
    rows = list(csv.DictReader((tmp_path / "judged.csv").read_text().splitlines()))
    assert [row["right"] for row in rows] == ["false"]


def test_a_file_that_is_gone_is_told(results: ArchivePage, qtbot: QtBot) -> None:
    view = results.results
    with Database(view.place or Path(), make=False) as database:
        database.change("UPDATE files SET path = replace(path, 'P_', 'gone_')")
    view.refresh()
    settled(results, qtbot)
    view.play_row(0)
    qtbot.waitUntil(lambda: "is not there any more" in results.notices.text, timeout=WAIT)


def test_a_sound_at_an_address_is_judged_but_not_played(results: ArchivePage, qtbot: QtBot) -> None:
    view = results.results
    with Database(view.place or Path(), make=False) as database:
        database.change("UPDATE files SET path = 's3://bucket/' || id || '.wav'")
    view.refresh()
    settled(results, qtbot)
    view.play_row(0)
    assert "s3://bucket/" in results.notices.text
    assert "lies elsewhere" in results.notices.text
    assert [action.text() for action in view.menu().actions()] == [
        "Play", "Right", "Wrong", "Not judged",
    ]  # fmt: skip
    view.judge(True)
    qtbot.waitUntil(lambda: not view.judging.busy, timeout=WAIT)
    with Database(view.place or Path(), make=False) as database:
        assert len(corrections(database)) == 1


def test_thresholds_of_what_was_judged(results: ArchivePage, qtbot: QtBot) -> None:
    for row in range(3):
        results.results.table.choose(row)
        results.results.judging.say(_right(results, row))
    qtbot.waitUntil(lambda: not results.results.judging.busy, timeout=WAIT)
    results.show_thresholds()
    dialog = results.findChild(Thresholds)
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 0, timeout=WAIT)
    judged = sum(int(dialog.table.item(n, 2).text()) for n in range(dialog.table.rowCount()))
    assert judged == 3
    assert dialog.table.item(0, 5).text() == "not known"  # of three nobody can tell
    dialog.reject()
    qtbot.waitUntil(lambda: results.findChild(Thresholds) is None)


def _right(page: ArchivePage, row: int) -> Judgement:
    found = page.results.model.stretch(row)
    assert found is not None
    return Judgement(found.number, found.label, found.right, True)


def test_exports(results: ArchivePage, qtbot: QtBot, tmp_path: Path) -> None:
    target = tmp_path / "stretches.parquet"
    results.exports.save(target, worker.Form("parquet", ".parquet", "segments"))
    qtbot.waitUntil(lambda: "Saved" in results.notices.text, timeout=WAIT)
    assert pyarrow.parquet.read_table(target).num_rows == results.results.model.rowCount()
    results.notices.clear()
    results.exports.save(tmp_path / "none" / "a.csv", worker.Form("csv", ".csv"))
    qtbot.waitUntil(lambda: "there is no such folder" in results.notices.text, timeout=WAIT)


def test_the_menu_of_a_stretch(results: ArchivePage, session: Session) -> None:
    results.results.table.choose(0)
    asked: list[object] = []
    session.requested.connect(asked.append)
    menu = results.results.menu()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions)[:4] == ["Play", "Right", "Wrong", "Not judged"]
    actions["Open on the File page"].trigger()
    actions["Add to a class of sounds..."].trigger()
    actions["Find similar in the archive"].trigger()
    found = results.results.model.stretch(0)
    assert found is not None
    times = found.start_seconds, found.end_seconds
    assert asked == [
        OpenFile(Path(found.path), at=times),
        AddRegion(Path(found.path), *times),
        FindSimilar(Path(found.path), *times, found.label),
    ]


def test_what_is_no_results_database(
    open_page: Callable[[], ArchivePage], tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.sqlite"
    db = sqlite3.connect(other)
    db.execute("CREATE TABLE mail (text)")
    db.close()
    before = other.read_bytes()
    page = open_page()
    page.take(OpenArchive(other))
    qtbot.waitUntil(lambda: "another program" in page.notices.text, timeout=WAIT)
    assert other.read_bytes() == before
    assert page.found is None


def test_a_million_stretches_stay_fluent(
    open_page: Callable[[], ArchivePage], analysed: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """No step of the window takes long, wherever one looks; only blocks are in memory."""
    place = tmp_path / "million.sqlite"
    place.write_bytes(analysed.read_bytes())
    with Database(place, make=False) as database:
        database.change(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999) "
            "INSERT INTO segments (result_id, start_seconds, end_seconds, label, probability) "
            "SELECT 1 + i % 6, i / 10.0, i / 10.0 + 1, 'label ' || (i % 30), (i % 997) / 997.0 "
            "FROM n"
        )
    page = open_page()
    page.open(place)
    settled(page, qtbot)
    view = page.results
    total = view.model.rowCount()
    assert total > 1_000_000
    worst = 0.0
    for share in np.linspace(0, 1, 60):
        bar = view.table.verticalScrollBar()
        used = time.thread_time()
        bar.setValue(round(share * bar.maximum()))
        view.table.viewport().repaint()
        worst = max(worst, time.thread_time() - used)
        QTest.qWait(5)
    assert worst < 0.1, worst  # of processor time; 0.01 on a free machine
    last = total - 1
    qtbot.waitUntil(lambda: view.model.stretch(last) is not None, timeout=WAIT)
    assert len(view.model._blocks) <= 64
    view.filters.label.setCurrentIndex(view.filters.label.findData("label 7"))
    settled(page, qtbot)
    assert view.model.rowCount() == 1_000_000 // 30 + 1


def test_the_window_opens_a_database(
    session: Session, analysed: Path, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    """By Open, by a double click, by a drop; a folder that is dropped here is analysed."""
    place = tmp_path / "mine.sqlite"
    place.write_bytes(analysed.read_bytes())
    window = Window(session, first="models")
    window.show()
    window.open_file(place)
    assert window.current == "archive"
    page = window.page("archive")
    assert isinstance(page, ArchivePage)
    settled(page, qtbot)
    window.show_page("models")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(place))])
    window.dropEvent(_dropped(data))
    assert window.current == "archive"
    folder = tmp_path / "more"
    folder.mkdir()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    window.dropEvent(_dropped(data))
    assert str(folder) in page.panel.folders
    window.close()
    take_away(qapp, window)


def _dropped(data: QMimeData) -> QDropEvent:
    nothing = Qt.KeyboardModifier.NoModifier
    button = Qt.MouseButton.LeftButton
    return QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, button, nothing)


def test_steps_that_the_list_does_not_have(qapp: QApplication) -> None:
    panel = BatchPanel(Settings())
    panel.set_hop(2.5)
    assert panel.hop_seconds == 2.5
    assert panel.hop.currentText() == "Step 2.5 s"
    panel.set_hop(None)
    assert panel.hop_seconds is None
    panel.deleteLater()


def test_buttons_of_a_batch_keep_their_places(
    open_page: Callable[[], ArchivePage], qtbot: QtBot
) -> None:
    panel = open_page().panel
    buttons = (panel.failures_button, panel.pause_button, panel.cancel_button, panel.start_button)
    for button in buttons:  # a ring makes one wider
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    places = set()
    for words in ("Start", "Update", "Continue"):
        for running in (False, True):
            panel.start_button.setText(words)
            panel.set_running(running)
            panel.pause_button.setChecked(running)
            panel.show_failed(12_345 if running else 0)
            qtbot.wait(20)
            places.add(tuple(button.geometry().getRect() for button in buttons))
    assert len(places) == 1


def test_while_the_first_results_are_waited_for_nothing_says_start(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def hear(*_: object) -> Generator[worker.Progress, None, None]:
        while True:
            yield worker.Progress("search")
            time.sleep(0.01)

    monkeypatch.setattr(worker, "hear", hear)
    page = open_page()
    page.choose_database(tmp_path / "new.sqlite")
    page.add_folders([tmp_path])
    assert page.welcome_words.text().startswith("Start analyses")
    page.start()
    assert page.welcome_words.text().startswith("The first results appear here")
    page.cancel()
    qtbot.waitUntil(lambda: not page.running)
    assert page.welcome_words.text().startswith("Start analyses")


def test_start_before_the_database_has_a_name_is_not_lost(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def hear(place: Path, *_: object) -> Generator[worker.Progress, None, None]:
        while True:
            yield worker.Progress("search")
            time.sleep(0.01)

    monkeypatch.setattr(worker, "hear", hear)
    page = open_page()
    page.add_folders([tmp_path])
    assert page.place is None
    page.panel.start_button.click()
    qtbot.waitUntil(lambda: page.running)
    page.cancel()
    qtbot.waitUntil(lambda: not page.running)


def test_nothing_begins_while_a_cancelled_batch_still_ends(
    open_page: Callable[[], ArchivePage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    """Two batches at once would write into one database."""
    at_work: list[int] = [0, 0]  # now, and at most
    let_go = threading.Event()

    def hear(*_: object) -> Generator[worker.Progress, None, None]:
        at_work[0] += 1
        at_work[1] = max(at_work)
        try:
            while True:
                yield worker.Progress("search")
                time.sleep(0.01)
        finally:
            let_go.wait(30)  # its processes are being ended
            at_work[0] -= 1

    monkeypatch.setattr(worker, "hear", hear)
    page = open_page()
    page.choose_database(tmp_path / "new.sqlite")
    page.add_folders([tmp_path])
    page.start()
    qtbot.waitUntil(lambda: at_work[0] == 1)
    page.panel.cancel_button.click()
    assert page.panel.words.text() == "Stopping..."
    assert not page.panel.start_button.isEnabled()
    assert not page.panel.pause_button.isEnabled()
    page.start()
    qtbot.wait(200)
    let_go.set()
    qtbot.waitUntil(lambda: not page.running)
    assert page.panel.start_button.isEnabled()
    page.start()
    qtbot.waitUntil(lambda: at_work[0] == 1)
    assert at_work[1] == 1
    page.cancel()
    qtbot.waitUntil(lambda: not page.running)
