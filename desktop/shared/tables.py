"""Tables of words to read, alike on every page."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
)

from desktop.style import colours

_NAME_WIDTH, _MOST_NAME = 90, 150  # pixels of the first column where there is little room


Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RowModel(QAbstractTableModel):
    """Rows under headings, which whoever derives from it gives.

    Attributes:
        heads: of the columns.
        numbers: columns of numbers, which stand on the right.
    """

    heads: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.heads[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            if section in self.numbers:
                return RIGHT
            return LEFT
        return None


class RowTable(QTableView):
    """Rows of a model that are chosen as wholes.

    Args:
        model: of the rows.
        row_height: in pixels.
        stretched: the column that takes the room there is.
    """

    def __init__(self, model: QAbstractItemModel, row_height: int, *, stretched: int) -> None:
        super().__init__()
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(LEFT)
        header.setFixedHeight(30)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        self.restyle()

    def restyle(self) -> None:
        """Colours of the appearance in force; Fusion's own headers look like another program's."""
        use = colours()
        sheet = f"""
            QTableView {{ background: {use.panel}; border: 1px solid {use.line};
                border-radius: 6px; outline: none; }}
            QTableView:focus {{ border: 2px solid {use.accent}; }}
            QTableView::item {{ padding: 0 8px; }}
            QTableView::item:selected {{ background: {use.accent}; color: {use.accent_text}; }}
            QTableView::item:selected:!active {{ background: {use.accent}; }}
            QHeaderView {{ background: {use.panel}; border-top-left-radius: 6px;
                border-top-right-radius: 6px; }}
            QHeaderView::section {{ background: {use.panel}; color: {use.faint}; border: none;
                border-bottom: 1px solid {use.line}; padding: 0 11px; font-weight: 600; }}
        """
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.restyle()

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 120)


class _Table(QTableWidget):
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Keep the first column in sight: without room for it, Qt keeps its width of before."""
        header = self.horizontalHeader()
        others = sum(
            max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            for column in range(1, header.count())
        )
        # No usual name is cut: rather one scrolls to the last figures.
        least = min(_MOST_NAME, max(_NAME_WIDTH, self.sizeHintForColumn(0)))
        narrow = self.viewport().width() - others < least
        mode = QHeaderView.ResizeMode
        header.setSectionResizeMode(0, mode.Interactive if narrow else mode.Stretch)
        if narrow:
            header.resizeSection(0, least)


def table(headings: list[str]) -> QTableWidget:
    """A table to read."""
    made = _Table(0, len(headings))
    made.setHorizontalHeaderLabels(headings)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(24)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    made.setTabKeyNavigation(False)
    made.setShowGrid(False)
    made.setAlternatingRowColors(True)
    header = made.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(LEFT)  # as words stand; fill() has numbers on the right
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return made


def fill(made: QTableWidget, rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """Rows of words; some columns are numbers and stand at the right."""
    made.setRowCount(len(rows))
    for row, cells in enumerate(rows):
        for column, words in enumerate(cells):
            item = QTableWidgetItem(words)
            item.setToolTip(words)
            if column in right:
                item.setTextAlignment(RIGHT)
            made.setItem(row, column, item)
    for column in right:
        heading = made.horizontalHeaderItem(column)
        if heading is not None:
            heading.setTextAlignment(RIGHT)
    if isinstance(made, _Table):
        made.fit()


def explain(made: QTableWidget, row: int, words: str) -> None:
    """Say at a row's name what it means."""
    item = made.item(row, 0)
    if item is not None and words:
        item.setToolTip(f"{item.text()}: {words}")
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, words)


def explain_columns(made: QTableWidget, words: Sequence[str]) -> None:
    """Say at the headings what their columns mean."""
    for column, sentence in enumerate(words):
        heading = made.horizontalHeaderItem(column)
        if heading is not None:
            heading.setToolTip(sentence)
