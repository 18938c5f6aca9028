"""The results of a run as JSON and as an HTML report."""

from dataclasses import asdict
from typing import Any

from engine.datasets.table import Dataset
from engine.evaluation.report.report import RunReport, write_html
from engine.recipes.published import Reached, beside
from engine.recipes.recipe import Recipe
from engine.recipes.toml import to_toml
from engine.training.finish.classifier import Judged
from engine.training.finish.reached import of_positive
from engine.training.loop.loop import Progress
from engine.training.runs.results import write_results
from engine.training.runs.run import Run


def write_report(
    recipe: Recipe,
    dataset: Dataset,
    run: Run,
    progress: Progress,
    judged: Judged,
    reached: Reached,
) -> None:
    """Write ``results.json``, ``probabilities.npz`` and ``report.html`` into the run's folder.

    Raises:
        DataError: the disk is full.
    """
    facts = run.facts()
    figures = judged.figures() | of_positive(reached)
    report = RunReport(
        title=f"{recipe.title} on {dataset.about.name}",
        description=recipe.description,
        recipe_toml=to_toml(recipe),
        facts=_facts(recipe, facts, progress),
        warnings=_warnings(recipe, facts, progress),
        history=[asdict(epoch) for epoch in progress.history],
        evaluation=judged.evaluation,
        open_set=judged.open_set,
        published=[("this run", beside(recipe, reached))] if recipe.published else (),
        link=lambda name: (dataset.root / name).resolve().as_uri(),
    )
    write_html(report, run.report_file)
    if judged.results is not None:
        write_results(judged.results, run.folder)
    # At last: a run that has results is finished.
    more = {"reason": progress.reason, "figures": figures}
    more |= {"parts": dict(reached.parts), "classes": dict(reached.classes)}
    run.write(run.results_file, report.to_json() | more)


def _facts(recipe: Recipe, facts: dict[str, Any], progress: Progress) -> dict[str, str]:
    training, validation, test = facts["windows"]
    joules, processor = progress.joules, progress.processor_joules
    rule = recipe.data.split
    return {
        "recipe": f"{recipe.name}, {recipe.variant}",
        "data": f"{facts['data']} ({_licence(facts['data_licence'])})",
        "windows": f"{training} training, {validation} validation, {test} test",
        "split": f"by {rule.by}{', official split where there is one' if rule.official else ''}",
        "seed": str(recipe.training.seed),
        "device": facts["device"],
        "epochs": f"{len(progress.history)}: {progress.reason}",
        "training time": f"{progress.seconds:.1f} s",
        "GPU energy": "not measured" if joules is None else f"{joules:.0f} J",
        "processor energy": "not measured" if processor is None else f"{processor:.0f} J (RAPL)",
        "versions": ", ".join(f"{name} {number}" for name, number in facts["versions"].items()),
        "date": facts["date"],
    }


def _warnings(recipe: Recipe, facts: dict[str, Any], progress: Progress) -> list[str]:
    found = []
    if facts["leaks"]:
        found.append(
            f"Test and training data overlap: {facts['leaks']}. The results are too optimistic."
        )
    if recipe.data.split.train_on_test:
        found.append("It was trained on the test part, so the results are meaningless.")
    elif recipe.data.split.test_is_validation:
        found.append(
            "The test part was also used for validation, so the results are too optimistic."
        )
    if recipe.variant == "as-published" and recipe.published:
        found += [f"As published: {trap}" for trap in recipe.published.traps]
    if not progress.history:
        found.append("No epoch was trained.")
    return found


def _licence(said: str) -> str:
    """Of the data, so that it is seen to be one."""
    if not said or said.startswith("not stated"):
        return f"licence {said or 'not stated'}"
    return said
