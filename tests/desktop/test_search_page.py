"""The Search page: index, find, play, open, mark, suggest, save; and the menus that lead to it."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages import PAGES
from desktop.pages.file.page import FilePage
from desktop.pages.search import worker
from desktop.pages.search.hits import FILE, SCORE, WAVE, WHY
from desktop.pages.search.page import SearchPage
from desktop.pages.sounds.excerpt import ExcerptPanel
from desktop.requests import FindSimilar, OpenFile
from desktop.session import Session
from desktop.settings import INDEXES
from desktop.shared.similar import add_find_similar, moment
from engine.audio.audio import Audio
from engine.errors import DataError
from engine.search import index as index_module
from engine.search.result import Taught
from tests.desktop.conftest import Show, settle
from tests.engine.search.planted import RATE, PlantedEar, store, tone


@pytest.fixture(autouse=True)
def ear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlantedEar:
    planted = PlantedEar()
    monkeypatch.setattr(worker, "_ears", [planted])
    monkeypatch.setattr(
        index_module, "default_place", lambda folder: tmp_path / f"{folder.name}.index"
    )
    return planted


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    for number in range(24):
        pitch = (400.0, 900.0, 2000.0)[number % 3] * (1 + 0.001 * (number // 3))
        store(tmp_path / "sounds" / f"{'low' if number % 3 == 0 else 'other'}-{number}.wav",
              tone(pitch, seed=number))  # fmt: skip
    return tmp_path / "sounds"


@pytest.fixture
def page(session: Session, show: Show, monkeypatch: pytest.MonkeyPatch) -> SearchPage:
    made = show(SearchPage(session))
    plays: list[tuple[object, float, float | None]] = []
    monkeypatch.setattr(
        made.transport, "play", lambda a, b, loop: plays.append((made.transport._path, a, b))
    )
    made.plays = plays  # type: ignore[attr-defined]
    return made


@pytest.fixture
def found(page: SearchPage, sounds: Path, qtbot: QtBot) -> SearchPage:
    """An index is made of a folder, and something is found in it."""
    with qtbot.waitSignal(page.bar.changed, timeout=60_000):
        page.bar.grow(sounds)
    page.search_for(worker.Example(Audio(tone(400.0, seed=99)[None], RATE), 0.0, 3.0, "a low tone"))
    settle(qtbot)
    return page


def test_it_says_what_to_do_first(page: SearchPage, sounds: Path, qtbot: QtBot) -> None:
    assert "Index a folder first" in page.list.empty.text()
    assert not page.table.isVisible()
    assert not page.panel.save.isEnabled()
    assert not page.panel.suggest.isEnabled()
    page.search_for(worker.Example(sounds / "low-0.wav", 0.0, 3.0, "low-0"))
    assert any("Index a folder" in m.text for m in page._session.messages.current)
    with qtbot.waitSignal(page.bar.changed, timeout=60_000):
        page.bar.grow(sounds)
    settle(qtbot)
    assert page.table.hits.rows[0].path.name == "low-0.wav"


def test_an_index_is_made_found_in_and_remembered(
    found: SearchPage, session: Session, sounds: Path, show: Show, qtbot: QtBot
) -> None:
    assert "24 files" in found.bar.facts.text()
    rows = found.table.hits.rows
    assert [row.path.name.split("-")[0] for row in rows[:8]] == ["low"] * 8
    assert all(row.wave is not None and row.wave.shape[0] == 2 for row in rows)
    assert found.list.title.text() == "a low tone"
    store(sounds / "new.wav", tone(400.0, seed=77))
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.update_button.click()
    settle(qtbot)
    assert "25 files" in found.bar.facts.text()
    assert "new.wav" in {row.path.name for row in found.table.hits.rows[:9]}
    again = show(SearchPage(session))
    again.enter()
    qtbot.waitUntil(lambda: again.bar.info is not None, timeout=60_000)
    assert len(session.settings.get(INDEXES)) == 1


def test_indexing_is_cancelled_and_an_index_that_is_gone_is_forgotten(
    page: SearchPage, sounds: Path, ear: PlantedEar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = ear.hear

    def hear(path: Path, step: float = 3.0) -> Generator[float, None, Any]:
        for share in range(200):
            yield share / 200
            jobs.time.sleep(0.01)
        return (yield from slow(path, step))

    monkeypatch.setattr(ear, "hear", hear)
    page.bar.grow(sounds)
    assert page.bar.cancel_button.isVisible()
    qtbot.waitUntil(lambda: "of 24 files" in page.bar.facts.text(), timeout=60_000)
    page.bar.cancel_button.click()
    assert not page.bar.busy
    assert not page.bar.cancel_button.isVisible()
    page._session.settings.set(INDEXES, [str(sounds / "gone")])
    page.bar.open(sounds / "gone")
    settle(qtbot)
    assert page._session.settings.get(INDEXES) == []
    assert any("not an index of sounds" in m.text for m in page._session.messages.current)


def test_keys_play_open_and_find_similar(found: SearchPage, session: Session, qtbot: QtBot) -> None:
    asked: list[object] = []
    session.requested.connect(asked.append)
    table, plays = found.table, found.plays  # type: ignore[attr-defined]
    assert table.row == 0
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.row == 1
    assert plays[-1] == (table.hits.rows[1].path, 0.0, 3.0)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert len(plays) == 2
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert asked == [OpenFile(table.hits.rows[1].path, at=(0.0, 3.0))]
    wanted = table.hits.rows[1].path
    qtbot.keyClick(table, Qt.Key.Key_S)
    settle(qtbot)
    assert found.example is not None
    assert found.example.sound == wanted
    assert table.hits.rows[0].path == wanted
    found.play_example()
    assert plays[-1][0] == wanted


def mark_all(page: SearchPage, qtbot: QtBot) -> None:
    """Mark the row that is chosen, as often as there are rows, by the names of their files."""
    for _ in range(len(page.table.hits.rows)):
        row = page.table.current
        assert row is not None
        key = Qt.Key.Key_Y if row.path.name.startswith("low") else Qt.Key.Key_N
        qtbot.keyClick(page.table, key)


def test_marks_suggest_and_save(
    found: SearchPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, panel = found.table, found.panel
    qtbot.keyClick(table, Qt.Key.Key_Y)
    assert table.hits.rows[0].says == "yes"
    assert table.row == 1
    assert found.plays[-1][0] == table.hits.rows[1].path  # type: ignore[attr-defined]
    panel.no.click()
    qtbot.keyClick(table, Qt.Key.Key_U)
    assert [mark.says for mark in found.marks] == ["yes", "no", "unsure"]
    assert panel.count.text() == "3 marked: 1 yes, 1 no, 1 unsure"
    table.go_to(1)
    qtbot.keyClick(table, Qt.Key.Key_Backspace)
    assert table.hits.rows[1].says is None
    found.undo()
    assert [mark.says for mark in found.marks] == ["yes"]
    with qtbot.waitSignal(found.listed, timeout=60_000):
        panel.suggest.click()
    settle(qtbot)
    for _ in range(3):  # each batch that is all marked brings the next
        before = [row.wanted.hit.key for row in table.hits.rows]
        assert not {mark.hit.key for mark in found.marks} & set(before)
        mark_all(found, qtbot)
        settle(qtbot)
        assert [row.wanted.hit.key for row in table.hits.rows] != before
    assert len({mark.reason for mark in found.marks}) >= 3
    assert "random checks right" in panel.words.text()
    assert panel.curve.count > 0
    assert not panel.save.isEnabled()
    panel.name.setText("low tone")
    assert panel.save.isEnabled()
    kept: list[tuple[str, int, Path]] = []

    def keep(
        folder: Path, label: str, marks: Any, estimate: Any, dataset: Path
    ) -> Generator[float, None, Taught]:
        kept.append((label, len(marks), dataset))
        yield 0.0
        return Taught("low-tone", dataset, dataset, [])

    monkeypatch.setattr(worker, "keep", keep)
    panel.save.click()
    settle(qtbot)
    assert kept[0][:2] == ("low tone", len(found.marks))
    message = session.messages.current[-1]
    assert "Saved as the classifier 'low-tone'" in message.text
    assert [action[0] for action in message.actions] == ["Enable it", "Show the data set"]
    found.list.back_button.click()
    settle(qtbot)
    says = [row.says for row in table.hits.rows]
    assert says.count("yes") >= 5  # marks stand beside what they are of, however it is listed
    panel.restart.click()
    settle(qtbot)
    assert found.marks == []
    assert all(row.says is None for row in table.hits.rows)


def test_menus_lead_to_it(session: Session, qtbot: QtBot) -> None:
    asked: list[object] = []
    session.requested.connect(asked.append)
    menu = QMenu()
    qtbot.addWidget(menu)
    wanted = FindSimilar(Path("a.wav"), 1.0, 2.0, "a")
    add_find_similar(menu, session, lambda: wanted)
    add_find_similar(menu, session, lambda: None)
    for action in menu.actions():
        action.trigger()
    assert asked == [wanted]
    assert moment(5.0, (4.0, 9.0)) == (4.0, 9.0)
    assert moment(1.0, (4.0, 9.0)) == (0.0, 2.5)
    assert PAGES["search"].keys == "Ctrl+8"


def test_every_control_has_a_name_and_the_menu_opens(
    found: SearchPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for control in (
        found.table, found.bar.choice, found.bar.make, found.bar.update_button, found.bar.progress,
        found.panel.name, found.panel.yes, found.panel.save, found.list.play_button,
        found.list.title,
    ):  # fmt: skip
        assert control.accessibleName()
    monkeypatch.setattr(QMenu, "popup", lambda self, at: None)
    found.table.menu_wanted.emit(QPoint(100, 100))
    menu = found.findChild(QMenu)
    assert menu is not None
    assert "Find similar in the archive" in [action.text() for action in menu.actions()]
    menu.deleteLater()


def test_a_sound_no_longer_in_memory_is_said(found: SearchPage, qtbot: QtBot) -> None:
    sound = Audio(np.zeros((1, 10), dtype=np.float32), RATE)
    found.search_for(worker.Example(sound, 5.0, 8.0, "gone"))
    settle(qtbot)
    assert any("no longer in memory" in m.text for m in found._session.messages.current)


def test_a_file_and_a_sound_of_the_project_lead_to_it(
    session: Session, show: Show, sounds: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda self, at: None)
    asked: list[FindSimilar] = []
    session.requested.connect(asked.append)
    panel = ExcerptPanel(session)
    show(panel)
    panel.show_menu(QPoint(1, 1))
    assert panel.findChild(QMenu) is None  # nothing is shown
    panel.show_excerpt(sounds / "low-0.wav", 0.5, 1.5)
    panel.show_menu(QPoint(1, 1))
    menu = panel.findChild(QMenu)
    assert menu is not None
    menu.actions()[-1].trigger()
    assert (asked[-1].sound, asked[-1].start, asked[-1].end) == (sounds / "low-0.wav", 0.5, 1.5)
    page = show(FilePage(session))
    monkeypatch.setattr(session, "load_classifiers", lambda: None)
    page.open(sounds / "low-3.wav")
    qtbot.waitUntil(lambda: page.path is not None, timeout=60_000)
    page.tracks.time.select(1.0, 2.0)
    track = page.tracks.waveform
    at = QPoint(round(track.x_of(1.4)), 20)
    made = page.tracks.open_menu(track, track.mapToGlobal(at))
    made.actions()[-1].trigger()
    assert (asked[-1].sound, asked[-1].start, asked[-1].end) == (sounds / "low-3.wav", 1.0, 2.0)
    assert asked[-1].words == "low-3.wav, 0:01.0 to 0:02.0"
    settle(qtbot)


def test_forgotten_marks_come_back(found: SearchPage, qtbot: QtBot) -> None:
    table, example = found.table, found.example
    for says in ("yes", "no", "unsure"):
        found.mark(says)
    marks = list(found.marks)
    found.panel.restart.click()
    settle(qtbot)
    assert found.marks == []
    assert found.steps == ("removal of all marks", "")
    found.undo()
    settle(qtbot)
    assert found.marks == marks
    assert [row.says for row in table.hits.rows].count("yes") == 1
    qtbot.keyClick(table, Qt.Key.Key_S)  # another example, by a slip of the finger
    settle(qtbot)
    assert found.example != example
    assert found.marks == []
    found.undo()
    settle(qtbot)
    assert found.example == example
    assert found.marks == marks
    assert found.list.title.text() == "a low tone"


def test_marks_outlive_an_update_of_their_archive(
    found: SearchPage, sounds: Path, qtbot: QtBot
) -> None:
    for says in ("yes", "no", "yes"):
        found.mark(says)
    marked = [(mark.hit.path, mark.says) for mark in found.marks]
    store(marked[0][0], tone(3000.0))  # another sound: what was said of it is of no use
    for number in range(3):
        store(sounds / f"0-new-{number}.wav", tone(400.0, seed=77 + number))
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.update_button.click()
    settle(qtbot)
    assert [(mark.hit.path, mark.says) for mark in found.marks] == marked[1:]
    assert any("A mark is not used any more" in m.text for m in found._session.messages.current)
    shown = {row.path: row.says for row in found.table.hits.rows if row.says is not None}
    assert shown == dict(marked[1:])
    found.suggest()
    settle(qtbot)
    assert found.table.hits.rows
    assert not set(dict(marked[1:])) & {row.path for row in found.table.hits.rows}


def test_marks_outlive_the_window(
    found: SearchPage, session: Session, sounds: Path, show: Show, qtbot: QtBot
) -> None:
    found.panel.name.setText("low tone")
    for says in ("yes", "no"):
        found.mark(says)
    first = list(found.marks)
    found.search_for(worker.Example(sounds / "other-1.wav", 0.0, 3.0, "other-1"))
    settle(qtbot)
    qtbot.keyClick(found.table, Qt.Key.Key_N)
    found.stop()  # at once: nothing waits
    assert not found.lessons.keeping.busy
    again = show(SearchPage(session))
    again.enter()
    qtbot.waitUntil(lambda: bool(again.table.hits.rows), timeout=60_000)
    assert [mark.says for mark in again.marks] == ["no"]
    assert again.list.title.text() == "other-1"
    assert again.panel.name.text() == "low tone"
    assert [row.says for row in again.table.hits.rows].count("no") == 1
    again.undo()
    again.undo()  # what was before, with an example that was in memory only
    settle(qtbot)
    assert again.marks == first
    assert again.list.title.text() == "a low tone"
    assert again.list.play_button.isEnabled()
    again.play_example()
    assert again.transport._path.suffix == ".flac"
    again.suggest()
    settle(qtbot)
    assert again.table.hits.rows


def test_marks_of_two_archives_are_kept_apart(
    found: SearchPage, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    first = found.bar.folder
    assert first is not None
    found.mark("yes")
    marks = list(found.marks)
    other = tmp_path / "others"
    store(other / "a.wav", tone(400.0))
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.grow(other)
    settle(qtbot)
    assert found.marks == []
    assert [row.path.name for row in found.table.hits.rows] == ["a.wav"]
    found.mark("no")
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.open(first)
    settle(qtbot)
    assert found.marks == []  # the search goes on; what was said here is one step back
    found.undo()
    settle(qtbot)
    assert found.marks == marks


def test_the_last_mark_of_a_kept_lesson_can_be_taken_back(
    found: SearchPage, session: Session, show: Show, qtbot: QtBot
) -> None:
    found.mark("yes")
    found.stop()
    again = show(SearchPage(session))
    again.enter()
    qtbot.waitUntil(lambda: len(again.marks) == 1, timeout=60_000)
    settle(qtbot)
    again.undo()
    again.stop()
    third = show(SearchPage(session))
    third.enter()
    settle(qtbot)
    assert third.bar.info is not None
    assert third.bar.info.lessons == ()


def test_what_is_still_sought_in_one_archive_is_not_listed_in_another(
    found: SearchPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other, finding = found.bar.folder, tmp_path / "others", worker.find
    assert first is not None
    store(other / "a.wav", tone(400.0))
    go_on = Event()

    def find(folder: Path, example: worker.Example) -> Generator[Any, None, None]:
        if folder == first:
            yield None
            go_on.wait(60)
        yield from finding(folder, example)

    monkeypatch.setattr(worker, "find", find)
    found.search()
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.grow(other)
    qtbot.waitUntil(lambda: bool(found.table.hits.rows), timeout=60_000)
    go_on.set()
    settle(qtbot)
    assert [row.path.name for row in found.table.hits.rows] == ["a.wav"]


def test_marks_follow_an_update_whatever_is_asked_meanwhile(
    found: SearchPage, sounds: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.mark("yes")
    go_on, relocating = Event(), worker.relocate

    def relocate(*asked: Any) -> Generator[None, None, list[worker.Lesson]]:
        yield
        go_on.wait(60)
        return (yield from relocating(*asked))

    monkeypatch.setattr(worker, "relocate", relocate)
    for number in range(3):
        store(sounds / f"0-new-{number}.wav", tone(400.0, seed=77 + number))
    placed: list[object] = []
    real = found.lessons.placed
    monkeypatch.setattr(found.lessons, "placed", lambda some: placed.append(some) or real(some))
    with qtbot.waitSignal(found.bar.changed, timeout=60_000):
        found.bar.update_button.click()
    found.search()
    found.suggest()
    go_on.set()
    settle(qtbot)
    assert placed
    assert [row.says for row in found.table.hits.rows].count("yes") == 1


def test_another_ear_hears_the_example_itself(
    found: SearchPage, session: Session, show: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    """Numbers of one ear, as they are kept with a lesson, mean nothing to another."""
    found.mark("yes")
    found.stop()
    again = show(SearchPage(session))
    again.enter()
    qtbot.waitUntil(lambda: bool(again.table.hits.rows), timeout=60_000)
    settle(qtbot)
    example, info = again.example, again.bar.info
    assert example is not None
    assert example.query is not None
    assert info is not None
    lessons = again.lessons
    lessons.open(replace(info, folder=tmp_path / "same"), [])
    assert lessons.example == example
    assert lessons.example.query is example.query
    lessons.open(replace(info, folder=tmp_path / "by", ear="another"), [])
    assert lessons.example == example
    assert lessons.example.query is None
    assert lessons.query is None
    lessons.example = replace(example, sound=None)
    lessons.open(info, info.lessons)
    assert lessons.example is not None
    assert lessons.example.sound is not None  # what was taught here: the other is not there


def test_marks_that_cannot_be_kept_are_said(
    found: SearchPage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def full(*_: object) -> Generator[None, None, None]:
        raise DataError("The marks could not be kept.")
        yield

    monkeypatch.setattr(worker, "remember", full)
    found.mark("yes")
    qtbot.waitUntil(lambda: not found.lessons.keeping.busy, timeout=60_000)
    assert any("could not be kept" in m.text for m in found._session.messages.current)


def test_waiting_ends_where_an_index_cannot_be_opened(
    page: SearchPage, tmp_path: Path, qtbot: QtBot
) -> None:
    page.bar.open(tmp_path / "gone")
    assert page.list.empty.text() == "Please wait..."
    qtbot.waitUntil(lambda: not page.bar.busy, timeout=60_000)
    assert "Index a folder first" in page.list.empty.text()
    assert page.bar.choice.placeholderText() == "No archive yet"


def test_names_of_files_can_be_read_in_the_smallest_window(found: SearchPage) -> None:
    table = found.table
    found.resize(932, 650)
    assert table.columnWidth(FILE) >= 140
    found.resize(808, 550)  # of a window of 900 x 600: the waveform gives way
    assert table.columnWidth(FILE) >= 75
    assert table.columnWidth(WAVE) >= 48
    assert found.bar.choice.currentText() == "sounds.index"
    letters = table.fontMetrics()
    assert table.columnWidth(WHY) >= letters.horizontalAdvance("random check") + 22
    assert table.columnWidth(SCORE) >= letters.horizontalAdvance("99 % likely") + 16
    assert table.horizontalScrollBar().maximum() == 0
