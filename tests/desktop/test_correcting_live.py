"""Correcting while one listens: the answer changes at once, and listening goes on."""

import multiprocessing
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.pages.listen.page import ListenPage
from desktop.session import Session
from desktop.settings import LOADED
from desktop.shared import microphone
from engine.audio import Ring
from engine.audio.devices import DeviceId, InputDevice
from engine.audio.level import Level
from engine.audio.resample import resample
from engine.classifier.catalog import Catalog
from tests.desktop.conftest import Show, settle
from tests.engine.classifier.personal.conftest import ODD_HZ, tone, two_tones
from tests.planted import RATE
from tests.virtual_microphone import RATE as VIRTUAL_RATE
from tests.virtual_microphone import VirtualMicrophone

ENOUGH = 120_000


class ToneClip:
    """A microphone that hears a tone in real time, each second a little higher."""

    device = InputDevice(DeviceId("Clip", "Test"), 1, RATE, True, 0)
    rate_hz = RATE
    dropped = 0

    def __init__(self) -> None:
        self.ring = Ring(RATE * 120)
        notes = [tone(ODD_HZ * (1 + 0.01 * (n % 3)), 1.0) for n in range(200)]
        self._sound = np.concatenate(notes)
        self._begun = time.monotonic()

    def __enter__(self) -> "ToneClip":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check(self) -> None:
        due = int((time.monotonic() - self._begun) * RATE)
        self.ring.write(self._sound[None, self.ring.end : due])

    def capture_time(self, index: int) -> float:
        return self._begun + index / RATE

    def level(self) -> Level:
        return Level(0.5, 0.1, 0)

    def advice(self) -> str | None:
        return None


@pytest.fixture
def tones(session: Session) -> Session:
    """A session whose one classifier calls all deep tones low."""
    two_tones(multi_label=False).save(Catalog().folder / "tones.safetensors")
    session.settings.set(LOADED, ["tones"])
    return session


@pytest.fixture
def page(tones: Session, show: Show, qtbot: QtBot) -> Iterator[ListenPage]:
    page = show(ListenPage(tones))
    tones.load_classifiers()
    qtbot.waitUntil(lambda: bool(tones.classifiers), timeout=ENOUGH)
    yield page
    page.stop()
    settle(qtbot)


def said(page: ListenPage) -> str:
    latest = page.stream.latest
    answer = latest.said.answers.get("tones") if latest is not None else None
    return answer.named[0].label if answer is not None and answer.named else ""


def correct_to(page: ListenPage, qtbot: QtBot, words: str) -> float:
    """Correct the answer by keys; gives the seconds until it was learned."""
    page.commands["correct"]()
    correcting = page.corrections.correcting
    assert correcting.chooser is not None
    QTest.keyClicks(correcting.chooser.edit, words)
    begun = time.monotonic()
    with qtbot.waitSignal(correcting.learned, timeout=ENOUGH):
        QTest.keyClick(correcting.chooser.edit, Qt.Key.Key_Return)
    return time.monotonic() - begun


def test_the_answer_changes_while_it_listens(
    page: ListenPage, tones: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: ToneClip())
    page.start()
    qtbot.waitUntil(lambda: said(page) == "low", timeout=ENOUGH)
    qtbot.waitUntil(lambda: page.stream.latest.stats.seconds > 3, timeout=ENOUGH)
    before = page.stream.sound
    correct_to(page, qtbot, "kazoo")
    qtbot.waitUntil(lambda: said(page) == "kazoo", timeout=ENOUGH)
    assert page.is_listening
    assert page.stream.sound == before  # the same stream: nothing began anew
    qtbot.waitUntil(lambda: page.answer.line.words.endswith("kazoo"), timeout=ENOUGH)
    assert "as you corrected it" in page.answer.line.note
    assert page.panels._panels["tones"]._title == "Planted, corrected"
    undo = tones.messages.current[-1].actions[0][1]
    undo()
    qtbot.waitUntil(lambda: said(page) == "low", timeout=ENOUGH)
    assert page.stream.sound == before


def test_a_correction_is_made_ready_while_one_listens(
    page: ListenPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: ToneClip())
    monkeypatch.setattr("desktop.pages.listen.heard.correct._LATE_SECONDS", 1e9)  # a busy machine
    monkeypatch.setattr("desktop.pages.listen.heard.correct._STEADY_SECONDS", 1.0)
    correcting = page.corrections.correcting
    page.start()
    qtbot.waitUntil(lambda: correcting._ready is not None, timeout=ENOUGH)
    ready = correcting._ready
    assert ready is not None
    qtbot.waitUntil(lambda: said(page) == "low", timeout=ENOUGH)
    qtbot.waitUntil(lambda: page.stream.latest.stats.seconds > 3, timeout=ENOUGH)
    page.commands["correct"]()
    assert correcting._ready is None  # it is the one that learns
    assert correcting.chooser is not None
    assert multiprocessing.active_children() == [ready._process]
    QTest.keyClicks(correcting.chooser.edit, "kazoo")
    with qtbot.waitSignal(correcting.learned, timeout=ENOUGH):
        QTest.keyClick(correcting.chooser.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: said(page) == "kazoo", timeout=ENOUGH)
    qtbot.waitUntil(lambda: correcting._ready is not None, timeout=ENOUGH)  # for the next one
    page.stop()
    assert correcting._ready is None
    assert multiprocessing.active_children() == []


def test_the_stage_is_corrected_without_leaving_it(
    page: ListenPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: ToneClip())
    page.start()
    qtbot.waitUntil(lambda: said(page) == "low", timeout=ENOUGH)
    qtbot.waitUntil(lambda: page.stream.latest.stats.seconds > 3, timeout=ENOUGH)
    page.show_stage()
    correcting = page.corrections.correcting
    QTest.keyClick(page.stage, Qt.Key.Key_C)
    chooser = correcting.chooser
    assert chooser is not None
    assert chooser.window() is page.stage
    assert chooser.isVisible()
    assert page.stage.rect().contains(chooser.geometry())
    QTest.keyClick(chooser.edit, Qt.Key.Key_Escape)
    assert correcting.chooser is None
    assert page.stage.isVisible()  # Escape was the question's, not the stage's
    QTest.keyClick(page.stage, Qt.Key.Key_C)
    assert correcting.chooser is not None
    QTest.keyClicks(correcting.chooser.edit, "kazoo")
    with qtbot.waitSignal(correcting.learned, timeout=ENOUGH):
        QTest.keyClick(correcting.chooser.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.stage.line.words.endswith("kazoo"), timeout=ENOUGH)
    page.stage.leave()


def test_a_row_of_the_log_is_corrected(
    page: ListenPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: ToneClip())
    page.start()
    qtbot.waitUntil(lambda: said(page) == "low", timeout=ENOUGH)
    qtbot.waitUntil(lambda: page.stream.latest.stats.seconds > 3, timeout=ENOUGH)
    assert page.stream.sound is not None
    stretch = page.stream.stretch(0.5, 2.5, "low", "tones")
    menu = page.offers.show(stretch, page.rect().center())
    assert menu is not None
    assert menu.actions()[0].text() == "It is not low..."
    menu.actions()[0].trigger()
    correcting = page.corrections.correcting
    assert correcting.chooser is not None
    assert correcting.chooser.heading.text() == "low. What is it?"
    page.stop()  # closed meanwhile: its sound was taken when it was asked for
    QTest.keyClicks(correcting.chooser.edit, "hiss")
    with qtbot.waitSignal(correcting.learned, timeout=ENOUGH):
        QTest.keyClick(correcting.chooser.edit, Qt.Key.Key_Return)
    (card,) = Catalog().corrections.cards()
    assert card.corrections[0].words == "hiss, not low"
    assert 1.4 < card.corrections[0].seconds < 2.6  # as its onsets trim it


def play(microphone: VirtualMicrophone, hz: float) -> "subprocess.Popen[bytes]":
    sound = resample(tone(hz, 120.0)[None], RATE, VIRTUAL_RATE)[0]
    return microphone.play(sound, ahead_ms=200)


@pytest.mark.microphone
def test_by_the_virtual_microphone_other_notes_are_named_rightly(
    page: ListenPage, qtbot: QtBot, virtual_microphone: VirtualMicrophone
) -> None:
    """Two wrongly named notes are corrected: a third one of the same source is named rightly."""
    page.start()
    for hz in (ODD_HZ, ODD_HZ * 0.8):
        player = play(virtual_microphone, hz)
        try:
            qtbot.waitUntil(lambda: said(page) in ("low", "kazoo"), timeout=ENOUGH)
            qtbot.wait(3000)
            if said(page) == "low":
                correct_to(page, qtbot, "kazoo")
            qtbot.waitUntil(lambda: said(page) == "kazoo", timeout=ENOUGH)
        finally:
            player.kill()
            player.wait()
        qtbot.waitUntil(lambda: said(page) == "", timeout=ENOUGH)
    began = page.stream.latest.stats.seconds
    player = play(virtual_microphone, ODD_HZ * 0.9)
    try:
        qtbot.waitUntil(lambda: said(page) != "", timeout=ENOUGH)
        assert said(page) == "kazoo"
        assert page.stream.latest.stats.seconds - began < 10
    finally:
        player.kill()
        player.wait()
    assert Catalog().corrections.cards()[0].corrections
