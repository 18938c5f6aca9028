"""The colours of the spectrogram beside it: their levels, whose ends can be dragged."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor

from desktop.plots import theme
from desktop.plots.tracks.axes import HeightScale, apply_style
from desktop.plots.tracks.box import StillImage
from desktop.style import colours

_WIDTH, _GAP, _SCALE = 12, 7, 47
FULL = (-120.0, 20.0)  # levels that can be chosen
_LEAST_DB = 5.0


class ColourBar(pg.GraphicsLayout):
    """Levels upwards; between its two ends the colours of the map.

    Signals:
        levels_changed: the user dragged an end, or both.
        reset_wanted: a double click.
    """

    levels_changed = Signal(int, int)
    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.layout.setContentsMargins(_GAP, 0, 0, 0)
        self.layout.setSpacing(0)
        self._box = _Box(self.reset_wanted.emit)
        self._scale = HeightScale(self._marks, right=True)
        self._scale.setWidth(_SCALE)
        self._scale.linkToView(self._box)
        self.addItem(self._box, 0, 0)
        self.addItem(self._scale, 0, 1)
        self.layout.setColumnFixedWidth(0, _WIDTH)
        self._image = StillImage()
        self._box.addItem(self._image, ignoreBounds=True)
        self.ends = pg.LinearRegionItem(orientation="horizontal", bounds=FULL, swapMode="block")
        self._box.addItem(self.ends, ignoreBounds=True)
        self.ends.setToolTip(
            self.tr("Drag the ends or the middle; double-click to reset the colours")
        )
        self.ends.sigRegionChanged.connect(self._dragged)
        self._levels, self._span = (-90.0, -15.0), FULL
        self.apply_style()

    def apply_style(self) -> None:
        """The colours in force."""
        use = colours()
        apply_style(self._scale)
        self._box.setBackgroundColor(use.plot)
        self.ends.setBrush(QColor(0, 0, 0, 0))
        light = QColor(use.accent)
        light.setAlpha(60)
        self.ends.setHoverBrush(light)
        for line in self.ends.lines:
            line.setPen(theme.pen(use.text, 2))
            line.setHoverPen(theme.pen(use.accent, 4))
            line.setCursor(Qt.CursorShape.SizeVerCursor)

    def show_levels(
        self, table: NDArray[np.uint8], levels: tuple[float, float], *, movable: bool
    ) -> None:
        """The map and the levels of its ends; where they cannot be chosen, those alone."""
        self._span = FULL if movable else levels
        self._levels = levels
        self._box.setRange(yRange=self._span, padding=0)
        ground = np.linspace(*self._span, 256)
        share = (ground - levels[0]) / max(1e-9, levels[1] - levels[0])
        rows = table[np.clip(share * 255, 0, 255).astype(int)]
        self._image.setImage(rows[:, None, :], autoLevels=False)
        self._image.setRect(QRectF(0, self._span[0], 1, self._span[1] - self._span[0]))
        self.ends.blockSignals(True)
        self.ends.setBounds(self._span)
        self.ends.setRegion(levels)
        self.ends.blockSignals(False)
        self.ends.setVisible(movable)
        self._scale.set_name(self.tr("dB") if movable else "")
        self._scale.picture = None  # its words follow the ends
        self._scale.update()

    def _marks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        span = high - low
        step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40) if span / s <= most), 60)
        first = int(np.ceil(low / step - 1e-9))
        count = int(np.floor(high / step + 1e-9)) - first + 1
        room = 0.6 * span / most  # the ends of the colours come first
        round_ones = [(first + index) * step for index in range(count)]
        values = [v for v in round_ones if all(abs(v - end) >= room for end in self._levels)]
        values += [end for end in self._levels if low <= end <= high]
        return [(value, f"{value:g}".replace("-", "\u2212")) for value in values]

    def _dragged(self) -> None:
        low, high = (round(level) for level in self.ends.getRegion())
        if high - low >= _LEAST_DB:
            self.levels_changed.emit(low, high)
        else:
            self.ends.blockSignals(True)
            self.ends.setRegion(self._levels)
            self.ends.blockSignals(False)


class _Box(pg.ViewBox):
    def __init__(self, reset: Any) -> None:
        super().__init__(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self._reset = reset
        self.setFlag(self.GraphicsItemFlag.ItemIsFocusable, False)
        self.disableAutoRange()
        self.setRange(xRange=(0.0, 1.0), yRange=FULL, padding=0)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        event.ignore()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        event.ignore()

    def mouseClickEvent(self, event: Any) -> None:
        if event.double():
            event.accept()
            self._reset()
