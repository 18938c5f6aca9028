"""A project that another program holds: shown read-only, followed, taken over when it leaves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.sounds.page import SoundsPage
from engine.project.project import Project
from tests import corpora

LONG = 60_000  # ms, of a machine that does other things


@pytest.fixture
def holder(tmp_path: Path) -> Project:
    given = corpora.folders(tmp_path / "given", ("bell", "drum"), files=3, seconds=0.1)
    made = Project(tmp_path / "project")
    for _ in made.import_folder(given):
        pass
    return made


@pytest.fixture
def page(holder: Project, open_sounds: Callable[[Path], SoundsPage], qtbot: QtBot) -> SoundsPage:
    made = open_sounds(holder.root)
    qtbot.waitUntil(lambda: made.found.draw is not None, timeout=LONG)
    return made


def changing(page: SoundsPage) -> list[QWidget]:
    view, card = page.view, page.view.cards.cards[0]
    recorder = view.recorder
    return [
        *(view.header.new, view.header.undo, view.header.redo, card.add_button, card.menu_button),
        *(recorder.hold, recorder.long, recorder.examples, view.map.move_to),
    ]


def test_it_is_read_only_and_says_who_has_it(page: SoundsPage, holder: Project) -> None:
    reason = page.view.note.words.text()
    assert page.view.note.isVisible()
    assert "(process " in reason
    assert "read-only" in reason
    for widget in changing(page):
        assert not widget.isEnabled()
        assert widget.toolTip() == reason
    assert not page.acceptDrops()
    card = page.view.cards.cards[0]
    card.rename()
    assert card.editor.isHidden()
    assert page.view.header.train.isEnabled()  # reading is allowed


def test_keys_lose_nothing_either(page: SoundsPage, holder: Project, qtbot: QtBot) -> None:
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: "nothing was changed" in page.notices.text, timeout=LONG)
    assert page.project is not None
    assert [row.label for row in page.project.rows] == [row.label for row in holder.rows]


def test_it_follows_and_takes_over(page: SoundsPage, holder: Project, qtbot: QtBot) -> None:
    def shown() -> list[str]:
        return [card._amount.text().split()[0] for card in page.view.cards.cards]

    assert shown() == ["3", "3"]
    holder.relabel(holder.rows[:2], "drum")
    holder.add_class("flute")
    qtbot.waitUntil(lambda: shown() == ["1", "5", "0"], timeout=LONG)
    assert page.view.note.isVisible()
    holder.close()
    qtbot.waitUntil(lambda: not page.view.note.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: "can be edited here" in page.notices.text, timeout=LONG)
    assert page.view.header.new.isEnabled()
    assert page.view.header.new.toolTip() == "Add a class (Ctrl+N)"
    assert page.view.recorder.hold.isEnabled()
    assert page.acceptDrops()
    assert not page.view.header.undo.isEnabled()  # nothing to undo yet
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: shown() == ["0", "6", "0"], timeout=LONG)
    assert Project(holder.root).read_only  # now it is ours


def test_an_undo_that_cannot_bring_all_back_says_so(
    page: SoundsPage, holder: Project, qtbot: QtBot, idle: Callable[[], None]
) -> None:
    holder.close()
    qtbot.waitUntil(lambda: not page.view.note.isVisible(), timeout=LONG)
    project = page.project
    assert project is not None
    gone = project.rows[0].path
    rows = project.rows[:2]
    page.worker.do(lambda project: project.remove(rows))
    idle()
    (project.root / ".removed" / gone).unlink()
    page.undo()
    qtbot.waitUntil(
        lambda: "Not everything could be brought back" in page.notices.text, timeout=LONG
    )
    assert len(project.rows) == 5


def test_what_is_left_out_of_what_was_dropped_is_said(
    page: SoundsPage, holder: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    holder.close()
    qtbot.waitUntil(lambda: not page.view.note.isVisible(), timeout=LONG)
    (tmp_path / "given" / "bell" / "x.ape").write_bytes(b"x")
    page.add_files("bell", [tmp_path / "given" / "bell"])
    qtbot.waitUntil(lambda: "left out: x.ape" in page.notices.text, timeout=LONG)


@pytest.fixture
def idle(page: SoundsPage, qtbot: QtBot) -> Callable[[], None]:
    return lambda: qtbot.waitUntil(lambda: not page.worker.busy, timeout=LONG)
