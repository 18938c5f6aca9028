"""What every plot is, tracks and figures: its frame where the keyboard is, its entries in menus."""

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPen
from PySide6.QtWidgets import QMenu, QWidget

from desktop.plots import export
from desktop.style import colours


class PlotView(pg.GraphicsView):
    """A plot's widget, which can be closed and shown again, copied and exported."""

    title: str

    def render(self, painter: QPainter, rect: QRectF, *, dark: bool) -> None:
        """Paint the whole plot, title and axes included, into a rectangle."""
        raise NotImplementedError

    def csv(self) -> str:
        """The numbers that are shown, a row each."""
        raise NotImplementedError

    def export(self) -> export.ExportDialog:
        """Ask for a format and a file."""
        return export.open_export(self, self)

    def copy_picture(self) -> None:
        """Put it on the clipboard as it looks now."""
        export.copy_picture(self, self.size())

    def add_export_actions(self, menu: QMenu, key: str = "") -> None:
        """The last entries of a plot's menu; the key of the first of them, where there is one."""
        menu.addSeparator()
        menu.addAction(self.tr("Copy as picture") + (f"\t{key}" if key else ""), self.copy_picture)
        menu.addAction(self.tr("Export..."), self.export)

    def close(self) -> bool:
        """As any widget's: pyqtgraph's takes the scene apart, and Qt crashes at its next event."""
        return QWidget.close(self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """A frame where the keyboard is; no file has it."""
        if self.hasFocus() and self.focusPolicy() & Qt.FocusPolicy.TabFocus:
            painter.save()
            painter.resetTransform()
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))
            painter.restore()
