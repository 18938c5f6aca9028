"""The finished runs as a table; a sweep holds its trials."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
)

from desktop.plots.clock import clock
from engine.training.runs.listing import FoundRun, energy_words

_PLACE = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 26
_LEAST_WIDEST, _SHARE = 215, 5  # the widest column: this, or a fifth of the table
_ENERGY, _DATE, _DATE_WIDTH = 7, 8, 140
_RIGHT_COLUMNS = (5, 6, 7)
_AIR = "QTreeView::item { padding-left: 4px; padding-right: 14px; }"


class RunTable(QTreeWidget):
    """Ctrl or Shift choose several."""

    chosen = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        names = (
            self.tr("Run"),
            self.tr("Recipe"),
            self.tr("Variant"),
            self.tr("Data"),
            self.tr("Accuracy (95 % interval)"),
            self.tr("Epochs"),
            self.tr("Time"),
            self.tr("Energy"),
            self.tr("Date"),
        )
        self.setHeaderLabels(names)
        self.setAccessibleName(self.tr("Finished runs; Ctrl or Shift selects several"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setStyleSheet(_AIR)
        self.setAllColumnsShowFocus(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._rows: dict[Path, FoundRun] = {}
        self.itemSelectionChanged.connect(lambda: self.chosen.emit(self.chosen_rows()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header().setMaximumSectionSize(max(_LEAST_WIDEST, self.width() // _SHARE))

    def show_rows(self, rows: Sequence[FoundRun]) -> None:
        """List the runs; those that were chosen stay so."""
        before = {row.folder for row in self.chosen_rows()}
        blocker = QSignalBlocker(self)
        self.clear()
        self._rows = {row.folder: row for row in rows}
        items = {row.folder: self._item(row) for row in rows}
        for row in rows:
            parent = items.get(row.sweep) if row.sweep else None
            if parent is not None:
                parent.addChild(items[row.folder])
            else:
                self.addTopLevelItem(items[row.folder])
        for folder in before & items.keys():
            items[folder].setSelected(True)
        blocker.unblock()
        self.chosen.emit(self.chosen_rows())

    def chosen_rows(self) -> list[FoundRun]:
        """What is selected, from top to bottom."""
        places = {Path(item.data(0, _PLACE)) for item in self.selectedItems()}
        return [row for folder, row in self._rows.items() if folder in places]

    def choose(self, folders: Sequence[Path]) -> None:
        """Select some of them."""
        self.clearSelection()
        for item in self.findItems(
            "", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive, column=0
        ):
            if Path(item.data(0, _PLACE)) in folders:
                item.setSelected(True)

    def _item(self, row: FoundRun) -> QTreeWidgetItem:
        item = QTreeWidgetItem(
            [
                row.folder.name,
                row.title,
                row.variant,
                row.data,
                row.accuracy or "\N{EN DASH}",
                str(row.epochs),
                clock(row.seconds, 0.1) if row.seconds >= 60 else f"{row.seconds:.1f} s",
                energy_words(row.joules, row.processor_joules) or "\N{EN DASH}",
                row.date[:16].replace("T", " "),
            ]
        )
        item.setData(0, _PLACE, str(row.folder))
        item.setSizeHint(_DATE, QSize(_DATE_WIDTH, _ROW_HEIGHT))
        item.setToolTip(0, str(row.folder))
        item.setToolTip(1, row.title)
        if row.joules is None and row.processor_joules is None:
            item.setToolTip(_ENERGY, self.tr("not measured"))
        for column in _RIGHT_COLUMNS:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            item.setTextAlignment(column, right)
        return item
