"""Two dimensions as a plane: where a sound is now, and the way it came."""

import csv
import io

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from desktop.plots import theme
from desktop.plots.figure import Figure
from desktop.style import colours

_MARGIN = 0.06  # of each range, so that a point at its end is whole

Values = NDArray[np.float64]
_NOTHING: Values = np.zeros((0, 2))


class Plane(Figure):
    """A point for the moment or the mean, and a faint line through the moments before.

    The axes reach over what the dimensions were learned from, and further where values do.
    """

    def __init__(self) -> None:
        super().__init__(self.tr("Plane"), theme.Axis("bottom"), theme.Axis("left"), titled=False)
        self._names = ("", "")
        self._ranges = ((0.0, 1.0), (0.0, 1.0))
        self._way, self._now = _NOTHING, _NOTHING
        self._line = pg.PlotDataItem(connect="finite")
        self._point = pg.ScatterPlotItem(size=13, pxMode=True)
        self._cross = [pg.InfiniteLine(angle=angle) for angle in (90, 0)]
        for item in (*self._cross, self._line, self._point):
            self.plot.addItem(item)
        theme.grid(self.plot, x=True)
        self._grids = (True, True)
        self.apply_style()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 200)

    def sizeHint(self) -> QSize:
        return QSize(280, 260)

    def set_axes(
        self, names: tuple[str, str], ranges: tuple[tuple[float, float], tuple[float, float]]
    ) -> None:
        """Which dimension is across and which is up."""
        self._names, self._ranges = names, ranges
        self.title = self.tr("{} and {}").format(*names)
        for side, name in zip(("bottom", "left"), names, strict=True):
            self.plot.getAxis(side).setLabel(name)
        for line, (low, high) in zip(self._cross, ranges, strict=True):
            line.setVisible(low < 0 < high)  # a scale with a middle has its middle drawn
        self.show_way(_NOTHING, None)

    def show_way(self, way: Values, now: tuple[float, float] | None) -> None:
        """Show where it is and was.

        Args:
            way: shape (n, 2), in order of time; NaN leaves a gap.
            now: the point; None: there is none.
        """
        self._way = np.asarray(way, dtype=np.float64).reshape(-1, 2)
        self._now = _NOTHING if now is None else np.asarray([now], dtype=np.float64)
        self._line.setData(self._way[:, 0], self._way[:, 1])
        self._point.setData(self._now[:, 0], self._now[:, 1])
        where = (
            "" if now is None else f"{self._names[0]} {now[0]:.2f}, {self._names[1]} {now[1]:.2f}"
        )
        self.setAccessibleDescription(where or self.tr("No values"))
        self.view_all()

    @property
    def now(self) -> tuple[float, float] | None:
        """Where the point is."""
        return (float(self._now[0, 0]), float(self._now[0, 1])) if len(self._now) else None

    def view_all(self) -> None:
        every = np.concatenate([self._way, self._now])
        ends = []
        for axis, (low, high) in enumerate(self._ranges):
            column = every[:, axis][np.isfinite(every[:, axis])]
            low, high = float(min([low, *column])), float(max([high, *column]))
            room = _MARGIN * ((high - low) or 1.0)
            ends.append((low - room, high + room))
        self.box.setRange(xRange=ends[0], yRange=ends[1], padding=0)

    def apply_style(self) -> None:
        super().apply_style()
        use = colours()
        faint = QColor(use.accent)
        faint.setAlpha(110)
        self._line.setPen(theme.pen(faint, 1.4))
        self._point.setBrush(pg.mkBrush(use.accent))
        self._point.setPen(theme.pen(use.panel, 1.5))
        for line in self._cross:
            line.setPen(theme.pen(use.faint))

    def csv(self) -> str:
        """The way and the point."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["point", *self._names])
        for kind, points in (("way", self._way), ("now", self._now)):
            table.writerows([kind, *row] for row in points.tolist() if row[0] == row[0])
        return text.getvalue()
