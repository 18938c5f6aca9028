"""The network of a recipe: its layers in a table and as a diagram."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.worker import NetworkFound


class NetworkView(QWidget):
    """Shows what a job found out."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setObjectName("title")
        self.words.setWordWrap(True)
        self.table = table(
            [self.tr("Layer"), self.tr("Kind"), self.tr("Output"), self.tr("Numbers")]
        )
        self.table.setAccessibleName(self.tr("Layers"))
        self.diagram = QPlainTextEdit()
        self.diagram.setReadOnly(True)
        self.diagram.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.diagram.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.diagram.setTabChangesFocus(True)
        self.diagram.setAccessibleName(self.tr("Diagram of the network"))
        both = QHBoxLayout()
        both.addWidget(self.table, 3)
        both.addWidget(self.diagram, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.words)
        layout.addLayout(both, 1)

    def wait(self) -> None:
        """It is being found out."""
        self.words.setText(self.tr("The network is being built..."))

    def show_found(self, found: NetworkFound) -> None:
        """Layers, diagram, totals."""
        words = self.tr("{:,} numbers are learned, {:,} in all")
        self.words.setText(words.format(found.learned, found.total))
        fill(self.table, found.rows, right=(3,))
        self.diagram.setPlainText(found.diagram)

    def fail(self, message: str) -> None:
        """It cannot be built."""
        self.words.setText(message)
        self.table.setRowCount(0)
        self.diagram.clear()


def table(headings: list[str]) -> QTableWidget:
    """A table to read."""
    made = QTableWidget(0, len(headings))
    made.setHorizontalHeaderLabels(headings)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(24)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    made.setTabKeyNavigation(False)
    made.setShowGrid(False)
    made.setAlternatingRowColors(True)
    made.horizontalHeader().setHighlightSections(False)
    made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    made.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return made


def fill(made: QTableWidget, rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """Rows of words; some columns are numbers and stand at the right."""
    made.setRowCount(len(rows))
    for row, cells in enumerate(rows):
        for column, words in enumerate(cells):
            item = QTableWidgetItem(words)
            item.setToolTip(words)
            if column in right:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            made.setItem(row, column, item)
    for column in right:
        heading = made.horizontalHeaderItem(column)
        if heading is not None:
            heading.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
