"""The table of stretches: played by a click, judged by keys."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from desktop.pages.archive.model import (
    CERTAINTY,
    FILE,
    FOLDER,
    JUDGED,
    LABEL,
    LENGTH,
    RECORDED,
    START,
    StretchModel,
)

_ROW = 26
_WIDTHS = {JUDGED: 30, LABEL: 134, CERTAINTY: 78, START: 76, LENGTH: 68, RECORDED: 146}
_LEAST_NAME = 90
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class StretchTable(QTableView):
    """Enter says right, Backspace wrong, Delete takes back; the arrows only choose."""

    judged = Signal(object)  # True, False or None
    play_wanted = Signal(int)  # a row

    def __init__(self, model: StretchModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(self.tr("Stretches; Enter: right, Backspace: wrong, Space: play"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # a million need not be measured
        rows.setDefaultSectionSize(_ROW)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(True)
        columns.setSortIndicator(FILE, Qt.SortOrder.AscendingOrder)
        columns.setMinimumSectionSize(_WIDTHS[JUDGED])
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.clicked.connect(self._clicked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left = self.viewport().width() - sum(_WIDTHS.values())
        shows = left >= 2 * _LEAST_NAME
        self.setColumnHidden(RECORDED, not shows)
        left += 0 if shows else _WIDTHS[RECORDED]
        self.setColumnWidth(FILE, max(_LEAST_NAME, left * 7 // 10))
        self.setColumnWidth(FOLDER, max(_LEAST_NAME, left - left * 7 // 10))

    @property
    def row(self) -> int:
        """The current row; -1: none."""
        return self.currentIndex().row()

    def choose(self, row: int) -> None:
        """Make a row the current one and bring it into sight."""
        if 0 <= row < self.model().rowCount():
            self.selectRow(row)
            self.scrollTo(self.model().index(row, LABEL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = Qt.Key(event.key()), not event.modifiers() & ~_KEYPAD
        says = {**dict.fromkeys(_ENTER, True), Qt.Key.Key_Backspace: False, Qt.Key.Key_Delete: None}
        if plain and key in says:
            self.judged.emit(says[key])
        else:
            super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        self.play_wanted.emit(index.row())


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
