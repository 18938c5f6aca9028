"""The Edit menu: undo, redo and copy, for whatever has the keyboard."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from desktop.shared.page import Page

_LONGEST = 40  # characters of what would be undone


class EditMenu(QMenu):
    """Says what each entry would do when it is opened.

    The keys stand beside the words only: pages, fields and plots take them by themselves, each for
    what it shows, and a shortcut of the window would take them away from all of these.

    Args:
        page: gives the page that is shown.
        preferences: opens them.
    """

    def __init__(self, page: Callable[[], Page], preferences: Callable[[], object]) -> None:
        super().__init__(QCoreApplication.translate("EditMenu", "&Edit"))
        self._page = page
        self._keyboard: QWidget | None = None  # who had it before the menu
        self.undo = self.addAction("")
        self.redo = self.addAction("")
        self.addSeparator()
        self.copy = self.addAction(self.tr("&Copy") + "\tCtrl+C")
        self.addSeparator()
        self.preferences = self.addAction(self.tr("&Preferences..."))
        self.preferences.setShortcut("Ctrl+,")
        self.undo.triggered.connect(lambda: self._step("undo"))
        self.redo.triggered.connect(lambda: self._step("redo"))
        self.copy.triggered.connect(self._copy)
        self.preferences.triggered.connect(lambda _=False: preferences())
        self.aboutToShow.connect(self.refresh)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and not isinstance(new, QMenuBar | QMenu):
            self._keyboard = new

    @property
    def _focused(self) -> QWidget | None:
        there = self._keyboard
        return there if there is not None and isValid(there) and there.isVisible() else None

    def refresh(self) -> None:
        """Say what would be undone and made again."""
        undo, redo = self._available()
        for action, words, step, key in (
            (self.undo, self.tr("&Undo"), undo, "Ctrl+Z"),
            (self.redo, self.tr("&Redo"), redo, "Ctrl+Shift+Z"),
        ):
            short = step if len(step) <= _LONGEST else step[: _LONGEST - 3] + "..."
            named = f"{words}: {short}".replace("&&", "&") if short.strip() else words
            action.setText(f"{named}\t{key}")
            action.setEnabled(bool(step))
        self.copy.setEnabled(self._focused is not None)

    def _available(self) -> tuple[str, str]:
        """In words; a blank: something that has none."""
        field = self._focused
        if isinstance(field, QLineEdit):
            return " " * field.isUndoAvailable(), " " * field.isRedoAvailable()
        if isinstance(field, QPlainTextEdit | QTextEdit) and not field.isReadOnly():
            document = field.document()
            return " " * document.isUndoAvailable(), " " * document.isRedoAvailable()
        return self._page().steps

    def _step(self, which: str) -> None:
        field = self._focused
        typed = isinstance(field, QLineEdit) or (
            isinstance(field, QPlainTextEdit | QTextEdit) and not field.isReadOnly()
        )
        getattr(field if typed else self._page(), which)()

    def _copy(self) -> None:
        """As if the keys had been pressed where the keyboard is."""
        field = self._focused
        if field is not None:
            control = Qt.KeyboardModifier.ControlModifier
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(field, QKeyEvent(kind, Qt.Key.Key_C, control))
