"""How each class is divided among training, validation and test."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style import Colours, colours

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROW, _HEAD, _NAME = 34, 34, 130
_PATTERNS = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense4Pattern,
)


@dataclass(frozen=True)
class ClassSplit:
    """One class: its name, and of each part the sounds and the groups they come from."""

    name: str
    sounds: tuple[int, int, int]
    groups: tuple[int, int, int]


class SplitBars(QWidget):
    """A bar for each class, as long as it has sounds, cut into three parts."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: list[ClassSplit] = []
        self._heads = (self.tr("Training"), self.tr("Validation"), self.tr("Test"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Split by class"))

    def sizeHint(self) -> QSize:
        return QSize(420, _HEAD + _ROW * len(self._classes) + 6)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_classes(self, classes: Sequence[ClassSplit]) -> None:
        """Show these, one under the other."""
        self._classes = list(classes)
        words = (
            f"{one.name}: "
            + ", ".join(f"{head} {n}" for head, n in zip(self._heads, one.sounds, strict=True))
            for one in self._classes
        )
        self.setAccessibleDescription(". ".join(words))
        self.updateGeometry()
        self.update()

    def _fill(self, part: int, use: Colours) -> QBrush:
        colour = QColor((use.accent, use.faint, use.good)[part])
        return QBrush(colour, _PATTERNS[part])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.fillRect(self.rect(), QColor(use.panel))
        left = 14
        for part, head in enumerate(self._heads):
            painter.fillRect(QRectF(left, 11, 22, 12), self._fill(part, use))
            painter.setPen(QColor(use.text))
            wide = painter.fontMetrics().horizontalAdvance(head)
            painter.drawText(QRectF(left + 28, 4, wide + 4, 26), LEFT, head)
            left += wide + 56
        painter.setPen(QColor(use.faint))
        right = QRectF(0, 4, self.width() - 14, 26)
        painter.drawText(right, RIGHT, self.tr("sounds (groups)"))
        most = max((sum(one.sounds) for one in self._classes), default=1)
        for number, one in enumerate(self._classes):
            self._paint_row(painter, one, _HEAD + number * _ROW, most)

    def _paint_row(self, painter: QPainter, one: ClassSplit, top: float, most: int) -> None:
        use = colours()
        painter.setPen(QColor(use.text))
        mode = Qt.TextElideMode.ElideRight
        name = painter.fontMetrics().elidedText(one.name, mode, _NAME - 20)
        painter.drawText(QRectF(14, top, _NAME - 14, _ROW), LEFT, name)
        words = " / ".join(
            self.tr("{} ({})").format(s, g) for s, g in zip(one.sounds, one.groups, strict=True)
        )
        wide = max(190, painter.fontMetrics().horizontalAdvance(words) + 10)
        room = max(40.0, self.width() - _NAME - wide - 14)
        left = float(_NAME)
        for part, count in enumerate(one.sounds):
            length = room * count / max(1, most)
            bar = QRectF(left, top + 9, max(0.0, length - 1), _ROW - 18)
            painter.fillRect(bar, self._fill(part, use))
            left += length
        painter.setPen(QColor(use.faint))
        painter.drawText(QRectF(self.width() - wide - 14, top, wide, _ROW), RIGHT, words)
