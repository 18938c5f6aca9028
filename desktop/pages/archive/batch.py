"""What is analysed, how, and how far it is."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from desktop.pages.archive.worker import Progress
from desktop.plots.clock import clock
from desktop.settings import ARCHIVE_JOBS, ARCHIVE_SCHEDULER, Settings
from desktop.widgets.controls import Elided, button, heading, hold_back, steady

_HOPS = (None, 1.0, 3.0, 10.0)
_MOST_JOBS = 256
_ADDRESS_WIDTHS = 110, 260  # pixels
_STEPS = 1000  # of the progress bar


class BatchPanel(QFrame):
    """Its rows stay where they are, whether a batch runs or not.

    Attributes:
        folders: that are analysed.
        classifiers: names of those that listen.
    """

    folders_changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._settings = settings
        self.folders: list[str] = []
        self.classifiers: list[str] = []
        self._known: list[str] = []
        self._ready, self._running = False, False
        self._head()
        self._setup()
        self._progress()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(6)
        for row in self._rows:
            layout.addLayout(row)
        self.show_classifiers()
        self.show_folders()
        self.set_running(False)

    # Its three rows.

    def _head(self) -> None:
        self.database_words = Elided()
        self.database_words.setObjectName("faint")
        self.database_button = button(
            self.tr("Database..."),
            self.tr("Open a results database, or choose a name for a new one"),
        )
        self.export_button = button(
            self.tr("Export"), self.tr("Save the results or the judgements as a file")
        )
        self.thresholds_button = button(
            self.tr("Thresholds..."), self.tr("Estimate thresholds from what was judged")
        )
        row = QHBoxLayout()
        row.addWidget(heading(self.tr("Archive")))
        row.addWidget(self.database_words, 1)
        for one in (self.database_button, self.thresholds_button, self.export_button):
            row.addWidget(one)
        self._rows = [row]

    def _setup(self) -> None:
        self.add_button = button(self.tr("Add folder..."), self.tr("Analyse another folder too"))
        self.folders_button = QPushButton()
        self.folders_menu = QMenu(self.folders_button)
        self.folders_button.setMenu(self.folders_menu)
        self.folders_button.setAccessibleName(self.tr("Folders to analyse"))
        self.classifiers_button = QPushButton()
        self.classifiers_menu = QMenu(self.classifiers_button)
        self.classifiers_button.setMenu(self.classifiers_menu)
        self.classifiers_button.setAccessibleName(self.tr("Classifiers"))
        self.hop = QComboBox()
        self.hop.setAccessibleName(self.tr("Step between windows"))
        self.hop.setToolTip(self.hop.accessibleName())
        for hop in _HOPS:
            words = self.tr("Usual step") if hop is None else self.tr("Step {:g} s").format(hop)
            self.hop.addItem(words, hop)
        self.channels = QComboBox()
        self.channels.setAccessibleName(self.tr("Channels"))
        self.channels.setToolTip(self.tr("Whether channels are analysed together or one by one"))
        self.channels.addItem(self.tr("Channels mixed"), "mixed")
        self.channels.addItem(self.tr("Each channel"), "each")
        self._who()
        row = QHBoxLayout()
        self._choices = (
            *(self.add_button, self.folders_button, self.classifiers_button),
            *(self.hop, self.channels, self.jobs, self.scheduler),
        )
        for one in self._choices:
            row.addWidget(one)
        row.setStretchFactor(self.scheduler, 2)
        row.addStretch(1)
        self._rows.append(row)

    def _who(self) -> None:
        """Who analyses."""
        self.jobs = QSpinBox()
        self.jobs.setRange(0, _MOST_JOBS)
        self.jobs.setSpecialValueText(self.tr("Processes: auto"))
        self.jobs.setPrefix(self.tr("Processes: "))
        self.jobs.setAccessibleName(self.tr("Processes; 0: as many as are of use"))
        self.jobs.setToolTip(self.jobs.accessibleName())
        self.jobs.setValue(self._settings.get(ARCHIVE_JOBS))
        self.jobs.valueChanged.connect(lambda count: self._settings.set(ARCHIVE_JOBS, count))
        self.scheduler = QLineEdit(self._settings.get(ARCHIVE_SCHEDULER))
        self.scheduler.setPlaceholderText(self.tr("This machine"))
        self.scheduler.setAccessibleName(self.tr("Address of a Dask cluster; empty: this machine"))
        self.scheduler.setToolTip(
            self.tr("Analyse by a Dask cluster, such as tcp://node1:8786; empty: on this machine")
        )
        self.scheduler.setMinimumWidth(_ADDRESS_WIDTHS[0])
        self.scheduler.setMaximumWidth(_ADDRESS_WIDTHS[1])
        self.scheduler.textChanged.connect(self._choose_machines)

    def _progress(self) -> None:
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.setAccessibleName(self.tr("Analysed so far"))
        self.words = Elided()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.failures_button = button(
            self.tr("0 failed"), self.tr("Files that could not be analysed, with the reasons")
        )
        self.pause_button = button(self.tr("Pause"), self.tr("Let the analysis rest"))
        self.pause_button.setCheckable(True)
        self.cancel_button = button(
            self.tr("Cancel"), self.tr("Stop the analysis; what is done stays")
        )
        self.start_button = button(self.tr("Start"), self.tr("Analyse what is new or has changed"))
        self.start_button.setObjectName("main")
        start, goes_on = self.tr("Start"), self.tr("Continue")
        steady(self.start_button, start, goes_on, self.tr("Update"))
        steady(self.pause_button, self.tr("Pause"), goes_on)
        steady(self.failures_button, self.tr("{} failed").format("88,888"))
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        for one in (
            *(self.failures_button, self.pause_button),
            *(self.cancel_button, self.start_button),
        ):
            row.addWidget(one)
        self._rows.append(row)
        bar = QHBoxLayout()
        bar.addWidget(self.bar)
        self._rows.append(bar)
        self.pause_button.toggled.connect(
            lambda on: self.pause_button.setText(self.tr("Continue") if on else self.tr("Pause"))
        )

    # What is chosen.

    @property
    def address(self) -> str:
        """Of the cluster that analyses; empty: this machine does."""
        return self.scheduler.text().strip()

    def _choose_machines(self) -> None:
        self._settings.set(ARCHIVE_SCHEDULER, self.address)
        self._enable()

    @property
    def hop_seconds(self) -> float | None:
        """Step between windows; None: each classifier's own."""
        found: float | None = self.hop.currentData()
        return found

    def set_hop(self, hop: float | None) -> None:
        """Choose a step, also one that the list does not have."""
        if self.hop.findData(hop) < 0:
            self.hop.addItem(self.tr("Step {:g} s").format(hop), hop)
        self.hop.setCurrentIndex(self.hop.findData(hop))

    def show_database(self, place: Path | None, *, ready: bool) -> None:
        """Name the database; ready: it is open."""
        self.database_words.setText(str(place) if place else "")
        self._ready = ready
        self._enable()

    def show_folders(self) -> None:
        """List them in the menu, where one can be taken off."""
        self.folders_menu.clear()
        for folder in self.folders:
            action = self.folders_menu.addAction(self.tr("Remove {}").format(folder))
            action.triggered.connect(lambda _=False, gone=folder: self._remove(gone))
        count = len(self.folders)
        words = self.tr("1 folder") if count == 1 else self.tr("{} folders").format(count)
        self.folders_button.setText(words if count else self.tr("No folder"))
        self.folders_button.setToolTip("\n".join(self.folders))
        self._enable()

    def _remove(self, folder: str) -> None:
        self.folders.remove(folder)
        self.show_folders()
        self.folders_changed.emit()

    def show_classifiers(self, known: Sequence[str] = ()) -> None:
        """List those there are, the chosen ones marked."""
        self._known = list(dict.fromkeys([*(known or self._known), *self.classifiers]))
        self.classifiers_menu.clear()
        for name in self._known:
            action = self.classifiers_menu.addAction(Path(name).name.replace("&", "&&"))
            action.setCheckable(True)
            blocker = QSignalBlocker(action)
            action.setChecked(name in self.classifiers)
            blocker.unblock()
            action.toggled.connect(lambda on, name=name: self._choose(name, on))
        self._name_classifiers()

    def _choose(self, name: str, on: bool) -> None:
        chosen = {*self.classifiers, name} if on else {*self.classifiers} - {name}
        self.classifiers = [one for one in self._known if one in chosen]
        self._name_classifiers()

    def _name_classifiers(self) -> None:
        names = ", ".join(Path(name).name for name in self.classifiers)
        few = len(self.classifiers) <= 2 and len(names) <= 30
        words = names if few else self.tr("{} classifiers").format(len(self.classifiers))
        self.classifiers_button.setText((words or self.tr("No classifier")).replace("&", "&&"))
        self.classifiers_button.setToolTip(names)
        self._enable()

    # How far it is.

    def set_running(self, on: bool) -> None:
        """Whether a batch is at work."""
        self._running = on
        self.pause_button.setChecked(False)
        self.pause_button.setEnabled(on)
        self.cancel_button.setEnabled(on)
        if not on:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(0)
        self._enable()

    def show_stopping(self) -> None:
        """It was cancelled: what is at work ends first, and nothing else can begin."""
        self.pause_button.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.bar.setRange(0, 0)
        self.words.setText(self.tr("Stopping..."))

    def _enable(self) -> None:
        for one in (*self._choices, self.database_button):
            one.setEnabled(not self._running)
        self.jobs.setEnabled(not self._running and not self.address)
        rests = self.tr("Let the analysis rest")
        if self.address:
            rests = self.tr("Begin no more files; the cluster finishes those that are begun")
        self.pause_button.setToolTip(rests)
        self.folders_button.setEnabled(bool(self.folders) and not self._running)
        self.export_button.setEnabled(self._ready)
        self.thresholds_button.setEnabled(self._ready)
        reason = ""
        if self._running:
            reason = self.tr("The analysis is running")
        elif not self.folders:
            reason = self.tr("Add a folder of recordings first")
        elif not self.classifiers:
            reason = self.tr("Choose a classifier first")
        hold_back(self.start_button, reason)

    def show_failed(self, count: int) -> None:
        """How many files failed."""
        self.failures_button.setText(self.tr("{} failed").format(f"{count:,}"))
        self.failures_button.setEnabled(count > 0)

    def show_progress(self, told: Progress) -> None:
        """How far it is, how fast, and for how long yet."""
        if told.doing == "hear":
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round((told.share or 0.0) * _STEPS))
        else:
            self.bar.setRange(0, 0)  # nobody knows how long it takes
        words = {
            "search": lambda: self.tr("Searching for sound files..."),
            "compare": lambda: self.tr("Looking for what is new among {} files...").format(
                f"{told.total:,}"
            ),
            "reach": lambda: self.tr("Connecting to the cluster at {}...").format(self.address),
            "join": lambda: self.tr("Waiting for a worker of the cluster at {}...").format(
                self.address
            ),
            "hear": lambda: self._speed(told),
        }
        self.words.setText(words[told.doing]())
        self.show_failed(told.failed)

    def _speed(self, told: Progress) -> str:
        parts = [self.tr("{} of {} files").format(f"{told.done:,}", f"{told.total:,}")]
        if told.speed > 0:
            parts.append(self.tr("{:.1f} times real time").format(told.speed))
        if told.left is not None and told.speed > 0:
            parts.append(self.tr("{} left").format(clock(told.left)))
        if self.pause_button.isChecked():
            parts = [parts[0], self.tr("paused") if told.resting else self.tr("pausing...")]
        elif told.name:
            parts.append(told.name)
        return "  \N{MIDDLE DOT}  ".join(parts)
