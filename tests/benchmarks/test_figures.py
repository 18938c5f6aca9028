"""How long the map of 10,000 sounds and the curves of a long training take to draw, beside a plain
ScatterPlotItem of pyqtgraph."""

import time
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtWidgets import QApplication
from pytest_benchmark.fixture import BenchmarkFixture
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.plots.curves import Curves
from desktop.plots.scatter import Points, Scatter

COUNT, CLASSES = 10_000, 12


pytestmark = pytest.mark.benchmark(timer=time.process_time)  # whatever else the machine does


def _time(frame: Callable[[], object], rounds: int = 30) -> float:
    """Median in milliseconds."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        frame()
        spent.append(1000 * (time.process_time() - start))
    return float(np.median(spent))


def test_moving_a_map_of_ten_thousand(
    qtbot: QtBot, qapp: QApplication, benchmark: BenchmarkFixture
) -> None:
    style.apply(qapp, "light")
    rng = np.random.default_rng(1)
    places = rng.uniform(-1, 1, (COUNT, 2)).astype(np.float32)
    names = [f"class {n}" for n in range(CLASSES)]
    kinds = rng.integers(0, CLASSES, COUNT).tolist()
    scatter, plain = Scatter(), pg.PlotWidget()
    for widget in (scatter, plain):
        qtbot.addWidget(widget)
        widget.resize(1190, 700)
        widget.show()
        qtbot.waitExposed(widget)
    scatter.show_points(Points(places, kinds, [str(n) for n in range(COUNT)], names), anew=True)
    plain.addItem(pg.ScatterPlotItem(x=places[:, 0], y=places[:, 1], size=13))
    steps = iter(range(10**6))

    def moved(widget: pg.PlotWidget, box: pg.ViewBox) -> None:
        box.translateBy(x=0.001 * (-1) ** next(steps))
        widget.viewport().repaint()
        qapp.processEvents()

    beside = _time(lambda: moved(plain, plain.plotItem.vb))
    benchmark.extra_info["plain ScatterPlotItem ms"] = round(beside, 1)
    benchmark.pedantic(lambda: moved(scatter, scatter.box), rounds=60, warmup_rounds=5)
    median = 1000 * float(np.median(benchmark.stats.stats.data))
    assert median < 33.0
    assert median < 3 * beside


def test_a_batch_more_on_a_long_curve(
    qtbot: QtBot, qapp: QApplication, benchmark: BenchmarkFixture
) -> None:
    """What a training tells twenty times a second, after 100,000 batches."""
    style.apply(qapp, "light")
    curves = Curves("Loss", "epoch", "loss")
    qtbot.addWidget(curves)
    curves.resize(600, 350)
    curves.show()
    qtbot.waitExposed(curves)
    curves.add_series("each batch", like="training", faint=True)
    rng = np.random.default_rng(1)
    curves.extend("each batch", np.arange(100_000) / 1000, rng.random(100_000))
    places = iter(range(100_000, 10**6))

    def batch() -> None:
        curves.extend("each batch", [next(places) / 1000], rng.random(1))
        curves.viewport().repaint()
        qapp.processEvents()

    benchmark.pedantic(batch, rounds=60, warmup_rounds=5)
    assert 1000 * float(np.median(benchmark.stats.stats.data)) < 33.0
