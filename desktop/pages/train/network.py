"""The network of a recipe: its layers in a table and as a diagram."""

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.worker import NetworkFound
from desktop.shared.tables import fill, table


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
