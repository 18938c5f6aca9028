"""The files that were opened together: a list at the left of the File page."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
)

from desktop import jobs
from desktop.pages.file import worker
from desktop.requests import OpenArchive
from desktop.session import Session
from engine.archive.names import is_database

_WIDTH = 190
_PATH = Qt.ItemDataRole.UserRole


def shown_as_archive(session: Session, path: Path) -> bool:
    """Have a results database shown on its own page; False: it is none."""
    found = is_database(path)
    if found:
        session.request(OpenArchive(path))
    return found


class FileQueue(QFrame):
    """Hidden while there is one file. A click or Enter opens one; Delete takes it off the list."""

    chosen = Signal(object)  # a path

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(_WIDTH)
        self.setAccessibleName(self.tr("Files opened together"))
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.close_button = QPushButton("✕")
        self.close_button.setFixedWidth(34)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.setAccessibleName(self.tr("Close the list; the open file stays"))
        self.close_button.setToolTip(self.close_button.accessibleName())
        self.close_button.clicked.connect(self.clear)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Files"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemClicked.connect(self._tell)
        self.list.itemActivated.connect(self._tell)
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        self.hide()

    @property
    def paths(self) -> list[Path]:
        """What is listed."""
        return [self._path(row) for row in range(self.list.count())]

    def _path(self, row: int) -> Path:
        return Path(self.list.item(row).data(_PATH))

    def show_files(self, paths: Sequence[Path]) -> None:
        """List these; one alone needs no list."""
        self.list.clear()
        for path in paths if len(paths) > 1 else ():
            item = QListWidgetItem(path.name, self.list)
            item.setData(_PATH, str(path))
            item.setToolTip(str(path))
        self._show_count()

    def _show_count(self) -> None:
        self.setVisible(self.list.count() > 1)
        self.words.setText(self.tr("{} files").format(self.list.count()))

    def open_several(self, paths: Sequence[Path], fail: Callable[[str], None]) -> None:
        """List these and open the first; folders among them are the sounds in them."""

        def open_first(found: Sequence[Path]) -> None:
            self.show_files(found)
            self.chosen.emit(found[0])

        if any(path.is_dir() for path in paths):
            jobs.run(
                lambda: worker.find_sounds(paths),
                on_result=open_first,
                on_error=fail,
                parent=self,
            )
        else:
            open_first(paths)

    def mark(self, path: Path) -> None:
        """Which of them is open; of another file the list is over."""
        paths = self.paths
        if path in paths:
            self.list.setCurrentRow(paths.index(path))
        elif paths:
            self.clear()

    def tell_result(self, path: Path, words: str) -> None:
        """What was detected in one of them, under its name."""
        paths = self.paths
        if path in paths and words:
            item = self.list.item(paths.index(path))
            item.setText(f"{path.name}\n{words}")
            item.setToolTip(f"{path}\n{words}")

    def step(self, by: int) -> None:
        """Open the next file (1) or the one before (-1)."""
        row = self.list.currentRow() + by
        if 0 <= row < self.list.count():
            self.chosen.emit(self._path(row))

    def clear(self) -> None:
        """The list is over; the open file stays."""
        self.show_files(())

    def remove_current(self) -> None:
        """Take the marked file off the list; the file itself stays."""
        self.list.takeItem(self.list.currentRow())
        self._show_count()

    def _tell(self, item: QListWidgetItem) -> None:
        self.chosen.emit(Path(item.data(_PATH)))

    def _open_menu(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        if item is not None:
            menu = self.menu(item)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.list.viewport().mapToGlobal(place))

    def menu(self, item: QListWidgetItem) -> QMenu:
        """What the right button opens on a file."""
        menu = QMenu(self)
        menu.addAction(self.tr("Open"), lambda: self._tell(item))
        menu.addAction(
            self.tr("Remove from the list"), lambda: self.list.takeItem(self.list.row(item))
        ).triggered.connect(self._show_count)
        return menu
