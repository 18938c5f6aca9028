"""The excerpts of a class as a table: keys play, move and remove, rows are dragged onto cards."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView

from desktop.plots.clock import clock
from desktop.shared.tables import NO_INDEX, RIGHT, Index, RowModel, RowTable
from desktop.style import colours
from desktop.widgets.class_cards import ROWS_MIME
from engine.datasets.table import Excerpt
from engine.project.project import Project
from engine.project.twins import group_of

NAME, START, LENGTH, LEVEL, GROUP, PART, PROBLEM = range(7)


class ExcerptModel(RowModel):
    """Rows of one class."""

    numbers = (START, LENGTH, LEVEL)

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Excerpt] = []
        self._project: Project | None = None
        self._problems: Mapping[int, str] = {}
        self.heads = (
            self.tr("Sound"),
            self.tr("Start"),
            self.tr("Length"),
            self.tr("Level"),
            self.tr("Group"),
            self.tr("Split"),
            self.tr("Problem"),
        )
        self._parts: Mapping[int, str] = {}
        self._sizes: Mapping[str, int] = {}
        self._part_words = {
            "training": self.tr("training"),
            "validation": self.tr("validation"),
            "test": self.tr("test"),
        }

    def show_rows(
        self, project: Project | None, rows: Sequence[Excerpt], problems: Mapping[int, str]
    ) -> None:
        """Rows to show; problems in words by the identity of their row."""
        same = list(map(id, rows)) == list(map(id, self.rows)) and project is self._project
        self._project, self._problems = project, problems
        if not same:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
        elif rows:
            last = self.index(len(rows) - 1, PROBLEM)
            self.dataChanged.emit(self.index(0, 0), last)

    def show_parts(self, parts: Mapping[int, str], sizes: Mapping[str, int]) -> None:
        """The part of the split by the identity of a row, and how many sounds a group has."""
        self._parts, self._sizes = parts, sizes
        if self.rows:
            self.dataChanged.emit(self.index(0, GROUP), self.index(len(self.rows) - 1, PART))

    def problem_of(self, row: Excerpt) -> str:
        """What is wrong with a row, in a word or two; empty: nothing."""
        return self._problems.get(id(row), "")

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            problem = self._problems.get(id(row), "")
            return {NAME: row.path, GROUP: group_of(row), PROBLEM: problem}.get(column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in self.numbers:
            return RIGHT
        if role == Qt.ItemDataRole.ForegroundRole and column == PROBLEM:
            return QColor(colours().danger)
        if role == Qt.ItemDataRole.ForegroundRole and column in (GROUP, PART):
            return QColor(colours().faint)
        return None

    def _words(self, row: Excerpt, column: int) -> str:
        facts = self._project.facts_of(row) if self._project is not None else None
        if column == NAME:
            return row.path.replace("\\", "/").rpartition("/")[2]
        if column == START:
            return clock(row.start, 0.1)
        if column == LENGTH:
            known = facts.seconds if facts is not None else (row.end or row.start) - row.start
            return self.tr("{:.1f} s").format(known) if known > 0 else ""
        if column == LEVEL:
            heard = facts is not None and not facts.unreadable
            return self.tr("{:.0f} dB").format(facts.level_db) if facts and heard else ""
        if column == GROUP:
            group = group_of(row)
            count = self._sizes.get(group, 1)
            return self.tr("{} ({})").format(group, count) if count > 1 else self.tr("none")
        if column == PART:
            return self._part_words.get(self._parts.get(id(row), ""), "")
        return self._problems.get(id(row), "")

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [ROWS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        chosen = sorted({index.row() for index in indexes})
        data.setData(ROWS_MIME, ",".join(map(str, chosen)).encode())
        return data


class ExcerptTable(RowTable):
    """Space plays, Delete removes, 1 to 9 move to a class; rows can be dragged away."""

    current_changed = Signal()
    play_wanted = Signal()
    remove_wanted = Signal()
    relabel_wanted = Signal(int)  # number of the class from 0
    move_wanted = Signal()  # to a class that is to be asked for
    open_wanted = Signal()
    menu_wanted = Signal(QPoint)  # where, on the screen

    def __init__(self) -> None:
        rows = ExcerptModel()
        super().__init__(rows, 26, stretched=NAME)
        self.rows_model = rows
        self.setAccessibleName(self.tr("Sounds of the class"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        for column, width in (
            (START, 76), (LENGTH, 84), (LEVEL, 72), (GROUP, 150), (PART, 84), (PROBLEM, 130)
        ):  # fmt: skip
            self.setColumnWidth(column, width)
        self.horizontalHeader().setMinimumSectionSize(60)
        self.rows_model.modelReset.connect(self._hide_idle_columns)
        self.rows_model.dataChanged.connect(lambda *_: self._hide_idle_columns())
        self.selectionModel().currentRowChanged.connect(lambda *_: self.current_changed.emit())
        self.doubleClicked.connect(lambda _: self.open_wanted.emit())

    def _hide_idle_columns(self) -> None:
        """Columns that would say the same of every sound leave their room to the names."""
        model = self.rows_model
        self.setColumnHidden(START, all(row.start == 0 for row in model.rows))
        self.setColumnHidden(PROBLEM, not any(model.problem_of(row) for row in model.rows))

    @property
    def current(self) -> Excerpt | None:
        """The row the cursor is on."""
        index = self.currentIndex()
        return self.rows_model.rows[index.row()] if index.isValid() else None

    @property
    def selected(self) -> list[Excerpt]:
        """All rows selected."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.rows_model.rows[number] for number in chosen]

    def go_to(self, number: int) -> None:
        """Select a row, or the last where there are fewer."""
        count = len(self.rows_model.rows)
        if count:
            self.selectRow(min(max(number, 0), count - 1))

    def event(self, event: QEvent) -> bool:
        # These keys mean something here, whatever they do elsewhere in the window.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._meaning(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        meaning = self._meaning(event)
        if meaning is None:
            super().keyPressEvent(event)
        elif isinstance(meaning, int):
            self.relabel_wanted.emit(meaning)
        else:
            meaning.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current is not None:
            self.menu_wanted.emit(event.globalPos())

    def _meaning(self, event: QKeyEvent) -> Any:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        key = event.key()
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            return key - Qt.Key.Key_1
        return {
            Qt.Key.Key_Space: self.play_wanted,
            Qt.Key.Key_Delete: self.remove_wanted,
            Qt.Key.Key_Backspace: self.remove_wanted,
            Qt.Key.Key_Return: self.open_wanted,
            Qt.Key.Key_M: self.move_wanted,
        }.get(Qt.Key(key))
