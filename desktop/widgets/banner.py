"""One sentence across the page, with what one can do about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class Banner(QFrame):
    """Hidden until there is something to say; never in the way of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._advised: str | None = None
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = QHBoxLayout()
        self._close = QPushButton(self.tr("Dismiss"))
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._text, 1)
        layout.addLayout(self._buttons)
        layout.addWidget(self._close)
        self.setAccessibleName(self.tr("Message"))
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def advise(self, text: str | None) -> None:
        """Show what was not said just before; None takes it back."""
        told, self._advised = self._advised, text
        if text and text != told:
            self.say(text)
        elif told and not text and self.text == told:
            self.hide()

    def say(self, text: str, **actions: Callable[[], object]) -> None:
        """Show a sentence; each action is a button, named in words with ``_`` for a space."""
        self._text.setText(text)
        self.setAccessibleDescription(text)
        while (item := self._buttons.takeAt(0)) is not None:
            widget: QWidget | None = item.widget()
            if widget is not None:
                widget.deleteLater()
        for words, action in actions.items():
            button = QPushButton(words.replace("_", " "))
            button.clicked.connect(lambda _=False, do=action: do())
            self._buttons.addWidget(button)
        self.show()
