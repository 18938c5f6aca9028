"""A sweep as a page: time, energy, accuracy and epochs of every trial as bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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
    target = bool(recipe.training.stop.target_accuracy)
    pictures = [drawn(chart) for chart in charts_of(trials, target)]
    charts = Markup("").join(part("drawing", picture=picture) for picture in pictures)
    sections = [
        Section("trials", "Trials", charts),
        Section("recipe", "Recipe", part("code", text=to_toml(recipe))),
    ]
    page = document(title, head, sections, contents=False)
    path = folder / "sweep.html"
    write_text(path, page)
    return path


@dataclass(frozen=True)
class Chart:
    """Bars of a sweep.

    Attributes:
        title: what they are of.
        measure: at their axis, in a word.
        unit: of the values.
        values: of each trial by its name; None: not measured.
        words: beside the bars of some trials, instead of their values.
        fits: whether the axis begins near the lowest value, so that high ones differ visibly.
    """

    title: str
    measure: str
    unit: str
    values: dict[str, float | None]
    words: dict[str, str] = field(default_factory=dict)
    fits: bool = False


def charts_of(trials: Sequence[Trial], target: bool) -> list[Chart]:
    """Time, energy, test accuracy and epochs; then time and energy of one epoch.

    Of a regression the test part's concordance instead of its accuracy.

    Args:
        trials: those that did not fail.
        target: whether they were to reach an accuracy: who did not is marked.
    """
    done = in_order(trials)
    names = trial_names(done)

    def chart(title: str, measure: str, unit: str, value: Callable[[Trial], float | None]) -> Chart:
        return Chart(title, measure, unit, dict(zip(names, map(value, done), strict=True)))

    missed = {
        name: f"{trial.epochs}, target not reached"
        for name, trial in zip(names, done, strict=True)
        if target and not trial.reached
    }
    found = [
        chart("Total training time", "time", "s", lambda t: t.seconds),
        chart("Total training energy (GPU)", "energy", "J", lambda t: t.joules),
        _judged(names, done),
        replace(chart("Epochs", "epochs", "", lambda t: float(t.epochs)), words=missed),
        chart("Time per epoch", "time", "s", lambda t: t.seconds / max(1, t.epochs)),
        chart("Energy per epoch (GPU)", "energy", "J", lambda t: _per_epoch(t.joules, t)),
    ]
    if any(trial.processor_joules is not None for trial in done):
        found += [
            chart("Processor energy (RAPL)", "energy", "J", lambda t: t.processor_joules),
            chart(
                "Processor energy per epoch (RAPL)", "energy", "J",
                lambda t: _per_epoch(t.processor_joules, t),
            ),
        ]  # fmt: skip
    return found


def _judged(names: Sequence[str], done: Sequence[Trial]) -> Chart:
    """What the test part was judged by."""
    measure, found = measure_of(done), [trial.test_accuracy for trial in done]
    if measure == "accuracy":
        percent = map(_percent, found)
        values = dict(zip(names, percent, strict=True))
        return Chart("Test accuracy", measure, "%", values, fits=True)
    return Chart(f"Test {measure}", measure, "", dict(zip(names, found, strict=True)))


def measure_of(trials: Sequence[Trial]) -> str:
    """What the trials are judged by; they are all of one recipe."""
    return trials[0].measure if trials else "accuracy"


def drawn(chart: Chart) -> Markup:
    """A chart as SVG."""
    filled = {name: float("nan") if v is None else v for name, v in chart.values.items()}
    return bars(
        filled, chart.unit, title=chart.title, unknown="not measured", words=chart.words,
        fits=chart.fits,
    )  # fmt: skip


def _per_epoch(joules: float | None, trial: Trial) -> float | None:
    return None if joules is None else joules / max(1, trial.epochs)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def trial_names(trials: Sequence[Trial]) -> list[str]:
    """The values of each; where one factor at a time was changed, only that one.

    With one field that varies its name too; of several, more would not fit beside a bar.
    """
    base = _common(trials)
    if base is not None:
        changed = [{p: v for p, v in t.values.items() if v != base[p]} for t in trials]
        return [_named(values) or "as it was" for values in changed]
    return [
        ", ".join(map(str, t.values.values())) if len(t.values) > 1 else _named(t.values)
        for t in trials
    ]


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{field_name(path)} {value}" for path, value in values.items())


def _common(trials: Sequence[Trial]) -> dict[str, Any] | None:
    """The values that most trials share, if each has at most one other; else None."""
    fields = dict.fromkeys(path for trial in trials for path in trial.values)
    if len(fields) < 2 or len(trials) < 3:
        return None
    columns = {path: [trial.values.get(path) for trial in trials] for path in fields}
    base = {path: max(values, key=values.count) for path, values in columns.items()}
    others = [sum(t.values.get(path) != base[path] for path in fields) for t in trials]
    return base if max(others) <= 1 else None


def field_name(path: str) -> str:
    """A field in words."""
    return path.rsplit(".", 1)[-1].replace("_", " ")


def in_order(trials: Sequence[Trial]) -> list[Trial]:
    """Those that did not fail, by their values: they end in any order."""

    def place(trial: Trial) -> list[tuple[bool, float, str]]:
        numbers = [v if isinstance(v, int | float) else 0.0 for v in trial.values.values()]
        words = [str(value) for value in trial.values.values()]
        return [(number == 0.0, number, word) for number, word in zip(numbers, words, strict=True)]

    done = [trial for trial in trials if not trial.problem]
    base = _common(done)
    if base is None:
        return sorted(done, key=place)
    fields = list(base)

    def changed(trial: Trial) -> tuple[int, list[tuple[bool, float, str]]]:
        other = [n for n, path in enumerate(fields) if trial.values.get(path) != base[path]]
        return (other[0] if other else -1), place(trial)

    return sorted(done, key=changed)


def _target(recipe: Recipe) -> str:
    stop = recipe.training.stop
    if not stop.target_accuracy:
        return f"{recipe.training.epochs} epochs each."
    return (
        f"Each until its validation accuracy stayed above {stop.target_accuracy:g} for "
        f"{stop.target_epochs} epochs in a row, or {recipe.training.epochs} epochs."
    )
