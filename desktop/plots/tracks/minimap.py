"""All of the sound in a strip, with a window on what the tracks show that can be moved."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.plots import theme
from desktop.plots.tracks.axes import GUTTER, MARGIN, TitleScale, apply_style
from desktop.plots.tracks.box import Painted
from desktop.plots.tracks.marks import Region
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.waveform import Envelope, Seen, hatch_unknown, paint_envelope
from desktop.style import colours

_HEIGHT = 40


class Minimap(pg.GraphicsView):
    """Drag the window or its edges, or click beside it; the wheel zooms around its middle."""

    def __init__(self, time: TimeRange) -> None:
        self._made = False  # Qt sends events while it is being made
        super().__init__()
        self.time = time
        self._envelope: Envelope = np.zeros((2, 0), dtype=np.float32)
        self._span = (0.0, 0.0)
        self.box = _Box(self)
        self._title = TitleScale(lambda: [(4.0, float(_HEIGHT), self.tr("Overview"))])
        self._lay_out()
        self._painted = Painted(self.box, self.paint_plot)
        self.window_item = Region(movable=True)
        self._cursor = pg.InfiniteLine(angle=90)
        for item in (self.window_item, self._cursor):
            self.box.addItem(item, ignoreBounds=True)
        self.window_item.sigRegionChanged.connect(self._moved)
        time.changed.connect(self._show)
        time.cursor_moved.connect(self._show_cursor)
        time.selected.connect(lambda: self._painted.update())
        self.setFixedHeight(_HEIGHT)
        self.setAcceptDrops(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Overview of the whole sound"))
        self.setToolTip(self.tr("Drag the frame to scroll, its edges to zoom"))
        self._made = True
        self.apply_style()
        self._show()

    def _lay_out(self) -> None:
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(0)
        layout.addItem(self._title, 0, 0)
        layout.addItem(self.box, 0, 1)
        layout.layout.setColumnFixedWidth(0, GUTTER)
        layout.layout.setColumnFixedWidth(2, MARGIN)
        self.setCentralItem(layout)

    def set_envelope(self, envelope: Envelope, first: float, last: float) -> None:
        """Lowest and highest values, shape (2, n), from ``first`` to ``last``."""
        self._envelope, self._span = envelope, (first, last)
        self._painted.update()

    def apply_style(self) -> None:
        """Take the colours in force."""
        use = colours()
        self.setBackground(use.panel)
        self.box.setBackgroundColor(use.plot)
        apply_style(self._title)
        fill, strong = QColor(use.accent), QColor(use.accent)
        fill.setAlpha(45)
        strong.setAlpha(80)
        self.window_item.setBrush(fill)
        self.window_item.setHoverBrush(strong)
        for line in self.window_item.lines:
            line.setPen(theme.pen(use.accent, 2))
            line.setHoverPen(theme.pen(use.accent, 4))
            line.setCursor(Qt.CursorShape.SizeHorCursor)
        self._cursor.setPen(theme.pen(use.danger, 1.5))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._made and event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.apply_style()

    def close(self) -> bool:
        """As any widget's: pyqtgraph's takes the scene apart."""
        return QWidget.close(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        time = self.time
        self.box.setRange(xRange=(time.begin, time.duration), padding=0, disableAutoRange=False)
        self.window_item.blockSignals(True)
        self.window_item.setBounds((time.begin, time.duration))
        self.window_item.setRegion((time.start, time.end))
        self.window_item.blockSignals(False)
        self._show_cursor()
        self._painted.update()

    def _show_cursor(self) -> None:
        cursor = self.time.cursor
        self._cursor.setVisible(cursor is not None)
        if cursor is not None:
            self._cursor.setPos(cursor)

    def _moved(self) -> None:
        first, last = self.window_item.getRegion()
        if last > first:
            self.time.show(first, last)

    def paint_plot(self, painter: QPainter, size: QRectF) -> None:
        """The envelope and the selection."""
        use, time = colours(), self.time
        seen = Seen(self._envelope, *self._span, time.begin, time.duration)
        hatch_unknown(painter, size, seen)
        paint_envelope(painter, size, seen, use.faint)
        if time.selection is not None:
            pixel = size.width() / (time.duration - time.begin)
            first, last = ((at - time.begin) * pixel for at in time.selection)
            fill = QColor(use.accent)
            fill.setAlpha(110)
            painter.fillRect(QRectF(first, 0, max(1.0, last - first), size.height()), fill)


class _Box(pg.ViewBox):
    """A click shows what is around it, the wheel zooms what is shown."""

    def __init__(self, minimap: Minimap) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self._minimap = minimap
        self.disableAutoRange()
        self.setFlag(self.GraphicsItemFlag.ItemIsFocusable, False)
        self.setRange(yRange=(0.0, 1.0), padding=0)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        time, notches = self._minimap.time, event.delta() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            time.pan(-0.1 * notches)
        else:
            time.zoom(0.8**notches, (time.start + time.end) / 2)
        event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._centre(event.scenePos())

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._centre(event.scenePos())

    def _centre(self, place: Any) -> None:
        time = self._minimap.time
        at = self.mapSceneToView(place).x()
        time.show(at - time.span / 2, at + time.span / 2)
