"""Published figures beside those that a run reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.recipes.recipe import PublishedFigure, Recipe

_PARTS = {"training": "Training", "validation": "Validation", "test": "Test", "run": "Training"}
_FIGURES = {
    "accuracy": "accuracy",
    "recall": "recall of the positive class",
    "precision": "precision of the positive class",
    "loss": "loss",
    "seconds": "time (s)",
}


@dataclass(frozen=True)
class Beside:
    """One published figure and what the run has there.

    Attributes:
        name: what it is a figure of, as the beginning of a line.
        published: the original's.
        reached: the run's; None: it has none, or is not comparable.
        note: what the figure was measured with, and why there is nothing to compare.
    """

    name: str
    published: float
    reached: float | None
    note: str = ""

    def words(self) -> tuple[str, str, str, str]:
        """Name, published, reached and note, as cells of a table."""
        return self.name, number(self.published), number(self.reached), self.note

    @staticmethod
    def read(row: object) -> "Beside":
        """One from JSON values.

        Raises:
            ValueError: it is none.
        """
        try:
            return Beside(**row)  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError("not a published figure") from error


@dataclass(frozen=True)
class Reached:
    """What a run has reached.

    Attributes:
        epochs: the history: for each epoch its values by name, as ``EpochDone.kept`` gives them.
        parts: of the weights that were kept: figures by name for "training", "validation", "test".
        classes: for the same parts the accuracy (recall) of each class by label.
        seconds: of training.
    """

    epochs: Sequence[Mapping[str, Any]]
    parts: Mapping[str, Mapping[str, float]]
    classes: Mapping[str, Mapping[str, float]]
    seconds: float


def number(value: float | None) -> str:
    """A figure in words; a dash where there is none."""
    if value is None or value != value:  # a NaN is not itself
        return "\N{EN DASH}"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def figure_words(figure: PublishedFigure) -> str:
    """What a figure is a figure of, such as "Validation accuracy, flute, epoch 3"."""
    parts = [f"{_PARTS[figure.part]} {_FIGURES[figure.figure]}"]
    parts += [figure.label] if figure.label else []
    parts += [f"epoch {figure.epoch}"] if figure.epoch else []
    return ", ".join(parts)


def settings_words(settings: Mapping[str, Any]) -> str:
    """Settings in words, such as "batch size 50, learning rate 0.001"."""
    names = {path: path.rpartition(".")[2].replace("_", " ") for path in settings}
    return ", ".join(f"{names[path]} {_plain(value)}" for path, value in settings.items())


def described(recipe: Recipe) -> list[str]:
    """Each published figure as a line of words, with what it was measured with."""
    found = []
    for figure in recipe.published.figures if recipe.published else []:
        more = "; ".join(filter(None, (settings_words(figure.settings), figure.note)))
        found.append(f"{figure_words(figure)}: {figure.value:g}{f' ({more})' if more else ''}")
    return found


def beside(recipe: Recipe, reached: Reached) -> list[Beside]:
    """Every published figure of a recipe, with the run's own where it can be compared."""
    published = recipe.published
    found = []
    for figure in published.figures if published else []:
        wanted = (published.settings if published else {}) | figure.settings
        other = {p: v for p, v in wanted.items() if _at(recipe, p) != v}
        notes = [f"with {settings_words(figure.settings)}"] if figure.settings else []
        notes += [figure.note] if figure.note else []
        if other:
            notes.append(f"this run differs: {settings_words({p: _at(recipe, p) for p in other})}")
        value = None if other or not figure.comparable else _reached(figure, reached)
        found.append(Beside(figure_words(figure), figure.value, value, "; ".join(notes)))
    return found


def _reached(figure: PublishedFigure, reached: Reached) -> float | None:
    if figure.figure == "seconds":
        return reached.seconds
    if figure.label:
        return reached.classes.get(figure.part, {}).get(figure.label)
    if not figure.epoch:
        return reached.parts.get(figure.part, {}).get(figure.figure)
    if figure.epoch > len(reached.epochs):
        return None
    name = figure.figure if figure.part == "training" else f"validation_{figure.figure}"
    return None if figure.part == "test" else reached.epochs[figure.epoch - 1].get(name)


def _at(recipe: Recipe, path: str) -> Any:
    """The value of a field; None where there is none, as of an argument left as it is."""
    value: Any = recipe
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
