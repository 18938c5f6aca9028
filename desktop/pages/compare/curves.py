"""Losses or accuracies of several runs over their epochs, in one picture."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop import style
from engine.evaluation.report.svg import log_ticks, nice_ticks

_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 12, 14, 40
_LEGEND_LINE = 18
_LEAST = QSize(320, 270)
_LIGHT = ("#2f6fde", "#c2570c", "#1f8a5b", "#a03d9b", "#8a6d00", "#5c6675")
_DARK = ("#6ea3ff", "#f0924a", "#4cc38a", "#d684d1", "#d4b436", "#9aa3b2")


@dataclass(frozen=True)
class Line:
    """One curve: what is not finite leaves a gap.

    Attributes:
        name: for the legend and exports.
        values: of epoch 1, 2, 3, ...
        run: number of the run, which gives the colour.
        dashed: whether it is of training; that of validation is drawn through.
    """

    name: str
    values: Sequence[float]
    run: int = 0
    dashed: bool = False


class CompareCurves(QWidget):
    """Painted by ourselves; the mouse reads values out."""

    def __init__(self, quantity: str) -> None:
        super().__init__()
        self._quantity = quantity
        self._lines: list[Line] = []
        self._log = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("{} over epochs").format(quantity))

    def set_lines(self, lines: Sequence[Line]) -> None:
        self._lines = [line for line in lines if any(map(math.isfinite, line.values))]
        ends = [f"{line.name}: {_last(line.values):.3f}" for line in self._lines]
        self.setAccessibleDescription(self.tr("At the end: {}").format("; ".join(ends)))
        self.updateGeometry()
        self.update()

    def set_log(self, log: bool) -> None:
        self._log = log
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_LEAST.width() + 120, _LEAST.height() + _LEGEND_LINE * len(self._lines))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST.width(), self.sizeHint().height())

    def csv(self) -> str:
        """One row an epoch, one column a curve; empty where there is no number."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["epoch", *(line.name for line in self._lines)])
        for epoch in range(self._epochs()):
            values = [
                line.values[epoch] if epoch < len(line.values) else math.nan for line in self._lines
            ]
            writer.writerow([epoch + 1, *(v if math.isfinite(v) else "" for v in values)])
        return text.getvalue()

    def svg(self) -> bytes:
        """The picture as SVG."""
        data = QByteArray()
        buffer = QBuffer(data)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        generator.setTitle(self.accessibleName())
        painter = QPainter(generator)
        painter.fillRect(self.rect(), QColor(style.colours().panel))
        self._paint(painter)
        painter.end()
        return bytes(data.data())

    def picture(self, scale: float = 2.0) -> QImage:
        """The picture in pixels."""
        image = QImage(self.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        image.fill(QColor(style.colours().panel))
        painter = QPainter(image)
        self._paint(painter)
        painter.end()
        return image

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot()
        share = (event.position().x() - plot.left()) / max(1.0, plot.width())
        epoch = round(1 + share * max(1, self._epochs() - 1))
        if not (1 <= epoch <= self._epochs()) or not plot.contains(event.position()):
            QToolTip.hideText()
            return
        values = [
            f"{line.name}: {line.values[epoch - 1]:.4g}"
            for line in self._lines
            if epoch <= len(line.values) and math.isfinite(line.values[epoch - 1])
        ]
        words = "\n".join([self.tr("Epoch {}").format(epoch), *values])
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def _epochs(self) -> int:
        return max((len(line.values) for line in self._lines), default=0)

    def _plot(self) -> QRectF:
        bottom = _BOTTOM + _LEGEND_LINE * len(self._lines)
        size = self.size()
        return QRectF(_LEFT, _TOP, size.width() - _LEFT - _RIGHT, size.height() - _TOP - bottom)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = [v for line in self._lines for v in line.values if self._drawable(v)]
        if not shown:
            painter.setPen(QColor(style.colours().faint))
            nothing = self.tr("Nothing to draw.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, nothing)
            return
        low, high = self._range(min(shown), max(shown))
        self._axes(painter, low, high)
        for index, line in enumerate(self._lines):
            self._curve(painter, line, (low, high))
            self._legend(painter, line, index)

    def _drawable(self, value: float) -> bool:
        return math.isfinite(value) and (value > 0 or not self._log)

    def _range(self, low: float, high: float) -> tuple[float, float]:
        if self._log:
            return low / 1.15, high * 1.15
        margin = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
        return (0.0 if 0 <= low < 0.25 * high else low - margin), high + margin

    def _y(self, value: float, ends: tuple[float, float]) -> float:
        low, high, here = (math.log(v) if self._log else v for v in (*ends, value))
        plot = self._plot()
        return plot.bottom() - (here - low) / (high - low) * plot.height()

    def _x(self, epoch: float) -> float:
        plot = self._plot()
        return plot.left() + (epoch - 1) / max(1, self._epochs() - 1) * plot.width()

    def _axes(self, painter: QPainter, low: float, high: float) -> None:
        use, plot = style.colours(), self._plot()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in log_ticks(low, high) if self._log else nice_ticks(low, high, 5):
            y = self._y(tick, (low, high))
            painter.setPen(QColor(use.line))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(use.faint))
            painter.drawText(QRectF(0, y - 9, _LEFT - 6, 18), int(right), f"{tick:g}")
        for tick in sorted({1.0, *nice_ticks(1, max(2, self._epochs()), 8)}):
            if tick != int(tick) or (tick > 1 and self._x(tick) - plot.left() < 22):
                continue
            place = QRectF(self._x(tick) - 24, plot.bottom() + 2, 48, 16)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), f"{tick:g}")
        below = QRectF(plot.left(), plot.bottom() + 18, plot.width(), 16)
        words = self.tr("{} over epochs").format(self._quantity)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), words)

    def _pen(self, line: Line) -> QPen:
        series = _DARK if style.colours().dark else _LIGHT
        pen = QPen(QColor(series[line.run % len(series)]), 2)
        pen.setStyle(Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine)
        return pen

    def _curve(self, painter: QPainter, line: Line, ends: tuple[float, float]) -> None:
        painter.setPen(self._pen(line))
        stretch: list[QPointF] = []
        for epoch, value in enumerate([*line.values, math.nan], start=1):
            if self._drawable(value):
                stretch.append(QPointF(self._x(epoch), self._y(value, ends)))
                continue
            if len(stretch) == 1:
                painter.drawEllipse(stretch[0], 2, 2)
            elif stretch:
                painter.drawPolyline(QPolygonF(stretch))
            stretch = []

    def _legend(self, painter: QPainter, line: Line, index: int) -> None:
        y = self._plot().bottom() + _BOTTOM + _LEGEND_LINE * (index + 0.5)
        painter.setPen(self._pen(line))
        painter.drawLine(QPointF(_LEFT, y), QPointF(_LEFT + 28, y))
        painter.setPen(QColor(style.colours().text))
        room = QRectF(_LEFT + 36, y - 9, self.width() - _LEFT - 44, 18)
        words = painter.fontMetrics().elidedText(
            f"{line.name}: {_last(line.values):.3f}",
            Qt.TextElideMode.ElideMiddle,
            int(room.width()),
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), words)


def _last(values: Sequence[float]) -> float:
    return next((value for value in reversed(values) if math.isfinite(value)), math.nan)
