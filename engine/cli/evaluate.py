"""``earmark evaluate`` and ``earmark compare``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.atomic_write import write_text
from engine.classifier.catalog import Catalog
from engine.classifier.figures import term, with_bounds, without_bounds
from engine.cli.output import Overwrite, data, notes, progress
from engine.cli.train import Device, Kind
from engine.export.destinations import check_file

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.datasets import Dataset
    from engine.evaluation import Evaluation, TagEvaluation, ValueEvaluation
    from engine.evaluation.judge import DatasetPredictions


def evaluate(
    classifier: Annotated[str, typer.Argument(help="Name or path of a classifier.")],
    dataset: Annotated[Path, typer.Argument(help="Folder or table of the data set.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the report to this .json or .html file."),
    ] = None,
    label: Annotated[str, typer.Option("--label", help="Column with the true labels.")] = "label",
    kind: Kind = "auto",
    device: Device = "cpu",
    overwrite: Overwrite = False,
) -> None:
    """Evaluate a classifier on a labelled data set.

    All sounds of the data set are used as test data. Classes that the classifier does not know
    are left out. Of a regression the true values stand in columns called as its dimensions.
    """
    from engine.datasets import open_dataset
    from engine.evaluation.judge import predict_dataset

    if output is not None:
        check_file(output, [], overwrite)
    model = Catalog().load(classifier)
    opened = open_dataset(dataset, kind)
    opened = opened if label == "label" else opened.relabelled(label)
    heard: DatasetPredictions = progress("sounds", predict_dataset(model, opened, device=device))
    found = _judged(model, heard)
    warnings = [f"{path}: {reason}" for path, reason in heard.skipped.items()]
    if heard.known_data:
        warnings.append(
            "The classifier was trained on this data set, so these results are too optimistic."
        )
    for text in warnings:
        notes().print(f"Note: {text}", markup=False)
    figures = found.figures()
    for name in without_bounds(figures):
        words = f"{term(name).name:36} {with_bounds(figures, name)}"
        data().print(words, markup=False)
    if output is None:
        return
    _write(output, model, opened, warnings, found)


def _judged(
    model: "Classifier", heard: "DatasetPredictions"
) -> "Evaluation | TagEvaluation | ValueEvaluation":
    from engine.evaluation import ValueResults, evaluate_tags, evaluate_values
    from engine.evaluation import evaluate as figures_of

    if isinstance(heard.results, ValueResults):
        return evaluate_values(heard.results)
    if model.card.multi_label:
        return evaluate_tags(heard.results, model.card.calibration.thresholds)
    return figures_of(heard.results)


def _write(
    output: Path,
    model: "Classifier",
    dataset: "Dataset",
    warnings: list[str],
    found: "Evaluation | TagEvaluation | ValueEvaluation",
) -> None:
    from engine.evaluation.report.report import RunReport, write_html

    report = RunReport(
        title=f"{model.card.title} on {dataset.about.name}",
        description=model.card.description,
        recipe_toml="",
        facts={"classifier": f"{model.card.name} ({model.sha256})", "data": dataset.about.name},
        warnings=warnings,
        evaluation=found,
        link=lambda name: (dataset.root / name).resolve().as_uri(),
    )
    if output.suffix == ".html":
        write_html(report, output)
        return
    write_text(output, json.dumps(report.to_json(), indent=1) + "\n")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the comparison to this .html file.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare finished runs, and test whether they differ by more than chance."""
    from engine.evaluation.report.sections import published_rows
    from engine.training.runs.comparison import compare_runs, write_comparison

    if output is not None:
        check_file(output, [], overwrite)
    found = compare_runs(runs) if output is None else write_comparison(runs, output)
    table = Table("", *found.names)
    for key in dict.fromkeys(key for each in found.figures for key in without_bounds(each)):
        cells = (with_bounds(each, key) if key in each else "" for each in found.figures)
        table.add_row(term(key).name, *cells)
    for field, settings in found.differences.items():
        if not field.startswith("published"):
            table.add_row(field, *map(str, settings))
    data().print(table)
    rows = published_rows(list(zip(found.names, found.published, strict=True)))
    if rows:
        beside = Table("", "", "published", *found.names)
        for row in rows:
            beside.add_row(*row)
        data().print(beside)
    for verdict in found.verdicts:
        data().print(verdict, markup=False)
