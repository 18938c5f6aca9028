"""What a run reached, part by part, beside what was published."""

import math
from collections.abc import Mapping

import numpy as np

from engine.evaluation.metrics import Evaluation
from engine.recipes.published import Reached
from engine.recipes.recipe import Recipe
from engine.training.data.plan import Plan
from engine.training.events import EpochDone
from engine.training.finish.classifier import Judged
from engine.training.loop.learner import Learner
from engine.training.loop.loop import Progress
from engine.training.loop.validation import confusion_of, of_class

_OF_EPOCH = ("loss", "accuracy", "recall", "precision")


def what_was_reached(
    recipe: Recipe, plan: Plan, learner: Learner, progress: Progress, judged: Judged
) -> Reached:
    """The figures of the weights that were kept, of each part.

    Those of training and validation are the kept epoch's; those of each class in validation are
    computed now.
    """
    kept = _kept(recipe, progress)
    parts: dict[str, Mapping[str, float]] = {}
    classes: dict[str, Mapping[str, float]] = {}
    if kept is not None:
        row = kept.kept()
        parts["training"] = _known({name: row[name] for name in _OF_EPOCH})
        parts["validation"] = _known({name: row[f"validation_{name}"] for name in _OF_EPOCH})
    one_class = recipe.training.loss != "binary-cross-entropy" and plan.units is None
    if one_class and len(plan.validation):
        counts = confusion_of(learner, plan, plan.validation)
        classes["validation"] = _recalls(plan.labels, counts)
    if isinstance(judged.evaluation, Evaluation):
        counts = judged.evaluation.confusion
        recall, precision = of_class(counts, plan.positive)
        own = {"accuracy": judged.evaluation.accuracy, "recall": recall, "precision": precision}
        parts["test"], classes["test"] = _known(own), _recalls(plan.labels, counts)
    epochs = [epoch.kept() for epoch in progress.history]
    return Reached(epochs, parts, classes, progress.seconds)


def of_positive(reached: Reached) -> dict[str, float]:
    """Recall and precision of the positive class in the test part, by the figures' names."""
    test = reached.parts.get("test", {})
    names = ("recall", "precision")
    return {f"positive_{name}": test[name] for name in names if name in test}


def _kept(recipe: Recipe, progress: Progress) -> EpochDone | None:
    """The epoch whose weights were kept."""
    best = [epoch for epoch in progress.history if epoch.best]
    chosen = best if recipe.training.keep == "best" and best else progress.history
    return chosen[-1] if chosen else None


def _known(figures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def _recalls(labels: tuple[str, ...], counts: np.ndarray) -> dict[str, float]:
    pairs = zip(labels, range(len(labels)), strict=True)
    return _known({label: of_class(counts, number)[0] for label, number in pairs})
