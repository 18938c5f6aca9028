"""Labels and buttons as every page has them."""

from PySide6.QtWidgets import QLabel, QPushButton


def heading(words: str) -> QLabel:
    """The title of a part of a page."""
    label = QLabel(words)
    label.setObjectName("title")
    return label


def text(*, faint: bool = False) -> QLabel:
    """Words that wrap; faint: they matter less."""
    label = QLabel()
    label.setObjectName("faint" if faint else "")
    label.setWordWrap(True)
    return label


def button(words: str, tip: str) -> QPushButton:
    """A button that a screen reader names by its words."""
    made = QPushButton(words)
    made.setToolTip(tip)
    made.setAccessibleName(words)
    return made
