"""A person's own labels of a file: added, dragged, renamed, deleted, undone, kept and exported."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.plots.tracks.lanes import Stretch
from desktop.session import Session
from desktop.settings import LOADED
from desktop.widgets.class_chooser import ClassChooser
from engine.audio import Audio, write
from engine.errors import DataError
from engine.export import from_audacity, from_raven, own_labels
from engine.recognition.decisions import Segment
from tests.desktop.conftest import Show, settle
from tests.desktop.pointer import click, drag


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "ten.wav"
    write(place, Audio(np.zeros((1, 80_000), dtype=np.float32), 8000))
    return place


@pytest.fixture
def page(session: Session, show: Show, path: Path, qtbot: QtBot) -> FilePage:
    session.settings.set(LOADED, [])
    made = show(FilePage(session))
    made.open(path)
    qtbot.waitUntil(lambda: made.path == path, timeout=60_000)
    settle(qtbot)
    return made


def heads(page: FilePage) -> list[tuple[float, float, str]]:
    return [(round(s.start, 1), round(s.end, 1), s.label) for s in page.labels.stretches]


def type_label(page: FilePage, qtbot: QtBot, words: str) -> None:
    chooser = [found for found in page.findChildren(ClassChooser) if found.isVisible()][-1]
    qtbot.keyClicks(chooser.edit, words)
    qtbot.keyClick(chooser.edit, Qt.Key.Key_Return)


def test_labels_are_edited_as_regions(page: FilePage, qtbot: QtBot) -> None:
    time, waveform, lanes = page.tracks.time, page.tracks.waveform, page.tracks.lanes
    time.select(2.0, 4.0)
    qtbot.keyClick(page, Qt.Key.Key_A)
    type_label(page, qtbot, "bird")
    assert heads(page) == [(2.0, 4.0, "bird")]
    assert page.labels.shown
    # The right edge of its selection is its own.
    drag(waveform, (waveform.x_of(4.0), 20), (waveform.x_of(6.0), 20))
    assert heads(page) == [(2.0, pytest.approx(6.0, abs=0.2), "bird")]
    ((start, end, _),) = heads(page)
    # Another selection leaves it where it is.
    time.clear_selection()
    drag(waveform, (waveform.x_of(8.0), 20), (waveform.x_of(9.0), 20))
    assert heads(page) == [(start, end, "bird")]
    # A click chooses it again.
    click(lanes, lanes.x_of(5.0), 6)
    assert page.labels.chosen is not None
    assert time.selection == (page.labels.chosen.start, page.labels.chosen.end)
    qtbot.keyClick(page, Qt.Key.Key_F2)
    type_label(page, qtbot, "owl")
    assert heads(page) == [(start, end, "owl")]
    qtbot.keyClick(page, Qt.Key.Key_Delete)
    assert heads(page) == []


def test_a_label_is_dragged_by_its_middle_in_one_step(page: FilePage, qtbot: QtBot) -> None:
    time, waveform = page.tracks.time, page.tracks.waveform
    time.select(2.0, 6.0)
    page.labels.add(2.0, 6.0, "bird")
    drag(waveform, (waveform.x_of(4.0), 20), (waveform.x_of(5.0), 20))
    assert heads(page) == [(pytest.approx(3.0, abs=0.1), pytest.approx(7.0, abs=0.1), "bird")]
    assert page.steps[0] == "move 'bird'"
    page.undo()
    assert heads(page) == [(2.0, 6.0, "bird")]


def test_each_change_is_undone_and_made_again(page: FilePage, qtbot: QtBot) -> None:
    page.labels.add(1.0, 2.0, "bird")
    page.labels.rename(page.labels.stretches[0], "owl")
    assert page.steps == ("rename 'bird'", "")
    page.undo()
    assert heads(page) == [(1.0, 2.0, "bird")]
    page.redo()
    assert heads(page) == [(1.0, 2.0, "owl")]
    page.activateWindow()
    page.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page, timeout=60_000)
    for _ in range(2):
        qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert heads(page) == []


def test_they_come_back_with_the_file_and_are_exported(
    page: FilePage, path: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    for n in range(5):
        page.labels.add(n + 0.25, n + 0.75, f"label {n}")
    settle(qtbot)
    assert [s.label for s in own_labels.recall(path)] == [f"label {n}" for n in range(5)]
    for form, read in (("audacity", from_audacity), ("raven", from_raven)):
        target = tmp_path / f"labels.{form}"
        page.exports.export_own_to(target, form)
        settle(qtbot)
        (segments,) = read(target.read_text()).values()  # type: ignore[operator]
        assert [s.label for s in segments] == [f"label {n}" for n in range(5)]
    other = tmp_path / "other.wav"
    write(other, Audio(np.zeros((1, 8000), dtype=np.float32), 8000))
    page.open(other)
    qtbot.waitUntil(lambda: page.path == other, timeout=60_000)
    settle(qtbot)
    assert heads(page) == []
    assert not page.labels.shown
    page.open(path)
    qtbot.waitUntil(lambda: len(page.labels.stretches) == 5, timeout=60_000)
    assert page.labels.shown
    settle(qtbot)


def test_they_can_begin_as_a_copy_of_what_was_detected(page: FilePage) -> None:
    detected = [Stretch(0.0, 3.0, "piano", 0.8), Stretch(3.0, 6.0, "cello", 0.7)]
    page.labels.take_over(detected)
    page.labels.take_over(detected)  # nothing twice
    assert [s.label for s in page.labels.stretches] == ["piano", "cello"]
    assert page.labels.shown
    assert not page.notices.current  # nothing is offered that was done


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"labels": 3}', '{"labels": [[1]]}', '{"labels": [[2, 1, "a"]]}',
     '{"labels": [[0, 1e999, "a"]]}', '{"labels": [[0, 1, 7]]}', '{"labels": [[0, 1, ""]]}'],
)  # fmt: skip
def test_what_is_damaged_counts_as_none(text: str, path: Path) -> None:
    own_labels.keep(path, [Segment(0.0, 1.0, "a", 1.0)])
    assert own_labels.recall(path)
    own_labels.place_of(path).write_text(text)
    assert own_labels.recall(path) == []
    own_labels.keep(path, [])
    assert not own_labels.place_of(path).exists()


def test_a_place_that_cannot_be_written_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(own_labels, "user_data_path", lambda *_, **__: tmp_path / "file")
    with pytest.raises(DataError, match="could not be kept"):
        own_labels.keep(path, [Segment(0.0, 1.0, "a", 1.0)])
