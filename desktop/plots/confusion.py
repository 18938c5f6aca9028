"""A confusion matrix: what it was, and what was said."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.style import Colours, colours

_HEAD, _LEAST_CELL, _MOST_CELL, _LEAST_TEXT = 22, 6, 64, 20
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_RIGHT_WORDS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ConfusionWidget(QWidget):
    """Rows are the truth, columns what was said; shaded by the share of the row."""

    cell_clicked = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[str, ...] = ()
        self._rows: tuple[tuple[int, ...], ...] = ()
        self.chosen: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        self.setMinimumSize(240, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Confusion matrix"))

    def sizeHint(self) -> QSize:
        return QSize(360, 320)

    def set_matrix(
        self, labels: Sequence[str], rows: Sequence[Sequence[int]], *, keep: bool = False
    ) -> None:
        """Counts: a row for each class as it is, a column for each as it was said.

        With ``keep`` the chosen cell stays so: newer counts of the same classes.
        """
        if not keep or tuple(labels) != self._labels:
            self.chosen = self._hovered = None
        self._labels = tuple(labels)
        self._rows = tuple(tuple(row) for row in rows)
        self.setAccessibleDescription(self.tr("{} classes").format(len(labels)))
        self.update()

    def words(self, row: int, column: int) -> str:
        """A cell as a sentence."""
        count, whole = self._rows[row][column], sum(self._rows[row])
        share = count / whole if whole else 0.0
        sentence = self.tr("{} of {} '{}' were recognised ({:.0%}).")
        if row != column:
            sentence = self.tr("{} of {} '{}' were taken for '{}' ({:.0%}).")
            return sentence.format(count, whole, self._labels[row], self._labels[column], share)
        return sentence.format(count, whole, self._labels[row], share)

    def _gutter(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(t) for t in self._labels), default=40)
        return min(widest + 12, self.width() * 0.3) + _HEAD

    def _top(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(t) for t in self._labels), default=40)
        slanted = widest + 14 > self._size(20)
        return _HEAD + (min(widest + 10, self.height() * 0.3) if slanted else 20)

    def _size(self, top: float) -> float:
        count = max(1, len(self._labels))
        room = min((self.width() - self._gutter() - 6) / count, (self.height() - top - 6) / count)
        return min(max(room, _LEAST_CELL), _MOST_CELL)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is painted."""
        top = self._top()
        size = self._size(top)
        return QRectF(self._gutter() + column * size, top + row * size, size, size)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column at a place."""
        size, count = self._size(self._top()), len(self._labels)
        column = int((place.x() - self._gutter()) // size)
        row = int((place.y() - self._top()) // size)
        return (row, column) if 0 <= row < count and 0 <= column < count else None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self._labels:
            self._paint_words(painter, use)
            for row, counts in enumerate(self._rows):
                whole = sum(counts)
                for column, count in enumerate(counts):
                    self._paint_cell(painter, use, (row, column), count / whole if whole else 0.0)
            for cell, colour, width in (
                (self._hovered, use.faint, 1),
                (self.chosen, use.text, 2),
            ):
                if cell is not None and (cell != self.chosen or width == 2):
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(colour), width))
                    painter.drawRect(self.cell(*cell).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(use.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_cell(
        self, painter: QPainter, use: Colours, cell: tuple[int, int], share: float
    ) -> None:
        row, column = cell
        place = self.cell(row, column)
        right = row == column
        shade = QColor(use.accent if right else use.danger)
        shade.setAlphaF(min(1.0, 0.06 + 0.94 * share) if share else 0.0)
        painter.fillRect(place, QColor(use.plot))
        painter.fillRect(place.adjusted(0.5, 0.5, -0.5, -0.5), shade)
        painter.setPen(QColor(use.line))
        painter.drawRect(place)
        if place.width() >= _LEAST_TEXT and self._rows[row][column]:
            painter.setPen(QColor(use.accent_text if share > 0.55 else use.text))
            count = str(self._rows[row][column])
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, count)

    def _paint_words(self, painter: QPainter, use: Colours) -> None:
        gutter, top, metrics = self._gutter(), self._top(), painter.fontMetrics()
        size = self._size(top)
        across = size * len(self._labels)
        painter.setPen(QColor(use.faint))
        place = QRectF(gutter, 0, max(across, 120), _HEAD - 2)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.tr("was taken for"))
        painter.save()
        painter.translate(0, top + across / 2)
        painter.rotate(-90)
        painter.drawText(
            QRectF(-60, 0, 120, _HEAD - 2), Qt.AlignmentFlag.AlignCenter, self.tr("is")
        )
        painter.restore()
        painter.setPen(QColor(use.text))
        if size < 11:
            return
        for index, label in enumerate(self._labels):
            row = QRectF(_HEAD, top + index * size, gutter - _HEAD - 6, size)
            words = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(row.width()))
            painter.drawText(row, _RIGHT_WORDS, words)
            self._paint_column(painter, label, QRectF(gutter + index * size, _HEAD, size, top))

    def _paint_column(self, painter: QPainter, label: str, place: QRectF) -> None:
        metrics, height = painter.fontMetrics(), self._top() - _HEAD
        if height <= 20:
            place.setHeight(20)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)
            return
        painter.save()
        painter.translate(place.center().x(), self._top() - 5)
        painter.rotate(-90)
        words = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(height - 8))
        upright = QRectF(0, -place.width() / 2, height, place.width())
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(upright, side, words)
        painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = self.cell_at(event.position())
        words = self.words(*self._hovered) if self._hovered else ""
        self.setToolTip(words)
        QToolTip.showText(event.globalPosition().toPoint(), words, self)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(cell)
            self.cell_clicked.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._labels) - 1
        if key in _STEPS and self._labels:
            row, column = self.chosen or (0, 0)
            down, right = _STEPS[key] if self.chosen else (0, 0)
            self._choose((min(max(row + down, 0), last), min(max(column + right, 0), last)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.chosen:
            self.cell_clicked.emit(*self.chosen)
        else:
            super().keyPressEvent(event)

    def _choose(self, cell: tuple[int, int]) -> None:
        self.chosen = cell
        self.setAccessibleDescription(self.words(*cell))
        self.update()
