"""The marks of a scatter plot: a colour and a shape for each class, and the legend."""

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from desktop.style import Colours, colours, label_colour

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SIZE = 15  # pixels of a mark with its edge
ROW = 22  # pixels of a legend's row


def _polygon(corners: int, turn: float, inner: float = 1.0) -> QPainterPath:
    """A regular polygon of radius 1, or a star where every second corner lies further in."""
    points = []
    for corner in range(corners):
        angle = 2 * math.pi * corner / corners + turn
        reach = inner if corner % 2 else 1.0
        points.append(QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    path = QPainterPath()
    path.addPolygon(QPolygonF([*points, points[0]]))
    return path


def _circle() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 0.88, 0.88)
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


def paint_mark(painter: QPainter, kind: int, label: str, centre: QPointF, use: Colours) -> None:
    """The mark of a class: shapes repeat after nine classes, hollow ones after that."""
    shapes = _shapes()
    colour = label_colour(label)
    strong = QColor.fromHsl(max(0, colour.hslHue()), 190, 150 if use.dark else 115)
    hollow = (kind // len(shapes)) % 2 == 1
    painter.save()
    painter.translate(centre)
    painter.scale(SIZE / 2 - 1.5, SIZE / 2 - 1.5)
    edge = QPen(strong if hollow else QColor(use.plot), 0.32 if hollow else 0.2)
    painter.setPen(edge)
    painter.setBrush(QColor(use.plot) if hollow else strong)
    painter.drawPath(shapes[kind % len(shapes)])
    painter.restore()


def pixmap_of(kind: int, label: str, ratio: float) -> QPixmap:
    """The mark as a picture, so that thousands are painted quickly."""
    picture = QPixmap(round(SIZE * ratio), round(SIZE * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, kind, label, QPointF(SIZE / 2, SIZE / 2), colours())
    painter.end()
    return picture


def paint_legend(
    painter: QPainter, place: QRectF, classes: Sequence[str], counts: Sequence[int]
) -> None:
    """Mark, key, name and count of each class, one under the other; the rest as a number."""
    use = colours()
    room = max(1, int(place.height() // ROW))
    shown = len(classes) if len(classes) <= room else room - 1
    for number in range(shown):
        top = place.top() + number * ROW
        paint_mark(painter, number, classes[number], QPointF(place.left() + 10, top + ROW / 2), use)
        row = QRectF(place.left() + 24, top, place.width() - 24, ROW)
        count = str(counts[number])
        painter.setPen(QColor(use.faint))
        painter.drawText(row, RIGHT, count)
        row.setRight(row.right() - painter.fontMetrics().horizontalAdvance(count) - 6)
        key = f"{number + 1}  " if number < 9 else ""
        painter.drawText(row, LEFT, key)
        row.setLeft(row.left() + painter.fontMetrics().horizontalAdvance(key))
        painter.setPen(QColor(use.text))
        mode = Qt.TextElideMode.ElideRight
        name = painter.fontMetrics().elidedText(classes[number], mode, int(row.width()))
        painter.drawText(row, LEFT, name)
    if shown < len(classes):
        painter.setPen(QColor(use.faint))
        below = QRectF(place.left() + 24, place.top() + shown * ROW, place.width(), ROW)
        painter.drawText(below, LEFT, f"+{len(classes) - shown}")
