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
from engine.training.sweeps.search import Search, Span, planned

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
        search: ``grid``: every combination; ``one-factor``: the first value of each field, then
            one field at a time changed; ``random``; ``bayes``: Optuna's tree-structured Parzen
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
        if self.search == "one-factor":
            return 1 + sum(len(span.unique()) - 1 for span in self.spans.values())
        if self.search != "grid":
            return self.trials
        return math.prod(len(span.unique()) for span in self.spans.values())

    def planned(self) -> list[dict[str, Any]]:
        """The values of every trial, where they are known from the start."""
        return planned(self.spans, self.search)


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
        about: what it tries, in a sentence.
        recipe: name of the recipe.
        changes: fields that are set for all trials, by their path.
        spans: what varies.
        search: see :class:`Sweep`.
    """

    title: str
    about: str
    recipe: str
    changes: Mapping[str, Any]
    spans: Mapping[str, Span]
    search: Search = "grid"

    def sweep(self, recipe: Recipe | None = None) -> Sweep:
        """As the course has it, of its recipe or of another.

        Raises:
            RecipeError: the recipe cannot be changed so.
        """
        return Sweep(
            (recipe or find_recipe(self.recipe)).changed(self.changes), self.spans, self.search
        )


_RATE, _BATCH = "training.learning_rate", "training.batch_size"
# The courses test the model as it is at the end, not the best epoch.
_FINAL = {"training.keep": "last"}
# The Iowa files tell neither notes nor players, so that neighbouring frames of a note are in two
# parts whatever is done: the courses' sweeps say so, and run.
_IOWA = _FINAL | {"data.allow_leak": True}
# F. Fund's exercise on time and energy to accuracy: to 0.98 on validation for 3 epochs in a row, at
# most 500 epochs. It watches a random fifth of the training windows; the test part never stops it.
_TO_ACCURACY = _IOWA | {
    "training.epochs": 500,
    "training.stop.target_accuracy": 0.98,
    "training.stop.target_epochs": 3,
    "data.split.by": "window",
    "data.split.validation": 0.2,
    "data.split.test_is_validation": False,
}
PRESETS = (
    Preset(
        "3 learning rates, 10 epochs",
        "NYU's lab 7: learning rates 0.01, 0.001 and 0.0001, 10 epochs each.",
        "instrument-mlp",
        _IOWA | {"training.epochs": 10, _BATCH: 100},
        {_RATE: Span(choices=(0.01, 0.001, 0.0001))},
    ),
    Preset(
        "4 learning rates, 20 epochs",
        "F. Fund's exercise: learning rates 0.1 to 0.0001, 20 epochs each, batches of 128.",
        "instrument-mlp",
        _IOWA | {"training.epochs": 20, _BATCH: 128},
        {_RATE: Span(choices=(0.1, 0.01, 0.001, 0.0001))},
    ),
    Preset(
        "Learning rates to 98 %",
        "Time and energy to 98 % validation accuracy with learning rates 0.1 to 0.0001.",
        "instrument-mlp",
        _TO_ACCURACY | {_BATCH: 128},
        {_RATE: Span(choices=(0.1, 0.01, 0.001, 0.0001))},
    ),
    Preset(
        "Batch sizes to 98 %",
        "Time and energy to 98 % validation accuracy with batches of 64 to 8192.",
        "instrument-mlp",
        _TO_ACCURACY | {_RATE: 0.001},
        {_BATCH: Span(choices=(64, 128, 256, 512, 1024, 2048, 4096, 8192))},
    ),
    Preset(
        "One factor at a time",
        "The report's grid: batch size, learning rate, dropout, optimiser and one more layer.",
        "instrument-lstm-spectral",
        _FINAL | {"training.epochs": 50},
        {
            _BATCH: Span(choices=(100, 50, 20)),
            _RATE: Span(choices=(0.0001, 0.001, 0.00001)),
            "network.arguments.dropout_between": Span(choices=(0.1, 0.05, 0.5)),
            "training.optimiser": Span(choices=("adam", "sgd", "adadelta")),
            "network.arguments.units": Span(choices=([500, 500], [500, 500, 30])),
        },
        "one-factor",
    ),
    Preset(
        "Batch sizes",
        "The report's batches of 100, 50, 30 and 20 for the network on samples.",
        "instrument-lstm-time",
        _FINAL | {"training.epochs": 30},
        {_BATCH: Span(choices=(100, 50, 30, 20))},
    ),
)
