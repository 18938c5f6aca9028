"""Sweeps, earlier runs and confused excerpts of the Train page, with the real engine."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.pages.train.excerpt import Place
from desktop.pages.train.page import TrainPage
from desktop.pages.train.sweep.dialog import SweepDialog, proposed
from desktop.pages.train.worker import SweepOrder
from engine.datasets import open_dataset
from engine.recipes.recipe import find_recipe
from engine.training.runs.listing import FoundRun, find_runs
from engine.training.runs.run import Run
from engine.training.sweeps.plan import PRESETS, Source, Sweep
from engine.training.sweeps.search import Span
from engine.training.sweeps.sweep import Trial, Trying
from engine.training.train import Place as RunPlace
from engine.training.train import train

MOST = 120_000
FIELD = "training.learning_rate"
SHORT = {
    "data.window_samples": 11025,
    "data.hop_samples": 11025,
    "data.allow_leak": True,
    "deployment.gate": False,
}


@pytest.fixture
def page(train_page: TrainPage) -> TrainPage:
    train_page.recipes.take("genre-mlp")
    train_page.model.set_values(SHORT | {"training.epochs": 2}, train_page.model)
    return train_page


def test_a_sweep_runs_stops_at_once_is_resumed_and_compared(
    page: TrainPage, qtbot: QtBot, three_classes: Path
) -> None:
    epochs = Span(choices=(2, 200))
    page.orders.start_sweep(Sweep(page.model.recipe, {"training.epochs": epochs}))
    assert page.tabs.currentWidget() is page.sweep
    folder = _second_trial_begun(page, qtbot)
    _stop_and_resume_from_the_list(page, qtbot, folder)
    # The second trial is finished here: a process of its own would have to load everything again.
    rest = Run(folder / "epochs=200")
    place = RunPlace(rest.folder, device="cpu", resume=True)
    assert 1 <= len(rest.history()) < 200
    for _ in train(rest.recipe(), open_dataset(three_classes), place):
        pass
    page.resume(folder)
    assert page.running
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    assert page.sweep.state.text() == "Done: 2 of 2 trials finished"
    assert page.unfinished() == []
    _compare(page, qtbot)


def _second_trial_begun(page: TrainPage, qtbot: QtBot) -> Path:
    """Wait until the first is judged and the second has told of an epoch; the sweep's folder."""
    qtbot.waitUntil(lambda: "%" in _cell(page, 1, 3), timeout=MOST)
    assert [_cell(page, row, 0) for row in (0, 1)] == ["2", "200"]
    assert _cell(page, 0, 1) == "done"
    assert _cell(page, 0, 2) == "2"
    assert "%" in _cell(page, 0, 4)
    assert not page.controls.pause.isEnabled()
    assert page.sweep.folder is not None
    return page.sweep.folder


def _stop_and_resume_from_the_list(page: TrainPage, qtbot: QtBot, folder: Path) -> None:
    began = time.monotonic()
    page.controls.stop.click()
    qtbot.waitUntil(lambda: not page.running, timeout=120_000)
    assert time.monotonic() - began < 60.0  # its trainings would take for ever
    assert page.sweep.state.text() == "Stopped by you: 1 of 2 trials finished"
    page.queue.trainings.clear()  # as in the next session
    assert page.unfinished() == [folder]
    page.tabs.setCurrentWidget(page.runs)
    qtbot.waitUntil(lambda: len(page.runs.runs) == 1, timeout=120_000)
    page.runs.table.selectRow(0)
    state = page.runs.table.item(0, 1)
    assert state is not None
    assert "not finished" in state.text()  # as in the list of trainings
    assert page.runs.resume_button.isEnabled()
    assert not page.runs.show_button.isEnabled()
    page.runs.resume_button.click()
    assert page.running
    assert page.tabs.currentWidget() is page.sweep
    page.controls.stop.click()
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    page.queue.trainings.clear()


def _compare(page: TrainPage, qtbot: QtBot) -> None:
    asked: list[Path] = []
    page._session.requested.connect(lambda request: asked.append(request.folder))
    assert "not measured" in _cell(page, 0, 6) or " J" in _cell(page, 0, 6)
    page.sweep.compare.click()
    assert asked == [page.sweep.folder]
    assert (asked[0] / "sweep.html").is_file()
    page.sweep.trials.setCurrentCell(0, 0)
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.sweep.trials.cellActivated.emit(0, 0)
    assert page.tabs.currentWidget() is page.results


def _cell(page: TrainPage, row: int, column: int) -> str:
    item = page.sweep.trials.item(row, column)
    return item.text() if item is not None else ""


def test_the_courses_sweeps_are_one_click(page: TrainPage) -> None:
    assert not page.controls.course.isVisible()
    page.recipes.take("instrument-mlp")
    buttons = [button for button, _ in page.controls.course.buttons if button.isVisible()]
    assert len(buttons) == 4
    page.queue._begin = lambda _: None  # type: ignore[method-assign]
    for button in buttons:
        button.click()
    sweeps = [training.order.sweep for training in page.queue.trainings]  # type: ignore[union-attr]
    assert [sweep.count for sweep in sweeps] == [3, 4, 4, 8]
    targets = [sweep.recipe.training.stop.target_accuracy for sweep in sweeps]
    assert targets == [0, 0, 0.98, 0.98]
    page.queue.trainings.clear()
    page.queue.current = None
    shown = {}
    for recipe in ("instrument-lstm-spectral", "instrument-lstm-time", "genre-cnn"):
        page.recipes.take(recipe)
        shown[recipe] = [b.text() for b, _ in page.controls.course.buttons if b.isVisible()]
    assert shown["instrument-lstm-spectral"] == ["One factor at a time"]
    assert shown["instrument-lstm-time"] == ["Batch sizes"]
    assert shown["genre-cnn"] == []
    assert sum(map(len, shown.values())) + len(buttons) == len(PRESETS) == 6


def test_a_sweep_lists_its_trials_from_the_start_and_the_time_left(page: TrainPage) -> None:
    spans = {FIELD: Span(choices=(0.1, 0.01, 0.001))}
    order = SweepOrder("three", Sweep(page.model.recipe, spans), Source(Path("x")))
    view = page.sweep
    view.begin(order)
    assert view.trials.rowCount() == 3
    assert [_cell(page, row, 0) for row in range(3)] == ["0.1", "0.01", "0.001"]
    assert {_cell(page, row, 1) for row in range(3)} == {"planned"}
    view.take([Trying({FIELD: 0.01}, "b")])
    assert _cell(page, 1, 1) == "preparing"
    assert view.trials.rowCount() == 3
    view._begun -= 60.0
    view.take([Trial({FIELD: 0.01}, "b", epochs=2, seconds=60.0, test_accuracy=0.5)])
    assert "1 of 3 trials finished, about 2:0" in view.state.text()


def test_trials_that_failed_are_not_finished_and_their_reason_is_seen(page: TrainPage) -> None:
    spans = {FIELD: Span(choices=(0.1, 0.01))}
    view = page.sweep
    view.begin(SweepOrder("two", Sweep(page.model.recipe, spans), Source(Path("x"))))
    reason = "Test and training data would overlap: 3 recordings in both parts."
    view.take([Trial({FIELD: 0.1}, "a", problem=reason)])
    assert "0 of 2 trials finished, 1 failed" in view.state.text()
    view.take([Trial({FIELD: 0.01}, "b", problem=reason)])
    view.ended("Done")
    assert view.state.text() == "Done: 0 of 2 trials finished, 2 failed"
    assert view.words.text() == reason
    assert not view.compare.isVisible()
    view.begin(SweepOrder("two", Sweep(page.model.recipe, spans), Source(Path("x"))))
    view.take([Trial({FIELD: 0.1}, "a", problem=reason)])
    view.take([Trial({FIELD: 0.01}, "b", epochs=2, seconds=1.0, test_accuracy=0.5)])
    view.ended("Done")
    assert view.state.text() == "Done: 1 of 2 trials finished, 1 failed"
    assert reason not in view.words.text()


def test_the_dialog_says_what_is_wrong_and_makes_a_sweep(page: TrainPage, qtbot: QtBot) -> None:
    dialog = SweepDialog(page.model.recipe, page)
    qtbot.addWidget(dialog)
    assert dialog.sweep is not None
    assert dialog.sweep.count == 4
    for words, said in (
        ("0.1..1.0", "not ranges"),
        ("-1", "learning_rate"),
        ("", "Enter the values"),
    ):
        dialog.values[0].setText(words)
        assert dialog.sweep is None
        assert not dialog.start.isEnabled()
        assert said in dialog.words.text()
    dialog.values[0].setText("log:1e-4..1e-1")
    dialog.search.setCurrentIndex(dialog.search.findData("random"))
    dialog.trials.setValue(7)
    assert dialog.sweep is not None
    dialog.fields[1].setCurrentIndex(dialog.fields[1].findData("training.optimiser"))
    assert dialog.values[1].text() == "adam, adamw, sgd, adadelta"
    asked: list[Sweep] = []
    dialog.asked.connect(asked.append)
    dialog.accept()
    assert asked[0].count == 7
    assert list(asked[0].spans) == [FIELD, "training.optimiser"]
    dialog.fields[1].setCurrentIndex(dialog.fields[1].findData(FIELD))
    assert "the same" in dialog.words.text()


def test_values_to_try_are_proposed() -> None:
    recipe = find_recipe("instrument-mlp")
    assert proposed(recipe, "training.epochs") == "5, 10, 20"
    assert proposed(recipe, "training.balanced") == "true, false"
    assert proposed(recipe, "network.arguments.activation") == "sigmoid"


def test_earlier_runs_are_listed_shown_and_used(
    page: TrainPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.start()
    page.queue.trainings.clear()
    used: list[Path] = []
    monkeypatch.setattr(page._session, "use_classifier", used.append)
    page.results.clear()
    page.tabs.setCurrentWidget(page.runs)
    qtbot.waitUntil(lambda: len(page.runs.runs) == 1, timeout=120_000)
    page.runs.table.selectRow(0)
    assert page.runs.show_button.isEnabled()
    assert not page.runs.resume_button.isEnabled()
    page.runs.use_button.click()
    assert used == [page.runs.runs[0].folder / "classifier.safetensors"]
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.runs.table.cellActivated.emit(0, 0)
    assert page.tabs.currentWidget() is page.results
    assert "classified correctly" in page.results.headline.text()
    # Its confused excerpts can be heard, by mouse and by key.
    results = page.results
    heard: list[Place] = []
    monkeypatch.setattr(results.player, "play", heard.append)
    evaluation = results.judgement.evaluation  # type: ignore[union-attr]
    assert evaluation is not None
    wrong = [(m.truth, m.predicted) for m in evaluation.confused]
    cells = {cell: wrong.count(cell) for cell in wrong}
    for (truth, said), count in cells.items():
        row, column = evaluation.labels.index(truth), evaluation.labels.index(said)
        assert count == min(30, int(evaluation.confusion[row, column]))
        results.confusion.cell_clicked.emit(row, column)
        assert results.mistakes.count() == count
        results.mistakes.setCurrentRow(0)
        qtbot.keyClick(results.mistakes, Qt.Key.Key_Return)
        assert heard[-1].path.is_file()
        assert heard[-1].path.parent.name == truth
        assert heard[-1].end - heard[-1].start == pytest.approx(0.5, abs=0.01)
    assert len(heard) == len(cells) > 0


def test_a_frame_is_heard_with_what_is_around_it() -> None:
    place = Place(Path("a.wav"), 2.0, 2.1)
    assert place.heard(10.0) == pytest.approx((1.55, 2.55))
    assert place.heard(2.2) == pytest.approx((1.55, 2.2))
    assert Place(Path("a.wav"), 0.1, 0.2).heard(10.0) == pytest.approx((0.0, 0.65))
    assert Place(Path("a.wav"), 0.0, 3.0).heard(10.0) == (0.0, 3.0)


def test_damaged_runs_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{")
        (tmp_path / name / "results.json").write_text("{}")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "plan.json").write_text("[]")
    found: list[list[FoundRun]] = []

    def all_of_them() -> Iterator[None]:
        found.append((yield from find_runs([tmp_path, tmp_path / "none"])))

    assert len(list(all_of_them())) == 3
    assert found == [[]]
