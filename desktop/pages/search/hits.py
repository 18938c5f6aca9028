"""The list of what was found: waveforms, times, marks; keys play, open and mark."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from desktop.plots.clock import clock
from desktop.shared.tables import NO_INDEX, Index, RowModel, RowTable
from desktop.style import colours

if TYPE_CHECKING:
    from engine.search.hits import Hit
    from engine.search.teaching import Says, Wanted

MARK, WAVE, FILE, TIME, SCORE, WHY = range(6)
_ROW = 40
_WIDTHS = {MARK: 76, WAVE: 94, TIME: 66, SCORE: 106, WHY: 114}
_NARROW_WAVE, _LEAST_NAME = 48, 190  # pixels: names are read, waveforms only glanced at


@dataclass
class HitRow:
    """A stretch in the list.

    Attributes:
        wanted: the stretch, and why it is to be heard.
        wave: lowest and highest of each column; None: not read yet.
        says: what was said of it; None: nothing yet.
    """

    wanted: "Wanted"
    wave: NDArray[np.float32] | None = field(default=None)
    says: "Says | None" = None

    @property
    def path(self) -> Path:
        return self.wanted.hit.path


class HitModel(RowModel):
    """Rows of stretches, the best first."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[HitRow] = []
        self.heads = self._heads(self.tr("Similarity"))
        self._says = {
            "yes": self.tr("yes"),
            "no": self.tr("no"),
            "unsure": self.tr("unsure"),
            None: "",
        }
        self._why = {
            "similar": self.tr("similar"),
            "likely": self.tr("likely"),
            "margin": self.tr("uncertain"),
            "novel": self.tr("new"),
            "audit": self.tr("random check"),
        }

    def _heads(self, score: str) -> tuple[str, ...]:
        return (
            *(self.tr("Marked"), self.tr("Sound"), self.tr("File"), self.tr("Time")),
            *(score, self.tr("Listed as")),
        )

    def show_rows(self, rows: Sequence[HitRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        judged = any(row.wanted.probability is not None for row in self.rows)
        self.heads = self._heads(self.tr("Probability") if judged else self.tr("Similarity"))
        self.endResetModel()

    def changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, WHY))

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(row.path) if column == FILE else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(row, column) or self.heads[column]
        if role == Qt.ItemDataRole.UserRole and column == WAVE:
            return row.wave
        if role == Qt.ItemDataRole.ForegroundRole:
            use = colours()
            if column == MARK and row.says is not None:
                return QColor({"yes": use.good, "no": use.danger, "unsure": use.faint}[row.says])
            return QColor(use.faint) if column == WHY else None
        return None

    def _words(self, row: HitRow, column: int) -> str:
        hit = row.wanted.hit
        if column == MARK:
            return self._says[row.says]
        if column == FILE:
            return row.path.name
        if column == TIME:
            return clock(hit.start_seconds, 0.1)
        if column == SCORE:
            if row.wanted.probability is None:
                return f"{hit.score:.2f}"
            return self.tr("{:.0f} %").format(100 * row.wanted.probability)
        return self._why[row.wanted.reason] if column == WHY else ""


class _WaveDelegate(QStyledItemDelegate):
    """Paints a waveform into its cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        wave = index.data(Qt.ItemDataRole.UserRole)
        place: QRect = option.rect.adjusted(8, 4, -8, -4)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        use = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.accent_text if chosen else use.wave))
        middle, half = place.center().y() + 0.5, place.height() / 2
        if wave is None or wave.shape[1] < 2:
            painter.drawRect(QRect(place.left(), round(middle), place.width(), 1))
        else:
            x = np.linspace(place.left(), place.right(), wave.shape[1])
            low, high = middle - wave * half
            edge = [QPointF(*p) for p in zip(x, np.minimum(high, middle - 0.5), strict=True)]
            edge += [
                QPointF(*p) for p in zip(x[::-1], np.maximum(low, middle + 0.5)[::-1], strict=True)
            ]
            painter.drawPolygon(QPolygonF(edge))
        painter.restore()


class HitTable(RowTable):
    """Up and Down choose and play, Space plays, Enter opens; Y, N, U and Backspace mark."""

    chosen = Signal(int)  # by a key or the mouse: it is to be played
    play_wanted = Signal()
    open_wanted = Signal()
    similar_wanted = Signal()
    marked = Signal(str)  # yes, no, unsure, or empty: nothing
    menu_wanted = Signal(QPoint)

    def __init__(self) -> None:
        hits = HitModel()
        super().__init__(hits, _ROW, stretched=FILE)
        self.hits = hits
        self.setAccessibleName(self.tr("Stretches found, the best first"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegateForColumn(WAVE, _WaveDelegate(self))
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self.doubleClicked.connect(lambda _: self.open_wanted.emit())

    def resizeEvent(self, event: QResizeEvent) -> None:
        left = event.size().width() - sum(_WIDTHS.values()) - _LEAST_NAME
        self.setColumnWidth(WAVE, max(_NARROW_WAVE, _WIDTHS[WAVE] + min(0, left)))
        super().resizeEvent(event)

    @property
    def row(self) -> int:
        """The row that is chosen; -1: none."""
        return self.currentIndex().row()

    @property
    def current(self) -> HitRow | None:
        """What is chosen."""
        return self.hits.rows[self.row] if 0 <= self.row < len(self.hits.rows) else None

    @property
    def hit(self) -> "Hit | None":
        """Where what is chosen lies."""
        return None if self.current is None else self.current.wanted.hit

    def go_to(self, row: int) -> None:
        """Choose a row, if there is one of that number."""
        if 0 <= row < len(self.hits.rows):
            self.selectRow(row)

    def event(self, event: QEvent) -> bool:
        # These keys mean something here, whatever they do elsewhere in the window.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._meaning(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        meaning, before = self._meaning(event), self.row
        if isinstance(meaning, str):
            self.marked.emit(meaning)
        elif meaning is not None:
            meaning.emit()
        else:
            super().keyPressEvent(event)
            if self.row != before:
                self.chosen.emit(self.row)

    def _meaning(self, event: QKeyEvent) -> Any:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        return {
            Qt.Key.Key_Space: self.play_wanted,
            Qt.Key.Key_Return: self.open_wanted,
            Qt.Key.Key_Enter: self.open_wanted,
            Qt.Key.Key_S: self.similar_wanted,
            Qt.Key.Key_Y: "yes",
            Qt.Key.Key_N: "no",
            Qt.Key.Key_U: "unsure",
            Qt.Key.Key_Backspace: "",
        }.get(Qt.Key(event.key()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current is not None:
            self.menu_wanted.emit(event.globalPos())
