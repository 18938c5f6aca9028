"""After a training: its curves, the published figures beside it, the switch, the lab report."""

import csv
import io
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop.pages.train.after.lab import LabReportButton
from desktop.pages.train.page import TrainPage
from desktop.pages.train.results import TrainResults
from desktop.plots.confusion import Confusion
from engine.recipes.networks import argument
from engine.recipes.recipe import find_recipe
from engine.training.finish import background
from engine.training.runs.run import Run

MOST = 120_000
SHORT = {"data.window_samples": 11025, "data.hop_samples": 11025, "data.allow_leak": True}


@pytest.fixture
def page(train_page: TrainPage, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr(background, "_SYNTHETIC", 10)
    train_page.recipes.take("genre-mlp", "as-published")
    train_page.model.set_values(SHORT | {"training.epochs": 3}, train_page.model)
    return train_page


def _column(text: str, name: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(text)))
    place = rows[0].index(name)
    return [row[place] for row in rows[1:] if row[place]]


def test_a_finished_training_shows_its_curves_and_the_published_figures(
    page: TrainPage, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(page.judged, timeout=MOST):
        page.controls.start.click()
    results = page.results
    qtbot.waitUntil(lambda: results.curves.loss.count > 0, timeout=MOST)
    assert results.judgement is not None
    run = Run(results.judgement.folder)
    history = run.history()
    shown = _column(results.curves.accuracy.csv(), "validation")
    assert [float(v) for v in shown] == [e.validation_accuracy for e in history]
    at, losses = run.batch_losses()
    assert [float(v) for v in _column(results.curves.loss.csv(), "each batch")] == losses
    assert at[-1] == 3.0
    assert results.curves.time.count == 3
    assert not results.curves.positive.isVisibleTo(results.curves)  # the recipe names none
    table = results.published.table
    names = {table.item(row, 0).text() for row in range(table.rowCount())}  # type: ignore[union-attr]
    for said in ("Test accuracy", "Validation loss", "Training accuracy"):
        assert any(name.startswith(said) for name in names)
    # Of other settings: 3 epochs for 30, so that nothing is set beside each other.
    assert {table.item(row, 2).text() for row in range(table.rowCount())} == {"\N{EN DASH}"}  # type: ignore[union-attr]
    assert "this run differs: epochs 3" in table.item(0, 0).text()  # type: ignore[union-attr]
    _the_originals_mistakes(results)
    _lab_report(results.lab, qtbot, tmp_path)


def _the_originals_mistakes(results: TrainResults) -> None:
    """Their number, so that the figures have room; all of them in the tool tip."""
    published = find_recipe("genre-mlp").published
    assert published is not None
    said = f"with {len(published.traps)} known mistakes of the original"
    assert said in results.remarks.text()
    for trap in published.traps:
        assert trap not in results.remarks.text()
        assert trap in results.remarks.toolTip()
        assert trap in results.remarks.accessibleDescription()


def _lab_report(button: LabReportButton, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mine.pdf"
    button.hide()  # so that no other program is asked to show it
    with qtbot.waitSignal(button.written, timeout=MOST):
        button.write(path)
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert 1 <= data.count(b"/Type /Page\n") <= 4
    assert len(data) > 20_000  # the plots are in it
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    for said in ("Lab report", "Confusion matrix", "Loss, logarithmic", "published ones"):
        assert said in page
    assert page.count("<textarea") == 3
    assert "var(--" not in page.split("<figure>")[1].split("</figure>")[0]
    assert not list(tmp_path.glob("*.part"))


def test_rows_of_the_confusion_matrix_are_truth_or_prediction(qtbot: QtBot) -> None:
    matrix = Confusion()
    qtbot.addWidget(matrix)
    matrix.resize(400, 400)
    matrix.show()
    matrix.set_matrix(["a", "b", "c"], [[5, 2, 0], [0, 4, 0], [1, 0, 3]])
    clicked: list[tuple[int, int]] = []
    matrix.cell_clicked.connect(lambda row, column: clicked.append((row, column)))

    def click(line: int, across: int) -> None:
        cells = [matrix.cell(r, c) for r in range(3) for c in range(3)]
        xs = sorted({round(cell.center().x()) for cell in cells})
        ys = sorted({round(cell.center().y()) for cell in cells})
        place = cells[0].center().toPoint()
        place.setX(xs[across])
        place.setY(ys[line])
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=place)

    click(0, 1)
    assert clicked == [(0, 1)]  # a was predicted as b
    matrix.turn(True)
    click(0, 1)
    assert clicked[-1] == (1, 0)  # the row is the prediction now: b was predicted as a
    rows = list(csv.reader(io.StringIO(matrix.csv())))
    assert rows[0][0] == "predicted, true"
    assert rows[2] == ["b", "2", "4", "0"]  # predicted as b: 2 of a, 4 of b
    assert matrix.share(0, 1) == pytest.approx(2 / 7)  # of the true class, whatever is a row


def test_the_form_has_the_networks_own_fields(page: TrainPage) -> None:
    rows = page.form.network.rows
    assert set(rows) == {f"network.arguments.{n}" for n in ("hidden", "activation", "dropout")}
    row = rows["network.arguments.hidden"]
    row.editor.control.setText("32, 16")  # type: ignore[attr-defined]
    assert page.model.recipe.network.arguments["hidden"] == [32, 16]
    assert row.label.text().startswith("●")
    row.editor.control.setText("32, 0")  # type: ignore[attr-defined]
    assert "at least 1" in page.model.problem
    page.form.network.reset("network.arguments.hidden")
    assert page.model.recipe.network.arguments["hidden"] == [512, 256, 64]
    page.recipes.take("instrument-lstm-time")
    rows = page.form.network.rows
    assert "network.arguments.units" in rows
    between = rows["network.arguments.dropout_between"]
    assert between.editor.value() == [0.1, 0.0]
    between.editor.control.setText("0.2")  # type: ignore[attr-defined]
    assert page.model.recipe.network.arguments["dropout_between"] == 0.2
    # Without dense layers their activation is not asked for.
    assert not rows["network.arguments.activation"].label.isVisibleTo(page.form.network)
    rows["network.arguments.hidden"].editor.control.setText("8")  # type: ignore[attr-defined]
    assert rows["network.arguments.activation"].label.isVisibleTo(page.form.network)
    assert argument(page.model.recipe, "activation") == "relu"


def test_the_form_shows_only_what_the_optimiser_has(page: TrainPage) -> None:
    rows = page.form.rows

    def shown(name: str) -> bool:
        return rows[f"training.{name}"].editor.control.isVisibleTo(page.form)

    assert (shown("beta_1"), shown("momentum"), shown("rho")) == (True, False, False)
    rows["training.optimiser"].editor.control.setCurrentText("adadelta")  # type: ignore[attr-defined]
    assert (shown("beta_1"), shown("epsilon"), shown("rho")) == (False, True, True)
    rows["training.optimiser"].editor.control.setCurrentText("sgd")  # type: ignore[attr-defined]
    assert (shown("epsilon"), shown("momentum"), shown("rho")) == (False, True, False)
    page.recipes.take("author-rnn")
    assert "0.01 in EpyNN" in rows["training.learning_rate"].help.text()
    assert shown("clip_recurrent")


def test_the_kind_of_data_set_is_chosen(page: TrainPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "3 classes" in page.sounds.found.text(), timeout=MOST)
    kinds = page.sounds.kinds
    kinds.setCurrentIndex(kinds.findData("gtzan"))
    kinds.activated.emit(kinds.currentIndex())
    qtbot.waitUntil(lambda: "fewer than two genres" in page.sounds.found.text(), timeout=MOST)
    assert page.source.kind == "gtzan"
    kinds.setCurrentIndex(kinds.findData("folder"))
    kinds.activated.emit(kinds.currentIndex())
    qtbot.waitUntil(lambda: "(folder), " in page.sounds.found.text(), timeout=MOST)


@pytest.mark.parametrize("name", ["author-rnn", "instrument-mlp", "instrument-lstm-spectral"])
def test_the_column_is_not_cut_where_it_scrolls(train_page: TrainPage, name: str) -> None:
    """With the longest texts and most buttons, in a low window: the bar needs its room."""
    train_page.resize(1000, 500)
    train_page.show()
    train_page.recipes.take(name, "as-published")
    QApplication.processEvents()
    column = train_page.setup
    assert column.verticalScrollBar().isVisible()
    inner = column.widget()
    assert inner.width() == column.viewport().width()
    for words in inner.findChildren(QPushButton):
        if words.isVisible():
            right = words.mapTo(inner, words.rect().topRight()).x()
            assert right < column.viewport().width()
            assert words.width() >= words.minimumSizeHint().width()
