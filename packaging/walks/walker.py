"""One who walks through the window, counts what it takes, and sees what should not be."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QScrollBar,
    QWidget,
)
from shiboken6 import isValid

from desktop.widgets.headline import Headline
from desktop.widgets.predictions import Predictions
from desktop.widgets.situation import SituationStrip
from desktop.widgets.toasts import Toasts
from pictures.person import MOST_SECONDS, Person, busy

_CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit)
_MOVING = (QAbstractItemView, QScrollArea, Toasts)  # what lies in these may move
_SETTLING = 0.4  # seconds
_BEAT_MS = 10
_PATIENCE = 240.0  # seconds without progress
_Found = TypeVar("_Found")


@dataclass
class Step:
    """One step of a walk: what was done, what it took, and what was wrong."""

    walk: str
    words: str
    clicks: int = 0
    keys: int = 0
    seconds: float = 0.0
    longest_ms: float = 0.0  # that the window did not answer
    faults: list[str] = field(default_factory=list)
    note: str = ""


class Walker(Person):
    """A person whose clicks and keys are counted, step by step.

    Args:
        window: that is walked through.
        folder: where the pictures go.
    """

    def __init__(self, window: QMainWindow, folder: Path) -> None:
        super().__init__(window)
        self.steps: list[Step] = []
        self.walk = ""
        self._folder = folder
        self._places: dict[tuple[str, int], tuple[QWidget, tuple[int, ...], str]] = {}
        self._size = window.size()
        self._beaten, self._longest = time.monotonic(), 0.0
        self._heart = QTimer(window)
        self._heart.setTimerType(Qt.TimerType.PreciseTimer)
        self._heart.timeout.connect(self._beat)
        self._heart.start(_BEAT_MS)

    def _beat(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._beaten)
        self._beaten = now

    @contextmanager
    def step(self, words: str, picture: str = "") -> Iterator[Step]:
        """Do something; then look whether headlines agree with bars and all controls stayed."""
        made = Step(self.walk, words)
        self.steps.append(made)
        begun = self._beaten = time.monotonic()  # what was between two steps does not count
        self._longest = 0.0
        yield made
        made.seconds = time.monotonic() - begun
        made.longest_ms = 1000 * self._longest
        self.look()
        if picture:
            self.take(picture)
        print(
            f"  {made.words}: {made.clicks} clicks, {made.keys} keys, {made.seconds:.1f} s"
            + "".join(f"\n    {fault}" for fault in made.faults),
            flush=True,
        )

    def wait(
        self,
        look: Callable[[], _Found | None],
        words: str,
        seconds: float = MOST_SECONDS,
        progress: Callable[[], object] | None = None,
    ) -> _Found:
        """As anybody, but no longer than minutes: one who walks gives up, and walks on."""
        return super().wait(look, words, min(seconds, _PATIENCE / busy()), progress)

    # What it takes.

    def _at(
        self, words: str, kind: type[QWidget]
    ) -> tuple[QWidget, Qt.MouseButton, Qt.KeyboardModifier, QPoint]:
        self.steps[-1].clicks += 1
        return super()._at(words, kind)

    def drag(self, words: str, first: float, last: float) -> None:
        self.steps[-1].clicks += 1
        super().drag(words, first, last)

    def tab(self, words: str) -> None:
        self.steps[-1].clicks += 1
        super().tab(words)

    def choose(self, view: str, *rows: str, progress: Callable[[], object] | None = None) -> None:
        self.steps[-1].clicks += len(rows)
        super().choose(view, *rows, progress=progress)

    def write(self, field: str, words: str) -> None:
        self.steps[-1].keys += len(words) + 1
        super().write(field, words)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
        self.steps[-1].keys += 1
        there = QApplication.focusWidget() or self.window
        QTest.keyClick(there, key, modifiers or Qt.KeyboardModifier.NoModifier)

    def type(self, words: str) -> None:
        """Type where the keyboard is."""
        self.steps[-1].keys += len(words)
        QTest.keyClicks(QApplication.focusWidget() or self.window, words)

    def menu(self, *words: str) -> None:
        """As one who opens each menu with a click."""
        self.steps[-1].clicks += len(words)
        super().menu(*words)

    def go(self, page: str) -> None:
        """By the rail."""
        self.page = page
        self.click(page)
        self.wait(self.on_page, f"the page {page!r}")

    def drop(self, *paths: Path) -> None:
        """Drop files or folders on the page that is shown."""
        self.steps[-1].clicks += 1
        page: QWidget | None = self.window.page(self.window.current)  # type: ignore[attr-defined]
        while page is not None and not page.acceptDrops():
            page = page.parentWidget()
        assert page is not None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        plain, middle = Qt.KeyboardModifier.NoModifier, page.rect().center()
        QApplication.sendEvent(page, QDragEnterEvent(middle, copy, data, left, plain))
        QApplication.sendEvent(page, QDropEvent(QPointF(middle), copy, data, left, plain))

    # What should not be.

    def look(self) -> None:
        """Note headlines that contradict their bars, and controls that have moved."""
        QApplication.processEvents()
        self.steps[-1].faults += [*self._contradictions(), *self._moved()]

    def _contradictions(self) -> Iterator[str]:
        panels = [p for p in self.window.findChildren(Predictions) if p.isVisible()]
        said = {}
        for panel in panels:
            heard = [bar.label for bar in panel._bars if bar.heard]
            said[panel._verdict] = heard
            # A family is said in the singular: "a keyboard instrument".
            missing = [label for label in heard if label.removesuffix("s") not in panel._verdict]
            if missing:
                yield f"'{panel._verdict}' does not say {', '.join(missing)}, which is marked"
        for strip in self.window.findChildren(SituationStrip):
            if strip.isVisible() and strip.current not in ("", "silence") and "silence" in said:
                yield f"a panel says silence while the sound is {strip.current}"
        for line in self.window.findChildren(Headline):
            if line.isVisible() and line.named and said:
                agreeing = [v for v, heard in said.items() if heard and v == line.words]
                if not agreeing and line.words not in said:
                    yield f"the answer '{line.words}' is in no panel: {', '.join(said)}"

    def _moved(self) -> Iterator[str]:
        if self.window.size() != self._size:
            self._places.clear()
            self._size = self.window.size()
        page = str(self.window.current)  # type: ignore[attr-defined]
        for widget in self.window.findChildren(QWidget):
            if not isinstance(widget, _CONTROLS) or not widget.isVisible() or _may_move(widget):
                continue
            corner = widget.mapTo(self.window, QPoint(0, 0))
            place = (corner.x(), corner.y(), widget.width(), widget.height())
            key = page, id(widget)
            name = widget.accessibleName() or getattr(widget, "text", str)()
            if key in self._places and isValid(self._places[key][0]):
                before, called = self._places[key][1:]
                if before != place and self._places[key][0] is widget:
                    yield f"{called or name or type(widget).__name__} moved: {before} to {place}"
            self._places[key] = widget, place, name

    def take(self, name: str) -> None:
        """Take a picture in light and in dark."""
        for appearance in ("light", "dark"):
            self.window.set_appearance(appearance)  # type: ignore[attr-defined]
            self.rest(_SETTLING)
            place, screen = self.window.geometry(), QGuiApplication.primaryScreen()
            image = screen.grabWindow(0, place.x(), place.y(), place.width(), place.height())
            image.save(str(self._folder / f"{name}-{appearance}.png"))
        self.window.set_appearance("light")  # type: ignore[attr-defined]


def _may_move(widget: QWidget) -> bool:
    """What is scrolled, listed or laid over the page."""
    if isinstance(widget, QScrollBar) or widget.window() is not widget.window().window():
        return True
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, _MOVING) or above.objectName() == "toast":
            return True
        above = above.parentWidget()
    return False
