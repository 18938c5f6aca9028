"""Listen and File without a mouse: every control is reached, seen to be, and gets its keys."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.predictions import Predictions
from desktop.window import Window

KINDS = (QAbstractButton, QComboBox, QSpinBox, Predictions)


def shown_page(window: Window, index: str, qtbot: QtBot) -> QWidget:
    window.show_page(index)
    window.activateWindow()
    page: QWidget = window.page(index)
    for button in page.findChildren(QAbstractButton):
        button.setEnabled(True)
    qtbot.waitUntil(page.hasFocus, timeout=120_000)  # its keys work at once
    return page


def walk(page: QWidget, qtbot: QtBot) -> list[QWidget]:
    """What Tab goes through, from the page on, within it."""
    reached: list[QWidget] = []
    for _ in range(60):
        focused = QApplication.focusWidget()
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is page or focused in reached:
            return reached
        if page.isAncestorOf(focused):
            reached.append(focused)
    raise AssertionError("Tab never came back")


@pytest.mark.parametrize("index", ["listen", "file"])
def test_tab_reaches_every_control_in_order(index: str, window: Window, qtbot: QtBot) -> None:
    page = shown_page(window, index, qtbot)
    wanted = {c for kind in KINDS for c in page.findChildren(kind) if c.isVisible()}
    reached = walk(page, qtbot)
    assert wanted <= set(reached)
    corners = [widget.mapTo(page, widget.rect().center()) for widget in reached]
    # Three parts, one after the other: the bar, tracks and predictions, what the picture shows.
    parts = [0 if c.y() < 60 else 2 if c.y() > page.height() - 80 else 1 for c in corners]
    assert parts == sorted(parts)
    for part in (0, 2):
        across = [c.x() for c, where in zip(corners, parts, strict=True) if where == part]
        assert across == sorted(across)


@pytest.mark.parametrize("index", ["listen", "file"])
@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_the_focus_is_seen(index: str, appearance: str, window: Window, qtbot: QtBot) -> None:
    window.set_appearance(appearance)
    page = shown_page(window, index, qtbot)
    for widget in walk(page, qtbot):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        on = _picture(widget)
        widget.clearFocus()
        changed = (np.abs(on - _picture(widget)).max(axis=2) > 60).sum()
        assert changed > 40, widget.accessibleName()


def _picture(widget: QWidget) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[..., :3].astype(np.float64)


def test_a_focused_control_gets_its_keys(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = shown_page(window, "listen", qtbot)
    assert page is window.page("listen")
    begun: list[bool] = []
    monkeypatch.setattr(window.page("listen"), "start", lambda: begun.append(True))
    freeze, devices = window.page("listen").bar.freeze, window.page("listen").bar.devices
    freeze.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(freeze, Qt.Key.Key_Space)
    assert freeze.isChecked()
    assert begun == []
    notes = window.page("listen").controls.notes
    before = notes.isChecked()
    notes.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(notes, Qt.Key.Key_Space)
    assert notes.isChecked() is not before
    devices.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(devices, Qt.Key.Key_F)
    assert freeze.isChecked()  # F was the list's
    assert begun == []
    # A click leaves the keyboard with the page: Space is the page's.
    page.setFocus()
    qtbot.mouseClick(freeze, Qt.MouseButton.LeftButton)
    assert page.hasFocus()
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert begun == [True]


@pytest.mark.qt_log_ignore("This plugin does not support")  # a screen without windows
def test_classifiers_are_switched_by_the_menu_and_its_keys(window: Window, qtbot: QtBot) -> None:
    """From every page: the Sound menu, its entry Classifiers, a digit."""
    session, menu = window._session, window.classifiers_menu
    menu.look()
    qtbot.waitUntil(lambda: len(menu.actions()) >= 5, timeout=120_000)
    named = {action.data(): action for action in menu.actions()}
    before = list(session.loaded_names)
    sound = next(
        a.menu() for a in window.menuBar().actions() if "Sound" in a.text().replace("&", "")
    )
    sound.popup(window.mapToGlobal(window.rect().center()))
    qtbot.keyClick(sound, Qt.Key.Key_S)
    qtbot.waitUntil(menu.isVisible, timeout=60_000)
    assert named["genre"].isChecked()
    assert not named["instrument"].isChecked()
    digit = list(named).index("instrument")
    with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
        qtbot.keyClick(menu, Qt.Key(Qt.Key.Key_1 + digit))
    assert session.loaded_names == [*before, "instrument"]
    assert "instrument" in session.live_classifiers
    assert not menu.isVisible()
    named["instrument"].trigger()
    assert session.loaded_names == before


def test_the_models_menu_switches_too(window: Window, qtbot: QtBot) -> None:
    window.show_page("models")
    page = window.page("models")
    qtbot.waitUntil(lambda: "mood" in page.found.listed, timeout=120_000)
    page.list.select("mood")
    entry = page.menu.make().actions()[0]
    assert (entry.text(), entry.isChecked()) == ("Enabled", True)
    entry.trigger()
    assert "mood" not in window._session.loaded_names
    (item,) = (i for i in page.list._items() if i.text(1) == "Mood")
    assert item.checkState(0) == Qt.CheckState.Unchecked
    entry = page.menu.make().actions()[0]
    assert not entry.isChecked()
    entry.trigger()
    assert "mood" in window._session.loaded_names
