"""The marks of a map: a colour and a shape for each class, rings, and frames of what is chosen."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPen, QPolygonF

from desktop.plots import theme
from desktop.style import colours, label_colour

Places = NDArray[np.float32]
SIZE = 13  # pixels of a mark


def _polygon(corners: int, turn: float, inner: float = 1.0) -> QPainterPath:
    """A regular polygon of diameter 1, or a star where every second corner lies further in."""
    points = []
    for corner in range(corners):
        angle = 2 * math.pi * corner / corners + turn
        reach = 0.5 * (inner if corner % 2 else 1.0)
        points.append(QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    path = QPainterPath()
    path.addPolygon(QPolygonF([*points, points[0]]))
    return path


def _circle() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 0.44, 0.44)
    return path


@lru_cache(maxsize=1)
def _shapes() -> tuple[QPainterPath, ...]:
    up = -math.pi / 2
    return (
        _circle(),
        _polygon(4, math.pi / 4),  # square
        _polygon(3, up),
        _polygon(8, up, 0.42),  # star of four rays
        _polygon(3, -up),
        _polygon(4, up),  # diamond
        _polygon(10, up, 0.45),  # star of five rays
        _polygon(6, 0.0),
        _polygon(6, up, 0.25),  # three rays
    )


def shape_of(kind: int) -> QPainterPath:
    """The shape of a class, of diameter 1: they repeat after nine, hollow ones after that."""
    return _shapes()[kind % len(_shapes())]


def paint_of(kind: int, label: str) -> tuple[QPen, QBrush]:
    """Edge and filling of a class's mark."""
    use, strong = colours(), label_colour(label)
    ground = QColor(use.plot)
    hollow = (kind // len(_shapes())) % 2 == 1
    edge = theme.pen(strong, 1.8) if hollow else theme.pen(ground, 1.0)
    return edge, QBrush(ground if hollow else strong)


class Marks:
    """What pyqtgraph draws for the points of a map: an item for each class, so that one can be
    hidden without drawing the others anew."""

    def __init__(self, plot: "pg.PlotItem") -> None:
        self._plot = plot
        self._classes: list[pg.ScatterPlotItem] = []
        self._styles: list[dict[str, object]] = []
        self._chosen, self._rings, self._frame = (self._layer(z) for z in (10, 20, 30))

    def _layer(self, z: float) -> "pg.ScatterPlotItem":
        item = pg.ScatterPlotItem(pxMode=True)
        item.setZValue(z)
        self._plot.addItem(item)
        return item

    def apply_style(self, names: Sequence[str]) -> None:
        """Give the classes of these names, and all that lies over them, the colours in force."""
        for item in self._classes[len(names) :]:
            self._plot.removeItem(item)
        del self._classes[len(names) :]
        self._classes += [self._layer(0) for _ in names[len(self._classes) :]]
        self._styles = [
            {"symbol": shape_of(kind), "size": SIZE, "pen": edge, "brush": fill}
            for kind, (edge, fill) in enumerate(map(paint_of, range(len(names)), names))
        ]
        use = colours()
        for item, symbol, size, colour, width in (
            (self._rings, "o", SIZE * 1.75, use.danger, 2.0),
            (self._chosen, "s", SIZE * 1.25, use.text, 1.8),
            (self._frame, "s", SIZE * 2.15, use.accent, 2.5),
        ):
            item.setSymbol(symbol)
            item.setSize(size)
            item.setPen(theme.pen(colour, width))
            item.setBrush(None)

    def draw(self, places: Places, kinds: NDArray[np.int64], shown: NDArray[np.bool_]) -> None:
        """Draw the points that are shown."""
        for kind, item in enumerate(self._classes):
            here = places[shown & (kinds == kind)]
            item.setData(x=here[:, 0], y=here[:, 1], **self._styles[kind])

    def hide(self, hidden: Sequence[bool]) -> None:
        """Hide or show each class."""
        for item, off in zip(self._classes, hidden, strict=True):
            item.setVisible(not off)

    def ring(self, places: Places) -> None:
        """Draw rings round what one should look at."""
        self._rings.setData(x=places[:, 0], y=places[:, 1])

    def frame(self, chosen: Places, current: Places) -> None:
        """Draw frames round what is chosen, and a larger one where the keys are."""
        self._chosen.setData(x=chosen[:, 0], y=chosen[:, 1])
        self._frame.setData(x=current[:, 0], y=current[:, 1])
