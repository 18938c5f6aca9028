"""Every page fits into the smallest window that is looked after."""

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.pages import PAGES
from desktop.pages.listen.heard.rows import LogRows
from desktop.pages.train.page import TrainPage
from desktop.pages.train.worker import DatasetSummary
from desktop.shared.tables import fill, table
from desktop.window import Window

SMALLEST = (1024, 700)
HEAD = Qt.Orientation.Horizontal


def test_every_page_fits(window: Window, qtbot: QtBot) -> None:
    for key in PAGES:
        window.show_page(key)
        qtbot.wait(20)
        needed = window.minimumSizeHint()
        assert needed.width() <= SMALLEST[0], key
        assert needed.height() <= SMALLEST[1], key


@pytest.mark.parametrize("kind", ["", "main", "box"])
def test_the_keyboard_changes_no_size(window: Window, qtbot: QtBot, kind: str) -> None:
    """Where the keyboard is, a control beside it would be pushed away."""
    made: QWidget = QComboBox() if kind == "box" else QPushButton("New class")
    made.setObjectName(kind)
    made.setParent(window)
    made.show()
    before = _wanted(made)
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    assert _wanted(made) == before


def _wanted(made: QWidget) -> QSize:
    """The size that it asks for now, not the one that it remembers."""
    made.setStyleSheet(made.styleSheet() + " ")
    made.ensurePolished()
    return made.sizeHint()


def test_a_table_that_was_wide_shows_all_columns_again_when_narrow(qtbot: QtBot) -> None:
    made = table(["Run", "State", "Accuracy"])
    qtbot.addWidget(made)
    made.resize(900, 200)
    made.show()
    fill(made, [("a-long-name-of-a-run", "x" * 30, "y" * 30)])
    qtbot.waitUntil(lambda: made.columnWidth(0) > 300, timeout=60_000)
    made.resize(400, 200)
    qtbot.waitUntil(lambda: made.columnWidth(0) < 150, timeout=60_000)
    made.resize(900, 200)
    qtbot.waitUntil(lambda: made.columnWidth(0) > 300, timeout=60_000)


def test_headings_stand_where_their_columns_do(qtbot: QtBot) -> None:
    made = table(["Reason", "From", "Length"])
    qtbot.addWidget(made)
    fill(made, [("away", "05:00", "0:01")], right=(2,))
    models = [(made.model(), (2,)), (LogRows(), LogRows.numbers)]
    for model, numbers in models:
        for column in range(model.columnCount()):
            given = model.headerData(column, HEAD, Qt.ItemDataRole.TextAlignmentRole)
            stands = made.horizontalHeader().defaultAlignment() if given is None else given
            assert bool(int(stands) & int(Qt.AlignmentFlag.AlignRight)) == (column in numbers)
            assert bool(int(stands) & int(Qt.AlignmentFlag.AlignLeft)) == (column not in numbers)


def test_nothing_of_what_to_train_is_cut_where_it_must_be_scrolled(
    window: Window, qtbot: QtBot
) -> None:
    window.show_page("train")
    window.resize(*SMALLEST)
    page = window.page("train")
    scrolled = 0
    for name in page.recipes.list.names:
        page.recipes.take(name)
        qtbot.wait(20)
        scrolled += page.setup.verticalScrollBar().isVisible()
        assert page.setup.widget().width() <= page.setup.viewport().width(), name
    assert scrolled


def test_what_lies_in_a_folder_of_many_classes_is_told_in_a_few_lines(
    train_page: TrainPage,
) -> None:
    chooser = train_page.sounds
    counts = {f"class {n:02} of a quite long name": 3 for n in range(40)}
    chooser._show_summary(DatasetSummary("folder", "Forty", counts, ()))
    words = chooser.found.text()
    assert len(words) < 220
    assert words.endswith("more classes.")
    assert "class 39" in chooser.found.toolTip()


def test_start_of_a_training_keeps_its_place(window: Window, qtbot: QtBot) -> None:
    """However long what a recipe says of itself is."""
    window.show_page("train")
    page = window.page("train")
    for size in (SMALLEST, (1280, 800)):
        window.resize(*size)
        places = set()
        for name in page.recipes.list.names:
            page.recipes.take(name)
            qtbot.wait(20)
            start, chosen = page.controls.start, page.recipes.list
            places.add(start.mapTo(window, QPoint()).toTuple())
            row = chosen.visualItemRect(chosen.currentItem())
            assert chosen.viewport().rect().contains(row), name
        assert len(places) == 1
        assert start.mapTo(window, start.rect().bottomLeft()).y() < window.height()
