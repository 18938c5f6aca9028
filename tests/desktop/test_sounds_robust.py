"""The Sounds page is killed, or the disk is full: what was seen is there afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.pages.sounds.page import SoundsPage
from desktop.shared import microphone
from engine.audio.files import probe
from engine.audio.recording import Recorder
from engine.errors import AudioError
from engine.project.project import Project
from tests import corpora
from tests.desktop.said import press
from tests.desktop.test_sounds_page import Clip

ROOT = Path(__file__).resolve().parents[2]
needs_kill = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")

CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from desktop import style
from desktop.shared import microphone
from desktop.pages.sounds.page import SoundsPage
from desktop.session import Session
from desktop.settings import PROJECT
from tests.desktop.test_sounds_page import Clip
microphone.open_chosen = lambda *_: Clip()
app = QApplication([])
style.apply(app, "light")
session = Session()
session.settings._store.clear()
session.settings.set(PROJECT, sys.argv[1])
page = SoundsPage(session)
page.show()
def until(true):
    while not true():
        loop = QEventLoop(); QTimer.singleShot(5, loop.quit); loop.exec()
until(lambda: page.project is not None and not page.worker.busy)
def see(*words):
    print(*words, flush=True)
"""
RECORDS = """
page.choose_class("bell")
page.view.recorder.start(0.0, None)
while True:
    face = page.view.recorder.hold._face
    until(lambda: page.view.recorder.hold._face != face)
    if page.view.recorder.hold._face[:1].isdigit():
        see(page.view.recorder.hold._face)
"""
LABELS = """
page.choose_class("bell")
until(lambda: len(page.view.table.rows_model.rows) > 0)
while page.view.table.rows_model.rows:
    before = page.view.cards.cards[1]._amount.text()
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_2)
    until(lambda: page.view.cards.cards[1]._amount.text() != before)
    see(page.view.cards.cards[1]._amount.text().split()[0])
until(lambda: False)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    sounds = corpora.folders(tmp_path / "given", ("bell", "drum"), files=2, seconds=0.3)
    project = Project(root)
    for _ in project.import_folder(sounds):
        pass
    return root


def killed(code: str, folder: Path, enough: Callable[[str], bool], linger: float) -> list[str]:
    """Run a page of its own until it has shown enough, then kill it; gives what it showed."""
    started = [sys.executable, "-c", CHILD + code, str(folder)]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        seen: list[str] = []
        for line in process.stdout:
            seen.append(line.strip())
            if enough(seen[-1]):
                break
        time.sleep(linger)
        process.send_signal(signal.SIGKILL)
        seen += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return seen


def idle(qtbot: QtBot, page: SoundsPage, when: Callable[[], bool]) -> None:
    qtbot.waitUntil(lambda: when() and not page.worker.busy, timeout=120_000)


@needs_kill
def test_killed_while_recording(
    folder: Path, open_sounds: Callable[[Path], SoundsPage], qtbot: QtBot
) -> None:
    seen = killed(RECORDS, folder, lambda face: float(face) >= 2.2, 0.13)
    page = open_sounds(folder)
    project = page.project
    assert project is not None
    assert len(project.rows) == 4
    (label, path), *others = project.unfinished()
    assert label == "bell"
    assert not others
    # The header follows twice a second, and libFLAC holds two blocks back.
    assert probe(path).duration_seconds >= float(seen[-1]) - 1.0
    assert "interrupted" in page.notices.text
    press(page.notices, "Add them")
    idle(qtbot, page, lambda: len(project.rows) > 4)
    assert {row.label for row in project.rows[4:]} == {"bell"}
    assert not project.unfinished()


@needs_kill
@pytest.mark.parametrize("linger", [0.0, 0.037])
def test_killed_while_labelling(folder: Path, tmp_path: Path, linger: float) -> None:
    project = Project(folder)
    many = corpora.folders(tmp_path / "many", ("bell",), files=80, seconds=0.02)
    for _ in project.add_files("bell", [many / "bell"]):
        pass
    project.close()
    seen = killed(LABELS, folder, lambda count: int(count) >= 6, linger)
    again = Project(folder)
    assert not again.missing
    assert len(again.rows) == 84
    drums = sum(row.label == "drum" for row in again.rows)
    assert int(seen[-1]) <= drums <= int(seen[-1]) + 1


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_changes_nothing_and_says_so_once(
    folder: Path,
    open_sounds: Callable[[Path], SoundsPage],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_sounds(folder)
    project = page.project
    assert project is not None
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_2)
    idle(qtbot, page, lambda: bool(project.history.undo_words))
    before, steps = project.rows, page.view.header.undo.toolTip()
    said: list[str] = []
    page._session.messages.said.connect(lambda message: said.append(message.text))
    with monkeypatch.context() as disk:
        disk.setattr("engine.project.store.write_whole", full)
        disk.setattr("engine.project.store.shutil.copyfile", full)
        for act in (
            lambda: QTest.keyClick(page.view.table, Qt.Key.Key_2),
            page.undo,
            page.remove_selected,
            lambda: page.add_files("bell", [ROOT / "resources" / "sounds" / "demo.ogg"]),
        ):
            page.choose_class("bell")
            page.view.table.selectRow(0)
            said.clear()
            act()
            idle(qtbot, page, lambda: len(said) == 1)
            assert "No space left" in said[0]
            assert project.rows == before
            assert page.view.header.undo.toolTip() == steps
            assert Project(folder).rows == before
    page.undo()
    idle(qtbot, page, lambda: not project.history.undo_words)
    assert page.view.header.redo.isEnabled()


def test_a_recording_on_a_full_disk_waits_and_is_added(
    folder: Path,
    open_sounds: Callable[[Path], SoundsPage],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Clip, "unplugged_after", None)
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())
    page = open_sounds(folder)
    project = page.project
    assert project is not None
    write = Recorder.write

    def soon_full(self: Recorder, samples: object) -> None:
        if self.seconds > 1.2:
            raise AudioError("take could not be written on: is the disk full?")
        write(self, samples)  # type: ignore[arg-type]

    with monkeypatch.context() as disk:
        disk.setattr(Recorder, "write", soon_full)
        disk.setattr("engine.project.store.write_whole", full)
        page.view.recorder.start(0.0, None)
        idle(qtbot, page, lambda: bool(page.notices.current))
    assert "disk full?" in page.notices.text
    assert "then add it" in page.notices.text
    assert len(project.rows) == 4
    assert len(project.unfinished()) == 1
    press(page.notices, "Add it")
    idle(qtbot, page, lambda: len(project.rows) > 4)
    assert not project.unfinished()
    assert [(row.start, row.end) for row in project.rows[4:]] == [(0.0, 1.0)]
    assert probe(project.file_of(project.rows[-1])).duration_seconds > 1.2


def test_no_room_for_a_second_leaves_no_empty_recording(
    folder: Path,
    open_sounds: Callable[[Path], SoundsPage],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(self: Recorder, samples: object) -> None:
        raise AudioError("no room")

    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())
    monkeypatch.setattr(Recorder, "write", nothing)
    page = open_sounds(folder)
    page.view.recorder.start(0.0, None)
    idle(qtbot, page, lambda: bool(page.notices.current))
    assert page.notices.text == "Nothing was recorded. no room"
    assert page.project is not None
    assert not page.project.unfinished()
