"""What is left of a training when the application is killed, or the disk is full."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages.train import queue
from desktop.pages.train.page import TrainPage
from desktop.pages.train.worker import Order, Outcome, unfinished
from desktop.session import Session
from engine import atomic_write
from engine.classifier.classifier import Classifier
from engine.training.runs.run import Run
from tests.desktop.conftest import Show
from tests.desktop.said import press

ROOT = Path(__file__).resolve().parents[2]
MOST = 120_000
CHANGES = {
    "data.window_samples": 11025,
    "data.hop_samples": 11025,
    "data.allow_leak": True,
    "training.epochs": 100_000,
}
APPLICATION = f"""
CHANGES = {CHANGES!r}
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from desktop.application import make_application
from desktop.session import Session
from desktop.window import Window

home = Path(sys.argv[1])
Session.project = property(lambda _: Path(sys.argv[2]))
Session.runs_folder = property(lambda _: home / "Runs")
application = make_application(sys.argv[:1])
window = Window(Session())
window.show()
window.show_page("train")
page = window.page("train")
page.recipes.take("genre-mlp")
page.model.set_values(CHANGES, page.model)
QTimer.singleShot(0, page.start)
application.exec()
"""


@pytest.fixture
def page(train_page: TrainPage) -> TrainPage:
    return train_page


def test_after_kill_nine_the_page_offers_to_resume(
    page: TrainPage, show: Show, qtbot: QtBot, tmp_path: Path, three_classes: Path
) -> None:
    folders = str(tmp_path), str(three_classes)
    started = subprocess.Popen([sys.executable, "-c", APPLICATION, *folders], cwd=ROOT)
    try:
        deadline = time.monotonic() + 200
        while not any(tmp_path.glob("Runs/*/history.json")):
            assert time.monotonic() < deadline
            assert started.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)  # in the middle of something
        assert unfinished(tmp_path / "Runs") == []  # it still trains there
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()
    folder = next(tmp_path.glob("Runs/*"))
    before = len(Run(folder).history())
    assert before >= 1
    page = show(TrainPage(Session(), separate_process=False))  # of a window opened after that
    assert folder.name in page.notices.text
    press(page.notices, "Resume")
    qtbot.waitUntil(lambda: page.progress.accuracy.count > 2 * before + 2, timeout=MOST)
    page.controls.stop.click()
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    history = Run(folder).history()
    assert [epoch.epoch for epoch in history] == list(range(1, len(history) + 1))
    assert len(history) > before
    assert Classifier.load(folder / "classifier.safetensors").card.name == "genre-mlp"


def test_a_full_disk_is_one_message_and_keeps_the_best(
    page: TrainPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.show()
    page.recipes.take("genre-mlp")
    page.model.set_values(CHANGES, page.model)
    said: list[str] = []
    page._session.messages.said.connect(lambda message: said.append(message.text))
    page.start()
    qtbot.waitUntil(lambda: page.progress.accuracy.count > 4, timeout=MOST)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(atomic_write.os, "fsync", full)
        qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    qtbot.waitUntil(lambda: bool(said))
    qtbot.wait(100)
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert "resume" in said[0]
    folder = next(tmp_path.glob("Runs/*"))
    assert not list(folder.glob(".earmark-*"))  # nothing half written
    before = len(Run(folder).history())
    assert before >= 2
    press(page.notices, "Resume")  # there is room again
    qtbot.waitUntil(lambda: len(Run(folder).history()) > before, timeout=MOST)
    page.controls.stop.click()
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    assert Classifier.load(folder / "classifier.safetensors").card.name == "genre-mlp"


def test_an_unexpected_error_ends_one_training_and_the_next_begins(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def training(order: Order, *_: object, **__: object) -> Generator[str, None, Outcome]:
        yield order.title
        if order.title == "bad":
            raise ZeroDivisionError("oh")
        return Outcome(tmp_path, stopped=False)

    monkeypatch.setattr(queue, "training", training)
    reports: list[str] = []
    jobs.show_reports(reports.append)
    parent = QObject()
    made = queue.TrainQueue(lambda: tmp_path, parent, separate_process=False)
    seen: list[tuple[str, ...]] = []
    made.emitted.connect(lambda training, events: seen.append((training.order.title, *events)))
    made.failed.connect(lambda training, text: seen.append((training.order.title, text)))
    made.ended.connect(lambda training: seen.append((training.order.title, "ended")))
    for title in ("bad", "good"):
        made.add(Order(title, None, tmp_path))
    qtbot.waitUntil(lambda: ("good", "ended") in seen, timeout=MOST)
    unexpected = ("bad", "Unexpected error.")
    assert seen == [("bad", "bad"), unexpected, ("good", "good"), ("good", "ended")]
    assert [training.state for training in made.trainings] == ["failed", "done"]
    assert made.current is None
    assert len(reports) == 1
    assert "ZeroDivisionError: oh" in reports[0]
