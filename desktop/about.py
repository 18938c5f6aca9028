"""Help: about Earmark, its shortcuts, and the report of an error nobody foresaw."""

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QCoreApplication, qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.icons import application_icon
from resources import resource

SHORTCUTS = (
    ("Ctrl+1 to Ctrl+6", "Listen, File, Sounds, Train, Compare, Models"),
    ("Ctrl+O", "Open a file"),
    ("Space", "Listen or stop; play or pause"),
    ("R", "Record or stop recording (Listen)"),
    ("K", "Keep the last 30 seconds (Listen)"),
    ("F", "Freeze the picture (Listen)"),
    ("L", "Loop (File)"),
    ("Ctrl+Wheel, + and -", "Zoom (File)"),
    ("Wheel, Left, Right, Home, End", "Move (File)"),
    ("0", "Show the whole file"),
    ("Drag", "Select a stretch; drag its edges to change it"),
    ("Esc", "Give up the selection"),
    ("Ctrl+E", "Export what was heard"),
    ("1 to 9", "Move the chosen example to that class (Sounds)"),
    ("Delete", "Remove the chosen examples (Sounds)"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo (Sounds)"),
    ("F1", "These shortcuts"),
    ("Ctrl+Q", "Quit"),
)


def _tr(text: str) -> str:
    return QCoreApplication.translate("About", text)


def versions() -> str:
    """Earmark's version and those of what it stands on."""
    lines = []
    for name in ("earmark", "torch", "PySide6-Essentials", "numpy", "soundfile", "sounddevice"):
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name}: version unknown")
    lines.append(f"Qt {qVersion()}, Python {platform.python_version()}, {platform.platform()}")
    return "\n".join(lines)


class About(QDialog):
    """Versions and credits."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_tr("About Earmark"))
        head = QLabel(_tr("Earmark hears what is playing."))
        head.setObjectName("title")
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(64, 64))
        credits = resource("NOTICE.md").read_text(encoding="utf-8")
        text = _reader(f"{versions()}\n\n{credits}", _tr("Versions and credits"))
        _lay_out(self, picture, head, text)
        self.resize(620, 520)


class Shortcuts(QDialog):
    """All keys in one table."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_tr("Shortcuts"))
        rows = "".join(
            f"<tr><td style='padding:4px 24px 4px 0'><b>{keys}</b></td><td>{_tr(words)}</td></tr>"
            for keys, words in SHORTCUTS
        )
        table = QLabel(f"<table>{rows}</table>")
        table.setAccessibleName(_tr("Shortcuts"))
        _lay_out(self, table)


class CrashReport(QDialog):
    """What went wrong, to copy."""

    def __init__(self, parent: QWidget | None, report: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(_tr("Something went wrong"))
        words = QLabel(
            _tr(
                "Earmark met an error that nobody foresaw. It goes on, and your files are as they "
                "were. To help mend it, send the text below to the makers."
            )
        )
        words.setWordWrap(True)
        _lay_out(self, words, _reader(f"{versions()}\n\n{report}", _tr("Report")))
        self.resize(640, 420)


def _reader(text: str, name: str) -> QPlainTextEdit:
    reader = QPlainTextEdit(text)
    reader.setReadOnly(True)
    reader.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    reader.setAccessibleName(name)
    return reader


def _lay_out(dialog: QDialog, *widgets: QWidget) -> None:
    layout = QVBoxLayout(dialog)
    for widget in widgets:
        layout.addWidget(widget)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout.addWidget(buttons)
