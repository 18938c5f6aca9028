"""An update of a classifier: the window offers to learn the corrections again, and can undo it."""

import threading
from collections.abc import Generator, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from desktop.pages.models import corrections
from desktop.pages.models.page import ModelsPage
from desktop.requests import CarryOver
from desktop.session import Session
from desktop.settings import LOADED
from desktop.widgets.toasts import Toast
from desktop.window import Window
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.carrying import Carried
from engine.classifier.personal.rehearsal import Check
from engine.errors import ModelError
from tests.desktop.conftest import settle, take_away
from tests.engine.classifier.personal.conftest import (  # noqa: F401  # fixtures
    HIGH_HZ,
    ODD_HZ,
    _remembered_once,
    remembered,
    tone,
    two_tones,
)
from tests.engine.classifier.personal.test_learning import chances, teach_both

OFFER = (
    "'Planted' has changed since you corrected it: 2 corrections made for an earlier version do "
    "not apply to this one."
)


@pytest.fixture
def updated() -> Classifier:
    """Corrected twice; then an update brought another file of that name."""
    catalog, classifier = Catalog(), two_tones(multi_label=False)
    classifier.save(catalog.folder / "tones.safetensors")
    teach_both(catalog, classifier)
    made = two_tones(multi_label=False, bands=72)
    made.save(catalog.folder / "tones.safetensors")
    return made


@pytest.fixture
def opened(qapp: QApplication, light: None, qtbot: QtBot, updated: Classifier) -> Iterator[Window]:
    """A start of the window after that update."""
    made = _start(qtbot)
    yield made
    made.close()
    take_away(qapp, made)


def _start(qtbot: QtBot) -> Window:
    session = Session()
    session.settings.set(LOADED, ["tones"])
    made = Window(session)
    made.show()
    session.load_classifiers()
    qtbot.waitUntil(lambda: bool(session.classifiers), timeout=120_000)
    settle(qtbot)
    return made


def _toast(window: Window, words: str) -> Toast | None:
    found = [t for t in window.findChildren(Toast) if words in t.message.text and t.isVisible()]
    return found[-1] if found else None


def _press(qtbot: QtBot, window: Window, text: str, words: str) -> None:
    """Click on a button of a toast once it is there."""
    qtbot.waitUntil(lambda: _toast(window, text) is not None, timeout=240_000)
    toast = _toast(window, text)
    assert toast is not None
    (button,) = [b for b in toast.findChildren(QPushButton) if b.text() == words]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_one_notice_carries_them_over_and_undo_takes_them_back(
    opened: Window, qtbot: QtBot
) -> None:
    session = opened._session
    assert session.classifiers["tones"].corrections == ()
    told: list[str] = []
    page = opened.page("models")
    page.status.connect(told.append)
    _press(qtbot, opened, OFFER, "Carry over")
    qtbot.waitUntil(lambda: bool(session.classifiers["tones"].corrections), timeout=240_000)
    assert opened.current == "listen"
    assert any(words.startswith("Carrying over corrections: ") for words in told)
    after = session.classifiers["tones"]
    assert after.corrections == ("kazoo, not low", "not high")
    assert chances(after, ODD_HZ)["kazoo"] > 0.8
    assert _toast(opened, OFFER) is None
    _press(qtbot, opened, "Carried over: 2 corrections of 'Planted'.", "Undo")
    qtbot.waitUntil(lambda: not session.classifiers["tones"].corrections, timeout=240_000)
    settle(qtbot)
    assert len(Catalog().earlier(Catalog().find("tones"))) == 2
    assert _toast(opened, OFFER) is None  # answered: it is not said again


def test_who_dismisses_it_is_not_asked_at_the_next_start(
    opened: Window, qtbot: QtBot, qapp: QApplication
) -> None:
    again = _start(qtbot)  # closed without a word: it is said again
    toast = _toast(again, OFFER)
    assert toast is not None
    (close,) = [b for b in toast.findChildren(QToolButton) if b.text() == "✕"]
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    third = _start(qtbot)
    assert _toast(third, OFFER) is None
    for window in (again, third):
        window.close()
    take_away(qapp, again, third)


def test_what_did_not_come_to_its_end_is_offered_at_the_next_start(
    opened: Window, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(name: str) -> Generator[float, None, None]:
        yield 0.0
        raise ModelError("The correction ended unexpectedly.")

    with monkeypatch.context() as patch:
        patch.setattr(corrections, "_carrying", killed)
        _press(qtbot, opened, OFFER, "Carry over")
        qtbot.waitUntil(lambda: _toast(opened, "unexpectedly") is not None, timeout=60_000)
        with qtbot.waitSignal(opened._session.classifiers_loaded, timeout=120_000):
            opened._session.set_loaded(["tones"])
    assert _toast(opened, OFFER) is None
    again = _start(qtbot)
    assert _toast(again, OFFER) is not None
    again.close()
    take_away(qapp, again)


def test_another_one_is_carried_over_in_its_turn(
    opened: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    going = threading.Event()

    def carrying(name: str) -> Generator[float, None, Carried]:
        begun.append(name)
        while not going.is_set():
            yield 0.5
        return Carried(name, (1,), 1, Check(0, ()))

    monkeypatch.setattr(corrections, "_carrying", carrying)
    for name in ("tones", "genre", "tones", "genre"):
        opened._session.request(CarryOver(name))
    qtbot.waitUntil(lambda: begun == ["tones"])
    going.set()
    qtbot.waitUntil(lambda: _toast(opened, "1 correction of 'genre'") is not None, timeout=60_000)
    assert begun == ["tones", "genre"]
    settle(qtbot)


def test_the_models_page_lists_and_carries_over(opened: Window, qtbot: QtBot) -> None:
    page = opened.page("models")
    assert isinstance(page, ModelsPage)
    opened.show_page("models")
    settle(qtbot)
    page._choose("tones")
    settle(qtbot)
    view = page.corrections
    assert view.isVisible()
    assert view.heading.text() == "Personal: 0 corrections"
    assert view.list.item(0).text().endswith("earlier version")
    assert "2 corrections were made for an earlier version" in view.earlier.text()
    assert not view.undo_button.isEnabled()
    assert view._all() == []
    QTest.mouseClick(view.carry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.heading.text() == "Personal: 2 corrections", timeout=240_000)
    assert view.carry_button.isHidden()
    assert sorted(view._all()) == [1, 2]
    settle(qtbot)
    assert _toast(opened, OFFER) is None


def test_what_has_no_sound_is_told(
    qapp: QApplication, light: None, qtbot: QtBot, updated: Classifier
) -> None:
    for sound in Catalog().corrections.folder.rglob("*.flac"):
        sound.unlink()
    window = _start(qtbot)
    toast = _toast(window, OFFER)
    assert toast is not None
    assert toast.message.text.endswith("cannot be carried over: their sounds are not kept.")
    assert not toast.findChildren(QPushButton)
    page = window.page("models")
    assert isinstance(page, ModelsPage)
    page.corrections.show_of("tones")
    settle(qtbot)
    assert not page.corrections.carry_button.isEnabled()
    window.close()
    take_away(qapp, window)
