"""The lab report of a run or of a sweep: one page that a student completes and hands in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from engine.atomic_write import write_text
from engine.classifier.figures import figure_name, with_bounds
from engine.errors import DataError
from engine.evaluation.dimensions import ValueEvaluation
from engine.evaluation.metrics import Evaluation
from engine.evaluation.report import plots
from engine.evaluation.report.page import Section, document, part, table
from engine.recipes.recipe import Recipe
from engine.training.runs.run import Run
from engine.training.sweeps.plan import Sweep, read_plan
from engine.training.sweeps.report import (
    charts_of,
    drawn,
    field_name,
    in_order,
    measure_of,
    trial_names,
)
from engine.training.sweeps.sweep import Trial, read_sweep

_VARIABLE = re.compile(r"var\(--[\w-]+,(#[0-9a-fA-F]{6})\)")
_MOST_CURVES = 6  # colours and dashes that are told apart
_MOST_POINTS = 2000
_FIGURES = (
    *("accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy"),
    *("positive_recall", "positive_precision", "macro_auc", "micro_f1"),
)
_OF_FACTS = (
    *("recipe", "data", "windows", "split", "epochs", "training time", "GPU energy"),
    *("processor energy", "device", "seed", "date"),
)


@dataclass(frozen=True)
class Picture:
    """A plot: its heading and its SVG, with plain colours that every program draws."""

    title: str
    svg: str


@dataclass(frozen=True)
class LabReport:
    """What stands on the page, in this order.

    Attributes:
        title: of it.
        about: what was done, in a sentence.
        facts: recipe, data, split and the like, in words.
        tables: heading, header and rows of each.
        pictures: the plots.
        questions: over the empty boxes.
    """

    title: str
    about: str
    facts: dict[str, str] = field(default_factory=dict)
    tables: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = ()
    pictures: tuple[Picture, ...] = ()
    questions: tuple[str, ...] = ()

    def html(self) -> str:
        """As a page of its own."""
        sections = [Section("facts", "Recipe, data and split", part("pairs", facts=self.facts))]
        for number, (heading, header, rows) in enumerate(self.tables):
            sections.append(Section(f"table-{number}", heading, table(header, rows, 1)))
        for number, one in enumerate(self.pictures):
            picture = part("drawing", picture=Markup(one.svg))
            sections.append(Section(f"plot-{number}", one.title, picture))
        for number, question in enumerate(self.questions):
            box = part("comment", question=question)
            sections.append(Section(f"comment-{number}", question, box))
        head = part("title", name=self.title, about=self.about)
        return document(self.title, head, sections, contents=False)


def lab_report(folder: Path) -> LabReport:
    """The report of a finished run, or of a sweep with a finished trial.

    Raises:
        DataError: there is nothing to report.
    """
    if (folder / "plan.json").is_file():
        sweep, _ = read_plan(folder)
        return _of_sweep(folder, sweep, read_sweep(folder))
    return _of_run(Run(folder))


def write_lab_html(report: LabReport, path: Path) -> None:
    """Write the page.

    Raises:
        DataError: it cannot be written.
    """
    write_text(path, report.html())


def _of_run(run: Run) -> LabReport:
    recipe, found = run.recipe(), run.read(run.results_file)
    facts = _facts(found)
    values = _values(recipe, found["evaluation"])
    tables: list[Any] = [_of_dimensions(values) if values is not None else _of_test(run)]
    tables = [*_beside(run), *tables]
    pictures = _curves(run, "accuracy" if values is None else "concordance")
    evaluation = found["evaluation"]
    if values is not None:
        shares = {
            one.name.replace("_", " "): 100 * max(0.0, one.gain) for one in values.by_recording
        }
        title = "Squared error of the mean predictor removed"
        pictures.append((title, plots.bars(shares, "%", title=title)))
    elif evaluation is not None and "confusion" in evaluation:
        pictures += _of_classes(Evaluation.from_json(evaluation))
    return LabReport(
        f"Lab report: {found['title']}",
        recipe.description,
        facts,
        tuple(table for table in tables if table[2]),
        tuple(Picture(title, _plain(svg, title)) for title, svg in pictures),
        _questions(recipe, sweep=False),
    )


def _facts(found: Any) -> dict[str, str]:
    """What was trained on what, in words."""
    facts = {k: str(v) for k, v in found["facts"].items() if k in _OF_FACTS}
    if "date" in facts:
        facts["date"] = re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$", r"\1, \2", facts["date"])
    return facts


def _beside(run: Run) -> list[Any]:
    """The table of published figures that this run's settings allow to compare; none: no table."""
    rows = [one.words() for one in run.published() if one.reached is not None]
    if not rows:
        return []
    noted = any(note for *_, note in rows)  # else a column of nothing
    header = ("figure", *(["note"] if noted else []), "published", "this run")
    cells = [(name, *([note] if noted else []), known, own) for name, known, own, note in rows]
    return [("Published and reached", header, tuple(cells))]


def _values(recipe: Recipe, evaluation: Any) -> ValueEvaluation | None:
    """The figures of a regression; None: there are classes, or nothing was judged."""
    if not recipe.is_regression or evaluation is None:
        return None
    return ValueEvaluation.from_json(evaluation)


def _of_test(run: Run) -> Any:
    """The table of a classifier's figures."""
    figures = run.figures()
    rows = [(figure_name(name), with_bounds(figures, name)) for name in _FIGURES if name in figures]
    value = "value (95 % interval)" if any("(" in words for _, words in rows) else "value"
    return "Figures of the test part", ("", value), tuple(rows)


def _of_dimensions(values: ValueEvaluation) -> Any:
    """The table of a regression's figures, each dimension beside the mean predictor."""
    rows = tuple(
        (
            one.name.replace("_", " "),
            *(f"{figure:.3f}" for figure in (one.rmse, one.mean_rmse, one.r2, one.concordance)),
        )
        for one in values.by_recording
    )
    header = ("dimension", "RMSE", "RMSE of the mean", "R\N{SUPERSCRIPT TWO}", "concordance")
    return "Recordings of the test part", header, rows


def _curves(run: Run, measure: str) -> list[tuple[str, Markup]]:
    columns = run.history_columns()
    _, losses = run.batch_losses()
    step = max(1, len(losses) // _MOST_POINTS)
    pairs = {
        name: {
            part: columns[column]
            for part, column in (("training", name), ("validation", f"validation_{name}"))
            if _any(columns.get(column, ()))
        }
        for name in ("loss", measure)
    }
    found = [("Loss of each batch", plots.curves({"loss": losses[::step]}, "batch", "loss"))]
    found += [("Loss", plots.curves(pairs["loss"], "epoch", "loss"))]
    found += [("Loss, logarithmic", plots.curves(pairs["loss"], "epoch", "loss", log=True))]
    if pairs[measure]:
        found += [(measure.capitalize(), plots.curves(pairs[measure], "epoch", measure))]
    return found if losses else found[1:]


def _any(values: Sequence[float]) -> bool:
    return any(value == value for value in values)  # a NaN is not itself


def _of_classes(evaluation: Evaluation) -> list[tuple[str, Markup]]:
    accuracies = {one.label: 100 * one.recall for one in evaluation.classes}
    return [
        ("Confusion matrix", plots.confusion(evaluation.confusion, evaluation.labels)),
        ("Accuracy of each class", plots.bars(accuracies, "%", title="Accuracy of each class")),
    ]


def _of_sweep(folder: Path, sweep: Sweep, trials: Sequence[Trial]) -> LabReport:
    done = in_order(trials)
    if not done:
        raise DataError(f"No trial of {folder.name} is finished, so there is nothing to report.")
    first = Run(folder / Path(done[0].folder).name)
    facts = _facts(first.read(first.results_file))
    for own in ("epochs", "training time", "GPU energy", "processor energy", "date"):
        facts.pop(own, None)
    target = bool(sweep.recipe.training.stop.target_accuracy)
    names = trial_names(done)
    rows = tuple(_row(name, trial, target) for name, trial in zip(names, done, strict=True))
    header = ("trial", "epochs", "time (s)", "GPU energy (J)", f"test {measure_of(done)}")
    losses = {
        name: Run(folder / Path(trial.folder).name).history_columns()["loss"]
        for name, trial in list(zip(names, done, strict=True))[:_MOST_CURVES]
    }
    which = f"first {len(losses)} of {len(done)} trials" if len(losses) < len(done) else "trials"
    curves = plots.curves(losses, "epoch", "loss", log=True)
    pictures = [(f"Training loss of the {which}", curves)]
    pictures += [
        (chart.title, drawn(chart))
        for chart in charts_of(done, target)
        if any(value is not None for value in chart.values.values())  # else the table says so
    ]
    fields = ", ".join(field_name(path) for path in sweep.spans)
    return LabReport(
        f"Lab report: sweep of {fields}",
        sweep.recipe.title,
        facts,
        (("Trials", header, rows),),
        tuple(Picture(title, _plain(svg, title)) for title, svg in pictures),
        _questions(sweep.recipe, sweep=True),
    )


def _row(name: str, trial: Trial, target: bool) -> tuple[str, ...]:
    epochs = f"{trial.epochs}{', target not reached' if target and not trial.reached else ''}"
    energy = "not measured" if trial.joules is None else f"{trial.joules:.0f}"
    accuracy = "" if trial.test_accuracy is None else f"{trial.test_accuracy:.4f}"
    return name, epochs, f"{trial.seconds:.1f}", energy, accuracy


def _questions(recipe: Recipe, *, sweep: bool) -> tuple[str, ...]:
    if sweep:
        return (
            "Which setting was best, and by which figure?",
            "How do time, energy and accuracy depend on the setting?",
        )
    found = ["What do the curves of training and validation show?"]
    if recipe.published is not None:
        found.append("Where do your figures differ from the published ones, and why?")
    if recipe.is_regression:
        return (*found, "Which dimension is predicted best and which worst, and why?")
    return (*found, "Which classes are confused, and what do they have in common?")


def _plain(svg: Markup, title: str) -> str:
    """With the colours that stand behind a page's variables: not every program knows those.

    A title that stands over the picture, too, is taken out of it.
    """
    return _VARIABLE.sub(r"\1", str(svg)).replace(f">{title}</text>", "></text>", 1)
