"""The Listen page with a microphone that hears a clip."""

import copy
import dataclasses
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from desktop.pages.listen import worker
from desktop.pages.listen.memory import Memory, Said
from desktop.settings import RECORDINGS
from desktop.shared import microphone
from desktop.window import Window
from engine.audio import Ring, read
from engine.audio.devices import DeviceId, InputDevice
from engine.audio.level import Level
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.rules import Rules
from engine.errors import AudioError
from engine.pictures.view import View
from engine.recognition.decisions import Candidate, Decision
from engine.recognition.live import LiveStats, LiveUpdate
from engine.recognition.said.answer import Answerer
from engine.recognition.timeline import Timeline
from resources import resource
from tests import planted
from tests.desktop.pointer import drag, move, wheel

RATE = 44100


class Clip:
    """A microphone that hears the demo in real time, until it is unplugged."""

    device = InputDevice(DeviceId("Clip", "Test"), 1, RATE, True, 0)
    rate_hz = RATE
    unplugged = False
    silent: str | None = None

    def __init__(self) -> None:
        self.ring = Ring(RATE * 40)
        self._sound = read(resource("sounds", "demo.ogg"), mono=True, start_seconds=25.0).samples
        self._begun = time.monotonic()
        self.dropped = 0
        self.closed = False

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def check(self) -> None:
        if Clip.unplugged:
            raise AudioError("The microphone 'Clip' was disconnected: it was unplugged.")
        due = int((time.monotonic() - self._begun) * RATE)
        first = self.ring.end % self._sound.shape[1]
        self.ring.write(self._sound[:, first : first + due - self.ring.end])

    def capture_time(self, index: int) -> float:
        return self._begun + index / RATE

    def level(self) -> Level:
        return Level(0.5, 0.1, 0)

    def advice(self) -> str | None:
        return Clip.silent


def said(window: Window) -> str:
    """All messages that nobody has dismissed."""
    return "\n".join(message.text for message in window._session.messages.current)


@pytest.fixture
def clip(monkeypatch: pytest.MonkeyPatch) -> list[Clip]:
    made: list[Clip] = []

    def open_chosen(name: str, host_api: str, channel: int | None) -> Clip:
        made.append(Clip())
        return made[-1]

    monkeypatch.setattr(Clip, "unplugged", False)
    monkeypatch.setattr(Clip, "silent", None)
    monkeypatch.setattr(microphone, "open_chosen", open_chosen)
    return made


def test_space_listens_hears_and_stops(window: Window, qtbot: QtBot, clip: list[Clip]) -> None:
    window.show_page("listen")
    page = window.page("listen")
    qtbot.mouseClick(page.view.welcome.button, Qt.MouseButton.LeftButton)
    assert page.is_listening
    panel = page.panels._panels["genre"]
    qtbot.waitUntil(lambda: "techno" in panel._verdict, timeout=120_000)
    qtbot.waitUntil(lambda: "latency" in window._words.text(), timeout=120_000)
    heard = window._session.last_minute.of("genre")
    assert heard is not None  # settings can be tried out on it
    assert "techno" in heard.labels
    assert "Microphone open" in window._light.text()
    picture = page.tracks.spectrogram.grab().toImage()
    row, edge_x = picture.height() - 20, round(page.tracks.spectrogram.plot.right())
    edge = [picture.pixelColor(edge_x - x, row).lightness() for x in range(30, 90, 5)]
    assert max(edge) > 60  # the bass, at the newest end
    page.commands["play"]()
    assert not page.is_listening
    qtbot.waitUntil(lambda: clip[0].closed, timeout=120_000)
    assert "Microphone closed" in window._light.text()


def test_what_is_said_of_silence_is_taken_back(
    window: Window, qtbot: QtBot, clip: list[Clip]
) -> None:
    window.show_page("listen")
    page = window.page("listen")
    Clip.silent = "'Clip' sends only silence."
    page.start()
    qtbot.waitUntil(lambda: bool(page.notices.current), timeout=120_000)
    assert page.notices.text == Clip.silent
    Clip.silent = None
    qtbot.waitUntil(lambda: not page.notices.current, timeout=120_000)
    page.stop()
    qtbot.waitUntil(lambda: clip[0].closed, timeout=120_000)


def test_keep_and_record_write_files(
    window: Window, qtbot: QtBot, clip: list[Clip], tmp_path: Path
) -> None:
    window._session.settings.set(RECORDINGS, str(tmp_path))
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: bool(clip) and clip[0].ring.end > RATE, timeout=120_000)
    page.commands["record"]()
    qtbot.waitUntil(lambda: (page.stream.latest.recorded_seconds or 0) > 1.2)
    page.keep()
    qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=120_000)
    page.commands["record"]()
    qtbot.waitUntil(lambda: page.stream.latest.recorded_seconds is None)
    page.stop()
    qtbot.waitUntil(lambda: clip[0].closed, timeout=120_000)
    kept = read(next(tmp_path.glob("*kept.flac")))
    recorded = read(next(tmp_path.glob("*recording.flac")))
    assert kept.duration_seconds > 2.0
    assert 1.0 < recorded.duration_seconds < clip[0].ring.end / RATE - 0.9  # what came before
    assert np.abs(recorded.samples).max() > 0.05


def test_two_quick_presses_keep_two_files(
    window: Window, qtbot: QtBot, clip: list[Clip], tmp_path: Path
) -> None:
    window._session.settings.set(RECORDINGS, str(tmp_path))
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: bool(clip) and clip[0].ring.end > RATE, timeout=120_000)
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_K)
    qtbot.keyClick(page, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: page.notices.text.count("Saved as") == 2, timeout=120_000)
    page.stop()
    qtbot.waitUntil(lambda: clip[0].closed, timeout=120_000)
    kept = sorted(tmp_path.glob("*kept*.flac"))
    assert len(kept) == 2
    assert all(read(path).duration_seconds > 0.9 for path in kept)
    assert all(str(path) in page.notices.text for path in kept)


def test_no_request_is_lost_between_threads() -> None:
    requests, taken = worker.LiveRequests(), []
    asking = [
        threading.Thread(
            target=lambda n=number: [
                requests.put(worker.KeepLast(Path(f"{n}-{k}"))) for k in range(2000)
            ]
        )
        for number in range(3)
    ]
    for thread in asking:
        thread.start()
    while any(thread.is_alive() for thread in asking):
        taken += requests.take()
    taken += requests.take()
    assert len({request.path for request in taken}) == len(taken) == 6000
    for number in range(3):
        mine = [r.path for r in taken if str(r.path).startswith(f"{number}-")]
        assert mine == [Path(f"{number}-{k}") for k in range(2000)]  # in order


def _frame(at: float, restarted: bool) -> worker.LiveFrame:
    view = View("stft", RATE)
    answer = Answerer(Rules((0.5,))).push([_decided(round(at))])
    assert answer is not None
    return worker.LiveFrame(
        device=("Clip", "Test"),
        view=view,
        columns=np.zeros((view.height, 2), dtype=np.float32),
        restarted=restarted,
        envelope=np.zeros((2, 5), dtype=np.float32),
        level=Level(0.5, 0.1, 0),
        advice="Too quiet.",
        decisions={"genre": _decided(round(at))},
        lanes={"genre": []},
        unheard={"genre": []},
        stats=LiveStats(at, 0.1, 0.1, 0, 0),
        recorded_seconds=None,
        kept=(),
        said=Said("music", {"genre": answer}, {"genre": ""}),
    )


def test_words_are_set_less_often_than_the_picture_moves(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = window.page("listen")
    said: list[str] = []
    monkeypatch.setattr(page.panels, "show_answer", lambda *_: said.append("panel"))
    monkeypatch.setattr(page.tracks.lanes, "set_lanes", lambda *_: said.append("lanes"))
    monkeypatch.setattr(page.notices, "advise", lambda *_: said.append("advice"))
    page.status.connect(lambda _: said.append("status"))
    for number in range(30):
        page._news([_frame(0.05 * number, restarted=number == 0)])
    assert said == []
    assert page._rolling._now == pytest.approx(0.05 * 29)
    page._text.timeout.emit()
    assert sorted(said) == ["advice", "lanes", "panel", "status"]
    assert page._text.interval() >= 5 * page._paint.interval()


def test_freeze_holds_the_picture(window: Window, qtbot: QtBot, clip: list[Clip]) -> None:
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: page.tracks.time.end > 1.0, timeout=120_000)
    page.bar.freeze.setChecked(True)
    held = page.tracks.time.end
    qtbot.wait(400)
    assert page.tracks.time.end == held
    assert page.panels.heading.text().startswith("Frozen at 0:0")
    page.bar.freeze.setChecked(False)
    assert page.panels.heading.text() == "Now"
    qtbot.waitUntil(lambda: page.tracks.time.end > held + 0.5)
    spectrogram = page.tracks.spectrogram
    # Nothing is out of step.
    qtbot.waitUntil(lambda: abs(spectrogram.reached - page.tracks.time.end) < 0.25)
    assert spectrogram.value_at(held + 0.2, 0.2) is not None


def test_a_frozen_picture_is_scrolled_zoomed_and_selected(window: Window, qtbot: QtBot) -> None:
    window.show_page("listen")
    page = window.page("listen")
    page.view.show_live(on=True)
    qtbot.wait(20)
    tracks, rolling = page.tracks, page._rolling
    view = View("stft", RATE)
    for number in range(900):  # a minute and a half
        frame = _frame(0.1 * (number + 1), restarted=number == 0)
        count = round(0.1 * (number + 1) * RATE / view.hop_length) - round(
            0.1 * number * RATE / view.hop_length
        )
        level = -30.0 if 300 <= number < 400 else -80.0
        columns = np.full((view.height, count), level, dtype=np.float32)
        envelope = np.full((2, 10), 0.5 if 300 <= number < 400 else 0.0, dtype=np.float32)
        rolling.take([dataclasses.replace(frame, columns=columns, envelope=envelope)])
    rolling.advance()
    time = tracks.time
    assert (time.start, time.end) == pytest.approx((70.0, 90.0), abs=0.01)
    wheel(tracks.spectrogram, 400, 60, 2)
    assert time.span == pytest.approx(20.0)  # what rolls does so by itself
    page.bar.freeze.setChecked(True)
    assert tracks.minimap.isVisible()
    assert time.begin == pytest.approx(0.0, abs=0.05)
    wheel(tracks.spectrogram, 400, 60, -8)
    assert time.span == pytest.approx(90.0, abs=0.1)
    qtbot.keyClick(page, Qt.Key.Key_Home)
    assert tracks.spectrogram.value_at(35.0, 0.5) == pytest.approx(-30.0, abs=1.0)
    assert tracks.spectrogram.value_at(50.0, 0.5) == pytest.approx(-80.0, abs=1.0)
    time.show(25.0, 45.0)
    at = [tracks.waveform.x_of(second) for second in (28.0, 35.0)]
    drag(tracks.waveform, (at[0], 30), (at[1], 30))
    assert time.selection == pytest.approx((28.0, 35.0), abs=0.2)
    move(tracks.spectrogram, tracks.spectrogram.x_of(35.0), 60)
    assert "0:3" in page.view.words.text()
    assert int(page.view.words.text().split()[-2]) == pytest.approx(-30, abs=1)
    page.bar.freeze.setChecked(False)
    assert (time.start, time.end) == pytest.approx((70.0, 90.0), abs=0.01)
    assert time.selection is None
    assert not tracks.minimap.isVisible()


def test_what_was_before_listening_and_what_was_skipped_is_hatched(window: Window) -> None:
    page = window.page("listen")
    frame = _frame(5.0, restarted=True)
    page._rolling.take([dataclasses.replace(frame, unheard={"genre": [(2.0, 3.0)]})])
    page._rolling.say()
    page._rolling.advance()
    assert page.tracks.lanes._unheard["genre"] == [(-np.inf, 0.0), (2.0, 3.0)]
    known = page.tracks.spectrogram._columns.at(np.asarray([-1.0, 4.99]))[1]
    assert known.tolist() == [False, True]


def test_skipped_windows_are_gaps() -> None:
    memory = Memory(RATE)
    memory.decisions["genre"] = [_decided(second) for second in (0, 1, 2, 5, 6)]
    memory.hops["genre"] = 1.0
    assert memory.unheard(["genre", "own"]) == {"genre": [(2.5, 4.5)], "own": []}


def test_a_correction_does_not_wait_for_old_evidence() -> None:
    """Ten seconds that spoke for one label are forgotten once the classifier is corrected."""
    memory = Memory(RATE)
    how = Catalog().find("instrument").card.calibration.evidence
    assert how is not None
    plain = planted.build(multi_label=False)
    calibration = plain.card.calibration.model_copy(update={"evidence": how})
    plain.card = plain.card.model_copy(update={"calibration": calibration})
    corrected = copy.copy(plain)
    corrected.card = plain.card.model_copy()
    said = []
    for step in range(44):
        # Each row for itself is hardly enough: it needs some to tell the other label.
        row = [0.7, 0.2, 0.1] if step < 40 else [0.2, 0.7, 0.1]
        update = _judged({"own": plain if step < 40 else corrected}, step / 4, row)
        memory.push(update.classifiers, update)
        said.append(memory.decisions["own"][-1].heard)
    assert said[39] == ("beep",)
    assert said[42] == ("hum",)  # the third row: two of three windows agree


def _judged(classifiers: dict[str, Classifier], at: float, row: list[float]) -> LiveUpdate:
    card = classifiers["own"].card
    timeline = Timeline(
        tuple(card.labels),
        np.array([at]),
        np.array([row], dtype=np.float32),
        np.ones(1, dtype=np.float32),
        np.full(1, -20.0, dtype=np.float32),
        1.0,
        0.25,
    )
    stats = LiveStats(at, 0.0, 0, 0, 0.0)
    return LiveUpdate({"own": timeline}, 0, np.zeros(0, dtype=np.float32), stats, classifiers)


@pytest.mark.parametrize("chosen", [False, True], ids=["default", "chosen"])
def test_a_lost_microphone_is_one_message_and_comes_back(
    window: Window,
    qtbot: QtBot,
    clip: list[Clip],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    chosen: bool,
) -> None:
    back: list[bool] = []
    asked: list[tuple[str, str]] = []

    def wait_for(name: str, host_api: str) -> object:
        asked.append((name, host_api))
        while not back:
            yield
            time.sleep(0.02)
        return Clip.device

    monkeypatch.setattr(microphone, "wait_for", wait_for)
    page = window.page("listen")
    if chosen:
        page._list_devices([Clip.device])
        page.bar.devices.setCurrentIndex(1)
    page.start()
    qtbot.waitUntil(lambda: page.tracks.time.end > 0.5, timeout=120_000)
    window._session.settings.set(RECORDINGS, str(tmp_path))
    page.record(True)
    qtbot.waitUntil(
        lambda: bool(page.stream.latest and page.stream.latest.recorded_seconds), timeout=120_000
    )
    Clip.unplugged = True
    qtbot.waitUntil(lambda: "disconnected" in page.notices.text, timeout=120_000)
    assert not page.is_listening
    (recording,) = tmp_path.glob("*recording.flac")
    assert f"Recording saved as {recording}." in said(window)
    # It is listed before it can be opened: that is waited for without a word, too.
    back.append(True)
    qtbot.waitUntil(lambda: len(clip) > 3, timeout=120_000)
    assert page.notices.text.count("disconnected") == 1
    assert "is back" not in page.notices.text
    Clip.unplugged = False
    qtbot.waitUntil(lambda: "is back" in page.notices.text, timeout=120_000)
    assert page.is_listening
    assert set(asked) == {("Clip", "Test") if chosen else ("", "")}
    assert said(window).count("saved as") == 1  # and stays
    page.stop()


def test_who_stops_is_not_listened_to_again(
    window: Window, qtbot: QtBot, clip: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_for(name: str, host_api: str) -> object:
        while True:
            yield
            time.sleep(0.02)

    monkeypatch.setattr(microphone, "wait_for", wait_for)
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: page.tracks.time.end > 0.2, timeout=120_000)
    Clip.unplugged = True
    qtbot.waitUntil(lambda: "disconnected" in page.notices.text, timeout=120_000)
    qtbot.waitUntil(lambda: page.answer.button.text() == "Stop", timeout=120_000)
    page.toggle()
    assert page.answer.button.text() == "Listen"
    Clip.unplugged = False
    qtbot.wait(200)
    assert not page.is_listening


def test_one_that_may_not_be_opened_is_one_message_with_a_way_on(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_chosen(name: str, host_api: str, channel: int | None) -> Clip:
        raise AudioError("The microphone 'Clip' cannot be opened. Check that, or choose another.")

    monkeypatch.setattr(microphone, "open_chosen", open_chosen)
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: "cannot be opened" in page.notices.text, timeout=120_000)
    (message,) = page.notices.current
    assert [words for words, _ in message.actions] == ["Try again", "Refresh"]
    assert page.answer.button.text() == "Listen"


def test_what_a_recording_lacks_is_said(
    window: Window, qtbot: QtBot, clip: list[Clip], tmp_path: Path
) -> None:
    window._session.settings.set(RECORDINGS, str(tmp_path / "in" / "a file"))
    (tmp_path / "in").write_text("in the way")
    page = window.page("listen")
    page.start()
    qtbot.waitUntil(lambda: bool(clip) and clip[0].ring.end > RATE, timeout=120_000)
    page.record(True)
    qtbot.waitUntil(lambda: "cannot be created" in said(window), timeout=120_000)
    assert page.is_listening  # goes on
    assert not page.bar.record.isChecked()
    window._session.settings.set(RECORDINGS, str(tmp_path))
    page.record(True)
    qtbot.waitUntil(
        lambda: bool(page.stream.latest and page.stream.latest.recorded_seconds), timeout=120_000
    )
    clip[0].dropped = RATE // 2
    page.record(False)
    qtbot.waitUntil(lambda: "0.50 s of sound were lost" in said(window), timeout=120_000)
    (recording,) = tmp_path.glob("*recording.flac")
    assert str(recording) in said(window)
    page.stop()
    qtbot.waitUntil(lambda: clip[0].closed, timeout=120_000)


def test_no_microphone_is_said_kindly(window: Window) -> None:
    window.page("listen")._list_devices([])
    assert "no microphone" in window.page("listen").notices.text.lower()


def test_every_control_has_a_name_and_a_tip(window: Window) -> None:
    for kind in (QAbstractButton, QComboBox, QSpinBox):
        for control in window.centralWidget().findChildren(kind):
            if control.focusPolicy() == Qt.FocusPolicy.NoFocus:
                continue
            words = control.accessibleName() or getattr(control, "text", lambda: "")()
            assert words, control.objectName()


def test_light_and_dark_differ(window: Window, qtbot: QtBot) -> None:
    window.set_appearance("dark")
    qtbot.wait(50)
    dark = window.grab().toImage().pixelColor(500, 400).lightness()
    window.set_appearance("light")
    qtbot.wait(50)
    assert window.grab().toImage().pixelColor(500, 400).lightness() > dark or dark < 60
    assert window.grab().toImage().pixelColor(20, 700).lightness() > 200
    window.set_appearance("dark")
    assert window.grab().toImage().pixelColor(20, 700).lightness() < 60


def test_dialogs_open(window: Window, qtbot: QtBot) -> None:
    from desktop.menus.about import About, CrashReport, Shortcuts

    for dialog in (About(window), Shortcuts(window), CrashReport(window, "Traceback: ...")):
        qtbot.addWidget(dialog)
        dialog.open()
        assert dialog.isVisible()
        dialog.close()


def test_the_picture_stays_in_time_when_the_view_changes(
    window: Window, qtbot: QtBot, clip: list[Clip]
) -> None:
    window.show_page("listen")
    page = window.page("listen")
    page.toggle()
    qtbot.waitUntil(lambda: page._rolling._now > 2.0, timeout=120_000)
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("mel"))
    qtbot.waitUntil(lambda: page._rolling.view.kind == "mel", timeout=120_000)
    track, changed = page.tracks.spectrogram, page._rolling._now
    qtbot.waitUntil(
        lambda: (
            page._rolling._now > changed + 0.3 and abs(track.reached - page._rolling._now) < 0.15
        )
    )
    page.toggle()


def test_lanes_stand_in_the_order_of_the_classifiers() -> None:
    memory = Memory(RATE)
    assert list(memory.lanes(["own", "genre"])) == ["own", "genre"]
    memory.decisions["genre"] = [_decided(second) for second in range(4)]
    memory.hops["genre"] = 1.0
    lanes = memory.lanes(["own", "genre"])
    assert list(lanes) == ["own", "genre"]
    assert lanes["own"] == []
    assert [segment.label for segment in lanes["genre"]] == ["a"]


def _decided(second: int) -> Decision:
    return Decision(float(second), ("a",), "a", (Candidate("a", 0.9, True, ""),))
