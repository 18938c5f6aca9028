"""Points on a plane, painted quickly: what a scatter plot shows, before anybody touches it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.plots.scatter_marks import SIZE, paint_legend, pixmap_of
from desktop.style import Colours, colours

_LEGEND = 170
_MARGIN = 22
_MOST_ZOOM = 40.0
_WIDEST = 1.7  # the axes mean nothing: the map may be so much wider than high


@dataclass(frozen=True, eq=False)
class Points:
    """What is shown.

    Attributes:
        places: float, shape (n, 2), from -1 to 1, y upwards.
        kinds: number of the class of each.
        names: what each is, for the pointer and for screen readers.
        classes: names of the classes.
        suspects: which are ringed, and why, by number.
    """

    places: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    kinds: Sequence[int] = ()
    names: Sequence[str] = ()
    classes: Sequence[str] = ()
    suspects: dict[int, str] = field(default_factory=dict)


class _View:
    """Which part of the plane is seen, and where it lies in pixels."""

    def __init__(self) -> None:
        self.size = QRectF(0, 0, 100, 100)
        self.extent = np.ones(2)  # how far from the middle the points reach
        self.reset()

    def reset(self) -> None:
        self.zoom, self.middle = 1.0, np.zeros(2)

    @property
    def scale(self) -> NDArray[np.float64]:
        """Pixels of one unit, to the right and down."""
        reach, down = self.extent.tolist()
        high = max(20.0, self.size.height() / 2 - _MARGIN) / down
        wide = min(max(20.0, self.size.width() / 2 - _MARGIN) / reach, _WIDEST * high)
        return np.asarray([self.zoom * wide, -self.zoom * min(high, _WIDEST * wide)])

    def pixels(self, places: NDArray[np.float32]) -> NDArray[np.float64]:
        centre = np.asarray([self.size.center().x(), self.size.center().y()])
        return np.asarray((places - self.middle) * self.scale + centre, dtype=np.float64)

    def zoom_at(self, factor: float, at: QPointF) -> None:
        """What lies at a pixel stays there."""
        away = np.asarray([at.x() - self.size.center().x(), at.y() - self.size.center().y()])
        place = self.middle + away / self.scale
        self.zoom = min(_MOST_ZOOM, max(1.0, self.zoom * factor))
        self.middle = place - away / self.scale if self.zoom > 1.0 else np.zeros(2)

    def pan(self, by: QPointF) -> None:
        self.middle = np.clip(self.middle - np.asarray([by.x(), by.y()]) / self.scale, -1.0, 1.0)


class Plane(QWidget):
    """Points, their legend, and rings round those one should look at."""

    def __init__(self) -> None:
        super().__init__()
        self.points = Points()
        self.current: int | None = None
        self.selected: list[int] = []
        self._view = _View()
        self._pixels: NDArray[np.float64] = np.zeros((0, 2))
        self._layer: QPixmap | None = None
        self._lasso: list[QPointF] = []
        self._hovered: int | None = None
        self._only_suspects = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 160)

    def show_points(self, points: Points, *, anew: bool) -> None:
        """Show these; anew: nothing is chosen of them, and all of the map is seen."""
        if anew:
            self.current, self.selected = None, []
            self._view.reset()
        self.points = points
        if len(points.places):
            self._view.extent = np.maximum(np.abs(points.places).max(axis=0), 0.05).astype(float)
        self._hovered = None
        self._moved()

    def show_only_suspects(self, on: bool) -> None:
        """Hide what is as it should be."""
        self._only_suspects = on
        self._moved()

    def centre_of(self, number: int) -> QPointF:
        """Where a point lies, in pixels."""
        return QPointF(*self._pixels[number])

    def words_of(self, number: int) -> str:
        """Name and class of a point, and what is odd about it."""
        points = self.points
        words = f"{points.names[number]} \u00b7 {points.classes[points.kinds[number]]}"
        reason = points.suspects.get(number)
        return f"{words}\n{reason}" if reason else words

    def _shown(self) -> NDArray[np.bool_]:
        shown = np.ones(len(self._pixels), dtype=bool)
        if self._only_suspects:
            shown[:] = False
            shown[list(self.points.suspects)] = True
        return shown

    def _moved(self) -> None:
        self._view.size = QRectF(0, 0, max(60, self.width() - _LEGEND), self.height())
        self._pixels = self._view.pixels(self.points.places)
        self._layer = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._moved()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        if self._layer is None:
            self._layer = self._painted(use)
        painter.drawPixmap(0, 0, self._layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._view.size)
        self._paint_chosen(painter, use)
        if len(self._lasso) > 1:
            fill = QColor(use.accent)
            fill.setAlpha(40)
            painter.setPen(QPen(QColor(use.accent), 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self._lasso))
        elif self._hovered is not None:
            self._paint_name(painter, self._hovered, use)
        elif self.hasFocus() and self.current is not None:
            self._paint_name(painter, self.current, use)
        painter.setClipping(False)
        focus = self.hasFocus()
        painter.setPen(QPen(QColor(use.accent if focus else use.line), 2 if focus else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _painted(self, use: Colours) -> QPixmap:
        """All points and the legend: painted again only when they move."""
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(QColor(use.plot))
        painter = QPainter(layer)
        painter.setClipRect(self._view.size)
        kinds, points = self.points.kinds, self.points
        marks = [pixmap_of(kind, name, ratio) for kind, name in enumerate(points.classes)]
        shown, half = self._shown(), SIZE / 2
        for number, (x, y) in enumerate(self._pixels.tolist()):
            if shown[number]:
                painter.drawPixmap(QPointF(x - half, y - half), marks[kinds[number]])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(use.danger), 2))
        for number in points.suspects:
            painter.drawEllipse(self.centre_of(number), SIZE * 0.72, SIZE * 0.72)
        painter.setClipping(False)
        counts = np.bincount(np.asarray(kinds, dtype=int), minlength=len(points.classes))
        legend = QRectF(self._view.size.right() + 6, 10, _LEGEND - 20, self.height() - 20)
        paint_legend(painter, legend, points.classes, counts.tolist())
        painter.end()
        return layer

    def _paint_chosen(self, painter: QPainter, use: Colours) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(use.text), 1.8))
        for number in self.selected:
            at, reach = self.centre_of(number), SIZE * 0.56
            painter.drawRect(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach))
        if self.current is not None:
            at, reach = self.centre_of(self.current), SIZE * 0.85
            painter.setPen(QPen(QColor(use.accent), 2.5))
            painter.drawRect(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach))

    def _paint_name(self, painter: QPainter, number: int, use: Colours) -> None:
        """What a point is, beside it, within the map."""
        words, at = self.words_of(number), self.centre_of(number)
        size = painter.fontMetrics().boundingRect(self.rect(), Qt.TextFlag.TextDontClip, words)
        box = QRectF(at.x() + SIZE, at.y() + SIZE * 0.8, size.width() + 16, size.height() + 8)
        area = self._view.size
        if box.right() > area.right() - 4:
            box.moveRight(max(at.x() - SIZE, box.width() + 4))
        if box.bottom() > area.bottom() - 4:
            box.moveBottom(at.y() - SIZE * 0.8)
        painter.setPen(QPen(QColor(use.line), 1))
        painter.setBrush(QColor(use.panel))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(use.text))
        painter.drawText(box.adjusted(8, 4, -8, -4), Qt.AlignmentFlag.AlignVCenter, words)
