"""One plot in a widget of its own: title, axes, legend, menu, keys, appearance, export."""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QSizePolicy

from desktop.plots import export, theme
from desktop.plots.legend import Legend
from desktop.plots.view import PlotView
from desktop.style import colours

Meaning = Callable[[], object]
_STEP = 0.8  # of the range, at a key's zoom


class Figure(PlotView, pg.GraphicsLayoutWidget):
    """What all plots but the tracks have in common.

    The wheel zooms at the pointer, a drag pans or zooms into a rectangle, the right button opens
    the menu; plus, minus and 0 zoom in, out and to everything, Ctrl+C copies a picture.
    In a page that scrolls the wheel scrolls it until the plot was clicked.

    Attributes:
        title: what it is, over the plot unless ``titled`` is off; files have it always.
        plot: pyqtgraph's plot item.
        legend: names of the series, beside the title or below the plot.
    """

    number_keys = True  # 1 to 9 hide or show a series

    def __init__(
        self,
        title: str,
        bottom: theme.Axis,
        left: theme.Axis,
        *,
        titled: bool = True,
        legend_below: bool = False,
        legend_aside: bool = False,
        top: "pg.AxisItem | None" = None,
    ) -> None:
        super().__init__()
        self.title, self._titled = title, titled
        self._grids = (False, True)
        self._as_widget()
        self.heading = self.addLabel(title, row=0, col=0, justify="left", bold=True)
        self.legend = Legend(right=not legend_below, aside=legend_aside)
        self.legend.toggled.connect(self.toggle)
        self.legend.changed.connect(self.ci.layout.invalidate)
        sides = {"bottom": bottom, "left": left} | ({"top": top} if top is not None else {})
        self.plot = self.addPlot(row=1, col=0, colspan=2, axisItems=sides, enableMenu=False)
        self.plot.hideButtons()
        self.plot.vb.setMenuEnabled(False)
        if legend_aside:
            self.addItem(self.legend, row=1, col=2)
        elif legend_below:
            self.addItem(self.legend, row=2, col=0, colspan=2)
        else:
            self.addItem(self.legend, row=0, col=1)
        self.ci.layout.setColumnStretchFactor(0, 0)
        self.ci.layout.setColumnStretchFactor(1, 1)
        self.ci.layout.setRowStretchFactor(1, 1)
        self._head(shown=titled)
        theme.grid(self.plot)
        self.scene().sigMouseClicked.connect(self._clicked)

    def _as_widget(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.title)
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.setContentsMargins(8, 4, 12, 6)
        self.ci.layout.setVerticalSpacing(2)
        self.ci.layout.setHorizontalSpacing(16)

    @property
    def box(self) -> "pg.ViewBox":
        """Where the values are drawn."""
        return self.plot.vb

    @property
    def area(self) -> QRectF:
        """The plot between its axes, in pixels of the widget."""
        return QRectF(self.box.sceneBoundingRect())

    def settle(self) -> None:
        """Lay out and scale at once what is due at the next painting."""
        self.ci.layout.activate()
        self.plot.layout.activate()
        self.scene().prepareForPaint()

    def _head(self, *, shown: bool) -> None:
        self._headed = shown
        self.heading.setVisible(shown)
        self._write_heading()
        self.heading.setMaximumHeight(22 if shown else 0)
        self.heading.setMinimumHeight(22 if shown else 0)

    def _write_heading(self) -> None:
        # A hidden one, too, would keep the plot as wide as its words.
        self.heading.setText(self.title if self._headed else "", color=colours().text)

    # What subclasses say.

    def apply_style(self) -> None:
        """Give everything the colours in force."""
        theme.apply_style_to_view(self)
        self._write_heading()

    def series(self) -> dict[str, bool]:
        """The series that can be hidden, and whether each is shown."""
        return {}

    def toggle(self, name: str) -> None:
        """Hide or show a series."""

    def view_all(self) -> None:
        """Show everything again."""
        self.plot.enableAutoRange()

    def clicked(self, place: QPointF) -> None:
        """Do what a click of the left button means at a place of the widget."""

    def extra_actions(self, menu: QMenu) -> None:
        """Add to the menu what only this plot has."""

    def extra_modes(self, menu: QMenu) -> None:
        """Add to the menu what else a drag can mean."""

    # Files.

    def render(self, painter: QPainter, rect: QRectF, *, dark: bool) -> None:
        """Paint the whole plot, title and axes included, into a rectangle."""
        self._head(shown=True)
        try:
            export.render_view(self, painter, rect, dark=dark, apply_style=self.apply_style)
        finally:
            self._head(shown=self._titled)
            self.settle()

    # The menu.

    def menu(self) -> QMenu:
        """What the right button opens."""
        menu = QMenu(self)
        menu.addAction(self.tr("View all\t0"), self.view_all)
        self._modes(menu)
        names = (self.tr("Vertical grid lines"), self.tr("Horizontal grid lines"))
        for side, words in enumerate(names):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(self._grids[side])
            action.toggled.connect(lambda on, side=side: self._set_grid(side, on))
        self.extra_actions(menu)
        if self.series():
            menu.addSeparator()
        for number, (name, shown) in enumerate(self.series().items(), start=1):
            key = f"\t{number}" if number < 10 and self.number_keys else ""
            action = menu.addAction(name.replace("&", "&&") + key)
            action.setCheckable(True)
            action.setChecked(shown)
            action.triggered.connect(lambda _=False, name=name: self.toggle(name))
        self.add_export_actions(menu, "Ctrl+C")
        return menu

    def _modes(self, menu: QMenu) -> None:
        self.extra_modes(menu)
        modes = {
            self.tr("Drag to scroll"): pg.ViewBox.PanMode,
            self.tr("Drag to zoom into a rectangle"): pg.ViewBox.RectMode,
        }
        for words, mode in modes.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(self.dragging(mode))
            action.triggered.connect(lambda _=False, mode=mode: self.drag_means(mode))

    def dragging(self, mode: int) -> bool:
        """Whether a drag of the left button does this, pyqtgraph's pan or zoom."""
        return bool(self.box.state["mouseMode"] == mode)

    def drag_means(self, mode: int) -> None:
        """Have a drag of the left button do this, pyqtgraph's pan or zoom."""
        self.box.setMouseMode(mode)

    def _set_grid(self, side: int, on: bool) -> None:
        grids = [on if side == number else old for number, old in enumerate(self._grids)]
        self._grids = (grids[0], grids[1])
        theme.grid(self.plot, x=grids[0], y=grids[1])

    def _popup(self, place: QPointF) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place.toPoint())

    def _clicked(self, event: "pg.GraphicsScene.mouseEvents.MouseClickEvent") -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self._popup(QPointF(event.screenPos()))
        elif event.button() == Qt.MouseButton.LeftButton and not event.isAccepted():
            if event.double():
                self.view_all()
            else:
                self.clicked(QPointF(self.mapFromScene(event.scenePos())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # That of the mouse is a click of the right button: a drag of it zooms.
        if event.reason() != QContextMenuEvent.Reason.Mouse:
            self._popup(QPointF(self.mapToGlobal(self.rect().center())))
        event.accept()

    # Keys and wheel.

    def meaning(self, event: QKeyEvent) -> Meaning | None:
        """What a key does here."""
        if event.matches(QKeySequence.StandardKey.Copy):
            return self.copy_picture
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and not _commanding(event):
            return lambda: self.zoom(_STEP)
        if modifiers:
            return None
        names = list(self.series())
        number = key - Qt.Key.Key_1
        if self.number_keys and Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and number < len(names):
            return lambda: self.toggle(names[number])
        known: dict[Qt.Key, Meaning] = {
            Qt.Key.Key_0: self.view_all,
            Qt.Key.Key_Minus: lambda: self.zoom(1 / _STEP),
        }
        return known.get(key)

    def zoom(self, share: float) -> None:
        """Show such a share of what is shown, about the middle."""
        self.box.scaleBy((share, share))

    def event(self, event: QEvent) -> bool:
        # These keys mean something here, whatever they do elsewhere in the window.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self.meaning(event) is not None:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        meaning = self.meaning(event)
        if meaning is None:
            event.ignore()
        else:
            meaning()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        event.accept()  # the scene waits whether it becomes a click or a drag

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if self._page_scrolls() and not self.hasFocus() and not ctrl:
            event.ignore()
        else:
            super().wheelEvent(event)
            event.accept()

    def _page_scrolls(self) -> bool:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QAbstractScrollArea):
            above = above.parentWidget()
        return above is not None and above.verticalScrollBar().maximum() > 0

    # Appearance.

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 130)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
            QEvent.Type.DevicePixelRatioChange,
        )
        if event.type() in kinds and hasattr(self, "legend"):
            self.apply_style()


def _commanding(event: QKeyEvent) -> bool:
    command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return bool(event.modifiers() & command)
