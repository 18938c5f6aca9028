"""Correcting what was said: the popup, the File page's lanes, the Models page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.pages.models.page import ModelsPage
from desktop.requests import AddRegion, Request
from desktop.session import Session
from desktop.settings import CORRECTED, LOADED
from desktop.widgets.class_chooser import ClassChoice, ClassChooser
from engine.audio import Audio, write
from engine.classifier.catalog import Catalog
from tests.desktop.conftest import Show, settle
from tests.engine.classifier.personal.conftest import HIGH_HZ, LOW_HZ, ODD_HZ, tone, two_tones
from tests.planted import RATE

LABELS = ["violin", "flute", "oboe", "clarinet", "bass clarinet"]


@pytest.fixture
def chosen() -> list[ClassChoice]:
    return []


@pytest.fixture
def chooser(qtbot: QtBot, light: None, chosen: list[ClassChoice]) -> Iterator[ClassChooser]:
    page = QWidget()
    page.show()
    made = ClassChooser(
        "flute. What is it?", ["flute"], LABELS, ["kazoo", "oboe"], "None of these", page
    )
    made.chosen.connect(chosen.append)
    made.open_at(QPoint(10, 10))
    yield made
    page.close()
    page.deleteLater()


def test_last_ones_first_and_what_was_said_can_be_denied(chooser: ClassChooser) -> None:
    words = [chooser.list.item(row).text() for row in range(chooser.list.count())]
    assert words[:4] == ["None of these", "It is not flute", "kazoo", "oboe"]
    assert words[4:] == ["bass clarinet", "clarinet", "violin"]
    assert chooser.list.currentRow() == 2  # Return alone denies nothing


def test_first_letters_lead_to_a_class(chooser: ClassChooser, chosen: list[ClassChoice]) -> None:
    QTest.keyClicks(chooser.edit, "clar")
    assert [choice.label for choice in chooser.choices] == ["clarinet", "bass clarinet", "clar"]
    QTest.keyClick(chooser.edit, Qt.Key.Key_Down)
    QTest.keyClick(chooser.edit, Qt.Key.Key_Return)
    assert chosen == [ClassChoice("is", "bass clarinet")]


def test_what_was_said_is_confirmed_by_typing_it(
    chooser: ClassChooser, chosen: list[ClassChoice]
) -> None:
    QTest.keyClicks(chooser.edit, "flute")
    assert [chooser.list.item(row).text() for row in range(chooser.list.count())] == ["flute"]
    QTest.keyClick(chooser.edit, Qt.Key.Key_Return)
    assert chosen == [ClassChoice("is", "flute")]


def test_what_is_no_class_becomes_one(chooser: ClassChooser, chosen: list[ClassChoice]) -> None:
    QTest.keyClicks(chooser.edit, "  nose   flute ")
    assert chooser.list.item(0).text() == "New class: nose flute"
    QTest.keyClick(chooser.edit, Qt.Key.Key_Return)
    assert chosen == [ClassChoice("is", "nose flute")]


def test_a_click_denies(chooser: ClassChooser, chosen: list[ClassChoice]) -> None:
    item = chooser.list.visualItemRect(chooser.list.item(1)).center()
    QTest.mouseClick(chooser.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    assert chosen == [ClassChoice("not")]


def test_escape_says_nothing(
    qtbot: QtBot, chooser: ClassChooser, chosen: list[ClassChoice]
) -> None:
    with qtbot.waitSignal(chooser.cancelled):
        QTest.keyClick(chooser.edit, Qt.Key.Key_Escape)
    assert chosen == []


@pytest.fixture
def tones(session: Session) -> Session:
    """A session whose one classifier calls everything deep low; among the user's own."""
    two_tones(multi_label=False).save(Catalog().folder / "tones.safetensors")
    session.settings.set(LOADED, ["tones"])
    return session


@pytest.fixture
def three_tones(tmp_path: Path) -> Path:
    import numpy as np

    path = tmp_path / "three tones.wav"
    parts = [tone(hz, 3.0) for hz in (LOW_HZ, HIGH_HZ, ODD_HZ)]
    write(path, Audio(np.concatenate(parts)[None], RATE), subtype="FLOAT")
    return path


@pytest.fixture
def page(tones: Session, show: Show, qtbot: QtBot, three_tones: Path) -> FilePage:
    page = show(FilePage(tones))
    tones.load_classifiers()
    qtbot.waitUntil(lambda: bool(tones.classifiers), timeout=120_000)
    page.open(three_tones)
    qtbot.waitUntil(lambda: _analysed(page), timeout=120_000)
    return page


def _analysed(page: FilePage) -> bool:
    return page.found is not None and page.found.done


def _said(page: FilePage) -> list[str]:
    assert page.found is not None
    return [segment.label for segment in page.found.lanes["tones"]]


def _right_click(page: FilePage, seconds: float) -> list[str]:
    """Open the menu of the lanes there; gives its words."""
    lanes = page.tracks.lanes
    place = QPoint(round(lanes.x_of(seconds)), round(lanes.plot.top()) + 8)
    menu = page.tracks.open_menu(lanes, lanes.mapToGlobal(place))
    words = [action.text() for action in menu.actions()]
    menu.actions()[0].trigger()
    menu.close()
    return words


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # menus
def test_a_stretch_of_the_lanes_is_corrected_and_taken_back(
    page: FilePage, tones: Session, qtbot: QtBot
) -> None:
    assert _said(page) == ["low", "high", "low"]
    assert _right_click(page, 7.5)[0] == "It is not low..."
    correcting = page.corrections.correcting
    chooser = correcting.chooser
    assert chooser is not None
    assert chooser.heading.text() == "low. What is it?"
    QTest.keyClicks(chooser.edit, "kazoo")
    requests: list[Request] = []
    tones.requested.connect(requests.append)
    with qtbot.waitSignal(correcting.learned, timeout=240_000):
        QTest.keyClick(chooser.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: _analysed(page) and "kazoo" in _said(page) and not tones.loading, timeout=240_000
    )
    assert _said(page) == ["low", "high", "kazoo"]
    assert tones.classifiers["tones"].card.title == "Planted, corrected"
    assert tones.settings.get(CORRECTED) == ["kazoo"]
    message = tones.messages.current[-1]
    assert message.text == "Learned. 'Planted' has 1 of your corrections."
    undo, add = message.actions
    add[1]()
    (request,) = requests
    assert isinstance(request, AddRegion)
    assert request.label == "kazoo"
    assert request.path.exists()
    with qtbot.waitSignal(correcting.learned, timeout=240_000):
        undo[1]()
    qtbot.waitUntil(
        lambda: _analysed(page) and "kazoo" not in _said(page) and not tones.loading,
        timeout=240_000,
    )
    assert _said(page) == ["low", "high", "low"]


def test_the_key_asks_about_what_is_at_the_cursor(page: FilePage, qtbot: QtBot) -> None:
    page.seek(1.5)
    page.commands["correct"]()
    chooser = page.corrections.correcting.chooser
    assert chooser is not None
    QTest.keyClick(chooser.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.corrections.correcting.busy, timeout=120_000)
    settle(qtbot)
    assert Catalog().corrections.cards() == []


def test_silence_is_said(page: FilePage, tones: Session, qtbot: QtBot, tmp_path: Path) -> None:
    import numpy as np

    path = tmp_path / "silence.wav"
    write(path, Audio(np.zeros((1, 4 * RATE), dtype=np.float32), RATE))
    page.open(path)
    qtbot.waitUntil(lambda: page.path == path and _analysed(page), timeout=120_000)
    page.seek(2.0)
    page.commands["correct"]()
    qtbot.waitUntil(
        lambda: any("only silence" in m.text for m in tones.messages.current), timeout=240_000
    )
    assert page.corrections.correcting.chooser is None


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # menus
def test_the_models_page_lists_and_undoes(
    page: FilePage, tones: Session, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    models = show(ModelsPage(tones))
    settle(qtbot)
    models._choose("tones")
    settle(qtbot)
    assert models.corrections.isHidden()
    _right_click(page, 7.5)
    chooser = page.corrections.correcting.chooser
    assert chooser is not None
    QTest.keyClicks(chooser.edit, "kazoo")
    QTest.keyClick(chooser.edit, Qt.Key.Key_Return)
    view = models.corrections
    qtbot.waitUntil(lambda: view.list.count() == 1, timeout=240_000)
    assert view.heading.text() == "Personal: 1 correction"
    assert view.list.item(0).text().startswith("kazoo, not low")
    target = tmp_path / "kazoo.safetensors"
    view.save(target)
    qtbot.waitUntil(target.exists, timeout=120_000)
    settle(qtbot)
    assert Catalog().add(target).card.labels[-1] == "kazoo"
    qtbot.mouseClick(view.undo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(view.isHidden, timeout=240_000)
    assert Catalog().corrections.cards() == []
    settle(qtbot)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # menus
def test_what_goes_is_asked_no_more(page: FilePage, qtbot: QtBot, qapp: object) -> None:
    """A page that closes while it asks leaves no process behind."""
    import multiprocessing

    _right_click(page, 7.5)
    correcting = page.corrections.correcting
    assert correcting.busy
    correcting.cancel()
    assert correcting.chooser is None
    settle(qtbot)
    assert multiprocessing.active_children() == []
