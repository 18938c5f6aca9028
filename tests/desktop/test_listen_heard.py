"""What was heard once more: the log, its menus, the frozen picture, files, and the first start."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.pages.listen.heard.rows import CERTAINTY, LABEL, LENGTH, STRETCH, TIME
from desktop.pages.listen.heard.stretch import Stretch
from desktop.pages.listen.page import ListenPage
from desktop.requests import FindSimilar, OpenFile, ShowSounds
from desktop.settings import RECORDINGS
from desktop.shared import microphone
from desktop.shared.player import Transport
from desktop.window import Window
from engine.audio import Audio, read
from engine.recognition.said.heard import Heard
from resources import resource
from tests.desktop.said import press
from tests.desktop.test_listen_page import Clip

ENOUGH = 120_000


@pytest.fixture
def page(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> ListenPage:
    """Listens to the demo."""
    monkeypatch.setattr(Clip, "unplugged", False)
    monkeypatch.setattr(Clip, "silent", None)
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())
    window._session.settings.set(RECORDINGS, str(tmp_path))
    window.show_page("listen")
    page = window.page("listen")
    assert isinstance(page, ListenPage)
    page.start()
    qtbot.waitUntil(lambda: page.tracks.time.end > 1.0, timeout=ENOUGH)
    return page


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Audio | Path, float, float | None]]:
    """What is played, with the places where it begins and ends; there is no loudspeaker."""
    found: list[tuple[Audio | Path, float, float | None]] = []

    def play(self: Transport, start: float, end: float | None, *, loop: bool) -> None:
        assert self._path is not None
        found.append((self._path, start, end))

    monkeypatch.setattr(Transport, "play", play)
    return found


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Menus are made and not shown: the offscreen screen has no windows over others."""
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)


def heard(number: int, label: str, begin: float, end: float, *, on: bool = False) -> Heard:
    return Heard(number, "genre", label, begin, end, 0.81, on)


def add(page: ListenPage, *entries: Heard) -> None:
    sound = page.stream.sound
    assert sound is not None
    page.log.rows.take(entries, sound, page.stream.began)


def shown(page: ListenPage) -> list[list[str]]:
    model = page.log.table.model()
    columns = (TIME, LABEL, CERTAINTY, LENGTH)
    return [
        [model.index(row, column).data() for column in columns] for row in range(model.rowCount())
    ]


def test_what_is_heard_is_logged(page: ListenPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.log.rows.rowCount() > 0, timeout=ENOUGH)
    row = page.log.rows.index(page.log.rows.rowCount() - 1, 0).data(STRETCH)
    assert row.label
    assert row.classifier in page._session.live_classifiers
    assert abs(row.at.timestamp() - time.time()) < 60


def test_the_newest_is_first_and_what_goes_on_grows(page: ListenPage) -> None:
    page.stop()
    add(page, heard(90, "techno", 0.5, 1.0, on=True))
    add(page, heard(91, "house", 0.8, 1.1), heard(90, "techno", 0.5, 3.7))
    labels = [row[LABEL] for row in shown(page)]
    assert labels[:2] == ["house", "techno"]
    assert shown(page)[1][2:] == ["81\N{NO-BREAK SPACE}%", "3.2 s"]
    page.log.search.setText("TECH")
    assert {row[LABEL] for row in shown(page)} == {"techno"}
    page.log.search.setText("genre")  # the classifier's title
    assert len(shown(page)) >= 2


def test_a_click_plays_the_stretch_and_enter_opens_it(
    page: ListenPage,
    window: Window,
    qtbot: QtBot,
    played: list[tuple[Audio | Path, float, float | None]],
    tmp_path: Path,
) -> None:
    page.stop()
    page.view.side.setCurrentWidget(page.log)
    add(page, heard(90, "hip/hop", 0.25, 0.75))
    table = page.log.table
    place = table.visualRect(table.model().index(0, LABEL)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    ((sound, start, end),) = played
    assert isinstance(sound, Audio)
    assert sound.duration_seconds == pytest.approx(0.5, abs=0.01)
    assert (start, end) == (0.0, 0.5)
    ring = page.stream.sound.between(0.25, 0.75)  # type: ignore[union-attr]
    assert ring is not None
    np.testing.assert_array_equal(sound.samples, ring.samples)
    asked: list[object] = []
    window._session.requested.disconnect()
    window._session.requested.connect(asked.append)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked), timeout=ENOUGH)
    (request,) = asked
    assert isinstance(request, OpenFile)
    assert request.path is not None
    assert request.path.parent == tmp_path
    assert request.path.name.endswith("hip-hop.flac")
    kept = read(request.path).samples
    np.testing.assert_allclose(kept, np.clip(ring.samples, -1, 1), atol=1e-6)


def test_what_the_ring_has_lost_comes_from_the_recording(
    page: ListenPage,
    qtbot: QtBot,
    played: list[tuple[Audio | Path, float, float | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.record(True)
    qtbot.waitUntil(lambda: page.recordings._begun, timeout=ENOUGH)
    qtbot.waitUntil(lambda: (page.stream.latest.recorded_seconds or 0) > 0.9)
    sound = page.stream.sound
    assert sound is not None
    page.record(False)
    qtbot.waitUntil(lambda: page.recordings._path is None, timeout=ENOUGH)
    ((path, (first, last)),) = [(path, span) for (_, path), span in page.recordings._spans.items()]
    stretch = Stretch(sound, first + 0.2, last - 0.2)
    page.stop()
    monkeypatch.setattr(type(sound), "between", lambda *_: None)
    page.replay.play(stretch)
    assert played == [(path, pytest.approx(0.2), pytest.approx(last - first - 0.2))]
    page.replay.play(Stretch(sound, last + 1.0, last + 2.0))
    assert len(played) == 1
    assert "no longer kept" in page.notices.text


def test_one_ring_is_kept_and_no_more(page: ListenPage, qtbot: QtBot) -> None:
    before = page.stream.sound
    assert before is not None
    page.stop()
    assert before.between(0.1, 0.5) is not None  # also while nothing listens
    page.start()
    qtbot.waitUntil(lambda: page.stream.sound is not before, timeout=ENOUGH)
    assert before.ring is None
    assert before.between(0.1, 0.5) is None


def test_the_log_is_copied_and_exported(page: ListenPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.stop()
    add(page, heard(90, "techno", 0.5, 3.7), heard(91, "drum, bass", 0.8, 1.1))
    page.log.search.setText("techno")
    qtbot.keyClick(page.log.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert "\ttechno\tgenre\t0.810\t3.20" in text
    assert "drum" not in text
    page.log.search.clear()
    page.log.export(tmp_path / "log.csv")
    qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=ENOUGH)
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows][:2] == ["drum, bass", "techno"]
    page.log.export(tmp_path / "missing" / "log.csv")
    qtbot.waitUntil(lambda: "could not be written" in page.notices.text, timeout=ENOUGH)


def test_menus_offer_what_can_be_done_with_what_was_heard(
    page: ListenPage,
    menus: None,
    played: list[tuple[Audio | Path, float, float | None]],
) -> None:
    page.stop()
    corrected: list[Stretch] = []
    page.offers.corrections[:] = [("It is not {}", corrected.append)]
    add(page, heard(90, "techno", 0.25, 0.75))
    stretch = page.log.table.model().index(0, 0).data(STRETCH)
    menu = page.offers.show(stretch, QPoint(10, 10))
    assert menu is not None
    words = [action.text() for action in menu.actions()]
    assert words == [
        "It is not techno",
        "Play",
        "Open as a file",
        "Keep as a file",
        "Find similar in the archive",
        "Copy 'techno'",
    ]
    menu.actions()[0].trigger()
    assert corrected == [stretch]
    menu.actions()[1].trigger()
    assert len(played) == 1
    wanted: list[object] = []
    page._session.requested.connect(wanted.append)
    menu.actions()[4].trigger()
    (request,) = wanted
    assert isinstance(request, FindSimilar)
    assert request.words.startswith("techno, heard at ")
    assert request.end - request.start == pytest.approx(stretch.end - stretch.begin)
    menu.actions()[5].trigger()
    assert QGuiApplication.clipboard().text() == "techno"
    menu.close()
    lane_menu = QMenu(page)
    lane_menu.addAction("View all")
    page.offers.add_to(lane_menu, "genre", "house", 0.1, 0.6)
    assert lane_menu.actions()[0].text() == "It is not house"
    assert lane_menu.actions()[-1].text() == "View all"
    lane_menu.actions()[0].trigger()
    assert (corrected[-1].label, corrected[-1].classifier) == ("house", "genre")
    assert (corrected[-1].begin, corrected[-1].end) == (0.1, 0.6)


def test_the_menu_of_a_lane_speaks_of_the_segment_under_the_pointer(
    page: ListenPage, menus: None
) -> None:
    from desktop.plots.tracks.lanes import Stretch as Segment

    page.stop()
    lanes, seen = page.tracks.lanes, page.tracks.time
    lanes.set_lanes({"genre": [Segment(seen.start, seen.end, "jazz", 0.9)]})
    place = lanes.mapToGlobal(QPoint(round(lanes.plot.center().x()), round(lanes.plot.top()) + 8))
    menu = page.tracks.open_menu(lanes, place)
    assert menu.actions()[0].text() == "It is not jazz..."
    menu.close()
    menu = page.tracks.open_menu(page.tracks.waveform)
    assert "It is not" not in menu.actions()[0].text()
    menu.close()


def test_frozen_everything_holds_and_can_be_played_and_kept(
    page: ListenPage,
    qtbot: QtBot,
    played: list[tuple[Audio | Path, float, float | None]],
    tmp_path: Path,
) -> None:
    bar = page.frozen.bar
    assert not bar.isVisible()
    before = page.tracks.geometry()
    page.bar.freeze.click()
    assert bar.isVisible()
    assert bar.words.startswith("Frozen at 0:0")
    assert bar.words.endswith("listening continues")
    assert page.tracks.geometry() == before  # it lies over the picture
    words, rows = page.answer.line.words, page.log.rows.rowCount()
    level = page.stream.latest
    page.answer.line.say("held", named=True)
    assert level is not None
    # It listens on.
    qtbot.waitUntil(lambda: page.stream.latest.stats.seconds > level.stats.seconds + 0.5)
    assert page.answer.line.words == "held" != words
    assert page.log.rows.rowCount() == rows
    time_range = page.tracks.time
    end = time_range.end
    time_range.select(end - 0.8, end - 0.3)
    page.commands["play"]()
    ((sound, _, _),) = played
    assert isinstance(sound, Audio)
    assert sound.duration_seconds == pytest.approx(0.5, abs=0.01)
    live = page.stream.sound.between(end - 0.8, end - 0.3)  # type: ignore[union-attr]
    assert live is not None
    np.testing.assert_array_equal(sound.samples, live.samples)
    page.replay.moved.emit(end - 0.5)
    assert time_range.cursor == pytest.approx(end - 0.5)
    page.commands["keep"]()
    qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=ENOUGH)
    (kept,) = tmp_path.glob("*kept.flac")
    assert read(kept).duration_seconds == pytest.approx(0.5, abs=0.01)
    bar.leaving.click()
    assert not bar.isVisible()
    assert not page.bar.freeze.isChecked()
    qtbot.waitUntil(lambda: page.answer.line.words != "held", timeout=ENOUGH)
    assert page.is_listening


def test_the_buttons_of_a_held_picture_stay_in_their_places(page: ListenPage) -> None:
    bar = page.frozen.bar
    places = []
    for seconds, listening in ((0.0, True), (7_000.0, True), (7_000.0, False)):
        bar.show_at(seconds, listening=listening)
        for on in (False, True):
            bar.show_playing(on)
            bar._place()
            bar.layout().activate()
            buttons = bar.playing, bar.keeping
            places.append([button.mapTo(page, QPoint(0, 0)) for button in buttons])
    assert all(place == places[0] for place in places)
    bar.hide()


def test_after_stop_the_picture_can_be_looked_at_and_played(
    page: ListenPage, qtbot: QtBot, played: list[tuple[Audio | Path, float, float | None]]
) -> None:
    page.stop()
    assert page.answer.line.words == "not listening"
    assert page.frozen.bar.words.startswith("Stopped at 0:0")
    assert page.tracks.minimap.isVisible()
    page.frozen.bar.playing.click()
    assert len(played) == 1
    page.start()
    assert not page.frozen.bar.isVisible()
    qtbot.waitUntil(lambda: page.stream.latest is not None, timeout=ENOUGH)
    assert not page.frozen.on


def test_a_recording_ends_with_ways_to_it(
    page: ListenPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, window: Window, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) is None
    )
    page.commands["record"]()
    qtbot.waitUntil(lambda: page.bar.record.text().startswith("Stop 0:0"), timeout=ENOUGH)
    page.commands["record"]()
    assert page.bar.record.text() == "Record"
    messages = window._session.messages

    def ways() -> list[str]:
        return [words for m in messages.current for words, _ in m.actions]

    qtbot.waitUntil(lambda: "Show in folder" in ways(), timeout=ENOUGH)
    assert ways() == ["Open", "Show in folder"]
    next(do for m in messages.current for words, do in m.actions if words == "Show in folder")()
    assert opened == [str(tmp_path)]


def test_before_the_first_sound_it_shows_how_to_begin(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())
    window.show_page("listen")
    page = window.page("listen")
    welcome = page.view.welcome
    assert welcome.isVisible()
    asked: list[object] = []
    window._session.requested.disconnect()
    window._session.requested.connect(asked.append)
    welcome.demo.click()
    welcome.teach.click()
    assert asked == [OpenFile(resource("sounds", "demo.ogg")), ShowSounds()]
    assert welcome.button.width() >= 200
    corner = QPoint(4, 4)
    qtbot.mouseClick(welcome.button, Qt.MouseButton.LeftButton, pos=corner)
    assert not page.is_listening  # it is round
    qtbot.mouseClick(welcome.button, Qt.MouseButton.LeftButton)
    assert page.is_listening
    qtbot.waitUntil(lambda: page.answer.button.isVisible(), timeout=ENOUGH)
    qtbot.waitUntil(lambda: page.answer.button._level > 0.1, timeout=ENOUGH)
    page.stop()
    assert page.view.live
    assert page.answer.button.text() == "Listen"


def test_one_that_cannot_be_opened_leads_back_to_the_beginning(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import AudioError

    def open_chosen(*_: object) -> Clip:
        raise AudioError("The microphone 'Clip' cannot be opened.")

    monkeypatch.setattr(microphone, "open_chosen", open_chosen)
    window.show_page("listen")
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: "cannot be opened" in page.notices.text, timeout=ENOUGH)
    assert page.view.welcome.isVisible()
    press(page.notices, "Refresh")
