"""From sounds to a classifier that the other pages know, all in the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from desktop.pages.sounds.page import SoundsPage
from desktop.pages.train.page import TrainPage
from desktop.session import Session
from desktop.shared import microphone
from desktop.window import Window
from resources import resource
from tests import corpora
from tests.desktop.test_sounds_page import Clip

MOST = 120_000


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = corpora.folders(tmp_path / "sounds", files=6, seconds=3.1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(Session, "runs_folder", property(lambda _: tmp_path / "Runs"))
    return folder


def test_every_page_opens_by_its_key(window: Window, qtbot: QtBot, sounds: Path) -> None:
    window._session.open_project(sounds)
    for page in ("sounds", "train", "compare", "models", "file"):
        window.show_page(page)
        qtbot.wait(150)
        assert window.current == page
        assert window._pages.currentWidget().isVisible()


def test_trained_in_the_window_and_used_at_once(
    window: Window, qtbot: QtBot, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window._session.open_project(sounds)
    window.show_page("sounds")
    page = window.page("sounds")
    assert isinstance(page, SoundsPage)
    qtbot.waitUntil(lambda: len(page.class_names()) == 3, timeout=MOST)
    train = window.page("train")
    assert isinstance(train, TrainPage)
    train.source.set_folder(window._session.project.parent)  # it is the project that is meant
    train.model.set_values({"training.epochs": 15, "deployment.gate": False}, train.model)
    begun: list[bool] = []
    monkeypatch.setattr(window.page("listen"), "start", lambda: begun.append(True))
    with qtbot.waitSignal(train.judged, timeout=MOST):
        qtbot.mouseClick(page.view.header.train, Qt.MouseButton.LeftButton)
        assert train.running
        assert window._pages.currentWidget() is train
    with qtbot.waitSignal(window._session.classifiers_loaded, timeout=MOST):
        qtbot.mouseClick(train.results.use, Qt.MouseButton.LeftButton)
    assert window._pages.currentWidget() is window.page("listen")
    assert begun == [True]
    assert "tagger-head" in window._session.classifiers
    example = next((sounds / page.class_names()[0]).rglob("*.wav"))
    with qtbot.waitSignal(window.page("file").analysed, timeout=MOST):
        window.open_file(example)
    assert window.page("file").found is not None
    timeline = window.page("file").found.timelines["tagger-head"]
    best = timeline.labels[int(timeline.probabilities.mean(axis=0).argmax())]
    assert best == page.class_names()[0]


def test_a_stretch_of_a_file_becomes_an_example(
    window: Window, qtbot: QtBot, sounds: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window._session.open_project(tmp_path / "fresh")
    with qtbot.waitSignal(window.page("file").analysed, timeout=MOST):
        window.open_file(resource("sounds", "demo.ogg"))
    window.page("file").tracks.time.select(2.0, 4.0)
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("piano", True))
    window.page("file").exports._teach_region()
    qtbot.waitUntil(lambda: window.page("sounds").class_names() == ["piano"], timeout=MOST)


def test_keys_without_ctrl_mean_nothing_elsewhere(window: Window, qtbot: QtBot) -> None:
    window.show_page("models")
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert not window.page("listen").is_listening
    assert not window.page("listen").bar.record.isChecked()
    assert not any(action.isEnabled() for action in window._commands.values())
    window.show_page("file")
    assert sum(action.isEnabled() for action in window._commands.values()) == 6


def test_the_light_says_that_sounds_are_recorded(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())
    window._session.open_project(tmp_path / "fresh")
    window.show_page("sounds")
    page = window.page("sounds")
    assert isinstance(page, SoundsPage)
    page.new_class()
    qtbot.waitUntil(lambda: page.view.recorder.hold.isEnabled(), timeout=MOST)
    assert "closed" in window._light.text()
    page.view.recorder.hold.pressed.emit()
    assert "open" in window._light.text()
    page.view.recorder.hold.released.emit()
    qtbot.waitUntil(lambda: not page.view.recorder.recording, timeout=MOST)
    assert "closed" in window._light.text()
