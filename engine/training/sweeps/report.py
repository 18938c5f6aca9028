"""A sweep as a page: time, energy, accuracy and epochs of every trial as bars."""

from collections.abc import Callable, Sequence
from pathlib import Path

from markupsafe import Markup

from engine.atomic_write import write_text
from engine.evaluation.report.page import Section, document, part
from engine.evaluation.report.plots import bars
from engine.recipes.recipe import Recipe
from engine.recipes.toml import to_toml
from engine.training.sweeps.sweep import Trial


def write_sweep_report(recipe: Recipe, trials: Sequence[Trial], folder: Path) -> Path:
    """Write ``sweep.html``; gives its path.

    Raises:
        DataError: it cannot be written.
    """
    fields = dict.fromkeys(field_name(path) for trial in trials for path in trial.values)
    title = f"Sweep of {recipe.title}"
    head = part("title", name=title, about=_target(recipe))
    head += part("words", text=f"Each bar is one trial, labelled with its {', '.join(fields)}.")
    charts = Markup("").join(part("drawing", picture=chart) for chart in four_charts(trials))
    sections = [
        Section("trials", "Trials", charts),
        Section("recipe", "Recipe", part("code", text=to_toml(recipe))),
    ]
    page = document(title, head, sections, contents=False)
    path = folder / "sweep.html"
    write_text(path, page)
    return path


def four_charts(trials: Sequence[Trial]) -> list[Markup]:
    """Bars as SVG: seconds, joules, test accuracy and epochs; then those of one epoch."""

    def chart(title: str, unit: str, value: Callable[[Trial], float | None]) -> Markup:
        known = {trial_name(trial): value(trial) for trial in in_order(trials)}
        filled = {name: float("nan") if v is None else v for name, v in known.items()}
        return bars(filled, unit, title=title, unknown="not measured")

    return [
        chart("Total training time", "s", lambda t: t.seconds),
        chart("Total training energy", "J", lambda t: t.joules),
        chart("Test accuracy", "%", lambda t: _percent(t.test_accuracy)),
        chart("Epochs", "", lambda t: float(t.epochs)),
        chart("Time per epoch", "s", lambda t: t.seconds / max(1, t.epochs)),
        chart("Energy per epoch", "J", lambda t: t.joules and t.joules / max(1, t.epochs)),
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def trial_name(trial: Trial) -> str:
    """Its values; with one field that varies its name too, more would not fit beside a bar."""
    if len(trial.values) > 1:
        return ", ".join(str(value) for value in trial.values.values())
    return ", ".join(f"{field_name(path)} {value}" for path, value in trial.values.items())


def field_name(path: str) -> str:
    """A field in words."""
    return path.rsplit(".", 1)[-1].replace("_", " ")


def in_order(trials: Sequence[Trial]) -> list[Trial]:
    """Those that did not fail, by their values: they end in any order."""

    def place(trial: Trial) -> list[tuple[bool, float, str]]:
        numbers = [v if isinstance(v, int | float) else 0.0 for v in trial.values.values()]
        words = [str(value) for value in trial.values.values()]
        return [(number == 0.0, number, word) for number, word in zip(numbers, words, strict=True)]

    return sorted((trial for trial in trials if not trial.problem), key=place)


def _target(recipe: Recipe) -> str:
    stop = recipe.training.stop
    if not stop.target_accuracy:
        return f"{recipe.training.epochs} epochs each."
    return (
        f"Each until its validation accuracy stayed above {stop.target_accuracy:g} for "
        f"{stop.target_epochs} epochs in a row, or {recipe.training.epochs} epochs."
    )
