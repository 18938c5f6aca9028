"""The pages that teach without a mouse: Tab reaches all, one sees where one is, all has a name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.pages.compare.page import ComparePage
from desktop.pages.sounds.page import SoundsPage
from desktop.pages.train.page import TrainPage
from desktop.session import Session
from desktop.window import Window
from tests import corpora
from tests.engine.training import toys

KINDS = (
    QAbstractButton,
    QComboBox,
    QAbstractSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QAbstractItemView,
    QTabBar,
)
MOST = 120_000
Picture = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds to gather, and two runs."""
    folder = tmp_path_factory.mktemp("made")
    corpora.folders(folder / "sounds", files=3, seconds=0.5)
    data, recipe = toys.features(folder / "data"), toys.recipe()
    for name, rate in (("first", 0.001), ("second", 0.0005)):
        changed = recipe.changed({"training.learning_rate": rate})
        toys.trained(changed, data, toys.place(folder / "runs", name))
    return folder


@pytest.fixture
def full(window: Window, made: Path, monkeypatch: pytest.MonkeyPatch) -> Window:
    """A window whose pages have something to show."""
    monkeypatch.setattr(Session, "runs_folder", property(lambda _: made / "runs"))
    window._session.open_project(made / "sounds")
    window.activateWindow()
    return window


def sounds(window: Window, qtbot: QtBot) -> Iterator[str]:
    page = window.page("sounds")
    assert isinstance(page, SoundsPage)
    qtbot.waitUntil(lambda: len(page.class_names()) == 3, timeout=MOST)
    qtbot.waitUntil(lambda: page.view.table.model().rowCount() > 0, timeout=MOST)
    yield "table"
    for view in range(1, page.view.views.count()):
        page.view.look_at(view)
        yield f"view {view}"


def train(window: Window, qtbot: QtBot) -> Iterator[str]:
    page = window.page("train")
    assert isinstance(page, TrainPage)
    page.tabs.setCurrentWidget(page.runs)
    qtbot.waitUntil(lambda: len(page.runs.runs) == 2, timeout=MOST)
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page._show_run(page.runs.runs[0])
    for tab in range(page.tabs.count()):
        page.tabs.setCurrentIndex(tab)
        yield page.tabs.tabText(tab)


def compare(window: Window, qtbot: QtBot) -> Iterator[str]:
    page = window.page("compare")
    assert isinstance(page, ComparePage)
    qtbot.waitUntil(lambda: page.table.topLevelItemCount() == 2, timeout=MOST)
    with qtbot.waitSignal(page.compared, timeout=MOST):
        page.table.choose(list(page.table._rows))
    yield "runs"
    for tabs in page.findChildren(QTabWidget):
        for tab in range(1, tabs.count()):
            tabs.setCurrentIndex(tab)
            yield tabs.tabText(tab)


def models(window: Window, qtbot: QtBot) -> Iterator[str]:
    page = window.page("models")
    qtbot.waitUntil(lambda: bool(page.found.listed), timeout=MOST)  # type: ignore[union-attr]
    yield "card"


PAGES = {"sounds": sounds, "train": train, "compare": compare, "models": models}


def own(page: QWidget) -> list[QWidget]:
    """Controls of a page that a mouse could use now; not the parts that Qt makes them of."""
    found = [w for kind in KINDS for w in page.findChildren(kind) if _usable(w)]
    return [w for w in found if not isinstance(w.parent(), QComboBox | QAbstractSpinBox | QTabBar)]


def _usable(widget: QWidget) -> bool:
    named_by_qt = widget.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight"))
    header = type(widget).__name__ in ("QHeaderView", "QTableCornerButton")
    cell = widget.metaObject().className() == "QTableCornerButton"
    return widget.isVisible() and widget.isEnabled() and not (named_by_qt or header or cell)


def walk(page: QWidget, qtbot: QtBot) -> list[QWidget]:
    """What Tab goes through until it is where it was."""
    reached: list[QWidget] = []
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Tab)
    for _ in range(200):
        focused = QApplication.focusWidget()
        if focused in reached:
            return [widget for widget in reached if page.isAncestorOf(widget)]
        assert focused is not None
        reached.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    raise AssertionError("Tab never came back")


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    words = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or (words if len(words) > 1 else "") or widget.toolTip()


def stands_for(widget: QWidget, reached: list[QWidget]) -> bool:
    """Of buttons that exclude each other Tab reaches one, and arrows the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and any(button in reached for button in group.buttons())


@pytest.mark.parametrize("index", PAGES)
def test_tab_reaches_every_control_and_each_has_a_name(
    index: str, full: Window, qtbot: QtBot
) -> None:
    full.show_page(index)
    page = full.page(index)
    assert page is not None
    for state in PAGES[index](full, qtbot):
        wanted, reached = own(page), walk(page, qtbot)
        assert len(wanted) > 3
        missing = [w for w in wanted if w not in reached and not stands_for(w, reached)]
        assert not missing, (state, [(type(w).__name__, name_of(w)) for w in missing])
        unnamed = [w for w in reached if not name_of(w)]
        assert not unnamed, (state, unnamed, [w.parent() for w in unnamed])


@pytest.mark.parametrize("index", PAGES)
@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_the_focus_is_seen(index: str, appearance: str, full: Window, qtbot: QtBot) -> None:
    full.set_appearance(appearance)
    full.show_page(index)
    page = full.page(index)
    assert page is not None
    unseen: dict[str, set[str]] = {}
    for state in PAGES[index](full, qtbot):
        for widget in walk(page, qtbot):
            changed = _changed(widget)
            if changed <= 30:
                words = f"{type(widget).__name__} {name_of(widget)} {changed}"
                unseen.setdefault(state, set()).add(words)
    assert not unseen


def _changed(widget: QWidget) -> int:
    """Pixels around a widget that tell whether it has the keyboard."""
    frame: Callable[[], Picture] = lambda: _picture(widget.parentWidget() or widget)  # noqa: E731
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    on = frame()
    widget.clearFocus()
    return int((np.abs(on - frame()).max(axis=2) > 60).sum())


def _picture(widget: QWidget) -> Picture:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[..., :3].astype(np.float64)
