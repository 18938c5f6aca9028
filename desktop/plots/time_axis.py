"""The time axis under the tracks."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from desktop.plots.time_range import TimeRange
from desktop.plots.track import Track
from desktop.style import Colours

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds in words: 1:02:03, 2:05 or 2:05.25 where the step asks for it."""
    sign = "-" if seconds < -1e-9 else ""
    seconds = abs(seconds)
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    whole, rest = divmod(round(seconds * 10**digits), 60 * 10**digits)
    text = f"{rest / 10**digits:0{3 + digits if digits else 2}.{digits}f}"
    hours, minutes = divmod(whole, 60)
    return f"{sign}{hours}:{minutes:02d}:{text}" if hours else f"{sign}{minutes}:{text}"


class TimeAxis(Track):
    """Ticks and times; dragging and wheel work as on the tracks."""

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(time, interactive=interactive)
        self.setFixedHeight(24)
        self.setAccessibleName(self.tr("Time axis"))

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        painter.fillRect(self.plot, QColor(use.panel))
        span = self.time.end - self.time.start
        most = max(2.0, self.plot.width() / 85)
        step = next((s for s in _STEPS if span / s <= most), 7200)
        painter.setPen(QColor(use.faint))
        tick = int(self.time.start / step) - 1
        while tick * step <= self.time.end:
            x = self.x_of(tick * step)
            if tick >= 0 and x >= self.plot.left() - 1:
                painter.drawLine(QPointF(x, 0), QPointF(x, 5))
                words = clock(tick * step, step)
                half = painter.fontMetrics().horizontalAdvance(words) / 2 + 2
                middle = min(max(x, self.plot.left() + half), self.plot.right() - half)
                place = QRectF(middle - half, 5, 2 * half, 18)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            tick += 1
