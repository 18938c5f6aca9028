"""Asks for a class by its first letters: for any number of classes, and for new ones."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QVBoxLayout, QWidget

_SIZE = 320, 360


class ClassPicker(QDialog):
    """A line to type in and the classes that fit; Enter takes the marked one, or makes a new one.

    Args:
        words: what is asked.
        names: the classes.
        parent: the page.
        first: those to be offered first, the last used say.
    """

    picked = Signal(str)

    def __init__(
        self,
        words: str,
        names: Sequence[str],
        parent: QWidget | None,
        first: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(words)
        self._names = [*first, *(name for name in names if name not in first)]
        self.field = QLineEdit()
        self.field.setAccessibleName(words)
        self.field.setPlaceholderText(self.tr("First letters, or a new class"))
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hint = QLabel(self.tr("Enter takes the marked class; a name that is new makes one."))
        hint.setObjectName("faint")
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        for widget in (QLabel(words), self.field, self.list, hint):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._show)
        self.field.returnPressed.connect(self._take)
        self.list.itemClicked.connect(lambda _: self._take())
        self.resize(*_SIZE)
        self._show("")
        self.field.setFocus()

    def _show(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        begins = [name for name in self._names if name.casefold().startswith(wanted)]
        holds = [n for n in self._names if wanted in n.casefold() and n not in begins]
        self.list.clear()
        self.list.addItems([*begins, *holds])
        if typed.strip() and wanted not in [name.casefold() for name in self._names]:
            self.list.addItem(self.tr("New class: {}").format(typed.strip()))
        self.list.setCurrentRow(0)

    def _take(self) -> None:
        row, typed = self.list.currentRow(), self.field.text().strip()
        shown = (
            [name for name in self._names if name == self.list.item(row).text()] if row >= 0 else []
        )
        name = shown[0] if shown else typed
        if name:
            self.accept()
            self.picked.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows mark in the list while one types."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                row = (self.list.currentRow() + step) % self.list.count()
                self.list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)
