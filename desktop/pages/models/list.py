"""The list of classifiers: installed, enabled, and those that could not be opened."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from desktop.pages.models.worker import CatalogListing, ListedClassifier
from resources import resource

_NAME = Qt.ItemDataRole.UserRole
_MEGA = 1e6
_WIDTH = 470
_ROW_HEIGHT = 28
# Fusion's own boxes cannot be seen on a dark ground, nor on that of the selected line.
_BOX = (
    "QTreeView::indicator { background: palette(base); width: 13px; height: 13px;"
    " border: 1px solid palette(placeholder-text); border-radius: 3px; }"
    f"QTreeView::indicator:checked {{ image: url({resource('icons', 'check.svg').as_posix()}); }}"
)


def size_words(size_bytes: int) -> str:
    """Bytes as one reads them."""
    if size_bytes >= _MEGA / 10:
        return f"{size_bytes / _MEGA:.1f} MB"
    return f"{size_bytes / 1000:.0f} kB"


class _Tree(QTreeWidget):
    """Space ticks the line one is on, wherever in it."""

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()  # not the window's shortcut
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentItem() is not None:
            self.tick()
            return
        super().keyPressEvent(event)

    def tick(self) -> None:
        """Tick the line one is on, or take its tick away."""
        item = self.currentItem()
        if item is not None:
            on = item.checkState(0) == Qt.CheckState.Checked
            item.setCheckState(0, Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)


class ClassifierList(QFrame):
    """At the left of the page.

    Signals:
        chosen: name of the classifier to show.
        broken_chosen: path of the file that cannot be opened.
        listens_changed: name, and whether it shall listen.
    """

    chosen = Signal(str)
    broken_chosen = Signal(Path)
    listens_changed = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(_WIDTH)
        self._build()
        self.tree.currentItemChanged.connect(self._chosen)
        self.tree.itemChanged.connect(self._ticked)
        self.broken.currentItemChanged.connect(self._broken_chosen)

    def _build(self) -> None:
        heading = QLabel(self.tr("Classifiers"))
        heading.setObjectName("title")
        self.import_button = QPushButton(self.tr("Import..."))
        self.import_button.setAccessibleName(self.tr("Import classifier files"))
        self.import_button.setToolTip(self.tr("Or drop .safetensors files on this page"))
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.import_button)
        self.tree = self._make_tree()
        self.broken_heading = QLabel(self.tr("Could not be opened"))
        self.broken_heading.setObjectName("title")
        self.broken = QListWidget()
        self.broken.setAccessibleName(self.tr("Classifier files that could not be opened"))
        self.broken.setWordWrap(True)
        self.broken.setMaximumHeight(170)
        self.broken.setFrameShape(QFrame.Shape.NoFrame)
        self.broken.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.broken.setResizeMode(QListWidget.ResizeMode.Adjust)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.broken_heading)
        layout.addWidget(self.broken)

    def _make_tree(self) -> _Tree:
        tree = _Tree()
        names = ("Enabled", "Classifier", "Task", "Classes", "Size")
        tree.setHeaderLabels([self.tr(name) for name in names])
        tree.setAccessibleName(self.tr("Classifiers; Space enables or disables one"))
        tree.setRootIsDecorated(False)
        tree.setFrameShape(QFrame.Shape.NoFrame)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setUniformRowHeights(True)
        tree.setStyleSheet(_BOX)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return tree

    def show_found(self, found: CatalogListing, listening: Sequence[str], chosen: str) -> None:
        """List what was found; ``chosen`` is selected if it is there."""
        blockers = [QSignalBlocker(self.tree), QSignalBlocker(self.broken)]
        self.tree.clear()
        self.broken.clear()
        for listed in found.listed.values():
            item = self._line(listed, listed.name in listening)
            self.tree.addTopLevelItem(item)
            if listed.name == chosen:
                self.tree.setCurrentItem(item)
        for path, reason in found.broken.items():
            line = QListWidgetItem(reason, self.broken)
            line.setData(_NAME, str(path))
            line.setToolTip(str(path))
        self.broken_heading.setVisible(bool(found.broken))
        self.broken.setVisible(bool(found.broken))
        for blocker in blockers:
            blocker.unblock()
        if self.tree.currentItem() is None and found.listed:
            self.tree.setCurrentItem(self._items()[0])

    def _line(self, listed: ListedClassifier, listens: bool) -> QTreeWidgetItem:
        card = listed.card
        size = size_words(listed.size_bytes)
        item = QTreeWidgetItem(["", card.title, card.task, str(len(card.labels)), size])
        item.setCheckState(0, Qt.CheckState.Checked if listens else Qt.CheckState.Unchecked)
        whose = self.tr("built in") if listed.entry.bundled else self.tr("added by you")
        item.setToolTip(1, f"{listed.name}: {whose}")
        if card.files_only:
            words = self.tr("Can only classify files: once enabled, it works on the File page")
            item.setToolTip(0, words)
        for column in (3, 4):
            item.setTextAlignment(
                column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        item.setSizeHint(0, QSize(0, _ROW_HEIGHT))
        item.setData(0, _NAME, listed.name)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, self.tr("enabled"))
        return item

    def offer_enabling(self, menu: QMenu) -> None:
        """What the box in the line does, for those who come by the keyboard."""
        item = self.tree.currentItem()
        if item is None:
            return
        action = menu.addAction(self.tr("Enabled"))
        action.setCheckable(True)
        action.setChecked(item.checkState(0) == Qt.CheckState.Checked)
        action.triggered.connect(lambda _: self.tree.tick())
        menu.addSeparator()

    def mark_listening(self, names: Sequence[str]) -> None:
        """Tick those that listen."""
        blocker = QSignalBlocker(self.tree)
        for item in self._items():
            on = item.data(0, _NAME) in names
            item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        blocker.unblock()

    def select(self, name: str) -> None:
        """Show one of them."""
        for item in self._items():
            if item.data(0, _NAME) == name:
                self.tree.setCurrentItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._leave(self.broken)
            self.chosen.emit(item.data(0, _NAME))

    def _broken_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._leave(self.tree)
            self.broken_chosen.emit(Path(item.data(_NAME)))

    def _leave(self, other: QAbstractItemView) -> None:
        blocker = QSignalBlocker(other)
        other.clearSelection()
        other.setCurrentIndex(QModelIndex())
        blocker.unblock()

    def _ticked(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.listens_changed.emit(
                item.data(0, _NAME), item.checkState(0) == Qt.CheckState.Checked
            )
