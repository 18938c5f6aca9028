"""A small panel that asks what a sound is: a class by its first letters, or not what was said.

Those used last come first; what is typed and no class yet becomes a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

_WIDTH, _ROWS = 300, 9
_CHOICE = Qt.ItemDataRole.UserRole
_MOST_LETTERS = 200


@dataclass(frozen=True)
class ClassChoice:
    """What the person says: ``kind`` is "is", "not" or "nothing"; the label only for "is"."""

    kind: Literal["is", "not", "nothing"]
    label: str = ""


class ClassChooser(QFrame):
    """Opens over its window; goes when something is chosen, on Escape, and on a click elsewhere.

    Args:
        heading: what was heard, and that it is asked what it is.
        said: what the classifier said: it can be denied.
        labels: all classes there are.
        recent: those chosen last, the latest first.
        nothing: words for that it is none of these; empty: that cannot be said.
        parent: the window it opens over.
    """

    chosen = Signal(object)  # a ClassChoice
    cancelled = Signal()

    def __init__(
        self,
        heading: str,
        said: Sequence[str],
        labels: Sequence[str],
        recent: Sequence[str],
        nothing: str,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._over, self._before = parent, QApplication.focusWidget()
        self.setObjectName("panel")
        self._said, self._nothing = list(said), nothing
        known = [*recent, *sorted(labels, key=str.casefold)]
        self._labels = list(dict.fromkeys(known))
        self._done = False
        self.heading = QLabel(heading)
        self.heading.setWordWrap(True)
        self.edit = QLineEdit()
        self.edit.setMaxLength(_MOST_LETTERS)
        self.edit.setPlaceholderText(self.tr("Type a class"))
        self.edit.setAccessibleName(heading)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        for widget in (self.heading, self.edit, self.list):
            layout.addWidget(widget)
        self.edit.textChanged.connect(self._list_choices)
        self.edit.returnPressed.connect(self._take)
        self.edit.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._take())
        self._list_choices("")
        row = max(self.list.sizeHintForRow(0), self.list.fontMetrics().height() + 6)
        self.list.setFixedHeight(row * _ROWS + 6)  # also where there is no class yet
        self.setFixedWidth(_WIDTH)

    def open_at(self, place: QPoint) -> None:
        """Show it at a place of the screen, wholly inside the window."""
        self.adjustSize()
        at, room = self._over.mapFromGlobal(place), self._over.rect()
        x, y = (
            max(0, min(at.x(), room.width() - self.width())),
            max(0, min(at.y(), room.height() - self.height())),
        )
        self.move(x, y)
        self.show()
        self.raise_()
        self.edit.setFocus()

    @property
    def choices(self) -> list[ClassChoice]:
        """What can be chosen now, from above."""
        return [self.list.item(row).data(_CHOICE) for row in range(self.list.count())]

    def _list_choices(self, text: str) -> None:
        typed = " ".join(text.split())
        sought = typed.casefold()
        # What was said is no answer to the question, unless somebody types it to confirm it.
        offered = [label for label in self._labels if typed or label not in self._said]
        fitting = [label for label in offered if sought in label.casefold()]
        fitting.sort(key=lambda label: not label.casefold().startswith(sought))
        self.list.clear()
        for label in fitting:
            self._add(label, ClassChoice("is", label))
        known = {label.casefold() for label in [*self._labels, *self._said]}
        if typed and sought not in known:
            self._add(self.tr("New class: {}").format(typed), ClassChoice("is", typed))
        classes = self.list.count()
        if not typed:
            self._add_denials()
        # Return alone is the class that was used last, and never a denial.
        self.list.setCurrentRow(self.list.count() - classes if classes else 0)

    def _add_denials(self) -> None:
        if self._said:
            words = self.tr(" or ").join(self._said)
            self._add(self.tr("It is not {}").format(words), ClassChoice("not"), first=True)
        if self._nothing:
            self._add(self._nothing, ClassChoice("nothing"), first=True)

    def _add(self, words: str, choice: ClassChoice, *, first: bool = False) -> None:
        item = QListWidgetItem(words)
        item.setData(_CHOICE, choice)
        if first:  # after those used last they would be out of sight
            font = item.font()
            font.setItalic(True)
            item.setFont(font)
            self.list.insertItem(0, item)
        else:
            self.list.addItem(item)

    def _take(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            choice: ClassChoice = item.data(_CHOICE)
            self._end()
            self.chosen.emit(choice)

    def dismiss(self) -> None:
        """Take it away; nothing is said."""
        if self._end():
            self.cancelled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and not self._done:
            self.dismiss()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        elif event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # no key of the window's while it is open
            return True
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        """Move in the list or leave; tells whether the key meant that."""
        step = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -_ROWS,
            Qt.Key.Key_PageDown: _ROWS,
        }.get(key)
        if step is not None:
            row = self.list.currentRow() + step
            self.list.setCurrentRow(min(max(0, row), self.list.count() - 1))
            item = self.list.currentItem()
            self.edit.setAccessibleDescription(item.text() if item is not None else "")
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        return step is not None or key == Qt.Key.Key_Escape

    def _end(self) -> bool:
        """Go, and give the keyboard back; False: it has gone already."""
        if self._done:
            return False
        self._done = True
        before = self._before
        if before is not None and isValid(before) and self.edit.hasFocus():
            before.setFocus()
        self.hide()
        self.deleteLater()
        return True
