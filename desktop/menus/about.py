"""Help: about Earmark, its shortcuts, and the report of an unexpected error."""

import platform
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QFontDatabase
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.crash import read_report
from desktop.icons import application_icon
from desktop.manual.reader import Reader
from desktop.pages import PAGES
from resources import resource

_PAGES = list(PAGES.values())
SHORTCUTS = (
    (f"{_PAGES[0].keys} to {_PAGES[-1].keys}", ", ".join(entry.title for entry in _PAGES)),
    ("Ctrl+O", "Open a file"),
    ("Space", "Listen or stop; play or pause"),
    ("R", "Record or stop recording (Listen)"),
    ("K", "Keep the last 30 seconds; of a frozen picture, the selection (Listen)"),
    ("F", "Freeze the picture, so that you can scroll, zoom, select and play (Listen)"),
    ("F11", "Show the answer on the full screen; Esc returns (Listen)"),
    ("Enter", "Open a row of the log as a file (Listen)"),
    ("W", "Why? Show the evidence for a prediction (Listen, File)"),
    ("C", "Correct a label: say what it is, or that it is not that (Listen, File)"),
    ("L", "Loop (File)"),
    ("Ctrl+PgDown, Ctrl+PgUp", "Next, previous file of the list (File)"),
    ("Wheel, + and -", "Zoom in time, at the pointer or the cursor (File, frozen picture)"),
    ("Shift+Wheel, Left, Right, Home, End", "Scroll in time (File, frozen picture)"),
    ("Ctrl+Wheel", "Zoom in frequency or amplitude"),
    ("Ctrl+Left, Ctrl+Right", "Move the cursor (File)"),
    ("Shift+Left, Shift+Right", "Extend the selection from the cursor (File)"),
    ("Up, Down", "Choose a label at the cursor (File) or a class of a prediction"),
    ("0", "Show everything"),
    ("Drag", "Select a range; drag it or its edges to move it"),
    ("Middle button, Space+Drag", "Scroll"),
    ("Right click, Menu key", "Menu of a track: scale, grid, mouse, copy as picture, export"),
    ("E, A, F2, Delete", "Your labels: show, add of the selection, rename, delete (File)"),
    ("Esc", "Close the explanation; clear the selection"),
    ("Ctrl+E", "Export the detected labels"),
    ("Right button, Menu", "Menu of a plot: export, grid, hide a series"),
    ("Wheel, Drag, + and -, 0", "Zoom, scroll and reset a plot (Sounds, Train, Compare)"),
    ("Left, Right, 1 to 9", "Read values off curves, hide a series (Train, Compare)"),
    ("Ctrl+C", "Copy a plot as picture"),
    ("1 to 9", "Move the selected sounds to that class (Sounds)"),
    ("M", "Move the selected sounds to a class that you type (Sounds)"),
    ("Delete", "Remove the selected sounds (Sounds)"),
    ("Enter, Backspace, Delete", "The label is right, wrong, not judged (Archive)"),
    ("Y, N, U, Backspace", "Mark a stretch: yes, no, unsure, not at all (Search)"),
    ("S", "Find what is similar to the selected stretch (Search)"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo (Sounds, Models, Archive, Search)"),
    ("Ctrl+,", "Preferences"),
    ("F6", "Go to the latest message; Esc dismisses it"),
    ("F1", "Show these shortcuts"),
    ("Ctrl+Q", "Quit"),
)


def _tr(text: str) -> str:
    return QCoreApplication.translate("About", text)


def versions() -> str:
    """The versions of Earmark, Qt, Python and the system."""
    from importlib.metadata import PackageNotFoundError, version  # a tenth of the start

    lines = []
    for name in ("earmark", "torch", "PySide6-Essentials", "numpy", "soundfile", "sounddevice"):
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name}: version unknown")
    lines.append(f"Qt {qVersion()}, Python {platform.python_version()}, {platform.platform()}")
    return "\n".join(lines)


def release_page() -> str:
    """The address of the release page, as in pyproject.toml; empty if there is none.

    Earmark itself never asks the network: only the user's browser goes there, when told to.
    """
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        addresses = metadata("earmark").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = dict(entry.split(", ", 1) for entry in addresses if ", " in entry)
    return str(named.get("Releases", ""))


class About(QDialog):
    """Versions and credits."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_tr("About Earmark"))
        head = QLabel(_tr("Earmark recognises what is playing."))
        head.setObjectName("title")
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(64, 64))
        notice = resource("NOTICE.md")
        credits = Reader(_tr("Credits"))
        credits.show_markdown(notice.read_text(encoding="utf-8"), notice.parent)
        self.pages = QTabWidget()
        self.pages.tabBar().setAccessibleName(_tr("Pages of About"))
        self.pages.addTab(credits, _tr("Credits"))
        self.pages.addTab(_reader(versions(), _tr("Versions")), _tr("Versions"))
        licences = resource("LICENSES.md")  # in installed programs: of all that is bundled
        if licences.is_file():  # as it is: megabytes of it would take seconds to lay out
            text = licences.read_text(encoding="utf-8")
            self.pages.addTab(_reader(text, _tr("Licences")), _tr("Licences"))
        newer = QPushButton(_tr("Check for a newer version"))
        newer.setToolTip(_tr("Opens the list of releases in your browser"))
        newer.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(release_page())))
        newer.setVisible(bool(release_page()))
        _lay_out(self, picture, head, self.pages, newer)
        self.resize(620, 520)


class WhatsNew(QDialog):
    """The changes of each version."""

    def __init__(self, changelog: Path, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("What's new"))
        text = changelog.read_text(encoding="utf-8")
        # What stands before the first version is for those who write it.
        _, mark, rest = text.partition("\n## ")
        self.reader = Reader(_tr("Changes"))
        self.reader.show_markdown(mark.strip() + " " + rest if mark else text, changelog.parent)
        _lay_out(self, self.reader)
        self.resize(720, 560)


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
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("Unexpected error"))
        words = QLabel(
            _tr(
                "Unexpected error. Earmark keeps running, and your files are unchanged. "
                "Please send this report to the developers."
            )
        )
        words.setWordWrap(True)
        _lay_out(self, words, _reader(f"{versions()}\n\n{report}", _tr("Report")))
        self.resize(640, 420)


class EarlierReports(QDialog):
    """What went wrong before, as it was kept on this machine; nothing of it was sent."""

    def __init__(self, parent: QWidget | None, reports: Sequence[Path]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("Error reports"))
        self._reports = list(reports)
        words = QLabel(_tr("No errors were reported."))
        if reports:
            words.setText(
                _tr(
                    "Reports are kept on this computer and are not sent. To get help, copy the "
                    "text or send the file to the developers: {}"
                ).format(reports[0].parent)
            )
        words.setWordWrap(True)
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(_tr("Report"))
        for path in self._reports:
            self.chooser.addItem(path.name)
        self.text = _reader("", _tr("Text of the report"))
        for widget in (self.chooser, self.text):
            widget.setVisible(bool(reports))
        self.chooser.currentIndexChanged.connect(self._show)
        _lay_out(self, words, self.chooser, self.text)
        self.resize(640, 420)
        if reports:
            self._show(0)

    def _show(self, index: int) -> None:
        report = read_report(self._reports[index])
        self.text.setPlainText(f"{versions()}\n\n{report}")


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
