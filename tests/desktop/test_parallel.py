"""Parallel coordinates: where lines pass, what marks leave, what keys and mouse do."""

import csv
import io
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QByteArray, QPointF, Qt
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.plots import export
from desktop.plots.parallel import Coordinate, Parallel

AXES = (
    Coordinate("Learning rate", "", (0.1, 0.01, 0.001)),
    Coordinate("Optimiser", "", ("adam", "sgd", "adam")),
    Coordinate("Energy", "J", (5.0, None, 15.0)),
    Coordinate("Test", "%", (50.0, 80.0, 90.0)),
)


@pytest.fixture
def lines(qtbot: QtBot, qapp: QApplication) -> Iterator[Parallel]:
    style.apply(qapp, "light")
    made = Parallel("All trials")
    made.resize(900, 340)
    made.set_lines(("first", "second", "third"), AXES)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    qtbot.wait(10)


def test_values_stand_where_they_belong() -> None:
    rate, optimiser, _, test = AXES
    assert rate.log
    assert [rate.height(v) for v in (0.001, 0.01, 0.1)] == pytest.approx([0.0, 0.5, 1.0])
    assert [optimiser.height(w) for w in ("adam", "sgd")] == [0.25, 0.75]
    assert not test.log
    assert test.height(70.0) == pytest.approx(0.5)
    assert [words for _, words in rate.marks(9)] == ["0.001", "0.01", "0.1"]
    same = Coordinate("Epochs", "", (8.0, 8.0))
    assert same.height(8.0) == pytest.approx(0.5)


def test_a_drag_marks_and_a_click_lets_all_pass(lines: Parallel, qtbot: QtBot) -> None:
    top, middle = (lines.place_of(3, height).toPoint() for height in (1.0, 0.5))
    view = lines.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=top)
    qtbot.mouseMove(view, middle)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle)
    assert lines.passing() == [1, 2]
    assert lines.accessibleDescription() == "2 of 3 trials selected"
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle)
    assert lines.passing() == [0, 1, 2]


def test_the_pointer_names_a_trial_and_a_gap_is_left(lines: Parallel) -> None:
    stretch = lines.stretches(2)[0]
    between = (stretch[0] + stretch[1]) / 2
    assert lines.line_at(between) == 2
    assert lines.line_at(QPointF(5.0, 335.0)) is None
    assert len(lines.stretches(1)) == 2  # its energy is not known
    assert "Energy: not known" in lines.words(1)
    assert "Test: 80 %" in lines.words(1)
    assert "Optimiser: sgd" in lines.words(1)


def test_keys_choose_mark_and_let_go(lines: Parallel, qtbot: QtBot) -> None:
    qtbot.keyClick(lines, Qt.Key.Key_Left)  # the last axis
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    assert lines.hovered == 0  # the lowest of the test
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    assert lines.accessibleDescription().startswith("second, ")
    qtbot.keyClick(lines, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert lines.passing() == [1, 2]
    qtbot.keyClick(lines, Qt.Key.Key_Escape)
    assert lines.passing() == [0, 1, 2]


def test_it_is_drawn_and_exported(lines: Parallel, qtbot: QtBot) -> None:
    before = lines.grab().toImage()
    qtbot.keyClick(lines, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert lines.passing() == [2]
    assert lines.grab().toImage() != before
    svg = export.data(lines, export.SVG, lines.size(), dark=False)
    assert QSvgRenderer(QByteArray(svg)).isValid()
    assert export.picture(lines, lines.size(), dark=True).width() == 1800
    rows = list(csv.reader(io.StringIO(lines.csv())))
    assert rows[0] == ["trial", "Learning rate", "Optimiser", "Energy (J)", "Test (%)"]
    assert rows[2] == ["second", "0.01", "sgd", "", "80.0"]
