"""A plot in its frame: a title, and a menu that exports it."""

import csv
import io
import re
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop import style
from desktop.pages.compare.curves import CompareCurves, Line
from desktop.pages.compare.worker import Chart
from desktop.plots.parallel import ParallelWidget
from desktop.plots.svg_view import SvgView

FORMS = ("png", "svg", "csv")
_TITLE_HEIGHT = 24
_HEAD = re.compile(r'viewBox="0 0 560 (\d+)" width="560" height="\d+"')
_TITLE = re.compile(r'<text x="0.0" y="16.0".*?</text>')
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+),(#[0-9a-f]{6})\)")


class Plot(QFrame):
    """Tells ``export`` with a proposed name, the form, and what makes the file's bytes."""

    export = Signal(str, str, object)

    def __init__(self, title: str, inner: QWidget) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.title = title
        self.button = QPushButton(self.tr("Export"))
        self.button.setAccessibleName(self.tr("Export the plot: {}").format(title))
        menu = QMenu(self.button)
        for form in FORMS:
            action = menu.addAction(form.upper())
            action.triggered.connect(lambda _=False, chosen=form: self._ask(chosen))
        self.button.setMenu(menu)
        top = QHBoxLayout()
        heading = QLabel(title)
        heading.setObjectName("title")
        top.addWidget(heading, 1)
        top.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.addLayout(top)
        layout.addWidget(inner)
        layout.addStretch(1)

    def data(self, form: str) -> bytes:
        """The plot as a file: ``png``, ``svg`` or ``csv``."""
        makers: dict[str, Callable[[], bytes]] = {
            "png": lambda: png(self.picture()),
            "svg": self.svg,
            "csv": lambda: self.csv().encode(),
        }
        return makers[form]()

    def picture(self) -> QImage:
        """In pixels."""
        raise NotImplementedError

    def svg(self) -> bytes:
        """As SVG."""
        raise NotImplementedError

    def csv(self) -> str:
        """The numbers."""
        raise NotImplementedError

    def _ask(self, form: str) -> None:
        self.export.emit(self.title.lower().replace(" ", "-"), form, lambda: self.data(form))


class CurvesPlot(Plot):
    """Curves over epochs."""

    def __init__(self, title: str, quantity: str) -> None:
        self.curves = CompareCurves(quantity)
        super().__init__(title, self.curves)

    def set_lines(self, lines: list[Line]) -> None:
        self.curves.set_lines(lines)

    def picture(self) -> QImage:
        return self.curves.picture()

    def svg(self) -> bytes:
        return self.curves.svg()

    def csv(self) -> str:
        return self.curves.csv()


class ParallelPlot(Plot):
    """A sweep's trials as lines through all its quantities."""

    def __init__(self, title: str) -> None:
        self.lines = ParallelWidget(title)
        super().__init__(title, self.lines)

    def picture(self) -> QImage:
        return self.lines.picture()

    def svg(self) -> bytes:
        return self.lines.svg()

    def csv(self) -> str:
        return self.lines.csv()


class BarsPlot(Plot):
    """Bars of a sweep."""

    def __init__(self, chart: Chart) -> None:
        self.view = SvgView()
        self._chart = chart
        super().__init__(chart.title, self.view)
        self.dress()

    def dress(self) -> None:
        """In the colours in force."""
        self.view.set_svg(dressed(untitled(self._chart.svg)), self._chart.title)

    def picture(self) -> QImage:
        whole = SvgView()
        whole.set_svg(dressed(self._chart.svg), self._chart.title)
        return whole.picture(style.colours().panel)

    def svg(self) -> bytes:
        return self._chart.svg.encode()

    def csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        unit = f" ({self._chart.unit})" if self._chart.unit else ""
        writer.writerow(["trial", f"{self._chart.title}{unit}"])
        for name, value in self._chart.values.items():
            writer.writerow([name, "" if value is None else value])
        return text.getvalue()


def dressed(svg: str) -> str:
    """The page's colours of an SVG as those of the window: Qt knows no variables."""
    use = style.colours()
    known = {
        "ink": use.text,
        "faint": use.faint,
        "line": use.line,
        "paper": use.panel,
        "accent": use.accent,
        "bad": use.danger,
    }
    return _VARIABLE.sub(lambda found: known.get(found[1], found[2]), svg)


def untitled(svg: str) -> str:
    """A bar chart without the title that its frame shows already."""
    svg = _HEAD.sub(lambda found: _cut(float(found[1])), svg, count=1)
    return _TITLE.sub("", svg, count=1)


def _cut(height: float) -> str:
    left = height - _TITLE_HEIGHT
    return f'viewBox="0 {_TITLE_HEIGHT} 560 {left:.0f}" width="560" height="{left:.0f}"'


def png(image: QImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())
