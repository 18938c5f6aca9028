"""Fields for files and folders, with a button that asks for one; what is typed is remembered."""

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop.settings import Setting, Settings

Kind = Literal["folder", "database", "rules"]


class PlaceField(QWidget):
    """A line for a path, and a button that asks for it.

    Args:
        settings: in which it is remembered.
        setting: under which.
        words: what it is, for screen readers.
        kind: what is asked for.
    """

    changed = Signal()

    def __init__(self, settings: Settings, setting: Setting, words: str, kind: Kind) -> None:
        super().__init__()
        self._words, self._kind = words, kind
        self.line = QLineEdit(str(settings.get(setting)))
        self.line.setAccessibleName(words)
        self.choose = QPushButton(self.tr("Choose..."))
        self.choose.setAccessibleName(self.tr("Choose: {}").format(words))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.choose)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(lambda text: settings.set(setting, text))
        self.line.textChanged.connect(lambda _: self.changed.emit())
        self.choose.clicked.connect(self._ask)

    @property
    def text(self) -> str:
        """What stands there."""
        return self.line.text().strip()

    def _ask(self) -> None:
        start, window = self.line.text(), self.window()
        if self._kind == "folder":
            name = QFileDialog.getExistingDirectory(window, self._words, start)
        elif self._kind == "database":
            name, _ = QFileDialog.getSaveFileName(
                window,
                self._words,
                start or "archive.sqlite",
                self.tr("Databases (*.sqlite)"),
                # What is in it is kept.
                options=QFileDialog.Option.DontConfirmOverwrite,
            )
        else:
            kinds = self.tr("Rules (*.toml *.json)")
            name, _ = QFileDialog.getOpenFileName(window, self._words, start, kinds)
        if name:
            self.line.setText(name)


class WordsField(QLineEdit):
    """A line of words that is remembered."""

    def __init__(self, settings: Settings, setting: Setting, hint: str) -> None:
        super().__init__(str(settings.get(setting)))
        self.setPlaceholderText(hint)
        self.textChanged.connect(lambda text: settings.set(setting, text))
