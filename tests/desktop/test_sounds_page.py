"""The Sounds page with real files, a microphone that hears a clip, and a person's gestures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.sounds import recorder
from desktop.pages.sounds.page import SoundsPage
from desktop.pages.sounds.table import PROBLEM
from desktop.requests import OpenFile, TrainProject
from desktop.shared import microphone
from engine.audio import Ring
from engine.audio.devices import DeviceId, InputDevice
from engine.audio.level import Level
from engine.datasets import open_dataset
from engine.errors import AudioError
from tests import corpora

RATE = 22050


class Clip:
    """A microphone whose sound comes whenever it is asked."""

    device = InputDevice(DeviceId("Clip", "Test"), 1, RATE, True, 0)
    rate_hz = RATE
    unplugged_after: int | None = None

    def __init__(self) -> None:
        self.ring = Ring(RATE * 10)
        self._sound = corpora.sound(1, 1, 5.0)
        self.checks = 0

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check(self) -> None:
        self.checks += 1
        if Clip.unplugged_after is not None and self.checks > Clip.unplugged_after:
            raise AudioError("The microphone 'Clip' was disconnected: it was unplugged.")
        first = self.ring.end % (len(self._sound) - RATE)
        self.ring.write(self._sound[None, first : first + RATE // 5])

    def level(self) -> Level:
        return Level(0.5, 0.1, 0)


@pytest.fixture
def clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clip, "unplugged_after", None)
    monkeypatch.setattr(microphone, "open_chosen", lambda *_: Clip())


@pytest.fixture
def page(open_sounds: Callable[[Path], SoundsPage], tmp_path: Path) -> SoundsPage:
    return open_sounds(tmp_path / "project")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return corpora.folders(tmp_path / "given", files=3, seconds=0.5)


def counts(page: SoundsPage) -> dict[str, int]:
    project = page.project
    assert project is not None
    return {n: sum(r.label == n for r in project.rows) for n in project.classes}


def idle(qtbot: QtBot, page: SoundsPage, when: Callable[[], bool]) -> None:
    qtbot.waitUntil(lambda: when() and not page.worker.busy, timeout=120_000)


def drop(target: QWidget, data: QMimeData) -> None:
    """Drag data over a widget and let it go."""
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    target.dragEnterEvent(enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(5, 5), copy, data, left, none)
    target.dropEvent(event)


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_classes_are_made_named_and_undone(page: SoundsPage, qtbot: QtBot) -> None:
    assert page.view.welcome.isVisible()
    qtbot.mouseClick(page.view.welcome.new, Qt.MouseButton.LeftButton)
    idle(qtbot, page, lambda: page.class_names() == ["Class 1"])
    card = page.view.cards.cards[0]
    assert card.editor.isVisible()
    card.editor.setText("flute")
    QTest.keyClick(card.editor, Qt.Key.Key_Return)
    idle(qtbot, page, lambda: page.class_names() == ["flute"])
    assert "rename" in page.view.header.undo.toolTip()
    page.view.header.undo.click()
    idle(qtbot, page, lambda: page.class_names() == ["Class 1"])
    page.view.header.redo.click()
    idle(qtbot, page, lambda: page.class_names() == ["flute"])


def test_dropped_files_go_into_the_card(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    drop(page.view.cards.cards[0], files(*sorted((given / "bell").iterdir())))
    idle(qtbot, page, lambda: counts(page) == {"Class 1": 3})
    drop(page.view.cards.cards[0], files(given))
    idle(qtbot, page, lambda: counts(page) == {"Class 1": 3, "bell": 3, "drum": 3, "flute": 3})
    assert page.view.header.train.isEnabled()
    with qtbot.waitSignal(page._session.requested) as asked:
        page.view.header.train.click()
    assert asked.args == [TrainProject()]
    data = open_dataset(page._session.project)
    assert data.counts()["drum"] == 3
    assert not [row for row in data.excerpts if Path(row.path).is_absolute()]


def test_keys_and_drags_relabel_and_delete(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    drop(page, files(given))
    idle(qtbot, page, lambda: counts(page) == {"bell": 3, "drum": 3, "flute": 3})
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_2)
    idle(qtbot, page, lambda: counts(page) == {"bell": 2, "drum": 4, "flute": 3})
    page.view.table.selectAll()
    model = page.view.table.rows_model
    data = model.mimeData([model.index(0, 0), model.index(1, 0)])
    drop(page.view.cards.cards[2], data)
    idle(qtbot, page, lambda: counts(page) == {"bell": 0, "drum": 4, "flute": 5})
    page.undo()
    idle(qtbot, page, lambda: counts(page)["bell"] == 2)
    page.view.table.selectRow(1)
    QTest.keyClick(page.view.table, Qt.Key.Key_Delete)
    idle(qtbot, page, lambda: counts(page)["bell"] == 1)
    page.undo()
    idle(qtbot, page, lambda: counts(page)["bell"] == 2)
    page.view.cards.cards[0].merge_wanted.emit("bell", "drum")
    idle(qtbot, page, lambda: counts(page) == {"drum": 6, "flute": 3})
    page.view.cards.cards[1].delete_wanted.emit("flute")
    idle(qtbot, page, lambda: counts(page) == {"drum": 6})


def test_held_button_records_examples(page: SoundsPage, qtbot: QtBot, clip: None) -> None:
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    hold = page.view.recorder.hold
    qtbot.mousePress(hold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: hold._face > "2.1", timeout=120_000)
    qtbot.mouseRelease(hold, Qt.MouseButton.LeftButton)
    idle(qtbot, page, lambda: counts(page)["Class 1"] >= 2)
    project = page.project
    assert project is not None
    rows = project.rows
    assert len({row.group for row in rows}) == 1
    assert rows[0].end == pytest.approx(1.0)
    assert not project.unfinished()


def test_twenty_seconds_after_a_count_in(
    page: SoundsPage, qtbot: QtBot, clip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "COUNT_IN_SECONDS", 1)
    monkeypatch.setattr(recorder, "_LOOK_SECONDS", 0.002)
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    page.view.recorder.examples.setCurrentIndex(2)
    page.view.recorder.long.click()
    qtbot.waitUntil(lambda: page.view.recorder.hold._face == "1", timeout=120_000)
    idle(qtbot, page, lambda: counts(page)["Class 1"] == 10)


def test_a_lost_microphone_keeps_what_was_recorded(
    page: SoundsPage, qtbot: QtBot, clip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clip, "unplugged_after", 8)
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    page.view.recorder.start(0.0, None)
    idle(qtbot, page, lambda: counts(page)["Class 1"] >= 1)
    assert "disconnected" in page.notices.text


def test_problems_are_shown_and_mended(
    page: SoundsPage, qtbot: QtBot, given: Path, tmp_path: Path
) -> None:
    drop(page, files(given))
    idle(qtbot, page, lambda: len(counts(page)) == 3)
    quiet = corpora.write(tmp_path / "quiet.wav", np.full(RATE, 1e-4, dtype=np.float32))
    page.add_files("bell", [quiet, given / "bell" / "take 1.wav"])
    idle(qtbot, page, lambda: counts(page)["bell"] == 5)
    qtbot.waitUntil(lambda: len(page.view.strip.buttons) == 2, timeout=120_000)
    words = {
        page.view.table.rows_model._words(row, PROBLEM) for row in page.view.table.rows_model.rows
    }
    assert words == {"", "too quiet", "duplicate"}
    for left in (1, 0):
        page.view.strip.buttons[0].click()
        qtbot.waitUntil(lambda n=left: len(page.view.strip.buttons) == n, timeout=120_000)  # type: ignore[misc]
    assert counts(page)["bell"] == 3
    assert not page.view.strip.isVisible()


def test_a_region_of_a_file_joins_a_class(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    page.add_region(given / "bell" / "take 0.wav", 0.1, 0.4, "new one")
    idle(qtbot, page, lambda: counts(page) == {"new one": 1})
    assert page.class_names() == ["new one"]
    page.view.table.selectRow(0)
    envelope = page.view.excerpt.tracks.waveform
    qtbot.waitUntil(lambda: envelope._envelope.shape[2] > 10, timeout=120_000)
    with qtbot.waitSignal(page._session.requested) as asked:
        QTest.keyClick(page.view.table, Qt.Key.Key_Return)
    assert asked.args is not None
    (request,) = asked.args
    assert isinstance(request, OpenFile)
    assert request.path is not None
    assert request.path.is_file()


def test_another_data_set_opens_where_it_lies(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    page._session.open_project(given)
    idle(qtbot, page, lambda: page.class_names() == ["bell", "drum", "flute"])
    assert not (given / "manifest.csv").exists()
    empty = given.parent / "finished.txt"
    empty.write_text("x")
    page._session.open_project(empty)
    qtbot.waitUntil(lambda: bool(page.notices.current), timeout=120_000)


def test_every_control_has_a_name(page: SoundsPage, qtbot: QtBot) -> None:
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    for kind in (QAbstractButton, QComboBox):
        for control in page.findChildren(kind):
            if control.focusPolicy() != Qt.FocusPolicy.NoFocus:
                words = control.accessibleName() or getattr(control, "text", lambda: "")()
                assert words, control


def test_all_fits_a_small_window_with_problems(page: SoundsPage, given: Path, qtbot: QtBot) -> None:
    page.resize(938, 632)  # of a window of 1024 by 700
    drop(page, files(given))
    idle(qtbot, page, lambda: len(counts(page)) == 3)
    view = page.view
    view.strip.show_problems([("Two sounds are missing", "Find"), ("One is quiet", "Louder")])
    excerpt = view.excerpt
    qtbot.waitUntil(excerpt.tracks.spectrogram.isVisible, timeout=120_000)
    qtbot.wait(20)
    assert page.size().height() == 632
    assert page.minimumSizeHint().height() <= 632
    bottom = excerpt.mapTo(page, QPoint(0, excerpt.height())).y()
    assert bottom <= 632
    assert excerpt.tracks.spectrogram.height() > excerpt.tracks.waveform.height()
    row = view.current
    assert row is not None
    excerpt.show_excerpt(None, 0.0, None)
    assert not excerpt.tracks.axis.isVisible()
    view.show_excerpt(page.project)
    qtbot.waitUntil(excerpt.tracks.axis.isVisible, timeout=120_000)
