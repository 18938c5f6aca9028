"""Detected labels as coloured segments: one lane per classifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.plots.tracks.axes import TitleScale
from desktop.plots.tracks.marks import hatch
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.style import Colours, label_colour

_ROW = 19
_ROWS = 3  # room for so many labels at once in a lane; more make the rows lower
_LEAST_WORDS = 11  # pixels: no words in lower rows
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

Span = tuple[float, float]


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
        self._lanes: dict[str, list[tuple[int, Stretch]]] = {}
        self._unheard: dict[str, list[Span]] = {}
        self._titles: dict[str, str] = {}
        self.chosen: tuple[str, Stretch] | None = None
        super().__init__(time, TitleScale(self._beside), interactive=interactive)
        self.setAccessibleName(self.tr("Detected labels"))
        self.title = self.tr("Detected labels")
        self.setMinimumHeight(3 * _ROWS * _ROW)

    def set_titles(self, titles: dict[str, str]) -> None:
        """What each lane is called in the gutter."""
        self._titles = titles
        self.repaint_scale()

    def set_lanes(
        self,
        lanes: Mapping[str, list[Stretch]],
        unheard: Mapping[str, Sequence[Span]] | None = None,
    ) -> None:
        """All stretches, by the name of their lane; and where nothing was listened to."""
        before = {name: len(rows) for name, rows in self._rows().items()}
        self._lanes = {name: _in_rows(stretches) for name, stretches in lanes.items()}
        self._unheard = {name: list(spans) for name, spans in (unheard or {}).items()}
        self.setMinimumHeight(max(1, len(lanes)) * _ROWS * _ROW)
        if self.chosen is not None:  # as far as it is still there
            lane, old = self.chosen
            label, middle = old.label, (old.start + old.end) / 2
            there = (s for s in lanes.get(lane, []) if s.start <= middle <= s.end)
            kept = next((s for s in there if s.label == label), None)
            self.chosen = None if kept is None else (lane, kept)
        if before != {name: len(rows) for name, rows in self._rows().items()}:
            self.repaint_scale()
        self.repaint_plot()

    def choose(self, chosen: tuple[str, Stretch] | None) -> None:
        """Mark a stretch of a lane as the one that is meant."""
        self.chosen = chosen
        self.chosen_changed.emit()
        self.repaint_plot()

    def stretches_at(self, seconds: float) -> list[tuple[str, Stretch]]:
        """All stretches at a moment, from the top down, each with its lane."""
        return [
            (lane, stretch)
            for lane, placed in self._lanes.items()
            for _, stretch in sorted(placed, key=lambda place: place[0])
            if stretch.start <= seconds < stretch.end
        ]

    def segment_at(self, place: QPoint) -> tuple[str, Stretch] | None:
        """The stretch at a place in the widget, with its lane."""
        return self._stretch_at(place.x(), place.y())

    def _stretch_at(self, x: float, y: float) -> tuple[str, Stretch] | None:
        for lane, (top, bottom, height) in self._places().items():
            for row, stretch in self._lanes[lane] if top <= y < bottom else []:
                across = self.x_of(stretch.start) <= x < self.x_of(stretch.end)
                if across and row == int((y - top) / height):
                    return lane, stretch
        return None

    def press(self, place: QPointF) -> None:
        self.choose(self._stretch_at(place.x(), place.y()))
        super().press(place)

    def zoom_heights(self, factor: float, at: float) -> None:
        """Lanes have no heights to zoom."""

    def pan_heights(self, share: float) -> None:
        """Nor to move."""

    def lane_at(self, height: float) -> str | None:
        """The lane at a height from 0 at the bottom to 1."""
        place = (1 - height) * self.plot.height()
        for name, (top, bottom, _) in self._places().items():
            if top <= place < bottom:
                return name
        return None

    def _rows(self) -> dict[str, range]:
        """One lane with more labels at once gets more room."""
        return {
            name: range(max([_ROWS, *(row + 1 for row, _ in stretches)]))
            for name, stretches in self._lanes.items()
        }

    def _places(self) -> dict[str, tuple[float, float, float]]:
        """Top, bottom and row height of each lane."""
        rows = {name: len(row) for name, row in self._rows().items()}
        height = self.plot.height() / max(1, sum(rows.values()))
        found, top = {}, 0.0
        for name, count in rows.items():
            found[name] = (top, top + count * height, min(24.0, height))
            top += count * height
        return found

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        pixel = size.width() / self.time.span
        for name, (top, bottom, row_height) in self._places().items():
            self._hatch(painter, QRectF(0, top, size.width(), bottom - top), name)
            if top:
                painter.fillRect(QRectF(0, top, size.width(), 1), QColor(use.line))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for row, stretch in self._lanes[name]:
                if stretch.end > self.time.start and stretch.start < self.time.end:
                    left = max((stretch.start - self.time.start) * pixel, -6.0)
                    right = min((stretch.end - self.time.start) * pixel, size.width() + 6.0)
                    y = top + row * row_height + 2
                    box = QRectF(left, y, max(2.0, right - left - 1), row_height - 3)
                    chosen = self.chosen == (name, stretch)
                    painter.setPen(QPen(QColor(use.text), 2) if chosen else Qt.PenStyle.NoPen)
                    _paint_stretch(painter, stretch.label, box)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _hatch(self, painter: QPainter, place: QRectF, name: str) -> None:
        pixel = place.width() / self.time.span
        for first, last in self._unheard.get(name, []):
            left = max(0.0, (first - self.time.start) * pixel)
            right = min(place.width(), (last - self.time.start) * pixel)
            hatch(painter, QRectF(left, place.top(), right - left, place.height()))

    def _beside(self) -> list[tuple[float, float, str]]:
        places = self._places().items()
        return [(top, bottom, self._titles.get(name, name)) for name, (top, bottom, _) in places]

    def csv(self) -> str:
        """All stretches that are shown."""
        lines = ["lane,start,end,label,probability"]
        for name, placed in self._lanes.items():
            for _, s in sorted(placed, key=lambda place: place[1].start):
                if s.end > self.time.start and s.start < self.time.end:
                    label = f'"{s.label}"' if "," in s.label else s.label
                    lines.append(f"{name},{s.start:.3f},{s.end:.3f},{label},{s.probability:.4f}")
        return "\n".join(lines) + "\n"


def _paint_stretch(painter: QPainter, label: str, box: QRectF) -> None:
    colour = label_colour(label)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 4, 4)
    words = box.adjusted(6, 0, -3, 0)
    if words.width() > 24 and box.height() >= _LEAST_WORDS:
        painter.setPen(QColor("#ffffff" if colour.lightness() < 140 else "#10131a"))
        text = painter.fontMetrics().elidedText(
            label, Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, int(_LEFT), text)


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
