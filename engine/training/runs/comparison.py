"""Comparison of finished runs, with significance tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DataError
from engine.evaluation.report.report import RunReport, write_html
from engine.evaluation.results import ValueResults
from engine.evaluation.significance import compare, compare_values
from engine.recipes.published import Beside
from engine.recipes.recipe import Recipe
from engine.recipes.toml import to_toml
from engine.training.runs.naming import given_title
from engine.training.runs.results import read_results
from engine.training.runs.run import Run
from engine.training.runs.shelf import about


@dataclass(frozen=True)
class Compared:
    """Runs beside each other.

    Attributes:
        names: of the runs.
        figures: of each.
        differences: fields of the recipes that are not the same, with each run's value.
        verdicts: sentences on each further run against the first.
        settings: all fields of the recipes, with each run's value.
        published: of each run the original's figures beside its own.
    """

    names: tuple[str, ...]
    figures: tuple[dict[str, float], ...]
    differences: dict[str, tuple[Any, ...]]
    verdicts: tuple[str, ...]
    settings: dict[str, tuple[Any, ...]]
    published: tuple[Sequence[Beside], ...] = ()


def compare_runs(folders: Sequence[Path]) -> Compared:
    """Read finished runs and compare them.

    Raises:
        DataError: fewer than two, or one is not finished.
    """
    if len(folders) < 2:
        raise DataError("Give at least two runs to compare.")
    runs = [Run(folder) for folder in folders]
    recipes = [run.recipe() for run in runs]
    names = _names(folders, recipes)
    figures = [run.figures() for run in runs]
    verdicts = [_verdict(folders[0], folder, (names[0], name)) for folder, name in
                zip(folders[1:], names[1:], strict=True)]  # fmt: skip
    settings = settings_of(recipes)
    differences = {f: v for f, v in settings.items() if any(one != v[0] for one in v)}
    published = tuple(run.published() for run in runs)
    return Compared(names, tuple(figures), differences, tuple(verdicts), settings, published)


def write_comparison(folders: Sequence[Path], path: Path) -> Compared:
    """Write a page that shows finished runs side by side.

    Raises:
        DataError: as :func:`compare_runs`, or it cannot be written.
    """
    found = compare_runs(folders)
    first = Run(folders[0])
    recipe = first.recipe()
    facts = {
        field: " | ".join(str(value) for value in values)
        for field, values in found.differences.items()
        if not field.startswith("published")
    }
    report = RunReport(
        title=f"{recipe.title}: {' and '.join(found.names)}",
        description=recipe.description,
        recipe_toml=to_toml(recipe),
        facts=facts,
        warnings=[f"As published: {trap}" for trap in recipe.published.traps]
        if recipe.published
        else [],
        published=list(zip(found.names, found.published, strict=True)),
        comparison=list(zip(found.names, found.figures, strict=True)),
        verdicts=found.verdicts,
    )
    write_html(report, path)
    return found


def _names(folders: Sequence[Path], recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """As they are listed; trials, which have no title, by their recipes or folders."""
    titles = [about(folder).name or given_title(folder) for folder in folders]
    recipes_names = [f"{recipe.name} {recipe.variant}" for recipe in recipes]
    for names in (titles, recipes_names):
        if all(names) and len(set(names)) == len(names):
            return tuple(names)
    return tuple(folder.name for folder in folders)


def _verdict(first: Path, second: Path, names: tuple[str, str]) -> str:
    try:
        one, other = read_results(first), read_results(second)
        if isinstance(one, ValueResults) and isinstance(other, ValueResults):
            return compare_values(one, other, names=names)
        if isinstance(one, ValueResults) or isinstance(other, ValueResults):
            return f"{names[0]} and {names[1]} cannot be compared: one predicts labels, one values."
        return compare(one, other, names=names).verdict
    except DataError as error:
        return f"{names[0]} and {names[1]} cannot be compared by a test: {error}"


def settings_of(recipes: Sequence[Recipe]) -> dict[str, tuple[Any, ...]]:
    """All fields of some recipes by their paths, with each recipe's value; None: it has none."""
    flat = [dict(_flat(recipe.model_dump(mode="json"), "")) for recipe in recipes]
    fields = dict.fromkeys(field for fields in flat for field in fields)
    return {field: tuple(fields.get(field) for fields in flat) for field in fields}


def _flat(values: dict[str, Any], path: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        place = f"{path}.{key}".strip(".")
        found += _flat(value, place) if isinstance(value, dict) else [(place, value)]
    return found
