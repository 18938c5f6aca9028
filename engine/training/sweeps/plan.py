"""The plan of a sweep, stored in its folder so that it can be resumed."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import DataError, RecipeError
from engine.recipes.recipe import Recipe, find_recipe, validated
from engine.training.runs.run import Run
from engine.training.sweeps.search import Search, Span

_PLAN = "plan.json"


@dataclass(frozen=True)
class Source:
    """What a trial needs to open the data set in a process of its own."""

    root: Path
    kind: str = "auto"


@dataclass(frozen=True)
class Sweep:
    """What is varied and how.

    Attributes:
        recipe: what all trials share.
        spans: by the field's path.
        search: ``grid``: every combination; ``random``; ``bayes``: Optuna's tree-structured Parzen
            estimator (Bergstra et al., 2011), which looks where it was good before.
        trials: how many, for random and bayes.
        jobs: how many at once, each in a process of its own.
        device: for all of them.
    """

    recipe: Recipe
    spans: Mapping[str, Span]
    search: Search = "grid"
    trials: int = 20
    jobs: int = 1
    device: str = "auto"

    @property
    def count(self) -> int:
        """Trials there will be at most."""
        if self.search != "grid":
            return self.trials
        return math.prod(len(span.unique()) for span in self.spans.values())


def check_sweep(sweep: Sweep) -> None:
    """Try each value by itself.

    Raises:
        RecipeError: nothing varies, or a field or value is wrong.
    """
    if not sweep.spans:
        raise RecipeError("No field is varied. Give at least one field with its values.")
    for path, span in sweep.spans.items():
        for value in span.ends():
            sweep.recipe.changed({path: value})


def write_plan(sweep: Sweep, source: Source, folder: Path) -> None:
    """Keep a sweep beside its trials.

    Raises:
        DataError: it cannot be written.
    """
    fields = {
        "recipe": sweep.recipe.model_dump(mode="json"),
        "spans": {path: asdict(span) for path, span in sweep.spans.items()},
        "search": sweep.search,
        "trials": sweep.trials,
        "jobs": sweep.jobs,
        "device": sweep.device,
        "data": str(Path(source.root).absolute()),
        "kind": source.kind,
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    Run(folder).write(folder / _PLAN, fields)


def read_plan(folder: Path) -> tuple[Sweep, Source]:
    """The sweep of a folder.

    Raises:
        DataError: there is none, or it is damaged.
    """
    found = Run(folder).read(folder / _PLAN)
    try:
        spans = {path: _span(fields) for path, fields in found["spans"].items()}
        recipe = validated(found["recipe"], _PLAN)
        how = found["search"], int(found["trials"]), int(found["jobs"]), str(found["device"])
        return Sweep(recipe, spans, *how), Source(Path(found["data"]), str(found["kind"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{folder / _PLAN} is damaged. Start the sweep again.") from error


def _span(fields: Mapping[str, Any]) -> Span:
    return Span(**{**fields, "choices": tuple(fields["choices"])})


@dataclass(frozen=True)
class Preset:
    """A sweep of a course, ready to run.

    Attributes:
        title: what it is called.
        recipe: name of the recipe.
        changes: fields that are set for all trials, by their path.
        spans: what varies.
    """

    title: str
    recipe: str
    changes: Mapping[str, Any]
    spans: Mapping[str, Span]

    def sweep(self) -> Sweep:
        """As the course has it."""
        return Sweep(find_recipe(self.recipe).changed(self.changes), self.spans)


# NYU's exercise on time and energy to accuracy: to 0.98 on validation for 3 epochs in a row, at
# most 500 epochs. The course watches a random fifth of the training windows, its data as published.
_TO_ACCURACY = {
    "training.epochs": 500,
    "training.stop.target_accuracy": 0.98,
    "training.stop.target_epochs": 3,
    "data.split.by": "window",
    "data.split.validation": 0.2,
    "data.allow_leak": True,
}
PRESETS = (
    Preset(
        "Learning rates",
        "instrument-mlp",
        _TO_ACCURACY | {"training.batch_size": 128},
        {"training.learning_rate": Span(choices=(0.1, 0.01, 0.001, 0.0001))},
    ),
    Preset(
        "Batch sizes",
        "instrument-mlp",
        _TO_ACCURACY | {"training.learning_rate": 0.001},
        {"training.batch_size": Span(choices=(64, 128, 256, 512, 1024, 2048, 4096, 8192))},
    ),
)
