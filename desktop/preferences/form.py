"""A page of the Preferences: rows of a name and a control, with what is to be said below."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from desktop.settings import Setting, Settings


class Form(QWidget):
    """Controls of settings; each is kept as soon as it is changed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(16, 14, 16, 14)
        self.rows.setHorizontalSpacing(16)
        self.rows.setVerticalSpacing(10)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def add(self, words: str, control: QWidget) -> None:
        """One more row; a screen reader names the control by its words."""
        control.setAccessibleName(words)
        self.rows.addRow(words, control)

    def add_note(self, words: str = "") -> QLabel:
        """Words below the last row."""
        note = QLabel(words)
        note.setObjectName("faint")
        note.setWordWrap(True)
        note.setMinimumWidth(280)
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.rows.addRow("", note)
        return note

    def chooser(self, setting: Setting, choices: Mapping[Any, str]) -> QComboBox:
        """A box that offers the values of a setting by their words."""
        box = QComboBox()
        for value, words in choices.items():
            box.addItem(words, value)
        box.setCurrentIndex(max(0, box.findData(self._settings.get(setting))))
        box.currentIndexChanged.connect(lambda _: self._settings.set(setting, box.currentData()))
        return box


def offer(box: QComboBox, choices: Sequence[tuple[str, object]], chosen: object) -> None:
    """Fill a box again without telling it as a choice; what is not there is offered nonetheless."""
    blocker = QSignalBlocker(box)
    box.clear()
    for words, value in choices:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, [value for _, value in choices].index(chosen)))
    blocker.unblock()
