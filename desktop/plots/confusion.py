"""A confusion matrix: true classes against predicted ones."""

import csv
import io
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QStyleOptionGraphicsItem, QToolTip, QWidget

from desktop.plots import theme
from desktop.plots.figure import Figure, Meaning
from desktop.style import colours

_LEAST_NAME = 11.0  # pixels of a cell whose class is named
_LEAST_LINED = 7.0  # a smaller one has no lines round it
_MOST_NAMES = 0.3  # of the widget
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_AHEAD = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
Cell = tuple[int, int]


class _Names(theme.Axis):
    """Names of the classes; over the columns they stand upright where they are wide."""

    names: tuple[str, ...] = ()
    upright = False

    def show_names(self, names: Sequence[str], *, upright: bool) -> None:
        """One beside each row or over each column."""
        self.names, self.upright = tuple(names), upright
        self.setTicks([[] if upright else [(n + 0.5, name) for n, name in enumerate(names)]])

    def drawPicture(self, painter: QPainter, axis: object, ticks: object, words: object) -> None:
        super().drawPicture(painter, axis, ticks, words)
        if not self.upright:
            return
        painter.setFont(theme.small_font())
        painter.setPen(self.textPen())
        left, right = self.range
        for number, name in enumerate(self.names):
            x = (number + 0.5 - left) / (right - left) * self.width()
            if 0 <= x <= self.width():
                painter.save()
                painter.translate(x, self.height() - 4)
                painter.rotate(-90)
                painter.drawText(QRectF(0.0, -10.0, self.height(), 20.0), _AHEAD, name)
                painter.restore()


class _Cells(pg.GraphicsObject):
    """Lines between the cells, the counts in them, and frames round the one under the pointer
    and the chosen one; in the pixels of the view box."""

    def __init__(self, owner: "Confusion", box: "pg.ViewBox") -> None:
        super().__init__()
        self._owner, self._box = owner, box
        self.setParentItem(box)
        self.setZValue(10)
        box.sigRangeChanged.connect(lambda: self.update())
        box.geometryChanged.connect(self.prepareGeometryChange)

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        use, count = colours(), len(self._owner.labels)
        painter.setClipRect(self.boundingRect())
        painter.setFont(theme.small_font())
        for row in range(count):
            for column in range(count):
                self._paint(painter, (row, column))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, colour, width in (
            (self._owner.hovered, use.faint, 1),
            (self._owner.chosen, use.text, 2),
        ):
            if cell is not None:
                painter.setPen(QPen(QColor(colour), width))
                painter.drawRect(self._owner.rect_of(*cell).adjusted(1, 1, -1, -1))

    def _paint(self, painter: QPainter, cell: Cell) -> None:
        use, place = colours(), self._owner.rect_of(*cell)
        if not place.intersects(self.boundingRect()):
            return
        if min(place.width(), place.height()) >= _LEAST_LINED:
            painter.setPen(QPen(QColor(use.line), 1))
            painter.drawRect(place)
        count, share = self._owner.count(*cell), self._owner.share(*cell)
        metrics = painter.fontMetrics()
        fits = (
            metrics.horizontalAdvance(str(count)) + 2 <= place.width()
            and metrics.ascent() <= place.height()
        )
        if count and fits:
            painter.setPen(QColor(use.accent_text if share > 0.55 else use.text))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(count))


class Confusion(Figure):
    """Rows are the truth, columns what was said, or the other way; shaded by the share of a class.

    A click chooses a cell and tells it; arrows walk, Enter and the space bar tell.
    """

    cell_clicked = Signal(int, int)

    def __init__(self, title: str = "") -> None:
        self.labels: tuple[str, ...] = ()
        self._rows: tuple[tuple[int, ...], ...] = ()
        self.chosen: Cell | None = None
        self.hovered: Cell | None = None
        self.turned = False  # rows are predictions
        self._across = _Names("top")
        super().__init__(
            title or self.tr("Confusion matrix"),
            theme.Axis("bottom"),
            _Names("left", self.tr("true")),
            titled=False,
            top=self._across,
        )
        self._across.setLabel(self.tr("predicted"))
        self.plot.showAxis("top")
        self.plot.hideAxis("bottom")
        theme.grid(self.plot, y=False)
        self._across.setStyle(tickLength=0)
        self.plot.getAxis("left").setStyle(tickLength=0)
        self.box.invertY()
        self.image = pg.ImageItem()
        self.plot.addItem(self.image)
        self._cells = _Cells(self, self.box)
        self.box.sigRangeChanged.connect(self._name)
        self.setMinimumSize(240, 200)
        self.setMouseTracking(True)
        self.apply_style()

    def sizeHint(self) -> QSize:
        return QSize(360, 320)

    def set_matrix(
        self, labels: Sequence[str], rows: Sequence[Sequence[int]], *, keep: bool = False
    ) -> None:
        """Counts: a row for each class as it is, a column for each as it was said.

        With ``keep`` the chosen cell stays so: newer counts of the same classes.
        """
        same = tuple(labels) == self.labels
        if not keep or not same:
            self.chosen = self.hovered = None
        self.labels = tuple(labels)
        self._rows = tuple(tuple(row) for row in rows)
        self.setAccessibleDescription(self.tr("{} classes").format(len(labels)))
        self.plot.setVisible(bool(self.labels))
        self._shade()
        if not same:
            self.view_all()
        self._name()

    def view_all(self) -> None:
        end = float(max(1, len(self.labels)))
        self.box.setLimits(xMin=0.0, xMax=end, yMin=0.0, yMax=end)
        self.box.setRange(xRange=(0.0, end), yRange=(0.0, end), padding=0)

    def turn(self, on: bool) -> None:
        """Whether rows are predictions and columns the truth, as some courses draw it."""
        self.turned = on
        said, true = self.tr("predicted"), self.tr("true")
        self.plot.getAxis("left").setLabel(said if on else true)
        self._across.setLabel(true if on else said)
        self._shade()
        self._name()

    def extra_actions(self, menu: QMenu) -> None:
        action = menu.addAction(self.tr("Rows are predictions"))
        action.setCheckable(True)
        action.setChecked(self.turned)
        action.toggled.connect(self.turn)

    def count(self, row: int, column: int) -> int:
        """Of a cell: its true class and the predicted one."""
        return self._rows[row][column]

    def share(self, row: int, column: int) -> float:
        """Of its true class, from 0 to 1."""
        whole = sum(self._rows[row])
        return self._rows[row][column] / whole if whole else 0.0

    def words(self, row: int, column: int) -> str:
        """A cell as a sentence."""
        count, whole = self._rows[row][column], sum(self._rows[row])
        share = self.share(row, column)
        sentence = self.tr("{} of {} '{}' were recognised ({:.0%}).")
        if row != column:
            sentence = self.tr("{} of {} '{}' were predicted as '{}' ({:.0%}).")
            said = sentence.format(count, whole, self.labels[row], self.labels[column], share)
        else:
            said = sentence.format(count, whole, self.labels[row], share)
        return str(said)

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a cell is, in the view box."""
        if self.turned:
            row, column = column, row
        (left, right), (low, high) = self.box.viewRange()
        wide, tall = self.box.width() / (right - left), self.box.height() / (high - low)
        return QRectF((column - left) * wide, (row - low) * tall, wide, tall)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is painted, in pixels of the widget."""
        return self.rect_of(row, column).translated(self.area.topLeft())

    def cell_at(self, place: QPointF) -> Cell | None:
        """Row and column at a place of the widget."""
        if not self.labels or not self.area.contains(place):
            return None
        at, last = self.box.mapSceneToView(place), len(self.labels) - 1
        row, column = int(at.y() // 1), int(at.x() // 1)
        cell = (column, row) if self.turned else (row, column)
        return cell if 0 <= row <= last and 0 <= column <= last else None

    def csv(self) -> str:
        text = io.StringIO()
        rows = csv.writer(text)
        corner = self.tr("predicted, true") if self.turned else self.tr("true, predicted")
        rows.writerow([corner, *self.labels])
        lines = zip(*self._rows, strict=True) if self.turned else self._rows
        for label, counts in zip(self.labels, lines, strict=True):
            rows.writerow([label, *counts])
        return text.getvalue()

    # Drawing.

    def apply_style(self) -> None:
        super().apply_style()
        self._shade()
        self._name()

    def _shade(self) -> None:
        use, count = colours(), len(self.labels)
        picture = np.zeros((max(1, count), max(1, count), 4), np.uint8)
        for row in range(count):
            for column in range(count):
                share = self.share(row, column)
                shade = QColor(use.accent if row == column else use.danger)
                alpha = min(1.0, 0.06 + 0.94 * share) if share else 0.0
                place = (column, row) if self.turned else (row, column)
                picture[place] = (*shade.getRgb()[:3], round(255 * alpha))  # type: ignore[index]
        self.image.setImage(picture, levels=(0, 255))
        self.image.setRect(QRectF(0, 0, picture.shape[1], picture.shape[0]))
        self._cells.update()

    def _name(self) -> None:
        """Write the names where there is room."""
        left, metrics = self.plot.getAxis("left"), QFontMetricsF(theme.small_font())
        place = self.rect_of(0, 0)
        widest = max((metrics.horizontalAdvance(name) for name in self.labels), default=0.0)
        most = min(widest, self.width() * _MOST_NAMES), min(widest, self.height() * _MOST_NAMES)
        upright = widest + 14 > place.width()

        def cut(room: float, wide: float) -> list[str]:
            shown = self.labels if room >= _LEAST_NAME else ()
            mode = Qt.TextElideMode.ElideMiddle
            return [metrics.elidedText(name, mode, wide + 1) for name in shown]

        left.show_names(cut(place.height(), most[0]), upright=False)
        left.setWidth(most[0] + 34 if place.height() >= _LEAST_NAME else 28)
        names = cut(place.width(), most[1] if upright else widest)
        self._across.show_names(names, upright=upright)
        self._across.setHeight(((most[1] + 4 if upright else 16) if names else 0) + 26)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "image"):
            self._name()

    # Mouse and keys.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.hovered = None if event.buttons() else self.cell_at(event.position())
        words = self.words(*self.hovered) if self.hovered else ""
        self.setToolTip(words)
        QToolTip.showText(event.globalPosition().toPoint(), words, self)
        self._cells.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered = None
        self._cells.update()

    def clicked(self, place: QPointF) -> None:
        cell = self.cell_at(place)
        if cell is not None:
            self._choose(cell)
            self.cell_clicked.emit(*cell)

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        key, last = Qt.Key(event.key()), len(self.labels) - 1
        if key in _STEPS and self.labels:
            row, column = self.chosen or (0, 0)
            down, right = _STEPS[key] if self.chosen else (0, 0)
            down, right = (right, down) if self.turned else (down, right)
            cell = min(max(row + down, 0), last), min(max(column + right, 0), last)
            return lambda: self._choose(cell)
        if key in _ENTER and self.chosen is not None:
            chosen = self.chosen
            return lambda: self.cell_clicked.emit(*chosen)
        return super().meaning(event)

    def _choose(self, cell: Cell) -> None:
        self.chosen = cell
        self.setAccessibleDescription(self.words(*cell))
        self._cells.update()
