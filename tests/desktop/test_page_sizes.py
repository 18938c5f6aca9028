"""Every page fits into the smallest window that is looked after."""

from pytestqt.qtbot import QtBot

from desktop.pages import PAGES
from desktop.shared.tables import fill, table
from desktop.window import Window

SMALLEST = (1024, 700)


def test_every_page_fits(window: Window, qtbot: QtBot) -> None:
    for key in PAGES:
        window.show_page(key)
        qtbot.wait(20)
        needed = window.minimumSizeHint()
        assert needed.width() <= SMALLEST[0], key
        assert needed.height() <= SMALLEST[1], key


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
