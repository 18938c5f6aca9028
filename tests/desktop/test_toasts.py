"""Messages over the page: they come, stack, fade or stay, and never move what is below."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

import desktop.messages
from desktop import style
from desktop.messages import Messages
from desktop.session import Session
from desktop.widgets.toasts import Toast, Toasts
from desktop.window import Window


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants to wait six seconds, or twenty-five."""
    monkeypatch.setattr(desktop.messages, "FADE_SECONDS", 0.2)
    monkeypatch.setattr(desktop.messages, "CHOOSE_SECONDS", 2.0)


@pytest.fixture
def body(qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """Something to lie over: a button, and an area beside a rail."""
    style.apply(qapp, "light")
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    rail = QPushButton("rail")
    rail.setFixedWidth(80)
    made.area = QLabel("area")  # type: ignore[attr-defined]
    row.addWidget(rail)
    row.addWidget(made.area, 1)  # type: ignore[attr-defined]
    made.resize(900, 600)
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()
    qtbot.wait(10)


def shown(body: QWidget) -> tuple[Messages, Toasts]:
    messages = Messages(body)
    return messages, Toasts(messages, body.area)  # type: ignore[attr-defined]


def texts(shown: Toasts) -> list[str]:
    return [toast.message.text for toast in shown.toasts if toast.isVisible()]


def button(toast: Toast, words: str) -> QPushButton:
    return next(b for b in toast.findChildren(QPushButton) if b.text() == words)


def test_it_lies_in_the_corner_and_pushes_nothing(body: QWidget, qtbot: QtBot) -> None:
    messages, over = shown(body)
    area = body.area  # type: ignore[attr-defined]
    before = area.geometry()
    messages.notify("Something rather long to say. " * 12 + "/of/a/path" * 30, kind="error")
    messages.notify("A short one.", kind="warning")
    qtbot.wait(20)
    assert area.geometry() == before
    assert before.contains(over.geometry())
    assert before.right() - over.geometry().right() < 20
    assert before.bottom() - over.geometry().bottom() < 60
    first, second = over.toasts
    assert second.geometry().top() > first.geometry().bottom()
    for toast in over.toasts:
        (text,) = toast.findChildren(QTextEdit)
        assert text.document().size().height() <= text.viewport().height()  # all can be read
        assert text.document().idealWidth() <= text.viewport().width()
    body.resize(1300, 900)
    qtbot.wait(20)
    assert area.geometry().right() - over.geometry().right() < 20


def test_only_success_and_news_without_actions_fade_and_later_where_one_can_choose(
    body: QWidget, qtbot: QtBot, quick: None
) -> None:
    messages, over = shown(body)
    messages.notify("Written.", kind="success")
    messages.notify("News.")
    messages.notify("Kept.", [("Open", lambda: None)], "success")
    messages.notify("Broken off.", [("Continue", lambda: None)])
    messages.notify("Beware.", kind="warning")
    messages.notify("It failed.", kind="error")
    assert len(texts(over)) == 6
    qtbot.waitUntil(lambda: len(over.toasts) == 4, timeout=120_000)
    assert texts(over) == ["Kept.", "Broken off.", "Beware.", "It failed."]
    qtbot.waitUntil(lambda: len(over.toasts) == 3, timeout=120_000)
    qtbot.wait(500)
    assert texts(over) == ["Broken off.", "Beware.", "It failed."]
    assert [message.text for message in messages.current] == texts(over)


def test_it_does_not_fade_under_the_pointer_or_with_the_keyboard(
    body: QWidget, qtbot: QtBot, quick: None
) -> None:
    messages, over = shown(body)
    messages.notify("Looked at.", kind="success")
    toast = over.toasts[0]
    enter = QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5))
    QApplication.sendEvent(toast, enter)
    toast.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    qtbot.wait(600)
    assert texts(over) == ["Looked at."]
    toast.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    over.focus_newest()
    assert toast.hasFocus()
    qtbot.wait(600)
    assert texts(over) == ["Looked at."]
    toast.clearFocus()
    qtbot.waitUntil(lambda: not over.toasts, timeout=120_000)
    assert not over.isVisible()


def test_the_same_is_not_stacked_twice(body: QWidget) -> None:
    messages, over = shown(body)
    done: list[str] = []
    messages.notify("It failed.", [("Try again", lambda: done.append("old"))], "error")
    messages.notify("Another.", kind="error")
    messages.notify("It failed.", [("Try again", lambda: done.append("new"))], "error")
    assert texts(over) == ["Another.", "It failed."]
    button(over.toasts[1], "Try again").click()
    assert done == ["new"]
    assert texts(over) == ["Another."]


def test_what_an_action_says_stays(body: QWidget, qtbot: QtBot) -> None:
    messages, over = shown(body)
    again = ("Try again", lambda: messages.notify("It failed.", [again], "error"))
    messages.notify("It failed.", [again], "error")
    for _ in range(3):
        qtbot.mouseClick(button(over.toasts[0], "Try again"), Qt.MouseButton.LeftButton)
        assert texts(over) == ["It failed."]


def test_more_than_there_is_room_for_wait(body: QWidget, qtbot: QtBot) -> None:
    messages, over = shown(body)
    for number in range(30):
        messages.notify(f"Error {number}.", kind="error")
    qtbot.wait(20)
    visible = texts(over)
    assert 3 < len(visible) < 20
    assert visible[-1] == "Error 29."
    assert body.area.geometry().contains(over.geometry())  # type: ignore[attr-defined]
    messages.dismiss(messages.current[-1])
    assert texts(over) == [f"Error {int(visible[0].split()[1][:-1]) - 1}.", *visible[:-1]]


def test_the_keyboard_reaches_dismisses_and_returns(window: Window, qtbot: QtBot) -> None:
    session = window._session
    window.activateWindow()
    page = window._pages.currentWidget()
    qtbot.waitUntil(page.hasFocus, timeout=120_000)
    done: list[bool] = []
    session.notify("First.", kind="error")
    session.notify("Second.", [("Do it", lambda: done.append(True))], "error")
    first, second = window.toasts.toasts
    assert page.hasFocus()  # nothing takes the keyboard by itself
    qtbot.keyClick(page, Qt.Key.Key_F6)
    assert second.hasFocus()
    assert second.accessibleName() == "Message"
    assert second.accessibleDescription() == "Second."
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is button(second, "Do it"):
            break
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert done == [True]
    assert first.hasFocus()
    qtbot.keyClick(first, Qt.Key.Key_Escape)
    assert page.hasFocus()
    assert not window.toasts.isVisible()


def test_tab_reaches_a_message(window: Window, qtbot: QtBot) -> None:
    window._session.notify("Here.", kind="error")
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=120_000)
    for _ in range(120):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is window.toasts.toasts[0]:
            return
    pytest.fail("Tab never came to it")


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_its_kind_is_seen(window: Window, qtbot: QtBot, appearance: str) -> None:
    window.set_appearance(appearance)
    edges, contrasts = set(), []
    for kind in ("success", "info", "warning", "error"):
        window._session.notify(f"A {kind}.", kind=kind)  # type: ignore[arg-type]
    qtbot.wait(50)
    for toast in window.toasts.toasts:
        picture = toast.grab().toImage()
        edges.add(picture.pixelColor(1, picture.height() // 2).name())
        (text,) = toast.findChildren(QTextEdit)
        at = text.geometry()
        lights = [
            picture.pixelColor(x, y).lightness()
            for x in range(at.left(), at.right())
            for y in range(at.top(), at.bottom())
        ]
        contrasts.append(max(lights) - min(lights))
    assert len(edges) == 4
    assert min(contrasts) > 120


def test_what_a_page_said_outlives_its_being_left_and_is_taken_back(
    window: Window, qtbot: QtBot
) -> None:
    session = window._session
    notices, others = session.notices(), session.notices()
    notices.fail("Of this page.")
    others.fail("Of another.")
    window.show_page("models")
    assert texts(window.toasts) == ["Of this page.", "Of another."]
    notices.clear()
    assert texts(window.toasts) == ["Of another."]
    assert others.text == "Of another."


def test_advice_comes_goes_and_does_not_nag() -> None:
    session = Session()
    notices = session.notices()
    notices.advise("Too quiet.")
    notices.advise("Too quiet.")
    assert notices.text == "Too quiet."
    session.messages.dismiss(notices.current[0])
    notices.advise("Too quiet.")
    assert notices.text == ""  # it was read
    notices.advise("Too loud.")
    assert notices.text == "Too loud."
    notices.advise(None)
    assert notices.text == ""
    notices.advise("Too quiet.")
    assert notices.text == "Too quiet."


def test_what_is_of_use_on_some_pages_lies_over_no_other(window: Window) -> None:
    window.show_page("listen")
    window.page("listen")._list_devices([])
    assert any("No microphone found" in text for text in texts(window.toasts))
    window._session.notify("Of all pages.", kind="warning")
    for key, shown in (("models", 1), ("archive", 1), ("sounds", 2), ("search", 1), ("listen", 2)):
        window.show_page(key)
        assert len(texts(window.toasts)) == shown, key
    assert "Of all pages." in texts(window.toasts)
