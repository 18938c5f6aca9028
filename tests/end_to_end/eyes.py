"""The application, telling a test what a person would see: which controls show, and where.

It is run in place of ``python -m desktop``. For each line on its standard input it prints a line of
JSON: the visible controls whose name, text or description holds these words. It presses nothing.
"""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTabBar, QWidget

from desktop import application
from desktop.__main__ import main

Seen = dict[str, Any]


class Eyes(QObject):
    """Looks in the window's thread."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line.strip())

    def _answer(self, words: str) -> None:
        shown = [widget for widget in QApplication.allWidgets() if widget.isVisible()]
        found = [seen for widget in shown for seen in _see(widget) if words in seen["words"]]
        print(json.dumps(found), flush=True)


def _see(widget: QWidget) -> Iterator[Seen]:
    if isinstance(widget, QTabBar):
        for tab in range(widget.count()):
            yield _seen(widget, [widget.tabText(tab)], widget.tabRect(tab))
    texts = [widget.accessibleName(), widget.accessibleDescription()]
    if isinstance(widget, QAbstractButton | QLabel):
        texts.insert(0, widget.text())
    yield _seen(widget, texts, widget.visibleRegion().boundingRect())


def _seen(widget: QWidget, texts: Sequence[str], part: QRect) -> Seen:
    at: QPoint = widget.mapToGlobal(part.center())
    return {
        "kind": type(widget).__name__,
        "words": "\n".join(texts),
        "at": [at.x(), at.y()],
        "clickable": widget.isEnabled() and not part.isEmpty(),
    }


def make_seeing(arguments: Sequence[str]) -> application.Application:
    """Qt's application, and eyes that live as long as it."""
    made = _make(arguments)
    made.setProperty("eyes", Eyes())
    return made


_make = application.make_application

if __name__ == "__main__":
    application.make_application = make_seeing
    sys.exit(main())
