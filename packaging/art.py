"""Draw the icons of all systems from one drawing: resources/icons/earmark.svg.

    QT_QPA_PLATFORM=offscreen python packaging/art.py build/art

Writes hicolor/SIZExSIZE/apps/earmark.png, earmark.ico, earmark.icns and splash.png.
"""

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from project import DESCRIPTION, ROOT, VERSION

SIZES = (16, 22, 24, 32, 48, 64, 96, 128, 256, 512)
_ICO = (16, 24, 32, 48, 64, 128, 256)
# Names of Apple's icon format: each a size in pixels, some twice for screens of high density.
_ICNS = {
    b"icp4": 16, b"icp5": 32, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024,
    b"ic11": 32, b"ic12": 64, b"ic13": 256, b"ic14": 512,
}  # fmt: skip


def drawn(size: int) -> QImage:
    """The icon, size x size pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    drawing = QSvgRenderer(str(ROOT / "resources" / "icons" / "earmark.svg"))
    drawing.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def png(image: QImage) -> bytes:
    """A picture as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # stubs say bytes; it takes str
    return bytes(buffer.data().data())


def ico() -> bytes:
    """Windows' format: a table of PNGs."""
    pictures = [(size, png(drawn(size))) for size in _ICO]
    head = struct.pack("<HHH", 0, 1, len(pictures))
    place = len(head) + 16 * len(pictures)
    for size, data in pictures:
        edge = size % 256  # 0 stands for 256
        head += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(data), place)
        place += len(data)
    return head + b"".join(data for _, data in pictures)


def icns() -> bytes:
    """Apple's format: named PNGs one after the other."""
    parts = b""
    for name, size in _ICNS.items():
        data = png(drawn(size))
        parts += name + struct.pack(">I", 8 + len(data)) + data
    return b"icns" + struct.pack(">I", 8 + len(parts)) + parts


def splash() -> QImage:
    """What shows on Windows while torch loads."""
    image = QImage(440, 160, QImage.Format.Format_RGB32)
    image.fill(QColor("#f4f5f7"))
    painter = QPainter(image)
    painter.drawImage(32, 32, drawn(96))
    painter.setPen(QColor("#1c2330"))
    painter.setFont(QFont("sans-serif", 26, QFont.Weight.Bold))
    painter.drawText(QRectF(150, 34, 280, 44), 0, "Earmark")
    painter.setFont(QFont("sans-serif", 11))
    painter.drawText(QRectF(152, 84, 270, 44), Qt.TextFlag.TextWordWrap, DESCRIPTION)
    painter.setFont(QFont("sans-serif", 8))
    painter.drawText(QRectF(152, 130, 270, 20), 0, VERSION)
    painter.end()
    return image


def main(target: Path) -> None:
    application = QGuiApplication(sys.argv[:1])
    for size in SIZES:
        place = target / "hicolor" / f"{size}x{size}" / "apps" / "earmark.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(png(drawn(size)))
    (target / "earmark.ico").write_bytes(ico())
    (target / "earmark.icns").write_bytes(icns())
    (target / "splash.png").write_bytes(png(splash()))
    application.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
