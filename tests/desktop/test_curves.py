"""Curves and confusion matrices are painted where the data is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.plots.confusion import Confusion
from desktop.plots.curves import Curves


@pytest.fixture(params=["light", "dark"])
def curves(qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest) -> Curves:
    style.apply(qapp, request.param)
    made = Curves("Loss", "epoch", "loss")
    qtbot.addWidget(made)
    made.resize(400, 250)
    made.add_series("training")
    made.add_series("validation")
    return made


def distance(a: QColor, b: QColor) -> int:
    return sum(abs(x - y) for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True))


@pytest.mark.parametrize("log", [False, True])
def test_a_curve_is_painted_where_its_points_are(curves: Curves, log: bool) -> None:
    curves.show()
    curves.set_log(log)
    curves.set_points("training", range(1, 6), [0.5] * 5)
    curves.set_points("validation", [1, 2, 3, 4, 5], [0.1, float("nan"), 2.0, 1.5, 1.0])
    place = curves.place_of(2.5, 0.5).toPoint()
    image = curves.grab().toImage()
    near = [image.pixelColor(place.x(), place.y() + dy) for dy in (-1, 0, 1)]
    assert min(distance(c, curves.colour_of("training")) for c in near) < 60
    assert distance(image.pixelColor(place.x(), place.y() + 12), QColor(style.colours().plot)) < 30


@pytest.mark.parametrize("values", [[0.001], [0.001] * 5, [0.001, 0.001 + 1e-18], [1e-9, 1e-9]])
def test_values_that_are_alike_are_shown_at_their_size(curves: Curves, values: list[float]) -> None:
    curves.set_points("training", range(len(values)), values)
    curves.show()
    curves.grab()
    low, high = curves.box.viewRange()[1]
    assert (low, high) == pytest.approx((0.9 * values[0], 1.1 * values[0]))


def test_many_points_and_none(curves: Curves) -> None:
    curves.grab()
    curves.extend(
        "training", [i / 100 for i in range(50_000)], [1.0 + i % 7 for i in range(50_000)]
    )
    curves.show()
    curves.grab()
    assert curves.count == 50_000
    x, y = curves._series["training"].line.getData()  # what pyqtgraph draws
    assert len(x) <= 2 * curves.width()
    assert (y.min(), y.max()) == (1.0, 7.0)
    curves.clear_points()
    assert curves.count == 0


def test_the_keys_move_the_read_out(curves: Curves, qtbot: QtBot) -> None:
    curves.set_points("training", [1, 2, 3], [0.9, 0.5, 0.25])
    for _ in range(2):
        qtbot.keyClick(curves, Qt.Key.Key_Left)
    assert curves.read_out() == "training 0.5"
    curves.grab()


@pytest.mark.parametrize("width", [200, 261, 500])
def test_all_columns_fit_beside_their_names(qtbot: QtBot, width: int) -> None:
    matrix = Confusion("Confusion matrix of what was left out")  # not shown here, but long
    qtbot.addWidget(matrix)
    matrix.setMinimumSize(200, 150)
    matrix.resize(width, 220)
    names = ["bassoon", "cello", "flute", "guitar", "oboe", "trombone"]
    matrix.set_matrix(names, [[1] * 6] * 6)
    matrix.grab()
    matrix.settle()
    assert matrix.cell(5, 5).right() <= width


def test_a_cell_is_clicked_and_reached_by_keys(qtbot: QtBot) -> None:
    matrix = Confusion()
    qtbot.addWidget(matrix)
    matrix.resize(360, 320)
    matrix.set_matrix(["bell", "drum"], [[3, 1], [0, 4]])
    matrix.grab()
    with qtbot.waitSignal(matrix.cell_clicked) as clicked:
        place = matrix.cell(0, 1).center().toPoint()
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [0, 1]
    assert matrix.words(0, 1) == "1 of 4 'bell' were predicted as 'drum' (25%)."
    qtbot.keyClick(matrix, Qt.Key.Key_Down)
    with qtbot.waitSignal(matrix.cell_clicked) as entered:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert entered.args == [1, 1]
