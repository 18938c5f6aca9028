"""The pair PySide6 and pyqtgraph is sound on this Python; colour maps are pyqtgraph's."""

import sys

import numpy as np
import pyqtgraph
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from desktop.style import COLOUR_MAPS, colour_table


class _Sender(QObject):
    sent = Signal(bool, object)


def test_a_signal_survives_100_000_emissions(qtbot: QtBot) -> None:
    # PySide6 6.12.0 loses a reference to True and None each time and aborts after some 500.
    sender, received = _Sender(), []
    sender.sent.connect(lambda flag, _: received.append(flag))
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(100_000):
        sender.sent.emit(True, None)
    assert len(received) == 100_000
    received.clear()
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert min(now - then for now, then in zip(after, before, strict=True)) > -500


def test_a_plot_paints_its_curve(qtbot: QtBot) -> None:
    plot = pyqtgraph.PlotWidget(background="k")
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.plot(np.linspace(0, 1, 50), np.zeros(50), pen=pyqtgraph.mkPen("#ff0000", width=5))
    plot.show()
    image = plot.grab().toImage()
    red = sum(
        image.pixelColor(x, y) == QColor("#ff0000")
        for x in range(0, image.width(), 3)
        for y in range(image.height())
    )
    assert red > 100


def test_colour_maps_are_the_known_ones() -> None:
    for name in COLOUR_MAPS:
        table = colour_table(name)
        assert table.shape == (256, 3)
        if name != "grey":
            assert np.array_equal(table, pyqtgraph.colormap.get(name).getLookupTable(nPts=256))
