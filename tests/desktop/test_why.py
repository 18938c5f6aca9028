"""Why?: what spoke for a prediction lies over the picture where it was, on both pages."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.pages.listen.page import ListenPage
from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.shared import microphone
from desktop.window import Window
from engine.audio import Audio, Ring, write
from engine.audio.devices import DeviceId, InputDevice
from engine.audio.level import Level
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from resources import resource
from tests.desktop.conftest import settle
from tests.desktop.pointer import click
from tests.planted import BURST_HZ, beeper, build, burst

RATE = 44100
AT = 2.1  # the burst sounds from 2.5 to 2.7 s


@pytest.fixture
def planted(window: Window, monkeypatch: pytest.MonkeyPatch) -> Window:
    session = window._session
    monkeypatch.setattr(session, "load_classifiers", lambda: None)
    session.classifiers = {"planted": beeper()}
    session.classifiers_loaded.emit()
    return window


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("burst") / "burst.wav"
    write(path, Audio(burst(4.0, at=AT, rate_hz=RATE)[None], RATE))
    return path


@pytest.fixture
def page(planted: Window, qtbot: QtBot, sound: Path, analysed_once: None) -> FilePage:
    with qtbot.waitSignal(planted.page("file").analysed, timeout=120_000):
        planted.open_file(sound)
    planted.activateWindow()
    planted.page("file").setFocus()
    settle(qtbot)
    return planted.page("file")


def pixels(track: SpectrogramTrack) -> NDArray[np.float64]:
    """What is on the screen, shape (rows, columns, 3), of the plot alone."""
    image = track.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1)
    whole = flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return whole[:, int(track.plot.left()) : int(track.plot.right())].astype(np.float64)


def marked(track: SpectrogramTrack) -> NDArray[np.bool_]:
    """Pixels that the overlay's hue, cyan, covers strongly; shape (rows, columns)."""
    seen = pixels(track)
    return (seen[..., 1] > 110) & (seen[..., 2] > 110) & (seen[..., 0] < 0.7 * seen[..., 1])


def found(page: FilePage | ListenPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.explainer.why.explanation is not None, timeout=120_000)


def in_place(page: FilePage) -> None:
    """The marked pixels lie where the burst is on the axes that are shown now."""
    track = page.tracks.spectrogram
    places = np.argwhere(marked(track))
    assert len(places) > 10
    rows, columns = places.mean(axis=0)
    assert columns + track.plot.left() == pytest.approx(
        track.x_of(2.6), abs=track.x_of(0.04) - track.x_of(0.0)
    )
    height = 1 - page.picture.view.fraction_of(BURST_HZ)
    assert rows / track.height() == pytest.approx(height, abs=0.03)


def test_the_overlay_lies_where_the_burst_is(page: FilePage, qtbot: QtBot) -> None:
    track = page.tracks.spectrogram
    page.seek(2.6)
    page.tracks.time.set_cursor(None)  # its red line would be in the way
    page.tracks.lanes.choose(None)
    assert not marked(track).any()
    page.explainer.explain("planted", "beep", 2.6)
    found(page, qtbot)
    assert page.explainer.why.strip.text == "Evidence for beep at 0:02.5 (100\N{NO-BREAK SPACE}%)"
    # The first estimate is refined meanwhile.
    qtbot.waitUntil(lambda: "0:02.5" in page.explainer.why.strip.notes, timeout=120_000)
    in_place(page)
    page.tracks.time.show(2.2, 3.0)
    qtbot.wait(300)
    in_place(page)
    page.tracks.time.pan(0.2)
    in_place(page)
    for scale in ("log", "linear"):
        page.controls.scale.setCurrentIndex(page.controls.scale.findData(scale))
        qtbot.waitUntil(lambda s=scale: page.picture.view.scale == s, timeout=120_000)
        qtbot.wait(300)
        in_place(page)
    page.tracks.time.show(0.0, 1.5)
    assert not marked(track).any()


def test_pictures_without_frequencies_show_the_times(page: FilePage, qtbot: QtBot) -> None:
    page.explainer.explain("planted", "beep", 2.6)
    found(page, qtbot)
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("chroma"))
    qtbot.waitUntil(lambda: page.picture.view.kind == "chroma", timeout=120_000)
    overlay = page.tracks.spectrogram.overlay
    assert overlay is not None
    assert overlay.values.shape[0] == 1
    qtbot.waitUntil(lambda: "only times" in page.explainer.why.strip.notes, timeout=120_000)
    moments = overlay.first + (np.arange(overlay.values.shape[1]) + 0.5) * 0.008
    assert moments[overlay.values[0] > 0.5].mean() == pytest.approx(2.6, abs=0.03)
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("waveform"))
    qtbot.waitUntil(lambda: "Choose 'Spectrum'" in page.explainer.why.strip.notes, timeout=120_000)


def test_click_a_label_then_w_then_esc(page: FilePage, planted: Window, qtbot: QtBot) -> None:
    lanes = page.tracks.lanes
    at = np.arange(2.0, 4.0, 0.1).tolist()
    heard = [place for moment in at for place in lanes.stretches_at(moment)]
    lane, stretch = next(place for place in heard if place[1].label == "beep")
    row = next(row for row, placed in lanes._lanes[lane] if placed == stretch)
    top, _, height = lanes._places()[lane]
    middle = (stretch.start + stretch.end) / 2
    click(lanes, lanes.x_of(middle), top + (row + 0.5) * height)
    assert lanes.chosen == (lane, stretch)
    qtbot.keyClick(page, Qt.Key.Key_W)
    found(page, qtbot)
    explanation = page.explainer.why.explanation
    assert explanation is not None
    assert explanation.label == "beep"
    first, last = explanation.window_seconds
    assert first <= middle <= last
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.tracks.spectrogram.overlay is None
    assert page.explainer.why.strip.isHidden()
    click(page.tracks.waveform, lanes.x_of(middle), 40)
    assert lanes.chosen is None


def test_with_the_keyboard_alone(page: FilePage, qtbot: QtBot) -> None:
    time, shift = page.tracks.time, Qt.KeyboardModifier.ShiftModifier
    for _ in range(64):
        qtbot.keyClick(page, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert time.cursor == pytest.approx(2.56, abs=0.01)
    there = page.tracks.lanes.stretches_at(2.56)
    qtbot.keyClick(page, Qt.Key.Key_Down)
    assert page.tracks.lanes.chosen == there[0]
    qtbot.keyClick(page, Qt.Key.Key_Down)
    assert page.tracks.lanes.chosen == there[1 % len(there)]
    qtbot.keyClick(page, Qt.Key.Key_Up)
    qtbot.keyClick(page, Qt.Key.Key_W)
    found(page, qtbot)
    assert page.explainer.why.explanation is not None
    assert page.explainer.why.explanation.label == there[0][1].label
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    for _ in range(10):
        qtbot.keyClick(page, Qt.Key.Key_Right, shift)
    assert time.selection == pytest.approx((2.56, 2.96), abs=0.02)
    for _ in range(15):
        qtbot.keyClick(page, Qt.Key.Key_Left, shift)
    assert time.selection == pytest.approx((2.36, 2.56), abs=0.02)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert time.selection is None
    panel = page.panels._panels["planted"]
    panel.setFocus(Qt.FocusReason.TabFocusReason)
    labels = [bar.label for bar in panel._bars]
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    qtbot.keyClick(panel, Qt.Key.Key_Space)
    assert not page.transport.playing  # Space was the panel's
    found(page, qtbot)
    assert page.explainer.why.explanation.label == labels[1]


def test_a_click_on_a_bar_explains_its_strongest_moment(page: FilePage, qtbot: QtBot) -> None:
    panel = page.panels._panels["planted"]
    row = [bar.label for bar in panel._bars].index("beep")
    page.tracks.time.show(0.0, 1.0)
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(60, 46 + 25 * row + 12))
    found(page, qtbot)
    explanation, time = page.explainer.why.explanation, page.tracks.time
    assert explanation is not None
    assert explanation.label == "beep"
    assert explanation.probability > 0.98
    first, last = explanation.window_seconds
    assert first < 2.5 < 2.7 < last
    assert time.start < (first + last) / 2 < time.end  # it came into view


def test_it_can_be_cancelled_and_says_what_is_wrong(
    page: FilePage, planted: Window, qtbot: QtBot
) -> None:
    classifier = build(network=("crnn", {"channels": [32, 64], "units": 200}))
    planted._session.classifiers["planted"] = classifier
    strip = page.explainer.why.strip
    page.explainer.explain("planted", "hum", 2.0)
    job = page.explainer.why._job
    assert job is not None
    assert "Computing the evidence for hum" in strip.text
    qtbot.waitUntil(lambda: strip.progress.value() > 0, timeout=120_000)
    qtbot.mouseClick(strip.close_button, Qt.MouseButton.LeftButton)
    assert strip.isHidden()
    qtbot.waitUntil(lambda: not job.running, timeout=120_000)
    assert page.explainer.why.explanation is None
    page.explainer.explain("planted", "tuba", 2.0)
    qtbot.waitUntil(lambda: "has no label 'tuba'" in strip.text, timeout=120_000)
    assert strip.close_button.text() == "Close"


def test_another_file_takes_it_away(page: FilePage, qtbot: QtBot, tmp_path: Path) -> None:
    page.explainer.explain("planted", "beep", 2.6)
    found(page, qtbot)
    other = tmp_path / "other.wav"
    write(other, Audio(burst(1.0, rate_hz=RATE)[None], RATE))
    with qtbot.waitSignal(page.analysed, timeout=120_000):
        page.open(other)
    assert page.tracks.spectrogram.overlay is None
    assert page.explainer.why.strip.isHidden()


class Beeps:
    """A microphone that hears a burst every second, in real time."""

    device = InputDevice(DeviceId("Beeps", "Test"), 1, RATE, True, 0)
    rate_hz = RATE
    dropped = 0

    def __init__(self) -> None:
        self.ring = Ring(RATE * 20)
        # Something was heard before the page began to listen: its times are not the ring's.
        self.ring.write(np.zeros((1, 12345), dtype=np.float32))
        self._sound = np.tile(burst(1.0, rate_hz=RATE), 3)[None]
        self._begun = time.monotonic()
        self._given = 0

    def __enter__(self) -> "Beeps":
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        due = int((time.monotonic() - self._begun) * RATE)
        first = self._given % RATE
        self.ring.write(self._sound[:, first : first + min(due - self._given, RATE)])
        self._given += min(due - self._given, RATE)

    def capture_time(self, index: int) -> float:
        return self._begun + (index - 12345) / RATE

    def level(self) -> Level:
        return Level(0.5, 0.1, 0)

    def advice(self) -> str | None:
        return None


@pytest.fixture
def live(planted: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListenPage]:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Beeps())
    planted.show_page("listen")
    planted.activateWindow()
    page = planted.page("listen")
    page.start()
    panel = page.panels._panels["planted"]
    qtbot.waitUntil(lambda: bool(panel._bars) and page.tracks.time.end > 2.2, timeout=120_000)
    yield page
    page.stop()


def test_listen_holds_the_picture_and_shows_why(live: ListenPage, qtbot: QtBot) -> None:
    page, track = live, live.tracks.spectrogram
    page.explainer.ask_label("planted", "beep")
    assert page.bar.freeze.isChecked()
    asked = page.tracks.time.end
    found(page, qtbot)
    explanation = page.explainer.why.explanation
    assert explanation is not None
    first, last = explanation.window_seconds
    assert asked - 0.6 < last <= asked + 0.05  # the newest window
    assert page.tracks.time.end == asked
    overlay = track.overlay
    assert overlay is not None
    bands, columns = np.nonzero(overlay.values > 0.6)
    step = (overlay.last - overlay.first) / overlay.values.shape[1]
    moments = overlay.first + (columns + 0.5) * step
    # Bursts begin 0.4 s and end 0.6 s after each full second of the sound.
    assert np.all((moments % 1 > 0.36) & (moments % 1 < 0.64))
    low, high = overlay.heights[bands], overlay.heights[bands + 1]
    assert np.all(np.abs((low + high) / 2 - page._rolling.view.fraction_of(BURST_HZ)) < 0.04)
    # It lies over the very sound: the picture under it is bright there too.
    height = page._rolling.view.fraction_of(BURST_HZ)
    under = track.value_at(float(np.median(moments)), height)
    assert under is not None
    assert under > -25
    places = np.argwhere(marked(track))
    assert len(places) > 0
    x = places[:, 1].mean() + track.plot.left()
    assert track.x_of(first) < x < track.x_of(last)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.bar.freeze.isChecked()
    assert track.overlay is None
    qtbot.waitUntil(lambda: page.tracks.time.end > asked, timeout=120_000)


def test_listen_lets_go_of_what_left_the_picture(live: ListenPage, qtbot: QtBot) -> None:
    qtbot.keyClick(live, Qt.Key.Key_W)
    found(live, qtbot)
    explanation = live.explainer.why.explanation
    assert explanation is not None
    assert explanation.label in ("beep", "hum")
    live.tracks.time.follow(explanation.window_seconds[1] + 20.5, 20.0)
    live._say()
    assert live.explainer.why.strip.isHidden()


def test_what_is_no_longer_kept_is_said(live: ListenPage, qtbot: QtBot) -> None:
    live.explainer._shown = {
        "planted": live.explainer._shown["planted"].__class__(100.0, (), "", ())
    }
    live.explainer.ask_label("planted", "beep")
    strip = live.explainer.why.strip
    qtbot.waitUntil(lambda: "no longer in memory" in strip.text, timeout=120_000)
    live.explainer.forget()
    live.explainer.ask()
    assert "There are no predictions yet" in strip.text


def test_a_sound_shorter_than_the_window_of_one_of_them(
    planted: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    planted._session.classifiers = {"planted": beeper(), "composer": Catalog().load("composer")}
    planted._session.classifiers_loaded.emit()
    path, page = tmp_path / "short.wav", planted.page("file")
    write(path, Audio(burst(4.0, at=AT, rate_hz=RATE)[None], RATE))
    with qtbot.waitSignal(page.analysed, timeout=120_000):
        planted.open_file(path)
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    page.explainer.ask()
    found(page, qtbot)
    assert page.explainer.why.explanation.label in page.found.timelines["planted"].labels
    page.explainer.ask_label("composer", "Bach")
    found(page, qtbot)
    assert page.explainer.why.explanation.label == "Bach"


def test_a_stretch_of_a_family(
    planted: Window, qtbot: QtBot, instrument: dict[str, Classifier], analysed_once: None
) -> None:
    planted._session.classifiers = instrument
    planted._session.classifiers_loaded.emit()
    page = planted.page("file")
    with qtbot.waitSignal(page.analysed, timeout=120_000):
        planted.open_file(resource("sounds", "demo.ogg"))
    peak = page.explainer._peak("instrument", "keyboards")
    assert peak < 16.5  # piano and cello, before the rock
    page.explainer.explain("instrument", "keyboards", peak)
    found(page, qtbot)
    assert page.explainer.why.explanation.label == "keyboards"


def test_a_coarse_answer_comes_first_and_is_refined(
    page: FilePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, float]] = []
    strip = page.explainer.why.strip
    say = strip.say

    def said(text: str, notes: str, hue: str | None, *, refining: bool = False) -> None:
        explanation = page.explainer.why.explanation
        assert explanation is not None
        shown.append((notes, explanation.gap))
        say(text, notes, hue, refining=refining)
        assert strip.progress.isVisibleTo(strip) == refining

    monkeypatch.setattr(strip, "say", said)
    page.explainer.ask()
    qtbot.waitUntil(lambda: len(shown) >= 2 and page.explainer.why._job is None, timeout=120_000)
    assert shown[0][0] == "First estimate; it is being refined."
    assert shown[-1][0] != shown[0][0]
    # Of a small network both may be exact but for rounding.
    assert shown[-1][1] <= max(shown[0][1], 1e-5)
