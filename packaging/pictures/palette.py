"""Pictures with few colours: a spectrogram in true colour takes more room than the whole text."""

import io

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

Pixels = NDArray[np.uint8]
_COUNTS = (256, 224, 192, 176, 160, 144, 128, 112, 96, 80, 64, 48, 32)


def small_png(image: QImage, most_bytes: int) -> bytes:
    """A PNG of at most so many bytes, with as many colours as that allows.

    Raises:
        ValueError: not even the fewest colours are small enough.
    """
    pixels = rgb(image)
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    found, which, often = np.unique(packed, return_inverse=True, return_counts=True)
    seen = np.stack([found >> 16, found >> 8, found], axis=1).astype(np.uint8)
    places = which.reshape(packed.shape)
    for count in _COUNTS:
        data = _png(seen, places, _colours(seen, often, count))
        if len(data) <= most_bytes:
            return data
    raise ValueError(f"{len(data)} bytes even with {_COUNTS[-1]} colours")


def rgb(image: QImage) -> Pixels:
    """The picture as uint8, shape (height, width, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(plain.constBits(), dtype=np.uint8)
    lines = lines.reshape(plain.height(), plain.bytesPerLine())
    return lines[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def _colours(seen: Pixels, often: NDArray[np.intp], count: int) -> Pixels:
    """A palette by median cut: the box with the greatest spread is halved, again and again."""
    # Plain areas must not drown the fine shades of what is drawn.
    weight = np.sqrt(np.sqrt(often))
    boxes = [np.arange(len(seen))]
    spreads = [_spread(seen, weight, boxes[0])]
    while len(boxes) < count and max(spreads) > 0:
        at = int(np.argmax(spreads))
        box = boxes.pop(at)
        del spreads[at]
        axis = int(np.ptp(seen[box], axis=0).argmax())
        box = box[np.argsort(seen[box, axis], kind="stable")]
        sums = np.cumsum(weight[box])
        cut = int(np.clip(np.searchsorted(sums, sums[-1] / 2), 1, len(box) - 1))
        for part in (box[:cut], box[cut:]):
            boxes.append(part)
            spreads.append(_spread(seen, weight, part))
    # The commonest of each box, not its mean: plain areas keep the very colour they have.
    return seen[[box[often[box].argmax()] for box in boxes]]


def _spread(seen: Pixels, weight: NDArray[np.float64], box: NDArray[np.intp]) -> float:
    return float(np.ptp(seen[box], axis=0).max() * weight[box].sum()) if len(box) > 1 else 0.0


def _png(seen: Pixels, places: NDArray[np.intp], palette: Pixels) -> bytes:
    nearest = np.empty(len(seen), dtype=np.uint8)
    few = palette.astype(np.float32)
    length = np.square(few).sum(axis=1)
    for begin in range(0, len(seen), 4096):
        # The squared distance without what is the same for all; float32 is exact here.
        part = length - 2 * (seen[begin : begin + 4096].astype(np.float32) @ few.T)
        nearest[begin : begin + 4096] = part.argmin(axis=1)
    indices = nearest[places]
    height, width = indices.shape
    image = QImage(indices.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    table = [0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in palette]
    image.setColorTable(table)
    kept = QByteArray()
    buffer = QBuffer(kept)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", 0)  # type: ignore[call-overload]  # 0: packed hardest
    return io.BytesIO(kept.data()).getvalue()
