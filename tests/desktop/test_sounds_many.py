"""The Sounds page with folders dropped, many classes, a waveform while one records."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.sounds.page import SoundsPage
from desktop.pages.sounds.view import MAP, SPLIT, TABLE
from desktop.session import Session
from desktop.settings import PROJECTS
from desktop.widgets.class_cards import ClassCards, ClassFacts
from desktop.widgets.class_chooser import ClassChooser
from tests import corpora
from tests.desktop import test_sounds_page as usual
from tests.desktop.test_sounds_page import clip, counts, drop, files, given, idle, page

__all__ = ["clip", "given", "page"]


def test_three_dropped_folders_are_three_classes(
    page: SoundsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    loose = tmp_path / "loose"
    for name in ("oboe", "horn", "harp"):
        for take in range(2):
            corpora.write(loose / name / f"{take}.wav", corpora.sound(1, take, 0.4))
    drop(page, files(*(loose / name for name in ("oboe", "horn", "harp"))))
    idle(qtbot, page, lambda: counts(page) == {"oboe": 2, "horn": 2, "harp": 2})
    names = sorted(Path(row.path).name for row in page.project.rows if row.label == "oboe")  # type: ignore[union-attr]
    assert names == ["0.wav", "1.wav"]  # no "(2)" where nothing is in the way


def test_while_it_is_dragged_one_sees_what_a_drop_does(
    page: SoundsPage, qtbot: QtBot, given: Path
) -> None:
    data = files(given / "bell")  # the event does not keep it
    event = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dragEnterEvent(event)
    hint = page.view.drop_hint
    assert hint.isVisible()
    assert hint.words == "Each folder becomes a class of its name."
    page.dragLeaveEvent(QDragLeaveEvent())
    assert not hint.isVisible()


def test_a_class_made_just_now_is_not_nagged_about(
    page: SoundsPage, qtbot: QtBot, given: Path
) -> None:
    drop(page, files(given))
    idle(qtbot, page, lambda: len(counts(page)) == 3)
    page.new_class()
    idle(qtbot, page, lambda: len(counts(page)) == 4)
    qtbot.waitUntil(lambda: any(p.label == "Class 1" for p in page._found.problems), timeout=60_000)
    assert not any("Class 1" in words for words, _ in page.view.strip._problems)
    page.choose_class("bell")  # one has gone on without filling it
    assert any("Class 1" in words for words, _ in page.view.strip._problems)


def places(page: SoundsPage) -> list[QPoint]:
    buttons: list[QWidget] = [page.view._ways.button(n) for n in (TABLE, MAP, SPLIT)]
    header = page.view.header
    buttons += [header.undo, header.redo, header.train]
    return [button.mapTo(page, QPoint(0, 0)) for button in buttons]


def test_nothing_moves_under_the_pointer(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    drop(page, files(given))
    idle(qtbot, page, lambda: len(counts(page)) == 3)
    qtbot.wait(50)
    before = places(page)
    for way in (MAP, SPLIT, TABLE):
        page.view.look_at(way)
        qtbot.wait(30)
        assert places(page) == before
    page.view.strip.show_problems([("Two sounds are missing", "Find"), ("One is quiet", "Louder")])
    page.new_class()  # which changes what Undo would do
    idle(qtbot, page, lambda: len(counts(page)) == 4)
    qtbot.wait(30)
    assert "Class 1" in page.view.header.undo.toolTip()
    assert places(page) == before


def test_recent_data_sets_are_offered(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    session: Session = page._session
    first = session.project
    session.open_project(first)
    session.open_project(given)
    idle(qtbot, page, lambda: page.class_names() == ["bell", "drum", "flute"])
    (action,) = page.view.header.recent
    assert action.text() == first.name
    action.trigger()
    assert session.project == first
    idle(qtbot, page, lambda: page.class_names() == [])
    assert session.settings.get(PROJECTS) == [str(first), str(given)]


def test_opening_shows_that_it_is_at_work(page: SoundsPage, qtbot: QtBot, given: Path) -> None:
    header = page.view.header
    page._session.open_project(given)
    assert header._place.text() == "Opening..."
    assert header.progress.maximum() == 0  # how long it takes is not known
    idle(qtbot, page, lambda: page.class_names() == ["bell", "drum", "flute"])
    assert header.progress.maximum() == 1000
    assert header._place.text() == str(given.parent)


@pytest.fixture
def cards(qtbot: QtBot, light: None) -> ClassCards:
    made = ClassCards()
    qtbot.addWidget(made)
    made.resize(310, 600)
    made.show()
    return made


def facts(count: int) -> list[ClassFacts]:
    return [ClassFacts(f"class {n:02}", (7 * n) % count, None, 0.5) for n in range(count)]


def shown(cards: ClassCards) -> list[str]:
    return [card.name for card in cards._in_order() if not card.isHidden()]


def test_many_classes_are_compact_searched_and_sorted(cards: ClassCards, qtbot: QtBot) -> None:
    cards.show_classes(facts(5), "class 00")
    tall = cards.cards[0].sizeHint().height()
    assert not cards.search.isVisible()
    cards.show_classes(facts(45), "class 00")
    assert cards.search.isVisible()
    assert cards.words.text() == "45 of 45 classes"
    assert cards.cards[0].sizeHint().height() < 0.6 * tall
    qtbot.keyClicks(cards.search, "ss 1")
    assert shown(cards) == [f"class 1{n}" for n in range(10)]
    assert cards.words.text() == "10 of 45 classes"
    cards.order.setCurrentIndex(cards.order.findData("most"))
    amounts = [card._brief.text() for card in cards._in_order() if not card.isHidden()]
    assert [int(n) for n in amounts] == sorted((int(n) for n in amounts), reverse=True)
    cards.search.clear()
    cards.order.setCurrentIndex(cards.order.findData("name"))
    assert shown(cards) == [f"class {n:02}" for n in range(45)]
    # A few need none of it.
    cards.show_classes(facts(5), "class 00")
    assert not cards.search.isVisible()
    assert len(shown(cards)) == 5


def test_a_long_name_is_cut_with_an_ellipsis_and_told_in_full(cards: ClassCards) -> None:
    name = "a very long name of a class that no card of this width could ever show " * 2
    cards.show_classes([ClassFacts(name.strip(), 1, None, 1.0)], "")
    label = cards.cards[0]._label
    cards.grab()
    assert label.shown_text().endswith("…")
    assert label.toolTip() == name.strip()


def test_more_than_nine_classes_by_their_first_letters(
    page: SoundsPage, qtbot: QtBot, given: Path
) -> None:
    drop(page, files(given))
    idle(qtbot, page, lambda: len(counts(page)) == 3)
    page.choose_class("bell")
    page.view.table.selectRow(0)
    QTest.keyClick(page.view.table, Qt.Key.Key_M)
    chooser = page.findChild(ClassChooser)
    assert chooser is not None
    qtbot.keyClicks(chooser.edit, "fl")
    assert chooser.list.currentItem().text() == "flute"
    qtbot.keyClick(chooser.edit, Qt.Key.Key_Return)
    idle(qtbot, page, lambda: counts(page)["flute"] == 4)
    page.view.table.selectRow(0)
    page.ask_class()
    other = [found for found in page.findChildren(ClassChooser) if found.isVisible()][-1]
    qtbot.keyClicks(other.edit, "gong")
    qtbot.keyClick(other.edit, Qt.Key.Key_Return)
    idle(qtbot, page, lambda: counts(page).get("gong") == 1)


def test_the_waveform_grows_while_one_records(page: SoundsPage, qtbot: QtBot, clip: None) -> None:
    page.new_class()
    idle(qtbot, page, lambda: bool(page.view.cards.cards))
    recorder = page.view.recorder
    recorder.start(0.0, None)
    qtbot.waitUntil(lambda: len(recorder.trace.peaks_db) > 3, timeout=60_000)
    assert recorder.trace.grab().toImage() != type(recorder.trace)().grab().toImage()
    recorder.stop()
    idle(qtbot, page, lambda: counts(page)["Class 1"] >= 1)
    recorder.start(0.0, None)
    assert recorder.trace.peaks_db == []
    recorder.leave()


def test_a_split_that_gives_other_shares_says_why(
    open_sounds: Callable[[Path], SoundsPage], qtbot: QtBot, tmp_path: Path
) -> None:
    root = tmp_path / "uneven"
    for name, sizes in (("bell", (4, 4, 4)), ("drum", (3, 3, 3, 3))):
        for group, size in enumerate(sizes):
            for take in range(size):
                corpora.write(
                    root / name / f"group {group}" / f"{take}.wav", corpora.sound(1, take, 0.5)
                )
    page = open_sounds(root)
    qtbot.waitUntil(lambda: page._found.draw is not None, timeout=120_000)
    draw = page._found.draw
    assert draw is not None
    assert any(words.startswith("'bell' gets") and "3 groups" in words for words in draw.uneven)
    assert draw.uneven[0] in page.view.split.words.text()
    assert usual.RATE == 22050
