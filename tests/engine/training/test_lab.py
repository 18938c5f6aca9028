"""The lab report: what stands in it for classes and for dimensions."""

from pathlib import Path

from engine.training.lab import lab_report
from tests.engine.training import test_regression as regression
from tests.engine.training import toys


def test_a_classifiers_report(tmp_path: Path) -> None:
    run, _ = toys.trained(toys.recipe(), toys.features(tmp_path / "data"), toys.place(tmp_path))
    report = lab_report(run.folder)
    (heading, header, rows), *more = report.tables
    assert (heading, header, more) == ("Figures of the test part", ("", "value"), [])
    figures = run.figures()
    shown = {name: words.split(" (")[0] for name, words in rows}
    assert shown["Accuracy"] == f"{figures['accuracy']:.4f}"
    titles = [picture.title for picture in report.pictures]
    assert {"Loss", "Accuracy", "Confusion matrix", "Accuracy of each class"} <= set(titles)
    assert any("Which classes" in question for question in report.questions)


def test_a_regressions_report_has_its_dimensions_and_no_empty_plot(tmp_path: Path) -> None:
    data = regression.features(tmp_path / "data")
    run, _ = toys.trained(regression.recipe(), data, toys.place(tmp_path))
    report = lab_report(run.folder)
    (_, header, rows), *more = report.tables
    assert not more
    assert [row[0] for row in rows] == regression.DIMENSIONS
    assert header[1:3] == ("RMSE", "RMSE of the mean")
    figures = run.figures()
    assert float(rows[0][4]) > 0.3
    assert figures["concordance"] > 0.3
    titles = [picture.title for picture in report.pictures]
    assert "Accuracy" not in titles
    assert "Confusion matrix" not in titles
    assert {"Loss", "Concordance", "Squared error of the mean predictor removed"} <= set(titles)
    assert not any("no values" in picture.svg.lower() for picture in report.pictures)
    assert not any("classes" in question for question in report.questions)
    assert "RMSE of the mean" in report.html()
