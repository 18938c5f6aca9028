"""The panel with the log of detected labels: search, table, copy and export."""

import datetime
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages.listen.heard.rows import LABEL, SEARCHED, STRETCH, LogRows
from desktop.pages.listen.heard.stretch import Stream, Stretch
from desktop.pages.listen.sound import LiveSound
from desktop.pages.listen.worker import LiveFrame
from engine.atomic_write import write_whole
from engine.errors import DataError
from engine.recognition.said.heard import Heard

if TYPE_CHECKING:
    from desktop.messages import Notices


class LogTable(QTableView):
    """Rows of the log: a click plays one, Enter opens it."""

    play_wanted = Signal(object)  # a Stretch
    open_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)
    copy_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setHighlightSections(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Log of detected labels"))
        self.clicked.connect(lambda index: self.play_wanted.emit(index.data(STRETCH)))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._want_menu)

    def chosen(self) -> Stretch | None:
        """The current row's."""
        found: Stretch | None = self.currentIndex().data(STRETCH)
        return found

    def _want_menu(self, place: QPoint) -> None:
        index: QModelIndex = self.indexAt(place)
        if not index.isValid():
            index = self.currentIndex()
        if index.isValid():
            at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            under = self.indexAt(place).isValid()
            self.menu_wanted.emit(
                index.data(STRETCH), self.viewport().mapToGlobal(place) if under else at
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        stretch = self.chosen()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and stretch is not None:
            self.open_wanted.emit(stretch)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)


class LogPanel(QFrame):
    """The detected labels, newest first.

    Args:
        notices: of the page, to say what became of a file.
    """

    def __init__(self, notices: "Notices") -> None:
        super().__init__()
        self.setObjectName("panel")
        self._notices = notices
        # Entries that are not shown yet, each with its stream and when that began.
        self._waiting: list[tuple[Heard, LiveSound, datetime.datetime]] = []
        self.rows = LogRows()
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self.rows)
        self._shown.setFilterRole(SEARCHED)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search the log for a label or classifier"))
        self.search.textChanged.connect(self._shown.setFilterFixedString)
        self.table = LogTable()
        self.table.setModel(self._shown)
        self.table.copy_wanted.connect(self.copy)
        self.copying = self._button(self.tr("Copy"), self.tr("Copy the selected rows, or all"))
        self.copying.clicked.connect(self.copy)
        self.exporting = self._button(self.tr("Export..."), self.tr("Save these rows as CSV"))
        self.exporting.clicked.connect(self._choose_file)
        self._empty = QLabel(
            self.tr("Each label appears here when it is heard. Click a row to hear it once more.")
        )
        self._empty.setObjectName("faint")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self._shown.rowsInserted.connect(self._show_whether_empty)
        self._shown.rowsRemoved.connect(self._show_whether_empty)
        self._show_whether_empty()

    def _lay_out(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        middle = QWidget()
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        below = QHBoxLayout()
        below.addWidget(self.copying)
        below.addWidget(self.exporting)
        below.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        layout.addWidget(middle, 1)
        layout.addLayout(below)

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def collect(self, frames: Sequence[LiveFrame], stream: Stream) -> None:
        """Take entries of a stream; they are shown when :meth:`show_collected` says so."""
        self._waiting += [
            (heard, frame.sound, stream.began_at(frame.sound))
            for frame in frames
            if frame.sound is not None
            for heard in frame.said.heard
        ]

    def show_collected(self) -> None:
        """Show what has come since the last time."""
        waiting, self._waiting = self._waiting, []
        for heard, sound, began in waiting:
            self.rows.take([heard], sound, began)

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """What classifiers are called."""
        self.rows.set_titles(titles)

    def _show_whether_empty(self) -> None:
        empty = self.rows.rowCount() == 0
        self._stack.setCurrentIndex(0 if empty else 1)
        for button in (self.copying, self.exporting):
            button.setEnabled(self._shown.rowCount() > 0)

    def _chosen_rows(self) -> list[int]:
        """The selected rows, or all that the search shows."""
        selected = self.table.selectionModel().selectedRows()
        shown = selected or [self._shown.index(n, 0) for n in range(self._shown.rowCount())]
        return [self._shown.mapToSource(index).row() for index in shown]

    def copy(self) -> None:
        """Put rows on the clipboard, for spreadsheets."""
        rows = self.rows.table(sorted(self._chosen_rows()))
        text = "\n".join("\t".join(map(str, row)) for row in rows)
        QGuiApplication.clipboard().setText(text)

    def _choose_file(self) -> None:
        title = self.tr("Export the log")
        name, _ = QFileDialog.getSaveFileName(self, title, "heard.csv", "CSV (*.csv)")
        if name:
            self.export(Path(name))

    def export(self, path: Path) -> None:
        """Save what the search shows as CSV."""
        count = self._shown.rowCount()
        shown = [self._shown.mapToSource(self._shown.index(n, 0)).row() for n in range(count)]
        written = self.tr("Saved as {}.")
        jobs.run(
            _writing(path, self.rows.table(shown)),
            on_result=lambda to: self._notices.notify(written.format(to), kind="success"),
            on_error=self._notices.fail,
            parent=self,
        )


def _writing(
    path: Path, rows: list[tuple[object, ...]]
) -> Callable[[], Generator[None, None, Path]]:
    def work() -> Generator[None, None, Path]:
        from engine.datasets import delimited

        yield
        try:
            write_whole(path, delimited.written(rows).encode())
        except OSError as error:
            raise DataError(f"{path.name} could not be written: {error.strerror}.") from error
        return path

    return work
