"""What is marked in a track: cursor, crosshair, selection, and what is not known."""

import functools
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from desktop.plots import theme
from desktop.plots.clock import length
from desktop.plots.tracks.box import Owner, TrackBox
from desktop.style import colours

_TILE = 128


class Region(pg.LinearRegionItem):
    """A selection that keeps its length where it is moved against an end."""

    def mouseDragEvent(self, event: Any) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if not self.movable or event.button() != Qt.MouseButton.LeftButton or not plain:
            event.ignore()
            return
        event.accept()
        if event.isStart():
            self._from = self.getRegion()
        low, high = self.lines[0].bounds()
        first, last = self._from
        shift = event.pos().x() - event.buttonDownPos().x()
        shift = min(max(shift, low - first), high - last)
        self.setRegion((first + shift, last + shift))


class Marks:
    """Cursor, crosshair and selection of a track."""

    def __init__(self, track: Owner, box: TrackBox) -> None:
        self._track = track
        self._own = False  # whether it is the track that moves the selection now
        self.cursor = pg.InfiniteLine(angle=90)
        self.across = pg.InfiniteLine(angle=90)
        self.level = pg.InfiniteLine(angle=0)
        self.region = Region(movable=True, swapMode="sort")
        self.words = pg.TextItem(anchor=(0.5, 0.0))
        items = ((self.region, 10), (self.across, 20), (self.level, 20), (self.cursor, 30))
        for item, above in (*items, (self.words, 15)):
            item.setZValue(above)
            item.hide()
            box.addItem(item, ignoreBounds=True)
        time = track.time
        time.cursor_moved.connect(self._show_cursor)
        time.pointed.connect(self._show_pointer)
        time.selected.connect(self.refresh)
        time.panning_changed.connect(self.refresh)
        time.changed.connect(self._place_words)
        self.region.sigRegionChanged.connect(self._moved)
        self.region.sigRegionChangeFinished.connect(self._moved)
        self._show_cursor()
        self.refresh()

    def apply_style(self) -> None:
        """The colours in force."""
        use = colours()
        fill, strong = QColor(use.accent), QColor(use.accent)
        fill.setAlpha(50)
        strong.setAlpha(75)
        self.cursor.setPen(theme.pen(use.danger, 1.5))
        for line in (self.across, self.level):
            line.setPen(theme.pen(use.faint, 1, Qt.PenStyle.DotLine))
        self.region.setBrush(fill)
        self.region.setHoverBrush(strong)
        for line in self.region.lines:
            line.setPen(theme.pen(use.accent, 1))
            line.setHoverPen(theme.pen(use.accent, 3))
        self.words.setColor(QColor(use.text))
        ground = QColor(use.panel)
        ground.setAlpha(200)
        self.words.fill = pg.mkBrush(ground)

    def point(self, height: float | None) -> None:
        """The level that the pointer is at."""
        self.level.setVisible(height is not None)
        if height is not None:
            self.level.setPos(height)

    def _show_cursor(self) -> None:
        seconds = self._track.time.cursor
        if seconds is not None:
            self.cursor.setPos(seconds)
        self.cursor.setVisible(seconds is not None)

    def _show_pointer(self) -> None:
        seconds = self._track.time.pointer
        if seconds is not None:
            self.across.setPos(seconds)
        self.across.setVisible(seconds is not None)

    def refresh(self) -> None:
        """Show the selection as it is now, and whether it can be moved."""
        time, region = self._track.time, self.region
        selection = time.selection
        if selection is not None and not self._own:
            region.blockSignals(True)
            region.setBounds((time.begin, time.duration))
            region.setRegion(selection)
            region.blockSignals(False)
        movable = self._track.interactive and not time.panning
        region.setMovable(movable)
        for line in region.lines:
            if movable:
                line.setCursor(Qt.CursorShape.SizeHorCursor)
            else:
                line.unsetCursor()
        region.setVisible(selection is not None)
        self._place_words()

    def _place_words(self) -> None:
        """The length of the selection, in the middle of what is seen of it."""
        time = self._track.time
        chosen = time.selection
        seen = chosen is not None and chosen[1] > time.start and chosen[0] < time.end
        shown = seen and self._track.tells_length
        self.words.setVisible(shown)
        if chosen is not None and shown:
            first, last = max(chosen[0], time.start), min(chosen[1], time.end)
            self.words.setText(length(chosen[1] - chosen[0]))
            self.words.setPos((first + last) / 2, self._track.heights[1])

    def _moved(self) -> None:
        self._own = True
        self._track.time.select(*self.region.getRegion())
        self._own = False


def hatch(painter: QPainter, place: QRectF) -> None:
    """Slanting lines over the ground: nothing is known there, which must not look like silence."""
    if place.width() > 0 and place.height() > 0:
        use = colours()
        painter.drawTiledPixmap(place, _tile(use.plot, use.faint), place.topLeft())


@functools.cache
def _tile(ground: str, line: str) -> QPixmap:
    """A square of the pattern: copied, it costs a tenth of a brush with a pattern."""
    tile = QPixmap(_TILE, _TILE)
    tile.fill(QColor(ground))
    colour = QColor(line)
    colour.setAlpha(120)
    painter = QPainter(tile)
    painter.setPen(colour)
    for start in range(-_TILE, _TILE, 8):
        painter.drawLine(start, _TILE, start + _TILE, 0)
    painter.end()
    return tile
