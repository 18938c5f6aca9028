"""Earlier runs: named, noted, deleted and restored; why one failed stays with it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from desktop.pages.train.page import TrainPage
from desktop.pages.train.results import TrainResults
from engine.errors import DataError
from engine.evaluation import Mistake
from engine.training.events import EpochDone
from engine.training.runs.listing import FoundRun, find_runs
from engine.training.runs.shelf import (
    About,
    about,
    discard,
    forget_reason,
    keep_about,
    keep_reason,
    put_back,
    reason,
)
from engine.training.train import Place, train
from tests.desktop.said import press
from tests.engine.training import toys


def test_an_earlier_run_is_renamed_noted_deleted_and_restored(
    train_page: TrainPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "Runs"
    data = toys.features(tmp_path / "data")
    toys.broken_off(toys.recipe(), data, Place(runs / "one", cache=tmp_path / "cache"), epoch=1)
    keep_reason(runs / "one", "There is no room on the disk.")
    view = train_page.runs
    train_page.tabs.setCurrentWidget(view)
    qtbot.waitUntil(lambda: len(view.runs) == 1, timeout=60_000)
    view.table.selectRow(0)
    assert "There is no room on the disk." in view.told.text()
    assert view.table.item(0, 0).text() == "toy, toy"  # data and recipe
    offered = {a.text(): a.isEnabled() for a in view.menu.make().actions() if a.text()}
    assert offered == {
        "Show results": False,
        "Use it now": True,  # its best so far
        "Resume": True,
        "Rename...": True,
        "Notes...": True,
        "Delete": True,
    }
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Third try", True))
    view.rename_button.click()
    qtbot.waitUntil(lambda: view.runs[0].name == "Third try", timeout=60_000)
    assert view.table.item(0, 0).text() == "Third try"
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *_: ("With the new mic.", True))
    view.notes_button.click()
    qtbot.waitUntil(lambda: view.runs[0].notes == "With the new mic.", timeout=60_000)
    assert view.runs[0].name == "Third try"
    recipes = [a.text() for a in train_page.menu.make().actions() if a.text()]
    assert recipes[0] == train_page.controls.start.text()
    assert recipes[-1] == "Open file..."
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: opened.append(menu))
    line = view.table.visualItemRect(view.table.item(0, 0)).center()
    view.table.customContextMenuRequested.emit(line)  # the right button
    opened[0].actions()[-1].trigger()
    qtbot.waitUntil(lambda: not view.runs, timeout=60_000)
    assert not (runs / "one").exists()
    press(train_page.notices, "Undo")
    qtbot.waitUntil(lambda: len(view.runs) == 1, timeout=60_000)
    assert (runs / "one" / "checkpoint.safetensors").is_file()
    assert view.runs[0].name == "Third try"


def listed(folder: Path) -> list[FoundRun]:
    steps = find_runs([folder])
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


def test_what_is_said_of_a_run_is_kept_within_bounds(tmp_path: Path) -> None:
    assert about(tmp_path) == About()
    keep_about(tmp_path, About("  Two  words ", "notes"))
    assert about(tmp_path) == About("Two words", "notes")
    with pytest.raises(DataError, match="at most 100 characters"):
        keep_about(tmp_path, About("x" * 101))
    for damaged in ("{", "[]", '{"name": 3}', '{"name": "a", "notes": []}'):
        (tmp_path / "about.json").write_text(damaged)
        assert about(tmp_path) == About()
    keep_reason(tmp_path, "why")
    assert reason(tmp_path) == "why"
    forget_reason(tmp_path)
    assert reason(tmp_path) == ""
    keep_reason(tmp_path / "gone", "why")  # as far as it can be written
    assert not (tmp_path / "gone").exists()


def test_a_run_in_the_way_of_a_restored_one_stays(tmp_path: Path) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    removed = discard(tmp_path / "runs" / "one")
    (tmp_path / "runs" / "one").mkdir()
    with pytest.raises(DataError, match="another one now"):
        put_back(removed)
    (tmp_path / "runs" / "one").rmdir()
    assert put_back(removed) == tmp_path / "runs" / "one"


def test_a_failed_run_keeps_its_reason_until_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, recipe = toys.features(tmp_path / "data"), toys.recipe()
    place = Place(tmp_path / "runs" / "one", cache=tmp_path / "cache")
    steps = train(recipe, data, place)

    def full(*_: object) -> None:
        raise DataError("The disk is full.")

    for event in steps:
        if isinstance(event, EpochDone) and event.epoch == 2:
            monkeypatch.setattr("engine.training.loop.loop.save_checkpoint", full)
            break
    with pytest.raises(DataError):
        list(steps)
    (found,) = listed(tmp_path / "runs")
    assert found.reason == "The disk is full."
    monkeypatch.undo()
    list(train(recipe, data, Place(place.folder, cache=place.cache, resume=True)))
    (found,) = listed(tmp_path / "runs")
    assert (found.reason, found.state) == ("", "finished")


def test_features_that_were_confused_have_no_time(qtbot: QtBot) -> None:
    results = TrainResults()
    qtbot.addWidget(results)
    mistakes = [Mistake(name, 3.0, "a", "b", 0.9, 0.1) for name in ("x/rows.npz", "x/song.wav")]
    results._fill_mistakes(mistakes, "")
    assert results.mistakes.item(0).text() == "rows.npz: a, predicted as b (90%)"
    assert results.mistakes.item(1).text() == "song.wav at 0:03.0: a, predicted as b (90%)"
