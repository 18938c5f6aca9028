"""Every page fits into the smallest window that is looked after."""

from pytestqt.qtbot import QtBot

from desktop.pages import PAGES
from desktop.window import Window

SMALLEST = (1024, 700)


def test_every_page_fits(window: Window, qtbot: QtBot) -> None:
    for key in PAGES:
        window.show_page(key)
        qtbot.wait(20)
        needed = window.minimumSizeHint()
        assert needed.width() <= SMALLEST[0], key
        assert needed.height() <= SMALLEST[1], key
