"""Tempo, key, tuning and beats on the File page."""

import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot

from desktop import jobs, style
from desktop.pages.file import worker
from desktop.pages.file.page import FilePage
from desktop.plots.tracks.axes import GUTTER
from desktop.plots.tracks.time_axis import TimeAxis
from desktop.plots.tracks.time_range import TimeRange
from desktop.session import Session
from desktop.settings import BEATS
from engine.audio import Audio, write
from engine.classifier.catalog import Catalog
from engine.music.facts import MusicFacts
from resources import resource
from tests.contracts.test_artefact import make
from tests.desktop.conftest import Show

HARPSICHORD = resource("sounds", "harpsichord.ogg")
LONG = 120_000  # ms: librosa is loaded and compiled once


@pytest.fixture
def session(session: Session, qtbot: QtBot) -> Session:
    """With nothing to judge a file."""
    with qtbot.waitSignal(session.classifiers_loaded, timeout=LONG):
        session.set_loaded([])
    return session


@pytest.fixture
def page(session: Session, show: Show) -> FilePage:
    return show(FilePage(session))


def silence(folder: Path, name: str = "silence.wav") -> Path:
    path = folder / name
    write(path, Audio(np.zeros((1, 16000 * 6), dtype=np.float32), 16000))
    return path


def found(page: FilePage, qtbot: QtBot, path: Path) -> MusicFacts:
    page.open(path)
    qtbot.waitUntil(lambda: page.path == path and page.facts.found is not None, timeout=LONG)
    assert page.facts.found is not None
    return page.facts.found


def test_facts_are_shown_explained_and_copied(page: FilePage, qtbot: QtBot) -> None:
    page.open(HARPSICHORD)
    line = page.header.music
    qtbot.waitUntil(lambda: page.path is not None, timeout=LONG)
    assert page.panels._remark.text().startswith("No classifier is enabled.")
    assert not page.panels._waiting.isVisible()
    assert line.remark.text() == "Tempo, key and tuning: ..."
    assert not page._copy_facts.isEnabled()
    qtbot.waitUntil(lambda: page.facts.found is not None, timeout=LONG)
    texts = [label.text() for label in (line.tempo, line.key, line.tuning)]
    assert texts == ["104 BPM (confidence 81%)", "C minor", "A4 = 440.0 Hz"]
    assert all(label.isVisible() for label in (line.tempo, line.key, line.tuning))
    assert not line.remark.isVisible()
    assert "it may also be 207 or 52" in line.tempo.toolTip()
    assert "twice or half" in line.tempo.toolTip()
    assert "next: G minor" in line.key.toolTip()
    assert "+0 cents" in line.tuning.toolTip()
    assert page._copy_facts.isEnabled()
    page._copy_facts.trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert [text.partition(":")[0] for text in copied] == ["Tempo", "Key", "Tuning"]
    assert copied[1] == "Key: C minor (score 0.70; next: G minor)"


def test_where_there_is_no_music_one_short_remark_stands(
    page: FilePage, qtbot: QtBot, tmp_path: Path
) -> None:
    found(page, qtbot, HARPSICHORD)
    found(page, qtbot, silence(tmp_path))
    line = page.header.music
    assert line.remark.text() == "No clear tempo, key or tuning"
    assert not any(label.isVisible() for label in (line.tempo, line.key, line.tuning))
    page.facts.beats_box.setChecked(True)
    assert len(page.tracks.axis.beats_shown()) == 0
    assert "no clear tempo" in page.facts.beats_box.toolTip()


def test_predictions_come_first(
    session: Session,
    page: FilePage,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make().save(tmp_path / "tiny.safetensors")
    Catalog().add(tmp_path / "tiny.safetensors")
    began: list[bool] = []
    real = worker.find_music

    def find_music(path: Path) -> Generator[float, None, MusicFacts]:
        began.append(page.found is not None and page.found.done)
        return (yield from real(path))

    monkeypatch.setattr(worker, "find_music", find_music)
    session.set_loaded(["tiny"])  # which are being opened while the file is
    found(page, qtbot, HARPSICHORD)
    assert began == [True]
    with qtbot.waitSignal(page.analysed, timeout=LONG):
        session.set_loaded(["tiny"])  # judged anew: what is known stays
    assert began == [True]
    assert page.header.music.key.text() == "C minor"


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Path]]:
    """A file that takes for ever; each step is told, and which work has ended."""
    told: dict[str, list[Path]] = {"steps": [], "ended": []}

    def find_music(path: Path) -> Generator[float, None, MusicFacts]:
        try:
            while True:
                told["steps"].append(path)
                yield 0.5
                time.sleep(0.002)
        finally:
            told["ended"].append(path)

    monkeypatch.setattr(worker, "find_music", find_music)
    return told


def test_another_file_cancel_and_the_end_stop_it(
    page: FilePage, qtbot: QtBot, tmp_path: Path, endless: dict[str, list[Path]]
) -> None:
    first, second = silence(tmp_path, "one.wav"), silence(tmp_path, "two.wav")
    page.open(first)
    qtbot.waitUntil(lambda: first in endless["steps"], timeout=LONG)
    assert page.header.cancel_button.isVisible()
    page.open(second)
    qtbot.waitUntil(lambda: second in endless["steps"], timeout=LONG)
    assert endless["ended"] == [first]
    page.header.cancel_button.click()
    qtbot.waitUntil(lambda: endless["ended"] == [first, second], timeout=LONG)
    assert not page.header.cancel_button.isVisible()
    assert not page.header.music.remark.isVisible()
    page.open(second)
    qtbot.waitUntil(lambda: page.facts.running, timeout=LONG)
    jobs.cancel_all()  # the window closes
    assert endless["ended"] == [first, second, second]


def test_it_rests_while_sound_plays(
    page: FilePage, qtbot: QtBot, tmp_path: Path, endless: dict[str, list[Path]]
) -> None:
    path = silence(tmp_path)
    page.open(path)
    qtbot.waitUntil(lambda: len(endless["steps"]) > 3, timeout=LONG)
    page.transport.playing_changed.emit(True)
    assert page.header.music.remark.text().endswith("computed when playback stops")
    steps = len(endless["steps"]) + 1  # one may just have begun
    qtbot.wait(100)
    assert len(endless["steps"]) <= steps
    page.transport.playing_changed.emit(False)
    qtbot.waitUntil(lambda: len(endless["steps"]) > steps, timeout=LONG)
    page.transport.playing_changed.emit(True)
    page.cancel()  # also while it rests
    qtbot.waitUntil(lambda: endless["ended"] == [path], timeout=LONG)


def test_beats_are_ticks_if_switched_on_and_that_is_remembered(
    session: Session, page: FilePage, qtbot: QtBot
) -> None:
    facts = found(page, qtbot, HARPSICHORD)
    axis, box = page.tracks.axis, page.facts.beats_box
    low = axis.height()
    assert not box.isChecked()
    assert len(axis.beats_shown()) == 0
    box.click()
    assert session.settings.get(BEATS) is True
    np.testing.assert_allclose(axis.beats_shown(), facts.beats)
    assert len(facts.beats) == 16
    assert axis.height() > low
    qtbot.wait(50)
    columns = accents(axis)
    assert len(columns) == 16
    assert columns == pytest.approx([axis.x_of(at) for at in facts.beats], abs=1.5)
    again = FilePage(session)
    assert again.facts.beats_box.isChecked()
    again.deleteLater()
    box.click()
    assert session.settings.get(BEATS) is False
    assert axis.height() == low


def accents(axis: TimeAxis) -> list[int]:
    """Columns of the strip of beats that have a tick."""
    image, use = axis.grab().toImage(), style.colours()
    row, right = 10, round(axis.plot.right())
    wanted = QColor(use.accent).rgb()
    return [x for x in range(GUTTER, right) if image.pixelColor(x, row).rgb() == wanted]


@pytest.fixture
def axis(qtbot: QtBot) -> Callable[[float], TimeAxis]:
    def made(seconds: float) -> TimeAxis:
        time = TimeRange()
        time.set_duration(seconds)
        axis = TimeAxis(time)
        qtbot.addWidget(axis)
        axis.resize(900, 60)
        axis.show()
        return axis

    return made


def test_beats_are_thinned_out_and_stay_where_they_are(axis: Callable[[float], TimeAxis]) -> None:
    beats = np.arange(0.3, 3600.0, 0.5)
    shown = axis(3600.0)
    shown.set_beats(beats)
    width = shown.plot.width()
    far = shown.beats_shown()
    step = np.diff(far) / 0.5
    every = round(step[0])
    assert every & (every - 1) == 0  # a power of two
    assert 5.0 <= every * 0.5 / 3600 * width < 10.0
    assert set(far) <= set(beats)
    shown.time.show(1000.0, 1010.0)
    near = shown.beats_shown()
    np.testing.assert_allclose(near, beats[(beats >= 1000) & (beats <= 1010)])
    shown.time.show(1000.0, 1600.0)
    some = set(shown.beats_shown())
    shown.time.pan(0.013)
    moved = set(shown.beats_shown())
    first, last = shown.time.start, shown.time.end - 0.02 * 600
    assert {at for at in some if first <= at <= last} == {at for at in moved if at <= last}
