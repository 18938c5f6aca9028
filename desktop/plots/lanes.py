"""What was heard, as coloured stretches: one lane a classifier."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen

from desktop.plots.time_range import TimeRange
from desktop.plots.track import GUTTER, LEFT, Track
from desktop.style import Colours, label_colour

_ROW = 19
_ROWS = 3  # room for so many labels at once in a lane; more make the rows lower
_LEAST_WORDS = 11  # pixels: no words in lower rows


@dataclass(frozen=True)
class Stretch:
    """One label from one moment to another."""

    start: float
    end: float
    label: str
    probability: float


class LanesTrack(Track):
    """Lanes under the spectrogram; stretches that overlap lie under each other.

    A click on a stretch chooses it, one beside gives up the choice.
    """

    chosen_changed = Signal()

    def __init__(self, time: TimeRange, *, interactive: bool = True) -> None:
        super().__init__(time, interactive=interactive)
        self._lanes: dict[str, list[tuple[int, Stretch]]] = {}
        self._titles: dict[str, str] = {}
        self.chosen: tuple[str, Stretch] | None = None
        self.setAccessibleName(self.tr("What was heard"))
        self.setMinimumHeight(3 * _ROWS * _ROW)

    def set_titles(self, titles: dict[str, str]) -> None:
        """What each lane is called in the gutter."""
        self._titles = titles
        self.update()

    def set_lanes(self, lanes: dict[str, list[Stretch]]) -> None:
        """All stretches, by the name of their lane."""
        self._lanes = {name: _in_rows(stretches) for name, stretches in lanes.items()}
        self.setMinimumHeight(max(1, len(lanes)) * _ROWS * _ROW)
        if self.chosen is not None:  # as far as it is still there
            lane, old = self.chosen
            label, middle = old.label, (old.start + old.end) / 2
            there = (s for s in lanes.get(lane, []) if s.start <= middle <= s.end)
            kept = next((s for s in there if s.label == label), None)
            self.chosen = None if kept is None else (lane, kept)
        self.update()

    def choose(self, chosen: tuple[str, Stretch] | None) -> None:
        """Mark a stretch of a lane as the one that is meant."""
        self.chosen = chosen
        self.chosen_changed.emit()
        self.update()

    def stretches_at(self, seconds: float) -> list[tuple[str, Stretch]]:
        """All stretches at a moment, from the top down, each with its lane."""
        return [
            (lane, stretch)
            for lane, placed in self._lanes.items()
            for _, stretch in sorted(placed, key=lambda place: place[0])
            if stretch.start <= seconds < stretch.end
        ]

    def _stretch_at(self, x: float, y: float) -> tuple[str, Stretch] | None:
        for lane, (top, bottom, height) in self._places().items():
            for row, stretch in self._lanes[lane] if top <= y < bottom else []:
                across = self.x_of(stretch.start) <= x < self.x_of(stretch.end)
                if across and row == int((y - top) / height):
                    return lane, stretch
        return None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag == "press":
            self.choose(self._stretch_at(event.position().x(), event.position().y()))
        super().mouseReleaseEvent(event)

    def lane_at(self, height: float) -> str | None:
        """The lane at a height from 0 at the bottom to 1."""
        place = (1 - height) * self.height()
        for name, (top, bottom, _) in self._places().items():
            if top <= place < bottom:
                return name
        return None

    def _places(self) -> dict[str, tuple[float, float, float]]:
        """Top, bottom and row height of each lane: one with more labels at once gets more room."""
        rows = {
            name: max([_ROWS, *(row + 1 for row, _ in stretches)])
            for name, stretches in self._lanes.items()
        }
        height = self.height() / max(1, sum(rows.values()))
        found, top = {}, 0.0
        for name, count in rows.items():
            found[name] = (top, top + count * height, min(24.0, height))
            top += count * height
        return found

    def paint_plot(self, painter: QPainter, use: Colours) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for name, (top, _, row_height) in self._places().items():
            stretches = self._lanes[name]
            if top:
                painter.fillRect(QRectF(GUTTER, top, self.width(), 1), QColor(use.line))
            for row, stretch in stretches:
                if stretch.end > self.time.start and stretch.start < self.time.end:
                    y = top + row * row_height + 2
                    chosen = self.chosen == (name, stretch)
                    painter.setPen(QPen(QColor(use.text), 2) if chosen else Qt.PenStyle.NoPen)
                    self._paint_stretch(painter, stretch, y, row_height - 3)

    def _paint_stretch(self, painter: QPainter, stretch: Stretch, y: float, height: float) -> None:
        left = max(self.x_of(stretch.start), GUTTER - 6.0)
        right = min(self.x_of(stretch.end), self.width() + 6.0)
        box = QRectF(left, y, max(2.0, right - left - 1), height)
        colour = label_colour(stretch.label)
        painter.setBrush(colour)
        painter.drawRoundedRect(box, 4, 4)
        words = box.adjusted(6, 0, -3, 0)
        if words.width() > 24 and height >= _LEAST_WORDS:
            painter.setPen(QColor("#ffffff" if colour.lightness() < 140 else "#10131a"))
            text = painter.fontMetrics().elidedText(
                stretch.label, Qt.TextElideMode.ElideRight, int(words.width())
            )
            painter.drawText(words, LEFT, text)

    def paint_gutter(self, painter: QPainter, use: Colours) -> None:
        painter.setPen(QColor(use.faint))
        for name, (top, bottom, _) in self._places().items():
            place = QRectF(2, top + 2, GUTTER - 6, bottom - top - 4)
            wrap = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            words = self._titles.get(name, name)
            painter.drawText(place, int(wrap) | int(Qt.TextFlag.TextWordWrap), words)


def _in_rows(stretches: list[Stretch]) -> list[tuple[int, Stretch]]:
    """Each stretch in the first row that is free."""
    ends: list[float] = []
    placed = []
    for stretch in sorted(stretches, key=lambda s: (s.start, -s.probability)):
        fits = (row for row, end in enumerate(ends) if end <= stretch.start + 1e-6)
        row = next(fits, len(ends))
        ends[row : row + 1] = [stretch.end]
        placed.append((row, stretch))
    return placed
