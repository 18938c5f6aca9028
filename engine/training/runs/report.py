"""The run's results as JSON and as a page one can read and send."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets.table import Dataset
from engine.errors import DataError
from engine.evaluation.report.report import RunReport, write_html
from engine.evaluation.results import Results
from engine.recipes.recipe import Recipe
from engine.recipes.toml import to_toml
from engine.training.finish.classifier import Judged
from engine.training.runs.run import Run

if TYPE_CHECKING:
    from engine.training.loop.loop import Progress


def write_report(
    recipe: Recipe, dataset: Dataset, run: Run, progress: "Progress", judged: Judged
) -> None:
    """Write ``results.json``, ``probabilities.npz`` and ``report.html`` into the run's folder.

    Raises:
        DataError: the disk is full.
    """
    facts = run.read(run.facts_file)
    figures = judged.figures()
    report = RunReport(
        title=f"{recipe.title} on {dataset.about.name}",
        description=recipe.description,
        recipe_toml=to_toml(recipe),
        facts=_facts(recipe, facts, progress),
        warnings=_warnings(recipe, facts, progress),
        history=[asdict(epoch) for epoch in progress.history],
        evaluation=judged.evaluation,
        open_set=judged.open_set,
        published=dict(recipe.published.figures) if recipe.published else {},
        link=lambda name: (dataset.root / name).resolve().as_uri(),
    )
    write_html(report, run.report_file)
    if judged.results is not None:
        _keep(judged.results, run.folder / "probabilities.npz")
    # At last: a run that has results is finished.
    run.write(run.results_file, report.to_json() | {"reason": progress.reason, "figures": figures})


def _facts(recipe: Recipe, facts: dict[str, Any], progress: "Progress") -> dict[str, str]:
    training, validation, test = facts["windows"]
    joules = progress.joules
    rule = recipe.data.split
    return {
        "recipe": f"{recipe.name}, {recipe.variant}",
        "data": f"{facts['data']} ({facts['data_licence'] or 'licence not stated'})",
        "windows": f"{training} learned from, {validation} to choose, {test} to judge",
        "split": f"by {rule.by}{', official where there is one' if rule.official else ''}",
        "seed": str(recipe.training.seed),
        "device": facts["device"],
        "epochs": f"{len(progress.history)}: {progress.reason}",
        "training time": f"{progress.seconds:.1f} s",
        "energy": "not measured" if joules is None else f"{joules:.0f} J, {facts['energy']}",
        "versions": ", ".join(f"{name} {number}" for name, number in facts["versions"].items()),
        "date": facts["date"],
    }


def _warnings(recipe: Recipe, facts: dict[str, Any], progress: "Progress") -> list[str]:
    found = []
    if facts["leaks"]:
        found.append(f"The test knows the training: {facts['leaks']}. The figures flatter.")
    if recipe.data.split.train_on_test:
        found.append("It learned from the part that judges it: the figures mean nothing.")
    elif recipe.data.split.test_is_validation:
        found.append("The part that judges also chose: the figures flatter.")
    if recipe.variant == "as-published" and recipe.published:
        found += [f"As published: {trap}" for trap in recipe.published.traps]
    if not progress.history:
        found.append("Nothing was trained.")
    return found


def _keep(results: Results, path: Path) -> None:
    """What each window of the test part got, to compare runs by."""
    names = sorted(set(results.recordings))
    place = {name: index for index, name in enumerate(names)}
    try:
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                labels=np.asarray(results.labels, dtype=np.str_),
                probabilities=results.probabilities,
                truth=results.truth,
                names=np.asarray(names, dtype=np.str_),
                recordings=np.asarray([place[name] for name in results.recordings]),
                starts=results.starts,
            )
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.") from error


def read_results(folder: Path) -> Results:
    """What a run said of its test part.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / "probabilities.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            names: Sequence[str] = kept["names"].tolist()
            return Results(
                labels=tuple(kept["labels"].tolist()),
                probabilities=kept["probabilities"],
                truth=kept["truth"],
                recordings=tuple(names[index] for index in kept["recordings"]),
                starts=kept["starts"],
            )
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise DataError(f"{folder} holds no results to compare: train it to the end.") from error
