"""The Compare page: finished runs side by side, sweeps, exports."""

import csv
import io
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QMouseEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.pages.compare.page import ComparePage
from desktop.plots import export
from desktop.plots.curves import Curves
from desktop.requests import ShowTraining
from desktop.session import Session
from engine.training.runs.run import Run
from engine.training.sweeps.sweep import Trial
from tests.desktop.conftest import Show
from tests.desktop.said import press
from tests.engine.training import test_regression as toys_of_values
from tests.engine.training import toys


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that differ in one field, a sweep of two trials, and a run that was broken off."""
    folder = tmp_path_factory.mktemp("trained")
    data, recipe = toys.features(folder / "data"), toys.recipe()
    slow = recipe.changed({"training.learning_rate": 0.0005})
    toys.trained(recipe, data, toys.place(folder / "runs", "first"))
    toys.trained(slow, data, toys.place(folder / "runs", "second"))
    toys.broken_off(recipe, data, toys.place(folder / "runs", "broken off"), epoch=1)
    sweep = folder / "runs" / "sweep"
    trials = []
    for size in (4, 8):
        values = {"network.arguments.hidden": [size]}
        run, _ = toys.trained(
            recipe.changed({"network.arguments": {"hidden": [size]}}),
            data,
            toys.place(sweep, f"hidden={size}"),
        )
        accuracy = run.read(run.results_file)["figures"]["accuracy"]
        trials.append(Trial(values, str(run.folder), 4, 1.5 * size, None, accuracy, 0.9))
    trials.append(Trial({"network.arguments.hidden": [0]}, "", problem="No."))
    Run(sweep).write(sweep / "sweep.json", [vars(trial) for trial in trials])
    return folder / "runs"


@pytest.fixture
def page(session: Session, show: Show, qtbot: QtBot, trained: Path) -> ComparePage:
    made = ComparePage(session)
    made.folders = [trained]
    show(made)
    qtbot.waitUntil(lambda: len(made.table._rows) == 5, timeout=120_000)
    return made


def choose(page: ComparePage, qtbot: QtBot, *folders: Path) -> None:
    """Choose rows and wait until just these are shown: the page itself chooses some at first."""
    page.table.choose(folders)

    def shown() -> bool:
        rows = {row.folder for row in page._shown}
        return rows == set(folders) and page._reading is None and not page._timer.isActive()

    qtbot.waitUntil(shown, timeout=120_000)


def point(curves: Curves, place: QPointF) -> None:
    """Move the mouse there, also where the page must be scrolled to it."""
    view, none = curves.viewport(), Qt.MouseButton.NoButton
    whole = view.mapToGlobal(place)
    move = QMouseEvent(
        QEvent.Type.MouseMove, place, whole, none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view, move)


def test_finished_runs_are_listed(page: ComparePage, trained: Path) -> None:
    rows = page.table._rows
    assert trained / "broken off" not in rows
    assert rows[trained / "sweep" / "hidden=4"].sweep == trained / "sweep"
    assert page.table.topLevelItemCount() == 3
    run = rows[trained / "first"]
    assert (run.title, run.variant, run.data, run.epochs) == ("Toy", "corrected", "toy", 4)
    assert run.accuracy
    assert rows[trained / "sweep"].variant == "3 trials"


def test_the_right_button_offers_reports(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    choose(page, qtbot, trained / "first", trained / "second")
    offered = {a.text(): a.isEnabled() for a in page.menu.make().actions() if a.text()}
    assert offered == {"Open report": False, "Save comparison...": True, "Refresh": True}


def test_the_newest_runs_are_shown_at_first(page: ComparePage, qtbot: QtBot) -> None:
    # A sweep leaves no words: it is the newest where the machine was slow enough.
    qtbot.waitUntil(lambda: page._shown != [] and page._reading is None, timeout=120_000)
    first = [page.table.topLevelItem(row).text(0) for row in range(3)]  # type: ignore[union-attr]
    chosen = [row.folder.name for row in page.table.chosen_rows()]
    assert sorted(chosen) == (["sweep"] if first[0] == "sweep" else ["first", "second"])
    page.table.clearSelection()
    page.refresh()
    qtbot.waitUntil(lambda: page._finding is None, timeout=120_000)
    assert page.table.chosen_rows() == []  # only at first


def test_nothing_there_is_said(session: Session, show: Show, qtbot: QtBot) -> None:
    page = show(ComparePage(session))
    qtbot.waitUntil(lambda: page._finding is None, timeout=120_000)
    assert str(session.runs_folder) in page.empty.text()
    asked: list[object] = []
    session.requested.connect(asked.append)
    page.train_button.click()
    assert asked == [ShowTraining()]
    assert page.empty.isVisible()
    assert "Select two or more" in page.view.words.text()


def test_two_runs_side_by_side(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    choose(page, qtbot, trained / "first", trained / "second")
    details = page.details
    assert set(details.names) == {"toy, toy", "toy, toy (2)"}
    assert list(details.differences) == ["training.learning_rate"]
    assert set(details.differences["training.learning_rate"]) == {0.02, 0.0005}
    assert page.view.words.text() == "\n".join(details.verdicts)
    assert len(details.verdicts) == 1
    table = page.view.figures.table
    assert table.columnCount() == 3
    assert table.item(0, 0).text() == "Accuracy"  # type: ignore[union-attr]
    assert page.view.loss.isVisible()
    assert not page.view.bars


def test_one_run_shows_its_curves(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    choose(page, qtbot, trained / "first")
    assert len(page.details.histories) == 1
    assert page.view.loss.isVisible()
    assert not page.view.differences.isVisible()
    assert "Select two or more" in page.view.words.text()


def test_says_that_it_reads(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    qtbot.waitUntil(lambda: page._shown != [] and page._reading is None, timeout=120_000)
    page.table.clearSelection()
    page._read()
    page.table.choose([trained / "sweep"])
    with qtbot.waitSignal(page.compared, timeout=120_000):
        page._read()
        assert page.view.words.text() == "Reading the selection..."
    assert "Reading" not in page.view.words.text()


def test_a_sweep_is_four_charts_and_two_by_epoch(
    page: ComparePage, qtbot: QtBot, trained: Path
) -> None:
    choose(page, qtbot, trained / "sweep")
    titles = [plot.title for plot in page.view.bars]
    assert titles == [
        "Total training time",
        "Total training energy (GPU)",
        "Test accuracy",
        "Epochs",
        "Time per epoch",
        "Energy per epoch (GPU)",
    ]
    rows = list(csv.reader(io.StringIO(page.view.bars[0].csv())))
    assert rows[1:] == [["hidden [4]", "6.0"], ["hidden [8]", "12.0"]]
    energy = list(csv.reader(io.StringIO(page.view.bars[1].csv())))
    assert energy[1][1] == ""  # not measured
    assert not page.view.loss.isVisible()


def test_every_plot_exports_in_every_form(
    page: ComparePage, qtbot: QtBot, trained: Path, tmp_path: Path
) -> None:
    choose(page, qtbot, trained / "first", trained / "second", trained / "sweep")
    plots = page.view.plots()
    assert len(plots) == 10
    for number, plot in enumerate(plots):
        for form in export.FORMS:
            plot.button.click()
            dialog = plot.findChild(export.ExportDialog)
            assert dialog is not None
            dialog.form.setCurrentText(form)
            target = tmp_path / f"{number}.{form.lower()}"
            with qtbot.waitSignal(export.announcer.written) as written:
                dialog.save_to(target)
            assert written.args == [target]
            qtbot.waitUntil(lambda plot=plot: not plot.findChildren(export.ExportDialog))
            data = target.read_bytes()
            if form == export.PNG:
                assert QImage.fromData(QByteArray(data)).width() > 400
            elif form == export.SVG:
                assert QSvgRenderer(QByteArray(data)).isValid()
                assert plot.figure.title.split()[0].encode() in data
            else:
                assert len(list(csv.reader(io.StringIO(data.decode())))) >= 3
    loss = list(csv.reader(io.StringIO(page.view.loss.csv())))
    history = Run(trained / "first").history()
    column = loss[0].index("toy, toy, training")
    assert [float(row[column]) for row in loss[1:]] == [epoch.loss for epoch in history]


def test_reports_open(
    page: ComparePage,
    qtbot: QtBot,
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    choose(page, qtbot, trained / "first")
    page.report_button.click()
    assert Path(opened[0].toLocalFile()) == trained / "first" / "report.html"
    assert not page.page_button.isEnabled()
    choose(page, qtbot, trained / "first", trained / "second")
    assert not page.report_button.isEnabled()
    target = tmp_path / "comparison.html"
    page.save_page(target)
    qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=120_000)
    assert "training.learning_rate" in target.read_text(encoding="utf-8")
    press(page.notices, "Open")
    assert Path(opened[1].toLocalFile()) == target


def test_a_damaged_run_is_said(
    session: Session, show: Show, qtbot: QtBot, trained: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        shutil.copytree(trained / name, tmp_path / name)
    page = show(ComparePage(session))
    page.add_folder(tmp_path)
    qtbot.waitUntil(lambda: len(page.table._rows) == 2, timeout=120_000)
    (tmp_path / "second" / "recipe.json").write_text("{")
    choose(page, qtbot, tmp_path / "first", tmp_path / "second")
    assert "damaged" in page.notices.text
    page.refresh()
    qtbot.waitUntil(lambda: len(page.table._rows) == 1, timeout=120_000)


def test_the_choice_outlives_a_refresh(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    choose(page, qtbot, trained / "first", trained / "second")
    page.refresh()
    qtbot.waitUntil(lambda: page._finding is None, timeout=120_000)
    assert len(page.table.chosen_rows()) == 2


def test_curves_read_out_and_may_be_logarithmic(
    page: ComparePage, qtbot: QtBot, trained: Path
) -> None:
    choose(page, qtbot, trained / "first", trained / "second")
    curves = page.view.loss
    assert "toy, toy, training" in curves.accessibleDescription()
    before = curves.grab().toImage()
    page.view.log.setChecked(True)
    assert curves.grab().toImage() != before
    assert curves.accessibleDescription().startswith("At the end")
    point(curves, curves.area.center())
    assert "toy, toy, training" in curves.accessibleDescription()
    assert not curves.accessibleDescription().startswith("At the end")


def test_regressions_show_their_concordance(
    session: Session, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    data = toys_of_values.features(tmp_path / "data", 60)
    sweep, trials = tmp_path / "runs" / "sweep", []
    for size in (4, 8):
        values = {"network.arguments.hidden": [size]}
        made = toys_of_values.recipe(training__epochs=3).changed(
            {"network.arguments": {"hidden": [size]}}
        )
        run, _ = toys.trained(made, data, toys.place(sweep, f"hidden={size}"))
        trials.append(Trial(values, str(run.folder), 3, 1.0, None, 0.5, 0.6, measure="concordance"))
    Run(sweep).write(sweep / "sweep.json", [vars(trial) for trial in trials])
    page = ComparePage(session)
    page.folders = [tmp_path / "runs"]
    show(page)
    qtbot.waitUntil(lambda: len(page.table._rows) == 3, timeout=120_000)
    choose(page, qtbot, sweep / "hidden=4", sweep)
    view = page.view
    assert view.concordance.isVisible()
    assert not view.accuracy.isVisible()
    rows = list(csv.reader(io.StringIO(view.concordance.csv())))
    history = Run(sweep / "hidden=4").history()
    assert [float(row[1]) for row in rows[1:]] == pytest.approx(
        [epoch.validation_concordance for epoch in history]
    )
    assert view.concordance in [plot.figure for plot in view.plots()]
    assert "Test concordance" in [bars.title for bars in view.bars]
    offered = [view.trials.quantity.itemText(n) for n in range(view.trials.quantity.count())]
    assert "Validation concordance" in offered
    assert "Training accuracy" not in offered
    axes = {axis.name: axis for axis in view.parallel.axes}
    assert (axes["Test"].unit, list(axes["Test"].values)) == ("", [0.5, 0.5])


def test_every_control_has_a_name(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    choose(page, qtbot, trained / "sweep")
    buttons = [page.folder_button, page.refresh_button, page.report_button, page.page_button]
    buttons += [plot.button for plot in page.view.plots()]
    assert all(button.accessibleName() for button in buttons)
    assert all(bars.accessibleName() for bars in page.view.bars)
    assert page.table.accessibleName()


def test_added_folders_are_remembered_and_can_be_forgotten(
    session: Session, show: Show, trained: Path
) -> None:
    page = show(ComparePage(session))
    page.add_folder(trained)
    again = show(ComparePage(session))
    assert again.folders == [trained]
    again.forget_folder(trained)
    assert ComparePage(session).folders == []


def test_a_sweep_has_parallel_coordinates(page: ComparePage, qtbot: QtBot, trained: Path) -> None:
    with qtbot.waitSignal(page.compared, timeout=120_000):
        page.choose(trained / "sweep")
    lines = page.view.parallel
    assert lines.names == ("hidden [4]", "hidden [8]")
    assert [axis.name for axis in lines.axes] == [
        "Hidden", "Epochs", "Time", "Validation", "Test"
    ]  # fmt: skip  # energy was not measured
    assert page.view.parallel.isVisible()
    choose(page, qtbot, trained / "first")
    assert not page.view.parallel.isVisible()


def test_curves_come_first_and_all_settings_are_folded(
    page: ComparePage, trained: Path, qtbot: QtBot
) -> None:
    choose(page, qtbot, trained / "first", trained / "second")
    view = page.view
    qtbot.wait(30)
    inner = view.widget()
    heights = [w.mapTo(inner, QPoint(0, 0)).y() for w in (view.loss, view.differences, view.more)]
    assert heights == sorted(heights)
    table = view.differences.table
    names = [table.item(row, 0).text() for row in range(table.rowCount())]  # type: ignore[union-attr]
    assert names == ["Learning rate (training)"]
    assert table.item(0, 0).toolTip() == "training.learning_rate"  # type: ignore[union-attr]
    assert not view.settings.isVisible()
    view.more.click()
    assert view.settings.isVisible()
    rows = view.settings.table
    shown = {rows.item(row, 0).text() for row in range(rows.rowCount())}  # type: ignore[union-attr]
    assert {"Batch size (training)", "Hidden (network)", "Learning rate (training)"} <= shown
    assert not any("published" in name.lower() for name in shown)
