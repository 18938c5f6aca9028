"""One who looks for words in the window, clicks on them and types, as a person would."""

import faulthandler
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QAbstractListModel, QEventLoop, QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QProgressBar,
    QScrollArea,
    QTabBar,
    QToolButton,
    QWidget,
)

_Found = TypeVar("_Found")
_LEFT = Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier
MOST_SECONDS = 60.0  # without any progress; where nothing else runs it is a few
_LONGEST = 900.0  # with progress
_STUCK = 90.0  # without a look: a dialog that was not expected keeps the story waiting


class Missing(Exception):
    """Something that should have been seen was not."""


class Person:
    """Waits for what is looked for, and says what never came."""

    def __init__(self, window: QMainWindow) -> None:
        self.window = window
        self.page = ""

    def wait(
        self,
        look: Callable[[], _Found | None],
        words: str,
        seconds: float = MOST_SECONDS,
        progress: Callable[[], object] | None = None,
    ) -> _Found:
        """Look until there is something, while the window goes on.

        Args:
            look: what is looked for.
            words: what it is called if it does not come.
            seconds: how long without progress; longer where others keep the machine busy.
            progress: differs as long as there is some; by default what the progress bars show.

        Raises:
            Missing: there was nothing in time.
        """
        progress = progress or self._bars
        begun = moved = told = time.monotonic()
        state = progress()
        while (now := time.monotonic()) - moved < seconds * busy() and now - begun < _LONGEST:
            found = look()
            if found:
                return found
            self.rest(0.05)
            if (new := progress()) != state:
                state, moved = new, time.monotonic()
            if now - max(moved, told) > seconds:
                told = now
                print(f"  still waiting for {words}: the machine is busy", flush=True)
        raise Missing(
            f"{self.page or 'start'}: {words} was not to be seen in {now - begun:.0f} s, of which "
            f"{now - moved:.0f} s without progress"
        )

    def come(self) -> None:
        """Give the window the keyboard, as no window manager does it on this screen."""
        words = ["xdotool", "windowfocus", "--sync", str(int(self.window.winId()))]
        subprocess.run(words, check=True, timeout=60)
        self.window.activateWindow()

    def rest(self, seconds: float) -> None:
        """Let the window go on for a while."""
        faulthandler.dump_traceback_later(seconds + _STUCK * busy(), exit=True)
        # An event loop of its own: QTest.qWait sleeps without letting Python's other threads run.
        loop = QEventLoop()
        QTimer.singleShot(max(1, round(1000 * seconds)), loop.quit)
        loop.exec()

    def _bars(self) -> list[int]:
        bars = self.window.findChildren(QProgressBar)
        return [bar.value() for bar in bars if bar.isVisible()]

    def go(self, page: str) -> None:
        """Show a page."""
        self.menu("View", page)
        self.page = page
        self.wait(self.on_page, f"the page {page!r}")

    def on_page(self) -> bool:
        """Whether the page that one went to last is the one shown, by the rail."""
        rail = (w for w in self._visible() if isinstance(w, QToolButton) and w.isChecked())
        return self.page in [button.accessibleName() for button in rail]

    def see(self, pattern: str, seconds: float = MOST_SECONDS, of: str = "") -> str:
        """Wait for words that are shown, or told to those who cannot see; of a control by name."""
        regular = re.compile(pattern)

        def look() -> str | None:
            shown = (w for w in self._visible() if w.accessibleName().startswith(of))
            texts = (text for widget in shown for text in words_of(widget))
            return next((text for text in texts if regular.search(text)), None)

        return self.wait(look, repr(pattern), seconds)

    def widget(self, words: str, kind: type[QWidget] = QWidget) -> QWidget:
        """Wait for a control of just this name or text; begins with it, if it ends in an ellipsis.

        Large ones first: a label may be named as the plot it stands over.
        """

        def look() -> QWidget | None:
            found = [w for w in self._visible() if isinstance(w, kind) and _named(w, words)]
            return max(found, key=lambda w: w.width() * w.height(), default=None)

        return self.wait(look, f"{kind.__name__} {words!r}")

    def gone(self, words: str) -> None:
        """Wait until a control of this name has not been seen for a second."""
        since = time.monotonic()

        def look() -> bool:
            nonlocal since
            if any(_named(widget, words) for widget in self._visible()):
                since = time.monotonic()
            return time.monotonic() - since > 1.0

        self.wait(look, f"the end of {words!r}")

    def click(self, words: str, kind: type[QWidget] = QAbstractButton) -> None:
        """Click on a control once it can be clicked."""
        QTest.mouseClick(*self._at(words, kind))

    @contextmanager
    def holding(self, words: str) -> Iterator[None]:
        """While this lasts, a button is held down."""
        place = self._at(words, QAbstractButton)
        QTest.mousePress(*place)
        try:
            yield
        finally:
            QTest.mouseRelease(*place)

    def drag(self, words: str, first: float, last: float) -> None:
        """Drag over a plot, from one share of its width to another."""
        plot = self.widget(words)
        if isinstance(plot, QAbstractScrollArea):
            plot = plot.viewport()
        middle = plot.height() // 2
        start, end = (QPoint(round(share * plot.width()), middle) for share in (first, last))
        QTest.mousePress(plot, _LEFT, _PLAIN, start)
        for step in range(1, 9):
            QTest.mouseMove(plot, start + (end - start) * step / 8)
            self.rest(0.02)
        QTest.mouseRelease(plot, _LEFT, _PLAIN, end)

    def tab(self, words: str) -> None:
        """Choose a tab."""

        def look() -> tuple[QTabBar, int] | None:
            bars = (bar for bar in self._visible() if isinstance(bar, QTabBar))
            places = ((bar, at) for bar in bars for at in range(bar.count()))
            return next((p for p in places if p[0].tabText(p[1]) == words), None)

        bar, at = self.wait(look, f"the tab {words!r}")
        QTest.mouseClick(bar, _LEFT, _PLAIN, bar.tabRect(at).center())

    def choose(self, view: str, *rows: str, progress: Callable[[], object] | None = None) -> None:
        """Click on lines of a list, table or tree by the beginnings of their first columns."""
        shown = self.widget(view, QAbstractItemView)
        assert isinstance(shown, QAbstractItemView)
        for number, row in enumerate(rows):
            look = partial(_line, shown, row)
            at = self.wait(look, f"the line {row!r} of {view!r}")
            shown.scrollTo(at)
            key = Qt.KeyboardModifier.ControlModifier if number else _PLAIN
            QTest.mouseClick(shown.viewport(), _LEFT, key, shown.visualRect(at).center())

    def menu(self, *words: str) -> None:
        """Choose an entry of the menu bar by its way there."""
        actions = self.window.menuBar().actions()
        for number, word in enumerate(words):
            action = _action(actions, word)
            if number == len(words) - 1:
                action.trigger()
            else:
                below = action.menu()
                assert isinstance(below, QMenu)
                actions = below.actions()

    def write(self, field: str, words: str) -> None:
        """Type into a field, and confirm."""
        line = self.widget(field, QLineEdit)
        QTest.keyClicks(line, words)
        QTest.keyClick(line, Qt.Key.Key_Return)

    def press(self, key: Qt.Key) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key)

    def scroll(self, words: str, *, end: bool) -> None:
        """Scroll what is scrolled to its beginning or its end."""
        area = self.widget(words, QScrollArea)
        assert isinstance(area, QScrollArea)
        bar = area.verticalScrollBar()
        bar.setValue(bar.maximum() if end else bar.minimum())

    def _at(
        self, words: str, kind: type[QWidget]
    ) -> tuple[QWidget, Qt.MouseButton, Qt.KeyboardModifier, QPoint]:
        def look() -> QWidget | None:
            shown = (w for w in self._visible() if isinstance(w, kind) and _named(w, words))
            return next((w for w in shown if w.isEnabled()), None)

        found = self.wait(look, f"{kind.__name__} {words!r} to click on")
        return found, _LEFT, _PLAIN, found.visibleRegion().boundingRect().center()

    def _visible(self) -> Iterator[QWidget]:
        shown = QApplication.activeModalWidget() or self.window
        for widget in shown.findChildren(QWidget):
            if widget.isVisible() and _in_sight(widget):
                yield widget


def busy() -> float:
    """How many times as long everything takes as on a machine that does nothing else."""
    load: float = os.getloadavg()[0]
    return max(1.0, load / (os.cpu_count() or 1))


def _in_sight(widget: QWidget) -> bool:
    """Whether some of it is not scrolled away; a view may be covered by what it scrolls."""
    covered = isinstance(widget, QAbstractScrollArea) and _in_sight(widget.viewport())
    return covered or not widget.visibleRegion().isEmpty()


def words_of(widget: QWidget) -> list[str]:
    """All a control says."""
    texts = [widget.accessibleName(), widget.accessibleDescription()]
    if isinstance(widget, QAbstractButton | QLabel):
        texts.insert(0, widget.text())
    return [text for text in texts if text]


def _named(widget: QWidget, words: str) -> bool:
    if words.endswith("..."):
        return any(text == words or text.startswith(words[:-3]) for text in words_of(widget))
    return words in words_of(widget)


def _action(actions: list[QAction], words: str) -> QAction:
    for action in actions:
        if action.text().replace("&", "").rstrip(".") == words:
            return action
    raise Missing(f"{words!r} is in no menu")


def _line(view: QAbstractItemView, words: str) -> QModelIndex | None:
    model, root = view.model(), view.rootIndex()
    # A list's model hides that it has one column.
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(root)
    for row in range(model.rowCount(root)):
        for column in range(columns):
            at = model.index(row, column, root)
            if str(at.data() or "").startswith(words):
                return at
    return None
