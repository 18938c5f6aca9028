"""Names of the series beside their colours; a click hides or shows one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QStyleOptionGraphicsItem, QWidget

from desktop.plots.theme import small_font
from desktop.style import colours

_ROW, _SAMPLE, _GAP, _APART = 18.0, 24.0, 6.0, 18.0
_ASIDE_ROW, _WIDTH, _MARK = 22.0, 150.0, 13.0
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Entry:
    """One series.

    Attributes:
        name: of the series.
        words: written for it.
        pen: of its line, or of its mark's edge.
        brush: of its bars or marks; None: it is a line.
        shown: whether it is drawn.
        shape: of its marks, of diameter 1.
        end: written at the right end.
    """

    name: str
    words: str
    pen: QPen
    brush: QBrush | None = None
    shown: bool = True
    shape: QPainterPath | None = None
    end: str = ""


class Legend(pg.GraphicsWidget):
    """Entries in rows, as many beside each other as there is room for.

    Args:
        right: rows end at the right, not begin at the left.
        aside: one entry a row, as many as the height has room for.
    """

    toggled = Signal(str)
    changed = Signal()  # it takes another height

    def __init__(self, *, right: bool = False, aside: bool = False) -> None:
        super().__init__()
        self._aside = aside
        self._entries: tuple[Entry, ...] = ()
        self._places: list[QRectF] = []
        self._right, self._high = right, 0.0
        if aside:
            self.setMinimumWidth(_WIDTH)
            self.setMaximumWidth(_WIDTH)
        else:
            self._set_height()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these."""
        self._entries = tuple(entries)
        if not self._aside:
            self.setPreferredWidth(self.natural_width())
        self._place()

    def place_of(self, name: str) -> QPointF:
        """The middle of an entry, in the scene."""
        number = [entry.name for entry in self._entries].index(name)
        return QPointF(self.mapToScene(self._places[number].center()))

    def height_of(self, width: float) -> int:
        """What it takes at a width of the widget, in pixels."""
        rows = math.ceil(self.natural_width() / max(60.0, width - 20.0))
        return round(max(self._high, rows * _ROW))

    def natural_width(self) -> float:
        """What one row of all takes."""
        return sum(self._wide(entry) + _APART for entry in self._entries)

    def _wide(self, entry: Entry) -> float:
        return _SAMPLE + _GAP + QFontMetricsF(small_font()).horizontalAdvance(entry.words) + 2

    def _place(self) -> None:
        room = max(60.0, self.size().width())
        if self._aside:
            self._places = [
                QRectF(0.0, n * _ASIDE_ROW, room, _ASIDE_ROW) for n in range(len(self._entries))
            ]
            self.update()
            return
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
        if event.newSize() != event.oldSize():
            self._place()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setFont(small_font())
        shown = self._shown()
        for entry, place in zip(self._entries[:shown], self._places[:shown], strict=True):
            painter.setOpacity(1.0 if entry.shown else 0.4)
            self._paint_sample(painter, entry, place)
            self._paint_words(painter, entry, place)
        painter.setOpacity(1.0)
        if shown < len(self._entries):
            place = self._places[shown].adjusted(_SAMPLE + _GAP, 0, 0, 0)
            painter.setPen(QColor(colours().faint))
            painter.drawText(place, _LEFT, f"+{len(self._entries) - shown}")

    def _shown(self) -> int:
        """How many entries have room."""
        count, room = len(self._entries), max(1, int(self.size().height() // _ASIDE_ROW))
        return count if not self._aside or count <= room else room - 1

    def _paint_sample(self, painter: QPainter, entry: Entry, place: QRectF) -> None:
        middle = QPointF(place.left() + _SAMPLE / 2, place.center().y())
        painter.setPen(entry.pen)
        if entry.shape is not None and entry.brush is not None:
            painter.setBrush(entry.brush)
            grown = QTransform.fromScale(_MARK, _MARK).map(entry.shape)
            painter.drawPath(grown.translated(middle))
        elif entry.brush is not None:
            painter.fillRect(QRectF(place.left(), middle.y() - 5, _SAMPLE, 10), entry.brush)
        else:
            reach = QPointF(_SAMPLE / 2, 0.0)
            painter.drawLine(middle - reach, middle + reach)

    def _paint_words(self, painter: QPainter, entry: Entry, place: QRectF) -> None:
        use, metrics = colours(), QFontMetricsF(small_font())
        words = place.adjusted(_SAMPLE + _GAP, 0, 0, 0)
        if entry.end:
            painter.setPen(QColor(use.faint))
            painter.drawText(words, _RIGHT, entry.end)
            words.setRight(words.right() - metrics.horizontalAdvance(entry.end) - _GAP)
        painter.setPen(QColor(use.text))
        cut = metrics.elidedText(entry.words, Qt.TextElideMode.ElideMiddle, words.width() + 1)
        painter.drawText(words, _LEFT, cut)
        if not entry.shown:
            middle = words.center().y()
            end = words.left() + metrics.horizontalAdvance(cut)
            painter.drawLine(QPointF(words.left(), middle), QPointF(end, middle))

    def mouseClickEvent(self, event: "pg.GraphicsScene.mouseEvents.MouseClickEvent") -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = QPointF(event.pos())
        for entry, place in zip(self._entries, self._places, strict=True):
            if place.contains(at):
                event.accept()
                self.toggled.emit(entry.name)
