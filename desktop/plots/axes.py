"""Axes of a plot: round numbers, and where a value stands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from desktop.style import Colours

Values = NDArray[np.float64]
_RIGHT_WORDS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most about ``most`` round values between two ends."""
    rough = (high - low) / max(1, most)
    if not (rough > 0 and math.isfinite(rough)):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def logarithmic(low: float, high: float) -> list[float]:
    """Powers of ten between two ends; with 2 and 5 times them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(found) >= 3:
        return found
    fine = [s * 10.0**power for power in powers for s in (1, 2, 5)]
    within = [value for value in fine if low * 0.999 <= value <= high * 1.001]
    return within if len(within) >= 2 else ticks(low, high, 3)


def spread(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    """The ends of an axis that shows these values, with room above and below."""
    low, high = min(values, default=0.1 if log else 0.0), max(values, default=1.0)
    if log:
        return low / 1.15, high * 1.15
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


@dataclass(frozen=True)
class Axes:
    """A rectangle, and the values at its ends."""

    plot: QRectF
    x: tuple[float, float]
    y: tuple[float, float]
    log: bool

    def across(self, x: Values) -> Values:
        """Pixels from the left."""
        left, right = self.x
        return np.asarray(self.plot.left() + (x - left) / (right - left) * self.plot.width())

    def down(self, y: Values) -> Values:
        """Pixels from the top."""
        low, high = self.y
        if self.log:
            y, low, high = np.log10(y), math.log10(low), math.log10(high)
        return np.asarray(self.plot.bottom() - (y - low) / (high - low) * self.plot.height())

    def paint(self, painter: QPainter, use: Colours, x_label: str, y_label: str) -> None:
        """Background, lines, numbers and what they are."""
        plot = self.plot
        painter.fillRect(plot, QColor(use.plot))
        most = int(plot.height() / 32) + 1
        up = logarithmic(*self.y) if self.log else ticks(*self.y, most)
        for value, y in zip(up, self.down(np.array(up)).tolist(), strict=True):
            painter.setPen(QColor(use.line))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(use.faint))
            place = QRectF(14, y - 9, plot.left() - 20, 18)
            painter.drawText(place, _RIGHT_WORDS, f"{value:.6g}")
        across = ticks(*self.x, max(2, int(plot.width() / 60)))
        for value, x in zip(across, self.across(np.array(across)).tolist(), strict=True):
            painter.setPen(QColor(use.line))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
            painter.setPen(QColor(use.faint))
            place = QRectF(x - 30, plot.bottom() + 4, 60, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{value:g}")
        height = painter.fontMetrics().height() + 2
        place = QRectF(plot.left(), plot.bottom() + 19, plot.width(), height)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, x_label)
        painter.save()
        painter.translate(2, plot.center().y())
        painter.rotate(-90)
        place = QRectF(-plot.height() / 2, 0, plot.height(), height)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, y_label)
        painter.restore()
