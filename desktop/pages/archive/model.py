"""The stretches of a database as a table: what is in sight is read, never all of it."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop import jobs
from desktop.pages.archive import worker
from desktop.plots.clock import clock, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.archive.questions import Order, Stretch

_Index = QModelIndex | QPersistentModelIndex
BLOCK = 128  # rows that are read at once
_MOST_BLOCKS = 64  # that are kept
_MOST_WAITING = 4  # of those that were in sight before, when one scrolls fast
_WAITING = "\N{HORIZONTAL ELLIPSIS}"
_RIGHT, _WRONG = "\N{CHECK MARK}", "\N{BALLOT X}"
JUDGED, LABEL, CERTAINTY, START, LENGTH, FILE, FOLDER, RECORDED = range(8)
_NUMERIC = (CERTAINTY, START, LENGTH)


class StretchModel(QAbstractTableModel):
    """Rows are the numbers of stretches; what they are arrives in blocks, in jobs."""

    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._place: Path | None = None
        self._numbers: Sequence[int] | NDArray[np.int64] = ()
        self._blocks: OrderedDict[int, list[Stretch | None]] = OrderedDict()
        self._waiting: list[int] = []
        self._being_read: int | None = None
        self._said: dict[int, bool | None] = {}  # it may not be written yet when a block is read
        self._job: jobs.Job | None = None
        self.playing: int | None = None  # number of the stretch that is played
        self._headings = (
            "",
            self.tr("Label"),
            self.tr("Certainty"),
            self.tr("Start"),
            self.tr("Length"),
            self.tr("File"),
            self.tr("Folder"),
            self.tr("Recorded"),
        )
        # What a heading sorts by.
        self.orders: tuple[Order, ...] = (
            *("judgement", "label", "certainty", "file", "length", "file", "file", "time"),
        )

    def show(self, place: Path | None, numbers: "Sequence[int] | NDArray[np.int64]") -> None:
        """Other rows: the numbers of their stretches."""
        if self._job is not None:
            self._job.cancel()
            self._job = self._being_read = None
        self.beginResetModel()
        if place != self._place:
            self._said.clear()
        self._place, self._numbers = place, numbers
        self._blocks.clear()
        self._waiting.clear()
        self.endResetModel()

    def number(self, row: int) -> int | None:
        """Of the stretch in a row."""
        return int(self._numbers[row]) if 0 <= row < len(self._numbers) else None

    def stretch(self, row: int) -> "Stretch | None":
        """What is known of a row; None: it is still to be read, or no longer there."""
        block = row // BLOCK
        if block not in self._blocks:
            self._want(block)
            return None
        self._blocks.move_to_end(block)
        inside = row % BLOCK
        rows = self._blocks[block]
        return rows[inside] if inside < len(rows) else None

    def set_right(self, number: int, right: bool | None) -> None:
        """What the listener says about a stretch that is in sight."""
        self._said[number] = right
        for block, rows in self._blocks.items():
            for inside, one in enumerate(rows):
                if one is not None and one.number == number:
                    rows[inside] = replace(one, right=right)
                    self._changed(block * BLOCK + inside, block * BLOCK + inside)
                    return

    def set_playing(self, number: int | None) -> None:
        """Mark the stretch that is played."""
        self.playing = number
        if len(self._numbers):
            self._changed(0, len(self._numbers) - 1, JUDGED, JUDGED)

    # Qt asks.

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._numbers)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # likewise
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headings[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == JUDGED:
            return self.tr("Judged: right or wrong")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        shown = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        if role not in shown:
            return None
        found = self.stretch(index.row())
        if found is None:
            waits = index.row() // BLOCK not in self._blocks
            return _WAITING if waits or index.column() == LABEL else ""
        if index.column() == JUDGED and role != Qt.ItemDataRole.DisplayRole:
            return {True: self.tr("right"), False: self.tr("wrong"), None: self.tr("not judged")}[
                found.right
            ]
        if index.column() == FILE and role == Qt.ItemDataRole.ToolTipRole:
            return found.path
        return self._words(found, index.column())

    def _words(self, found: "Stretch", column: int) -> str:
        name = Path(found.path)
        words: dict[int, Callable[[], str]] = {
            JUDGED: lambda: (
                "\N{BLACK RIGHT-POINTING TRIANGLE}"
                if found.number == self.playing
                else {True: _RIGHT, False: _WRONG, None: ""}[found.right]
            ),
            LABEL: lambda: found.label,
            CERTAINTY: lambda: percent(found.probability),
            START: lambda: clock(found.start_seconds, 0.1),
            LENGTH: lambda: f"{found.end_seconds - found.start_seconds:.1f} s",
            FILE: lambda: name.name,
            FOLDER: lambda: name.parent.name,
            RECORDED: lambda: found.begins_at,
        }
        return words[column]()

    # Reading.

    def _want(self, block: int) -> None:
        if block == self._being_read:
            return
        if block in self._waiting:
            self._waiting.remove(block)
        self._waiting.append(block)
        del self._waiting[:-_MOST_WAITING]
        if self._job is None:
            self._read()

    def _read(self) -> None:
        """The block that was asked for last."""
        place = self._place
        if not self._waiting or place is None:
            return
        block = self._being_read = self._waiting.pop()
        some = [int(n) for n in self._numbers[block * BLOCK : (block + 1) * BLOCK]]
        self._job = jobs.run(
            lambda: worker.fetch(place, some),
            on_result=lambda rows: self._take(block, some, rows),
            on_error=self._fail,
            parent=self,
        )

    def _take(self, block: int, some: Sequence[int], rows: "Sequence[Stretch]") -> None:
        self._job = self._being_read = None
        found = {
            one.number: replace(one, right=self._said.get(one.number, one.right)) for one in rows
        }
        self._blocks[block] = [found.get(number) for number in some]
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        first = block * BLOCK
        self._changed(first, first + len(some) - 1)
        self._read()

    def _fail(self, text: str) -> None:
        self._job = self._being_read = None
        self._waiting.clear()
        self.failed.emit(text)

    def _changed(self, first: int, last: int, left: int = JUDGED, right: int = RECORDED) -> None:
        self.dataChanged.emit(self.index(first, left), self.index(last, right))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMERIC else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
