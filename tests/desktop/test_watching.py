"""File, Watch: a folder and a microphone are watched, also when the dialog is closed."""

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop import jobs
from desktop.requests import OpenFile
from desktop.session import Session
from desktop.settings import WATCH_DATABASE, WATCH_FOLDER, WATCH_HOURS, WATCH_KEEP
from desktop.watching import worker
from desktop.watching.dialog import WatchDialog
from desktop.watching.watchers import Watchers
from desktop.watching.worker import FolderOrders, Line, ListenOrders, Told
from desktop.window import Window
from engine.errors import AudioError, DataError
from engine.watch.journal import Gap
from tests.engine.watch.simulated import LiveRoom
from tests.planted import beeper

GAP = Gap("folder:in", "folder", "2024-01-01T05:00:00.000+00:00", 75.0, "the folder: it is away")

LATER = replace(GAP, seconds=150.0)  # the same, which goes on


class Script:
    """A job that tells what it is given, until it is ended."""

    def __init__(self) -> None:
        self.news: list[Told | Exception] = []
        self.orders: list[object] = []
        self.ended = threading.Event()
        self.slow = False
        self.works = threading.Event()
        self.free = threading.Event()  # set: what is slow comes to its end

    def __call__(self, *orders: object) -> Generator[Told, None, None]:
        self.orders += orders
        said = 0
        last = Told("watching", counts=(0, 0, 0, 0))
        try:
            while True:
                if said < len(self.news):
                    news = self.news[said]
                    said += 1
                    if isinstance(news, Exception):
                        raise news
                    last = news
                    yield news
                if self.slow:
                    self.works.set()
                    self.free.wait(60)
                time.sleep(0.01)
                yield Told(last.state, last.why, last.counts, last.problem, gaps=last.gaps)
        finally:
            self.ended.set()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    made = Script()
    monkeypatch.setattr(worker, "watch", made)
    return made


Made = tuple[WatchDialog, Watchers]


@pytest.fixture
def made(session: Session) -> Generator[Made, None, None]:
    watchers = Watchers(session)
    dialog = WatchDialog(session, watchers, None)
    dialog.show()
    yield dialog, watchers
    watchers.folder.stop()
    watchers.microphone.stop()
    jobs.cancel_all()
    if isValid(dialog):  # it is deleted when it is closed
        dialog.deleteLater()


def fill(dialog: WatchDialog, tmp_path: Path) -> None:
    dialog.folder.place.line.setText(str(tmp_path / "in"))
    dialog.folder.database.line.setText(str(tmp_path / "a.sqlite"))


def test_a_folder_is_watched(
    made: Made, session: Session, script: Script, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog, _ = made
    page = dialog.folder
    assert not page.shown.button.isEnabled()
    assert page.shown.button.toolTip() == "Choose a folder and a database first"
    fill(dialog, tmp_path)
    assert session.settings.get(WATCH_FOLDER) == str(tmp_path / "in")
    assert session.settings.get(WATCH_DATABASE) == str(tmp_path / "a.sqlite")
    page.shown.button.click()
    assert page.shown.button.text() == "Stop"
    assert not page.place.isEnabled()
    qtbot.waitUntil(lambda: page.shown.state.text().startswith("Watching: 0 files"))
    names = tuple(session.loaded_names)
    assert script.orders == [FolderOrders(tmp_path / "in", tmp_path / "a.sqlite", names)]
    path = tmp_path / "in" / "a.wav"
    lines = (Line("05:00:00", "a.wav", "instrument: flute", path),)
    script.news.append(Told("watching", "", (1, 0, 2, 1), lines=lines, messages=("flute (Rule)",)))
    script.news.append(Told("away", "in: it is away", (1, 0, 0, 0), gaps=[GAP]))
    qtbot.waitUntil(lambda: page.shown.state.text() == "Waiting: in: it is away")
    assert page.shown.lines.item(0, 0).text() == "a.wav"
    assert page.shown.lines.item(0, 1).text() == "instrument: flute"
    assert page.shown.gaps.item(0, 0).text() == "the folder: it is away"
    assert page.shown.gaps.item(0, 2).text() == "0:01:15"
    script.news.append(Told("away", "in: it is away", (1, 0, 0, 0), gaps=[LATER]))
    qtbot.waitUntil(lambda: page.shown.gaps.item(0, 2).text() == "0:02:30")
    asked: list[object] = []
    session.requested.connect(asked.append)
    page.shown.lines.cellDoubleClicked.emit(0, 0)
    assert asked == [OpenFile(path)]
    script.slow = True  # a file that is at work ends first: the window does not wait for it
    qtbot.waitUntil(script.works.is_set)
    page.shown.button.click()
    assert not script.ended.wait(0.1)
    assert page.shown.state.text() == "Stopping..."
    assert not page.shown.button.isEnabled()
    assert not page.place.isEnabled()
    script.free.set()
    qtbot.waitUntil(lambda: page.shown.state.text() == "Stopped")
    assert script.ended.is_set()
    assert page.shown.button.text() == "Start"
    assert page.shown.button.isEnabled()
    assert page.place.isEnabled()


def test_return_in_a_field_closes_nothing(made: Made, qtbot: QtBot) -> None:
    dialog, _ = made
    for line in (dialog.folder.place.line, dialog.folder.database.line):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.wait(50)
    assert isValid(dialog)
    assert dialog.isVisible()


def test_it_goes_on_without_the_dialog(
    made: Made, session: Session, script: Script, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog, watchers = made
    fill(dialog, tmp_path)
    dialog.folder.shown.button.click()
    dialog.close()
    lines = (Line("05:00:00", "a.wav", "instrument: flute"),)
    script.news.append(Told("watching", "", (1, 0, 0, 0), lines=lines))
    qtbot.waitUntil(lambda: len(watchers.folder.lines) == 1)
    again = WatchDialog(session, watchers, None)
    qtbot.addWidget(again)
    assert again.folder.shown.button.text() == "Stop"
    assert again.folder.shown.lines.rowCount() == 1
    script.news.append(DataError("a.sqlite could not be written."))
    qtbot.waitUntil(lambda: again.folder.shown.state.text() == "a.sqlite could not be written.")
    assert again.folder.shown.button.text() == "Start"


def test_the_microphone_has_its_own_database_and_rules(
    made: Made, session: Session, tmp_path: Path
) -> None:
    dialog, watchers = made
    fill(dialog, tmp_path)
    dialog.microphone.database.line.setText(str(tmp_path / "live.sqlite"))
    dialog.microphone.rules.line.setText(str(tmp_path / "rules.toml"))
    again = WatchDialog(session, watchers, None)
    assert again.folder.database.text == str(tmp_path / "a.sqlite")
    assert again.folder.rules.text == ""
    assert again.microphone.database.text == str(tmp_path / "live.sqlite")
    again.deleteLater()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> LiveRoom:
    made = LiveRoom()

    def opened(orders: ListenOrders) -> LiveRoom:
        if made.gone:
            raise AudioError("No microphone found.")
        return made

    monkeypatch.setattr(worker, "_open", opened)
    return made


def test_a_microphone_listens_and_is_waited_for(
    made: Made, session: Session, room: LiveRoom, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog, watchers = made
    page = dialog.microphone
    assert page.shown.button.toolTip() == "Enable a classifier on the Models page first"
    session.classifiers = {"planted": beeper()}
    session.classifiers_loaded.emit()
    page.database.line.setText(str(tmp_path / "live.sqlite"))
    page.keep.line.setText(str(tmp_path / "kept"))
    assert session.settings.get(WATCH_KEEP) == str(tmp_path / "kept")
    page.shown.button.click()
    qtbot.waitUntil(
        lambda: any(line.what == "hum" for line in watchers.microphone.lines), timeout=60_000
    )
    assert page.shown.lines.item(0, 0).text() == "hum"
    assert page.shown.lines.item(0, 1).text() == "planted"
    assert watchers.microphone.microphone_open
    assert page.shown.state.text().startswith("Listening for 0:00:")
    room.gone = True
    qtbot.waitUntil(lambda: page.shown.state.text().startswith("Waiting"), timeout=60_000)
    assert not watchers.microphone.microphone_open
    room.gone = False
    qtbot.waitUntil(lambda: page.shown.state.text().startswith("Listening"), timeout=60_000)
    assert "was disconnected" in page.shown.gaps.item(0, 0).text()
    page.shown.button.click()
    qtbot.waitUntil(lambda: page.shown.button.text() == "Start", timeout=60_000)
    assert len(list((tmp_path / "kept").rglob("*.flac"))) >= 1


def test_hours_that_are_none_are_said(
    made: Made, session: Session, room: LiveRoom, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog, _ = made
    page = dialog.microphone
    session.classifiers = {"planted": beeper()}
    page.database.line.setText(str(tmp_path / "live.sqlite"))
    page.hours.setText("at dawn")
    assert session.settings.get(WATCH_HOURS) == "at dawn"
    page.shown.button.click()
    qtbot.waitUntil(lambda: "is not a span of hours" in page.shown.state.text(), timeout=60_000)
    assert not (tmp_path / "live.sqlite").exists()


def test_the_window_opens_it_once_and_its_light_knows(session: Session, qtbot: QtBot) -> None:
    window = Window(session)
    qtbot.addWidget(window)
    window.show_watching()
    window.show_watching()
    (dialog,) = window.findChildren(WatchDialog)
    assert dialog.isVisible()
    assert "closed" in window._light.text()
    window.watchers.microphone._job = object()  # type: ignore[assignment]
    window.watchers.microphone.told = Told("listening", counts=(1, 0))
    window.watchers.microphone.changed.emit()
    assert "open" in window._light.text()
    window.watchers.microphone._job = None
