"""The walks through the window: what they count, and what they notice."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.headline import Headline
from desktop.widgets.predictions import Bar, Predictions
from engine.classifier.catalog import Catalog

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives a module of the walks, whose folder is on the path for one test."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    return lambda name: importlib.import_module(f"walks.{name}")


class Room(QMainWindow):
    """A window with one control, an answer and its panel."""

    current = "listen"

    def __init__(self) -> None:
        super().__init__()
        self.setCentralWidget(QWidget())
        self.button = QPushButton("Press", self.centralWidget())
        self.line, self.panel = Headline(), Predictions("Instrument")
        for place, widget in enumerate((self.line, self.panel)):
            widget.setParent(self.centralWidget())
            widget.setGeometry(0, 40 + 150 * place, 400, 140)
        self.button.setGeometry(0, 0, 80, 30)
        self.resize(420, 400)


@pytest.fixture
def walker(qtbot: QtBot, tmp_path: Path, walks: Any) -> Iterator[Any]:
    room = Room()
    qtbot.addWidget(room)
    room.show()
    made = walks("walker").Walker(room, tmp_path)
    made.walk = "1"
    yield made
    made._heart.stop()


def room_of(walker: Any) -> Room:
    assert isinstance(walker.window, Room)
    return walker.window


def test_clicks_and_keys_are_counted(walker: Any) -> None:
    pressed: list[bool] = []
    room_of(walker).button.clicked.connect(lambda: pressed.append(True))
    with walker.step("press twice, and a key") as step:
        walker.click("Press")
        walker.click("Press")
        walker.press(Qt.Key.Key_F5)
    assert (step.clicks, step.keys, len(pressed)) == (2, 1, 2)
    assert step.seconds > 0
    assert step.faults == []


def test_a_control_that_moves_is_noticed(walker: Any) -> None:
    with walker.step("look"):
        pass
    with walker.step("something pushes it") as step:
        room_of(walker).button.move(0, 9)
    assert len(step.faults) == 1
    assert "Press moved" in step.faults[0]
    with walker.step("it stays") as step:
        pass
    assert step.faults == []


@pytest.mark.parametrize(("verdict", "fine"), [("piano", True), ("flute", False)])
def test_a_headline_that_contradicts_its_bars_is_noticed(
    walker: Any, verdict: str, fine: bool
) -> None:
    with walker.step("listen") as step:
        room_of(walker).panel.set_predictions(verdict, [Bar("piano", 0.9, heard=True)])
        room_of(walker).line.say(verdict, named=True)
    assert (step.faults == []) == fine


def test_an_answer_that_no_panel_gives_is_noticed(walker: Any) -> None:
    with walker.step("listen") as step:
        room_of(walker).panel.set_predictions("piano", [Bar("piano", 0.9, heard=True)])
        room_of(walker).line.say("cello", named=True)
    assert len(step.faults) == 1


def test_the_table_tells_all_steps(tmp_path: Path, walks: Any) -> None:
    step = walks("walker").Step
    steps = [step("1", "begin", 1, 0, 2.0), step("1", "go on", 2, 5, 1.5, 30.0, ["Play | moved"])]
    (tmp_path / "walks-1.json").write_text(json.dumps([vars(made) for made in steps]))
    table = walks("make").tell(tmp_path)
    assert "## 1. First start" in table
    assert "| go on | 2 | 5 | 1.5 | 30 | Play / moved |" in table
    assert "| **all** | 3 | 5 | 4 | | |" in table
    assert "## 2" not in table


def test_what_is_corrected_are_labels_of_the_classifier(walks: Any) -> None:
    labels = Catalog().find("instrument").card.labels
    assert {label.replace("-", " ") for label in walks("players").LABELS} <= set(labels)
