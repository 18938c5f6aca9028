"""A colour and a shape for each class, so that they differ without colour too."""

import math
from functools import lru_cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPen, QPolygonF

from desktop.plots import theme
from desktop.style import colours, label_colour

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
    use, colour = colours(), label_colour(label)
    strong = QColor.fromHsl(max(0, colour.hslHue()), 190, 150 if use.dark else 115)
    ground = QColor(use.plot)
    hollow = (kind // len(_shapes())) % 2 == 1
    edge = theme.pen(strong, 1.8) if hollow else theme.pen(ground, 1.0)
    return edge, QBrush(ground if hollow else strong)
