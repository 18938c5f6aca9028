"""The dialog of File, Watch: two pages, each with its form, its state, what came last and gaps."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.requests import OpenFile
from desktop.session import Session
from desktop.settings import (
    WATCH_DATABASE,
    WATCH_FOLDER,
    WATCH_FULL,
    WATCH_HEARD,
    WATCH_HEARD_RULES,
    WATCH_HOURS,
    WATCH_KEEP,
    WATCH_QUIET,
    WATCH_QUOTA,
    WATCH_RULES,
)
from desktop.shared.tables import fill, table
from desktop.watching.forms import PlaceField, WordsField
from desktop.watching.watchers import Watcher, Watchers
from desktop.watching.worker import ListenOrders, Told
from desktop.widgets.controls import Elided

_SIZE = 760, 600
_Row = tuple[str, ...]


class WatchDialog(QDialog):
    """Shows what is watched, and starts and stops it; closing it stops nothing.

    Args:
        session: whose settings and classifiers are used.
        watchers: at work or not.
        parent: the window.
    """

    def __init__(self, session: Session, watchers: Watchers, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Watch"))
        self.folder = FolderPage(session, watchers)
        self.microphone = MicrophonePage(session, watchers)
        self.pages = QTabWidget()
        self.pages.tabBar().setAccessibleName(self.tr("What is watched"))
        self.pages.addTab(self.folder, self.tr("Folder"))
        self.pages.addTab(self.microphone, self.tr("Microphone"))
        note = QLabel(self.tr("Watching continues when you close this dialog."))
        note.setObjectName("faint")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)
        self.resize(*_SIZE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return confirms what was typed; it closes nothing, as it would in a dialog that asks."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


class _Shown(QWidget):
    """Below a form: a button, the state, what came last, and gaps."""

    def __init__(self, session: Session, watcher: Watcher, headings: list[str]) -> None:
        super().__init__()
        self._session, self._watcher = session, watcher
        self.button = QPushButton()
        self.button.setObjectName("main")
        self.button.setAutoDefault(False)
        self.state = Elided()
        self.state.setAccessibleName(self.tr("State"))
        self.lines = table(headings)
        self.lines.setAccessibleName(self.tr("Last results"))
        self.gaps = table([self.tr("Reason"), self.tr("From"), self.tr("Length")])
        self.gaps.setAccessibleName(self.tr("Gaps"))
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.state, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(QLabel(self.tr("Last results")))
        layout.addWidget(self.lines, 3)
        layout.addWidget(QLabel(self.tr("Gaps: when nothing was heard, and why")))
        layout.addWidget(self.gaps, 2)
        self._filled: tuple[list[_Row], list[_Row]] = [], []
        self.lines.cellDoubleClicked.connect(self._open)
        watcher.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the watcher knows."""
        watcher = self._watcher
        self.button.setText(self.tr("Stop") if watcher.running else self.tr("Start"))
        if watcher.stopping:
            self.state.setText(self.tr("Stopping..."))
        elif watcher.told is not None:
            self.state.setText(self._words(watcher.told))
        elif watcher.running:
            self.state.setText(self.tr("Starting..."))
        else:
            self.state.setText(watcher.problem or self.tr("Stopped"))
        lines: list[_Row] = [(line.what, line.words, line.time) for line in watcher.lines]
        gaps: list[_Row] = [
            (gap.reason, gap.began_at[:19].replace("T", " "), _length(gap.seconds))
            for gap in watcher.gaps
        ]
        # Only what has changed: a selection stays where it is.
        if lines != self._filled[0]:
            fill(self.lines, lines)
        if gaps != self._filled[1]:
            fill(self.gaps, gaps, right=(2,))
        self._filled = lines, gaps

    def _words(self, told: Told) -> str:
        if told.state in ("away", "waiting"):
            return self.tr("Waiting: {}").format(told.why)
        if told.state == "quiet":
            return self.tr("Not listening: {}").format(told.why)
        if told.state == "listening":
            seconds, files = told.counts
            words = self.tr("Listening for {}; {} recordings kept")
            return words.format(_length(seconds), int(files))
        done, failed, queued, writing = map(int, told.counts)
        words = self.tr("Watching: {} files analysed, {} failed, {} waiting, {} being written")
        return words.format(done, failed, queued, writing)

    def _open(self, row: int, column: int) -> None:
        path = list(self._watcher.lines)[row].path
        if path is not None:
            self._session.request(OpenFile(path))


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


class FolderPage(QWidget):
    """A folder in which recordings arrive."""

    def __init__(self, session: Session, watchers: Watchers) -> None:
        super().__init__()
        self._watchers = watchers
        settings = session.settings
        names = self.tr("Folder"), self.tr("Results database"), self.tr("Rules (optional)")
        self.place = PlaceField(settings, WATCH_FOLDER, names[0], "folder")
        self.database = PlaceField(settings, WATCH_DATABASE, names[1], "database")
        self.rules = PlaceField(settings, WATCH_RULES, names[2], "rules")
        self._fields = (self.place, self.database, self.rules)
        headings = [self.tr("File"), self.tr("Result"), self.tr("Time")]
        self.shown = _Shown(session, watchers.folder, headings)
        form = QFormLayout()
        for words, field in zip(names, self._fields, strict=True):
            form.addRow(words, field)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.shown, 1)
        self.shown.button.clicked.connect(self._press)
        watchers.folder.changed.connect(self._enable)
        for field in self._fields:
            field.changed.connect(self._enable)
        self.shown.refresh()
        self._enable()

    def _enable(self) -> None:
        running = self._watchers.folder.running
        for field in self._fields:
            field.setEnabled(not running)
        ready = bool(self.place.text and self.database.text)
        stopping = self._watchers.folder.stopping
        self.shown.button.setEnabled((running or ready) and not stopping)
        missing = self.tr("Choose a folder and a database first")
        self.shown.button.setToolTip("" if running or ready else missing)

    def _press(self) -> None:
        if self._watchers.folder.running:
            self._watchers.folder.stop()
            return
        rules = Path(self.rules.text) if self.rules.text else None
        self._watchers.watch(Path(self.place.text), Path(self.database.text), rules)


class MicrophonePage(QWidget):
    """The microphone of the Listen page, by a schedule."""

    def __init__(self, session: Session, watchers: Watchers) -> None:
        super().__init__()
        self._watchers, self._session = watchers, session
        settings = session.settings
        hint = self.tr("for example mon-fri 05:00-09:00, sat,sun 06:00-08:00")
        self.hours = WordsField(settings, WATCH_HOURS, self.tr("always; {}").format(hint))
        self.quiet = WordsField(settings, WATCH_QUIET, self.tr("never; for example 12:00-13:00"))
        self.database = PlaceField(settings, WATCH_HEARD, self.tr("Results database"), "database")
        self.keep = PlaceField(
            settings, WATCH_KEEP, self.tr("Keep detected sound in (optional)"), "folder"
        )
        self.quota = QSpinBox()
        self.quota.setRange(*WATCH_QUOTA.allowed)
        self.quota.setSuffix(" GB")
        self.quota.setValue(settings.get(WATCH_QUOTA))
        self.quota.valueChanged.connect(lambda value: settings.set(WATCH_QUOTA, value))
        self.full = QComboBox()
        self.full.addItem(self.tr("then keep no more"), "stop")
        self.full.addItem(self.tr("then delete the oldest recordings"), "delete")
        self.full.setCurrentIndex(max(0, self.full.findData(settings.get(WATCH_FULL))))
        self.full.currentIndexChanged.connect(
            lambda _: settings.set(WATCH_FULL, self.full.currentData())
        )
        self.rules = PlaceField(settings, WATCH_HEARD_RULES, self.tr("Rules (optional)"), "rules")
        self._lay_out(session)
        self.shown.button.clicked.connect(self._press)
        watchers.microphone.changed.connect(self._enable)
        for field in (self.database, self.keep):
            field.changed.connect(self._enable)
        session.classifiers_loaded.connect(self._enable)
        self.shown.refresh()
        self._enable()

    def _lay_out(self, session: Session) -> None:
        share = QWidget()
        row = QHBoxLayout(share)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.quota)
        row.addWidget(self.full, 1)
        headings = [self.tr("Detected"), self.tr("Classifier"), self.tr("Time")]
        self.shown = _Shown(session, self._watchers.microphone, headings)
        self._fields: tuple[QWidget, ...] = (
            *(self.hours, self.quiet, self.database, self.keep, share, self.rules),
        )
        names = (
            *(self.tr("Listen at"), self.tr("Quiet at"), self.tr("Results database")),
            *(self.tr("Keep detected sound in (optional)"), self.tr("Up to")),
            self.tr("Rules (optional)"),
        )
        form = QFormLayout()
        for words, field in zip(names, self._fields, strict=True):
            form.addRow(words, field)
        for field, words in (
            (self.hours, names[0]),
            (self.quiet, names[1]),
            (self.quota, self.tr("Space for recordings")),
            (self.full, self.tr("When that is full")),
        ):
            field.setAccessibleName(words)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.shown, 1)

    def _enable(self) -> None:
        running = self._watchers.microphone.running
        for field in self._fields:
            field.setEnabled(not running)
        for control in (self.quota, self.full):
            control.setEnabled(not running and bool(self.keep.text))
        loaded = bool(self._session.live_classifiers)
        ready = bool(self.database.text) and loaded
        stopping = self._watchers.microphone.stopping
        self.shown.button.setEnabled((running or ready) and not stopping)
        missing = (
            self.tr("Choose a database first")
            if loaded
            else self.tr("Enable a classifier on the Models page first")
        )
        self.shown.button.setToolTip("" if running or ready else missing)

    def _press(self) -> None:
        if self._watchers.microphone.running:
            self._watchers.microphone.stop()
            return
        device, channel = self._watchers.chosen_device()
        self._watchers.listen(
            ListenOrders(
                *(Path(self.database.text), self.hours.text(), self.quiet.text()),
                Path(self.keep.text).absolute() if self.keep.text else None,
                self.quota.value(),
                delete_oldest=self.full.currentData() == "delete",
                rules=Path(self.rules.text) if self.rules.text else None,
                device=device,
                channel=channel,
            )
        )
