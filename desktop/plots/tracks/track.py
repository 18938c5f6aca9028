"""What every track is: a pyqtgraph view box under the shared time, with its scale in a gutter."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from desktop import style
from desktop.plots import export, theme
from desktop.plots.tracks.axes import GUTTER, MARGIN, TimeScale, apply_style
from desktop.plots.tracks.box import Painted, TrackBox
from desktop.plots.tracks.marks import Marks
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.view import PlotView
from desktop.style import Colours, colours

_HEAD = 26  # pixels of the title in what is exported
_VCENTRE = Qt.AlignmentFlag.AlignVCenter


class Track(PlotView):
    """Base of the strips: zoom, pan, cursor and selection by mouse and wheel.

    The wheel zooms at the pointer, with Shift it pans, with Ctrl it zooms the heights; a drag
    selects, with the middle button it pans; a click sets the cursor. What is shown is painted in
    pixels by :meth:`paint_plot`, inside pyqtgraph's view box, whose x is seconds and whose y is the
    height from 0 at the bottom to 1.
    """

    tells_length = False  # whether the length of the selection stands in it

    clicked = Signal(float)
    hovered = Signal(float, float)  # seconds, height from 0 at the bottom to 1
    left = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(
        self,
        time: TimeRange,
        scale: "pg.AxisItem",
        *,
        below: TimeScale | None = None,
        interactive: bool = True,
    ) -> None:
        self._made = False  # Qt sends events while it is being made
        super().__init__()
        self.time = time
        self.title = ""
        self._interactive = interactive
        self.box = TrackBox(self)
        self.scale_item = scale
        self._below = below or TimeScale(words=False)
        self._lay_out()
        self.marks = Marks(self, self.box)
        self._painted = Painted(self.box, self._paint)
        self.setMouseTracking(True)
        # Keys reach the page through whatever track was clicked.
        policy = Qt.FocusPolicy.ClickFocus if interactive else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setOptimizationFlag(self.OptimizationFlag.DontAdjustForAntialiasing)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAcceptDrops(False)  # the window takes drops wherever they fall
        time.changed.connect(self._show_time)
        time.panning_changed.connect(self._show_hand)
        self._made = True
        self.apply_style()
        self._show_time()

    def _lay_out(self) -> None:
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.scale_item.setWidth(GUTTER)
        self.scale_item.linkToView(self.box)
        layout.addItem(self.scale_item, 0, 0)
        layout.addItem(self.box, 0, 1)
        layout.addItem(self._below, 1, 1)
        layout.layout.setColumnFixedWidth(2, MARGIN)
        self.scale_item.setZValue(1)
        self._below.setZValue(1)
        self.setCentralItem(layout)
        self.lay = layout
        self._follow_time()

    @property
    def interactive(self) -> bool:
        """Whether it can be moved, zoomed and selected in."""
        return self._interactive

    def set_interactive(self, on: bool) -> None:
        """Let it be moved and selected in, or not: a rolling picture moves by itself."""
        self._interactive = on
        self.marks.refresh()
        self._show_hand()

    @property
    def plot(self) -> QRectF:
        """The area right of the gutter."""
        return QRectF(self.box.mapRectToScene(self.box.rect()))

    def x_of(self, seconds: float) -> float:
        """Where a moment is in the widget."""
        plot = self.plot
        return plot.left() + (seconds - self.time.start) / self.time.span * plot.width()

    def seconds_at(self, x: float) -> float:
        """Which moment is there."""
        plot = self.plot
        return self.time.start + (x - plot.left()) / (plot.width() or 1.0) * self.time.span

    def height_at(self, y: float) -> float:
        """Which height is there: of all there is, 0 at the bottom and 1 at the top."""
        low, high = self.heights
        share = 1.0 - (y - self.plot.top()) / (self.plot.height() or 1.0)
        return low + share * (high - low)

    @property
    def heights(self) -> tuple[float, float]:
        """The lowest and highest that are shown."""
        low, high = self.box.viewRange()[1]
        return float(low), float(high)

    def show_heights(self, low: float, high: float) -> None:
        """Show these heights only."""
        span = min(max(high - low, 0.02), 1.0)
        low = min(max(low, 0.0), 1.0 - span)
        self.box.setYRange(low, low + span, padding=0)
        self.repaint_plot()

    def zoom_heights(self, factor: float, at: float) -> None:
        """Show ``factor`` times as many heights around one."""
        low, high = self.heights
        self.show_heights(at - (at - low) * factor, at + (high - at) * factor)

    def pan_heights(self, share: float) -> None:
        """Move by a share of the heights that are shown."""
        low, high = self.heights
        shift = share * (high - low)
        self.show_heights(low + shift, high + shift)

    def show_all_heights(self) -> None:
        """Undo the zoom in height."""
        self.show_heights(0.0, 1.0)

    def set_grid(self, on: bool) -> None:
        """Lines across the plot at the ticks of both axes."""
        for axis in (self.scale_item, self._below):
            axis.setGrid(90 if on else False)
        self._follow_time()

    def _follow_time(self) -> None:
        """Without lines and words the axis below has nothing to show, and nothing to follow."""
        below = self._below
        shown = below.grid is not False or below.style["showValues"]
        below.setVisible(shown)
        if shown:
            below.linkToView(self.box)
        else:
            below.unlinkFromView()

    def paint_plot(self, painter: QPainter, size: QRectF, use: Colours) -> None:
        """Paint what the track is for, in pixels of the plot."""

    def _paint(self, painter: QPainter, size: QRectF) -> None:
        self.paint_plot(painter, size, colours())

    def repaint_plot(self) -> None:
        """What :meth:`paint_plot` shows has changed."""
        self._painted.update()

    def repaint_scale(self) -> None:
        """The words in the gutter have changed."""
        self.scale_item.picture = None
        self.scale_item.update()

    def press(self, place: QPointF) -> None:
        """A click in the plot."""
        self.clicked.emit(self.seconds_at(place.x()))

    def want_menu(self, place: QPoint) -> None:
        """A click with the right button."""
        self.menu_wanted.emit(place)

    def _show_hand(self) -> None:
        """The pointer tells that a drag moves."""
        hand = self.time.panning and self._interactive
        shape = Qt.CursorShape.OpenHandCursor if hand else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def render(self, painter: QPainter, rect: QRectF, *, dark: bool) -> None:
        """Paint the track with its title and a time axis of its own into a rectangle."""
        below, words = self._below, self._below.style["showValues"]
        below.set_words(on=True)
        self._follow_time()
        try:
            export.render_view(
                self,
                painter,
                rect.adjusted(0, _HEAD, 0, 0),
                dark=dark,
                apply_style=self.apply_style,
            )
        finally:
            below.set_words(on=words)
            self._follow_time()
            self.lay.layout.activate()
        with style.shown_as(dark=dark):
            use = colours()
            head = QRectF(rect.left(), rect.top(), rect.width(), _HEAD)
            painter.fillRect(head, QColor(use.panel))
            painter.setPen(QColor(use.text))
            painter.setFont(theme.title_font())
            painter.drawText(head.adjusted(GUTTER, 0, 0, 0), int(_VCENTRE), self.title)

    def _show_time(self) -> None:
        self.box.setRange(
            xRange=(self.time.start, self.time.end), padding=0, disableAutoRange=False
        )
        self._painted.update()

    def apply_style(self) -> None:
        """Take the colours in force."""
        use = colours()
        self.setBackground(use.panel)
        self.box.setBackgroundColor(use.plot)
        for axis in (self.scale_item, self._below):
            apply_style(axis)
        self.marks.apply_style()
        self._painted.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._made and event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.apply_style()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self._made:  # laid out at once, not when the event loop comes to it
            self.lay.layout.activate()

    def wheelEvent(self, event: QWheelEvent) -> None:
        pans_only = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if not self._interactive and pans_only:
            event.ignore()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the page's

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = event.position()
        seconds, height = self.seconds_at(place.x()), self.height_at(place.y())
        inside = self.plot.contains(place)
        self.time.point(seconds if inside else None)
        self.marks.point(height if inside else None)
        self.hovered.emit(seconds, height)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.time.point(None)
        self.marks.point(None)
        self.left.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.mapToGlobal(self.plot.center().toPoint()))
        event.accept()  # with the mouse it comes as a click

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.toolTip(), self)
            return True
        return bool(super().viewportEvent(event))
