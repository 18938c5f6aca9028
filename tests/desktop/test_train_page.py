"""The Train page with the real engine on a few short sounds."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages.train.page import TrainPage
from desktop.pages.train.queue import Training
from desktop.pages.train.worker import Control, Order
from desktop.session import Session
from desktop.settings import COMPUTE, THREADS
from engine.recipes.recipe import find_recipe
from engine.training.events import BatchDone, Preparing
from engine.training.finish import background
from tests import corpora

MOST = 120_000
BUILDING = "Building the network..."


SHORT = {"data.window_samples": 11025, "data.hop_samples": 11025, "data.allow_leak": True}


@pytest.fixture
def page(train_page: TrainPage, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr(background, "_SYNTHETIC", 10)  # the gate learns from a few windows only
    train_page.recipes.take("genre-mlp")
    train_page.model.set_values(SHORT | {"training.epochs": 3}, train_page.model)
    return train_page


def endless(page: TrainPage) -> None:
    page.model.set_values({"training.epochs": 100_000}, page.model)


def epochs_begun(qtbot: QtBot, page: TrainPage) -> None:
    qtbot.waitUntil(lambda: page.progress.accuracy.count > 4, timeout=MOST)


def test_from_start_to_a_classifier_in_use(
    page: TrainPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.waitUntil(lambda: "3 classes" in page.sounds.found.text(), timeout=MOST)
    used: list[Path] = []
    monkeypatch.setattr(page._session, "use_classifier", used.append)
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.controls.start.click()
        assert page.running
    assert not page.running
    assert page.tabs.currentWidget() is page.results
    assert "test windows were classified correctly" in page.results.headline.text()
    assert page.results.classes.rowCount() == 3
    assert page.progress.accuracy.count == 6
    assert "not measured" in page.progress.facts.text() or " J" in page.progress.facts.text()
    page.results.use.click()
    assert used[0].is_file()
    assert page.unfinished() == []


def test_the_form_changes_the_recipe_and_its_text(page: TrainPage) -> None:
    row = page.form.rows["training.learning_rate"]
    row.editor.control.setValue(0.25)  # type: ignore[attr-defined]
    assert page.model.recipe.training.learning_rate == 0.25
    assert "learning_rate = 0.25" in page.toml.edit.toPlainText()
    assert row.label.text().startswith("●")
    page.form.reset("training.learning_rate")
    assert page.model.recipe.training.learning_rate == 0.0001
    assert not row.label.text().startswith("●")


def test_a_preset_is_one_click_and_shows_its_origin(
    page: TrainPage, qtbot: QtBot, tmp_path: Path
) -> None:
    recipes = page.recipes.list
    for name in ("genre-cnn", "instrument-mlp"):
        item = recipes.item(recipes.line_of(name))
        recipes.scrollToItem(item)
        place = recipes.visualItemRect(item).center()
        qtbot.mouseClick(recipes.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert page.model.recipe.name == name
    published = find_recipe("instrument-mlp").published
    assert published is not None
    assert published.source in page.recipes.origin.text()
    assert "Reported: training accuracy: 0.99" in page.recipes.origin.text()
    qtbot.keyClick(recipes, Qt.Key.Key_Up)
    assert page.model.recipe.name == recipes.names[recipes.names.index("instrument-mlp") - 1]
    own = tmp_path / "own.toml"
    own.write_text(page.toml.edit.toPlainText())
    assert _drop(page, own)
    assert recipes.name == str(own)


def test_a_recipe_finds_the_folder_it_learned_from(
    page: TrainPage, qtbot: QtBot, tmp_path: Path
) -> None:
    corpus = corpora.folders(tmp_path / "corpus", files=3, seconds=0.3)
    assert not _drop(page, next(corpus.rglob("*.wav")))  # the window opens it
    assert _drop(page, corpus)
    qtbot.waitUntil(lambda: "corpus (folder), 9 excerpts" in page.sounds.found.text(), timeout=MOST)
    assert page.sounds.project.isVisible()
    endless(page)
    page.start()
    page.stop()
    page.sounds.project.click()
    assert page.source.folder == page._session.project
    assert not page.sounds.project.isVisible()
    page.recipes.take("tagger-head")
    assert page.source.folder == page._session.project
    page.recipes.take("genre-mlp")
    assert page.source.folder == corpus
    qtbot.waitUntil(lambda: "corpus" in page.sounds.found.text(), timeout=MOST)


def _drop(page: TrainPage, path: Path) -> bool:
    """Drop a file or folder; whether the page took it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), action, data, button, plain)
    enter.ignore()
    QApplication.sendEvent(page, enter)
    if enter.isAccepted():
        QApplication.sendEvent(page, QDropEvent(QPointF(9, 9), action, data, button, plain))
    return enter.isAccepted()


def test_text_changes_the_form_or_says_what_is_wrong(page: TrainPage) -> None:
    text = page.toml.edit.toPlainText()
    page.toml.edit.setPlainText(text.replace("batch_size = 32", "batch_size = 8"))
    if "batch_size = 32" not in text:  # as it is by default
        page.toml.edit.setPlainText(text.replace("[training]", "[training]\nbatch_size = 8"))
    assert page.form.rows["training.batch_size"].editor.value() == 8
    page.toml.edit.setPlainText(text.replace("epochs = 3", "epochs = 0"))
    assert "training.epochs" in page.model.problem
    assert page.form.rows["training.epochs"].editor.value() == 3
    page.start()
    assert page.notices.text == page.model.problem
    assert not page.running
    page.toml.edit.setPlainText("nonsense =")
    assert "Not valid TOML" in page.model.problem


def test_stopping_keeps_the_best(page: TrainPage, qtbot: QtBot) -> None:
    endless(page)
    page.start()
    epochs_begun(qtbot, page)
    page.controls.stop.click()
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    outcome = page.results.outcome
    assert outcome is not None
    assert outcome.stopped
    assert outcome.classifier is not None
    assert page.results.use.isVisible()


def test_a_pause_holds_and_can_be_ended(
    page: TrainPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []  # of the training whether it may go on
    held = Control.held

    def seen(control: Control) -> Generator[None, None, None]:
        for step in held(control):
            looks.append(step)
            yield step

    def looked(times: int) -> None:
        """Wait; what was told before has then come to the window, too."""
        before = len(looks)
        qtbot.waitUntil(lambda: len(looks) >= before + times)
        qtbot.wait(10)

    monkeypatch.setattr(Control, "held", seen)
    endless(page)
    page.start()
    epochs_begun(qtbot, page)
    page.queue.toggle_pause()
    looked(3)
    count = page.progress.loss.count
    looked(5)
    assert page.progress.loss.count == count
    page.queue.toggle_pause()
    qtbot.waitUntil(lambda: page.progress.loss.count > count, timeout=MOST)
    page.queue.toggle_pause()
    looked(1)
    current = page.queue.current
    assert current is not None
    assert current.job is not None
    page.stop()
    current.job.wait(120)
    assert not current.job._thread.is_alive()
    assert not page.running
    count = page.progress.loss.count
    late = BatchDone(1, 1, 1, (0.5,), 0.0)
    page.queue.emitted.emit(current, [late])  # it was on its way
    assert page.progress.loss.count == count
    page.queue.trainings.clear()  # as after a crash
    assert page.unfinished() == [current.folder]


def test_a_run_broken_off_goes_on(page: TrainPage, qtbot: QtBot) -> None:
    page.model.set_values({"training.epochs": 14}, page.model)
    page.start()
    page.start()
    epochs_begun(qtbot, page)
    page.stop()
    assert page.queue.waiting == []
    jobs.cancel_all()
    page.queue.trainings.clear()
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.resume(page.unfinished()[0])
    assert page.progress.accuracy.count == 28


def test_all_in_the_queue_run_in_their_order(page: TrainPage, qtbot: QtBot, tmp_path: Path) -> None:
    ended: list[Training] = []
    page.queue.ended.connect(ended.append)
    for _ in range(3):
        page.start()
    assert page.controls.list.count() == 3
    assert len(page.queue.waiting) == 2
    qtbot.waitUntil(lambda: not page.running, timeout=MOST)
    assert ended == page.queue.trainings
    folders = [training.folder for training in ended]
    assert folders[0] is not None
    assert folders[1:] == [Path(f"{folders[0]}-2"), Path(f"{folders[0]}-3")]
    assert len(list(tmp_path.glob("Runs/*/results.json"))) == 3
    qtbot.waitUntil(lambda: page.results.judgement is not None, timeout=MOST)


def test_a_bad_folder_is_told(page: TrainPage, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page.source.set_folder(tmp_path / "empty")
    page.start()
    qtbot.waitUntil(lambda: bool(page.notices.current), timeout=MOST)
    assert "not a recognised data set" in page.notices.text
    assert not page.running
    assert page.controls.start.text() == "Start"


def test_the_network_is_described(page: TrainPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentWidget(page.network)
    qtbot.waitUntil(lambda: "trainable parameters" in page.network.words.text(), timeout=MOST)
    assert page.network.table.rowCount() > 3
    before = page.network.words.text()
    page.recipes.take("instrument-mlp")
    qtbot.waitUntil(lambda: page.network.words.text() not in (before, BUILDING), timeout=MOST)
    assert "trainable parameters" in page.network.words.text()
    page.tabs.setCurrentWidget(page.progress)
    seen = page.network.words.text()
    page.recipes.take("genre-mlp")
    qtbot.wait(600)
    assert page.network.words.text() == seen  # nobody looks
    page.tabs.setCurrentWidget(page.network)
    qtbot.waitUntil(lambda: page.network.words.text() not in (seen, BUILDING), timeout=MOST)


def test_another_project_is_looked_at(
    page: TrainPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = corpora.folders(tmp_path / "other", files=2, seconds=0.3)
    monkeypatch.setattr(Session, "project", property(lambda _: other))
    page._session.project_changed.emit()
    assert page.source.is_project
    qtbot.waitUntil(lambda: "other (folder), 6 excerpts" in page.sounds.found.text(), timeout=MOST)
    assert page.sounds.folder.text() == "other"
    assert not page.sounds.project.isVisible()


def test_a_folder_that_was_chosen_is_not_replaced_unasked(
    page: TrainPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = corpora.folders(tmp_path / "other", files=2, seconds=0.3)
    page.source.set_folder(tmp_path)
    monkeypatch.setattr(Session, "project", property(lambda _: other))
    page._session.project_changed.emit()
    assert page.source.folder == tmp_path
    (message,) = page._session.messages.current
    assert "Train on 'other' instead?" in message.text
    message.actions[0][1]()
    assert page.source.is_project
    qtbot.waitUntil(lambda: "other (folder), 6 excerpts" in page.sounds.found.text(), timeout=MOST)


@pytest.mark.parametrize("epochs", [1, 3, 40])
def test_epochs_are_whole_numbers(page: TrainPage, epochs: int) -> None:
    curves = page.progress.loss
    curves.set_ranges(x=(0.0, float(epochs)))
    curves.grab()
    axis = curves.plot.getAxis("bottom")
    for wide in (120.0, 300.0, 900.0):
        ((step, places),) = axis.tickValues(0.0, float(epochs), wide)
        assert len(places) >= 2
        assert all(word == str(int(word)) for word in axis.tickStrings(places, 1.0, step))


def test_a_failed_training_keeps_its_reason(page: TrainPage, qtbot: QtBot) -> None:
    begun: Any = object()  # it does not wait
    training = Training(Order("Mine", None, Path()), "running", job=begun)
    page.queue.trainings = [training]
    page.queue.current = training
    page.queue._failed(training, "There is no room on the disk.")
    assert page.controls.list.item(0).text() == "Mine: failed. There is no room on the disk."
    assert page.controls.list.item(0).toolTip() == "There is no room on the disk."
    page.notices.clear()
    page.controls.list.setCurrentRow(0)
    page.controls.list.itemClicked.emit(page.controls.list.item(0))
    assert page.tabs.currentWidget() is page.results
    assert page.results.headline.text() == "Mine failed"
    assert page.results.remarks.text() == "There is no room on the disk."


def test_phases_are_named_and_one_bar_never_goes_back(page: TrainPage) -> None:
    progress, seen = page.progress, []
    progress.begin("Mine")
    progress._epochs, progress._device, progress._sizes = 2, "CPU", ""
    progress._spent = (None, None)
    steps = [Preparing(0.5), Preparing(1.0)]
    steps += [BatchDone(e, b, 4, (0.5,), 0.1, 1.0, None) for e in (1, 2) for b in (1, 4)]
    steps += [Preparing(0.1), Preparing(0.9), Preparing(1.0)]
    for step in steps:
        progress.take([step])
        seen.append((progress.bar.value(), progress.state.text()))
    values = [value for value, _ in seen]
    assert values == sorted(values)
    assert seen[0][1] == "Step 1 of 4: Computing the features"
    assert seen[2][1] == "Step 2 of 4: training, epoch 1 of 2, batch 1 of 4"
    assert seen[-2][1] == "Step 3 of 4: Training the rejection gate"
    assert seen[-1][1] == "Step 4 of 4: Evaluating on the test part"


def test_recipes_are_grouped(page: TrainPage) -> None:
    recipes = page.recipes.list
    lines = [recipes.item(row).text() for row in range(recipes.count())]
    assert lines[0] == "Start here"
    own, course = lines[1 : lines.index("Course systems")], lines[lines.index("Course systems") :]
    assert "Residual CNN on mel bands" in own
    assert "Genre: LSTM" in course
    assert not recipes.item(0).flags() & Qt.ItemFlag.ItemIsSelectable
    assert all(not recipes.item(recipes.line_of(name)).icon().isNull() for name in recipes.names)


def test_computing_follows_the_preferences(page: TrainPage) -> None:
    page._session.settings.set(COMPUTE, "cpu")
    page._session.settings.set(THREADS, 3)
    page.queue._begin = lambda _: None  # type: ignore[method-assign]
    page.start()
    order = page.queue.trainings[0].order
    assert isinstance(order, Order)
    assert (order.device, order.threads) == ("cpu", 3)
    page.queue.trainings.clear()
    page.queue.current = None
