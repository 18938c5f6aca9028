"""Parallel coordinates of trials, with mouse and keys."""

import csv
import io
from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.plots.coordinates import Coordinate, Coordinates
from desktop.style import colours


class ParallelWidget(QWidget):
    """A drag along an axis keeps the lines that pass there; a click on it lets all pass again.

    Left and Right choose an axis, Up and Down a line along it, with Shift they mark; Escape lets
    all pass.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.lines = Coordinates()
        self._axis = 0
        self._drag: tuple[int, float] | None = None
        self._anchor: float | None = None
        self.setMinimumSize(480, 300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(900, 340)

    def set_lines(self, names: Sequence[str], axes: Sequence[Coordinate]) -> None:
        """Names of the lines, and the axes with a value for each line."""
        self.lines = Coordinates()
        self.lines.names, self.lines.axes = tuple(names), tuple(axes)
        self.lines.size = self.size()
        self._axis, self._drag, self._anchor = 0, None, None
        self._describe()

    def _paint(self, painter: QPainter) -> None:
        self.lines.size = self.size()
        self.lines.chosen = self._axis if self.hasFocus() else None
        self.lines.paint(painter)

    def words(self, line: int) -> str:
        """A line in words: its name, and each quantity."""
        parts = [self.lines.names[line]]
        for axis in self.lines.axes:
            value = axis.values[line]
            unit = f" {axis.unit}" if axis.unit else ""
            number = value if isinstance(value, str) else f"{value or 0.0:.5g}{unit}"
            parts.append(f"{axis.name}: {self.tr('not known') if value is None else number}")
        return "\n".join(parts)

    def _describe(self) -> None:
        if self.lines.hovered is not None:
            self.setAccessibleDescription(self.words(self.lines.hovered).replace("\n", ", "))
        else:
            counted = self.tr("{} of {} trials pass")
            self.setAccessibleDescription(
                counted.format(len(self.lines.passing()), len(self.lines.names))
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours().accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    # Mouse and keys.

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lines.size = self.size()
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = self.lines.axis_at(event.position())
        if axis is not None and event.button() == Qt.MouseButton.LeftButton:
            self._axis, self._drag = axis, (axis, self.lines.height_at(event.position().y()))
            self.lines.brushes.pop(axis, None)
            self._describe()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            axis, first = self._drag
            low, high = sorted((first, self.lines.height_at(event.position().y())))
            if high - low > 0.01:
                self.lines.brushes[axis] = (low, high)
            self.lines.hovered = None
        else:
            self.lines.hovered = self.lines.line_at(event.position())
            words = self.words(self.lines.hovered) if self.lines.hovered is not None else ""
            self.setToolTip(words)
            QToolTip.showText(event.globalPosition().toPoint(), words, self)
        self._describe()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def leaveEvent(self, event: QEvent) -> None:
        self.lines.hovered = None
        self._describe()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.lines.axes:
            step = 1 if key == Qt.Key.Key_Right else -1
            self._axis, self._anchor = (self._axis + step) % len(self.lines.axes), None
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.lines.axes:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._step(1 if key == Qt.Key.Key_Up else -1, mark=shift)
        elif key == Qt.Key.Key_Escape and self.lines.brushes:
            self.lines.brushes, self._anchor = {}, None
        else:
            super().keyPressEvent(event)
            return
        self._describe()

    def _step(self, by: int, *, mark: bool) -> None:
        """To the next line along the axis; ``mark`` keeps those from the first to this one."""
        lines, axis = self.lines, self.lines.axes[self._axis]
        heights = {n: axis.height(v) for n, v in enumerate(axis.values) if v is not None}
        order = sorted(heights, key=lambda line: heights[line])
        if not order:
            return
        outside = -1 if by > 0 else len(order)
        at = order.index(lines.hovered) if lines.hovered in heights else outside
        lines.hovered = order[min(max(at + by, 0), len(order) - 1)]
        here = heights[lines.hovered]
        if not mark:
            self._anchor = here
            return
        self._anchor = here if self._anchor is None else self._anchor
        low, high = sorted((self._anchor, here))
        self.lines.brushes[self._axis] = (max(0.0, low - 0.01), min(1.0, high + 0.01))

    # Files.

    def csv(self) -> str:
        """One row a line, one column an axis; empty where nothing is known."""
        text = io.StringIO()
        writer = csv.writer(text)
        axes = self.lines.axes
        heads = [f"{axis.name} ({axis.unit})" if axis.unit else axis.name for axis in axes]
        writer.writerow(["trial", *heads])
        for line, name in enumerate(self.lines.names):
            values = [axis.values[line] for axis in axes]
            writer.writerow([name, *("" if value is None else value for value in values)])
        return text.getvalue()

    def svg(self) -> bytes:
        """The picture as SVG, marked as it is now."""
        data = QByteArray()
        buffer = QBuffer(data)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        generator.setTitle(self._title)
        painter = QPainter(generator)
        painter.fillRect(self.rect(), QColor(colours().panel))
        self._paint(painter)
        painter.end()
        return bytes(data.data())

    def picture(self, scale: float = 2.0) -> QImage:
        """The picture in pixels, marked as it is now."""
        image = QImage(self.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        image.fill(QColor(colours().panel))
        painter = QPainter(image)
        self._paint(painter)
        painter.end()
        return image
