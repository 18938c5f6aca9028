"""Names of the series beside their colours; a click hides or shows one."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QStyleOptionGraphicsItem, QWidget

from desktop.plots.theme import small_font
from desktop.style import colours

_ROW, _SAMPLE, _GAP, _APART = 18.0, 24.0, 6.0, 18.0
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Entry:
    """One series: its name, what is written for it, its line or filling, whether it is shown."""

    name: str
    words: str
    pen: QPen
    brush: QBrush | None = None
    shown: bool = True


class Legend(pg.GraphicsWidget):
    """Entries in rows, as many beside each other as there is room for."""

    toggled = Signal(str)
    changed = Signal()  # it takes another height

    def __init__(self, *, right: bool = False) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._places: list[QRectF] = []
        self._right, self._high = right, 0.0
        self._set_height()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these."""
        self._entries = tuple(entries)
        self.setPreferredWidth(self.natural_width())
        self._place()

    def place_of(self, name: str) -> QPointF:
        """The middle of an entry, in the scene."""
        number = [entry.name for entry in self._entries].index(name)
        return QPointF(self.mapToScene(self._places[number].center()))

    def natural_width(self) -> float:
        """What one row of all takes."""
        return sum(self._wide(entry) + _APART for entry in self._entries)

    def _wide(self, entry: Entry) -> float:
        return _SAMPLE + _GAP + QFontMetricsF(small_font()).horizontalAdvance(entry.words) + 2

    def _place(self) -> None:
        room = max(60.0, self.size().width())
        rows: list[list[QRectF]] = [[]]
        x = 0.0
        for entry in self._entries:
            wide = min(self._wide(entry), room)
            if x + wide > room + 0.5 and rows[-1]:
                rows.append([])
                x = 0.0
            rows[-1].append(QRectF(x, (len(rows) - 1) * _ROW, wide, _ROW))
            x += wide + _APART
        for row in rows if self._right else ():
            shift = room - row[-1].right() if row else 0.0
            for place in row:
                place.translate(shift, 0.0)
        self._places = [place for row in rows for place in row]
        high = len(rows) * _ROW if self._entries else 0.0
        if high != self._high:
            self._high = high
            self._set_height()
            self.changed.emit()
        self.update()

    def _set_height(self) -> None:
        self.setMinimumHeight(self._high)
        self.setPreferredHeight(self._high)
        self.setMaximumHeight(self._high)

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        if event.newSize().width() != event.oldSize().width():
            self._place()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        use = colours()
        painter.setFont(small_font())
        for entry, place in zip(self._entries, self._places, strict=True):
            painter.setOpacity(1.0 if entry.shown else 0.4)
            middle = place.center().y()
            sample = QRectF(place.left(), middle - 5, _SAMPLE, 10)
            if entry.brush is not None:
                painter.fillRect(sample, entry.brush)
            else:
                painter.setPen(entry.pen)
                painter.drawLine(QPointF(sample.left(), middle), QPointF(sample.right(), middle))
            painter.setPen(QColor(use.text))
            words = QRectF(place)
            words.setLeft(place.left() + _SAMPLE + _GAP)
            shown = QFontMetricsF(small_font()).elidedText(
                entry.words, Qt.TextElideMode.ElideMiddle, words.width() + 1
            )
            painter.drawText(words, _LEFT, shown)
            if not entry.shown:
                painter.drawLine(QPointF(words.left(), middle), QPointF(words.right(), middle))

    def mouseClickEvent(self, event: "pg.GraphicsScene.mouseEvents.MouseClickEvent") -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = QPointF(event.pos())
        for entry, place in zip(self._entries, self._places, strict=True):
            if place.contains(at):
                event.accept()
                self.toggled.emit(entry.name)
