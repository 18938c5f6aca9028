"""The Sounds page's parts and where they stand."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.sounds.excerpt import ExcerptPanel
from desktop.pages.sounds.header import SoundsHeader, Welcome
from desktop.pages.sounds.map import MapPanel
from desktop.pages.sounds.recorder import RecordPanel
from desktop.pages.sounds.split import SplitPanel
from desktop.pages.sounds.table import ExcerptTable
from desktop.pages.sounds.worker import Work
from desktop.session import Session
from desktop.settings import FOLDER
from desktop.widgets.class_cards import ClassCards, local_files
from desktop.widgets.problem_strip import ProblemStrip
from engine.audio.files import EXTENSIONS
from engine.datasets.table import Excerpt

TABLE, MAP, SPLIT = range(3)


class SoundsView(QWidget):
    """Header, problems, cards, recorder, table and picture; the page decides what they do."""

    dropped = Signal(list)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.work = Work(self)
        self._build()
        self.setAcceptDrops(True)

    def _build(self) -> None:
        self.header, self.strip = SoundsHeader(), ProblemStrip()
        self.welcome, self.cards = Welcome(), ClassCards()
        self.recorder = RecordPanel(self._session, self._recording_place)
        self.table, self.map, self.split = ExcerptTable(), MapPanel(), SplitPanel()
        self.excerpt = ExcerptPanel(self._session)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.recorder)
        right.addLayout(self._switch())
        right.addWidget(self.views, 1)
        right.addWidget(self.excerpt)
        body = QWidget()
        middle = QHBoxLayout(body)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(12)
        self.cards.setFixedWidth(310)
        middle.addWidget(self.cards)
        middle.addLayout(right, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.header)
        layout.addWidget(self.strip)
        layout.addWidget(self._pages, 1)

    def _switch(self) -> QHBoxLayout:
        """Three ways to look at the sounds."""
        self.views = QStackedWidget()
        self._ways = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(6)
        for number, (words, tip, panel) in enumerate(
            (
                (self.tr("Table"), self.tr("The sounds of one class"), self.table),
                (self.tr("Map"), self.tr("All sounds: alike ones lie together"), self.map),
                (self.tr("Split"), self.tr("Which sounds train, choose and judge"), self.split),
            )
        ):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setChecked(number == TABLE)
            button.setToolTip(tip)
            self.views.addWidget(panel)
            self._ways.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._ways.idClicked.connect(self.look_at)
        return row

    def look_at(self, way: int) -> None:
        """Show the table, the map or the split."""
        self._ways.button(way).setChecked(True)
        self.views.setCurrentIndex(way)
        # All room for the map, unless something is being recorded.
        self.recorder.setVisible(way == TABLE or self.recorder.recording)
        self.excerpt.setVisible(way != SPLIT)

    @property
    def on_map(self) -> bool:
        """Whether the map is shown."""
        return self.views.currentIndex() == MAP

    @property
    def current(self) -> Excerpt | None:
        """The sound the cursor is on, in the table or on the map."""
        return self.map.current if self.on_map else self.table.current

    @property
    def picked(self) -> list[Excerpt]:
        """The sounds chosen, in the table or on the map."""
        return self.map.selected if self.on_map else self.table.selected

    def add_keys(self, keys: str, do: Callable[[], None]) -> None:
        """A shortcut that holds while the page has the focus."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(do)

    def show_welcome(self, on: bool) -> None:
        """Say how to begin instead of showing what is there."""
        self._pages.setCurrentIndex(0 if on else 1)

    def ask_files(self, label: str) -> list[Path]:
        """Ask for files for a class."""
        kinds = " ".join(f"*{suffix}" for suffix in sorted(EXTENSIONS))
        names, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Add sounds to '{}'").format(label),
            self._session.settings.get(FOLDER),
            self.tr("Sounds ({});;All files (*)").format(kinds),
        )
        if names:
            self._session.settings.set(FOLDER, str(Path(names[0]).parent))
        return [Path(name) for name in names]

    def ask_folder(self, title: str) -> Path | None:
        """Ask for a folder."""
        start = str(self._session.project.parent)
        name = QFileDialog.getExistingDirectory(self, title, start)
        return Path(name) if name else None

    def _recording_place(self, label: str, name: str) -> Path | None:
        project = self.work.project
        return None if project is None else project.recording_path(label, name)

    def choose_project(self) -> None:
        """Ask for a folder of sounds."""
        if folder := self.ask_folder(self.tr("Open a data set")):
            self._session.open_project(folder)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := local_files(event.mimeData()):
            event.acceptProposedAction()
            self.dropped.emit(paths)
