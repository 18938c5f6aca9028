"""The recipes to choose from: all are seen, and a click takes one."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QSizePolicy

_LEAST_ROWS, _USUAL_ROWS, _ROW = 5, 8, 22


class RecipeList(QListWidget):
    """Titles with what they learn in the tool tip; the page names them."""

    taken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_LEAST_ROWS * _ROW + 6)
        self.currentRowChanged.connect(lambda _: self.taken.emit())

    def sizeHint(self) -> QSize:
        return QSize(280, min(self.count(), _USUAL_ROWS) * _ROW + 6)

    def add(self, name: str, title: str, words: str) -> None:
        """Offer one more."""
        item = QListWidgetItem(title)
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setToolTip(words)
        item.setSizeHint(QSize(0, _ROW))
        self.addItem(item)
        self.setMaximumHeight(self.count() * _ROW + 6)

    @property
    def names(self) -> list[str]:
        """What is offered."""
        return [str(self.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(self.count())]

    @property
    def name(self) -> str:
        """What is chosen; empty before there is any."""
        item = self.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def choose(self, name: str) -> None:
        """Mark one without taking it."""
        self.blockSignals(True)
        self.setCurrentRow(self.names.index(name))
        self.blockSignals(False)
