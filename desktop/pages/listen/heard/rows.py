"""The rows of the log, newest first, for Qt's tables."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt

from desktop.pages.listen.heard.stretch import Stretch
from desktop.pages.listen.sound import Sound
from desktop.plots.clock import percent
from desktop.shared.tables import NO_INDEX, RIGHT, Index, RowModel
from desktop.style import label_swatch
from engine.recognition.said.heard import Heard

TIME, LABEL, CERTAINTY, LENGTH = range(4)
STRETCH = int(Qt.ItemDataRole.UserRole)
SEARCHED = STRETCH + 1  # all that a search looks through
_MOST_ROWS = 20_000
_SWATCH = 12  # pixels


@dataclass
class _Row:
    heard: Heard
    stretch: Stretch


class LogRows(RowModel):
    """One row for each entry; those that go on change in place."""

    numbers = (CERTAINTY, LENGTH)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []  # oldest first
        self._places: dict[tuple[Sound, int], int] = {}
        self._gone = 0  # rows that there was no room for
        self._titles: Mapping[str, str] = {}
        self.heads = (
            self.tr("Time"),
            self.tr("Label"),
            self.tr("Certainty"),
            self.tr("Length"),
        )

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """What classifiers are called."""
        self._titles = {**self._titles, **titles}

    def take(self, changed: Iterable[Heard], sound: Sound, began: datetime.datetime) -> None:
        """Entries that are new or have changed.

        Args:
            changed: of one stream.
            sound: of that stream.
            began: when it began.
        """
        for heard in changed:
            at = began + datetime.timedelta(seconds=heard.start_seconds)
            stretch = Stretch(
                sound,
                heard.start_seconds,
                heard.end_seconds,
                heard.label,
                heard.classifier,
                at,
            )
            key = (sound, heard.number)
            if key in self._places:
                place = self._places[key] - self._gone
                if place >= 0:
                    self._rows[place] = _Row(heard, stretch)
                    row = len(self._rows) - 1 - place
                    self.dataChanged.emit(self.index(row, 0), self.index(row, LENGTH))
                continue
            self.beginInsertRows(NO_INDEX, 0, 0)
            self._places[key] = self._gone + len(self._rows)
            self._rows.append(_Row(heard, stretch))
            self.endInsertRows()
        self._forget()

    def _forget(self) -> None:
        many = len(self._rows) - _MOST_ROWS
        if many > 0:
            self.beginRemoveRows(NO_INDEX, _MOST_ROWS, len(self._rows) - 1)
            del self._rows[:many]
            self._gone += many
            self.endRemoveRows()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[len(self._rows) - 1 - index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.cells(row.heard, row.stretch)[column]
            case Qt.ItemDataRole.DecorationRole if column == LABEL:
                return label_swatch(row.heard.label, _SWATCH)
            case Qt.ItemDataRole.TextAlignmentRole if column in self.numbers:
                return RIGHT
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._words(row)
            case _ if role == STRETCH:
                return row.stretch
            case _ if role == SEARCHED:
                return f"{row.heard.label} {self._title(row.heard)}"
        return None

    def cells(self, heard: Heard, stretch: Stretch) -> tuple[str, str, str, str]:
        """What stands in a row."""
        at = stretch.at.strftime("%H:%M:%S") if stretch.at is not None else ""
        return at, heard.label, percent(heard.probability), f"{heard.seconds:.1f} s"

    def _words(self, row: _Row) -> str:
        at, label, certainty, seconds = self.cells(row.heard, row.stretch)
        words = self.tr("{} by {}: {} at {}, {}. Click to play it, Enter to open it as a file.")
        return words.format(label, self._title(row.heard), certainty, at, seconds)

    def _title(self, heard: Heard) -> str:
        return self._titles.get(heard.classifier, heard.classifier)

    def table(self, rows: Sequence[int]) -> list[tuple[object, ...]]:
        """Rows as a table with a heading, for files and the clipboard."""
        found: list[tuple[object, ...]] = [
            ("time", "label", "classifier", "probability", "seconds")
        ]
        for number in rows:
            row = self._rows[len(self._rows) - 1 - number]
            at = row.stretch.at.isoformat(timespec="milliseconds") if row.stretch.at else ""
            heard = row.heard
            certain, seconds = f"{heard.probability:.3f}", f"{heard.seconds:.2f}"
            found.append((at, heard.label, heard.classifier, certain, seconds))
        return found
