"""Our icons, drawn in the colours in force."""

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from resources import resource


def application_icon() -> QIcon:
    """Earmark's own."""
    return _icon(resource("icons", "earmark.svg").read_bytes(), (16, 32, 64, 128, 256))


def icon(name: str, colour: str) -> QIcon:
    """An action's, in a colour."""
    drawing = resource("icons", f"{name}.svg").read_bytes()
    return _icon(drawing.replace(b"COLOUR", colour.encode()), (24, 48, 72))


def _icon(drawing: bytes, sizes: tuple[int, ...]) -> QIcon:
    renderer = QSvgRenderer(QByteArray(drawing))
    icon = QIcon()
    for size in sizes:
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        icon.addPixmap(picture)
    return icon
