"""A popup that asks what a sound is: a class by its first letters, or that it is not what was said.

Those used last come first; what is typed and no class yet becomes a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

_WIDTH, _ROWS = 300, 9
_CHOICE = Qt.ItemDataRole.UserRole
_MOST_LETTERS = 200


@dataclass(frozen=True)
class ClassChoice:
    """What the person says: ``kind`` is "is", "not" or "nothing"; the label only for "is"."""

    kind: Literal["is", "not", "nothing"]
    label: str = ""


class ClassChooser(QFrame):
    """Opens at a place; goes when something is chosen, on Escape, and on a click elsewhere.

    Args:
        heading: what was heard, and that it is asked what it is.
        said: what the classifier said: it can be denied.
        labels: all classes there are.
        recent: those chosen last, the latest first.
        nothing: words for that it is none of these; empty: that cannot be said.
        parent: which the keyboard returns to.
    """

    chosen = Signal(object)  # a ClassChoice
    cancelled = Signal()

    def __init__(
        self,
        heading: str,
        said: Sequence[str],
        labels: Sequence[str],
        recent: Sequence[str] = (),
        nothing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._said, self._nothing = list(said), nothing
        known = [*recent, *sorted(labels, key=str.casefold)]
        self._labels = [label for label in dict.fromkeys(known) if label not in self._said]
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
        self.list.setFixedHeight(self.list.sizeHintForRow(0) * _ROWS + 6)
        self.setFixedWidth(_WIDTH)

    def open_at(self, place: QPoint) -> None:
        """Show it there, wholly on the screen."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        x = min(place.x(), room.right() - self.width())
        y = min(place.y(), room.bottom() - self.height())
        self.move(max(room.left(), x), max(room.top(), y))
        self.show()
        self.edit.setFocus()

    @property
    def choices(self) -> list[ClassChoice]:
        """What can be chosen now, from above."""
        return [self.list.item(row).data(_CHOICE) for row in range(self.list.count())]

    def _list_choices(self, text: str) -> None:
        typed = " ".join(text.split())
        sought = typed.casefold()
        fitting = [label for label in self._labels if sought in label.casefold()]
        fitting.sort(key=lambda label: not label.casefold().startswith(sought))
        self.list.clear()
        for label in fitting:
            self._add(label, ClassChoice("is", label))
        known = {label.casefold() for label in [*self._labels, *self._said]}
        if typed and sought not in known:
            self._add(self.tr("New class: {}").format(typed), ClassChoice("is", typed))
        if not typed:
            self._add_denials()
        self.list.setCurrentRow(0)

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
            self._done = True
            self.close()
            self.chosen.emit(choice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_PageUp: -_ROWS,
                Qt.Key.Key_PageDown: _ROWS,
            }.get(Qt.Key(event.key()))
            if step is not None:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(min(max(0, row), self.list.count() - 1))
                item = self.list.currentItem()
                self.edit.setAccessibleDescription(item.text() if item is not None else "")
                return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._end()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._end()

    def _end(self) -> None:
        if not self._done:
            self._done = True
            self.cancelled.emit()
            self.close()
