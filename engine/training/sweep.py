"""Many trainings of one recipe with some fields varied: grid, random or Bayesian search."""

import csv
import hashlib
import io
import math
import tomllib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.datasets import open_dataset
from engine.errors import EarmarkError, RecipeError
from engine.recipe import Recipe, validated
from engine.training.events import EpochDone, Finished
from engine.training.run import Run
from engine.training.search import Proposer, Search, Span
from engine.training.workers import Workers

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Source:
    """What a trial needs to open the data set in a process of its own."""

    root: Path
    kind: str = "auto"


@dataclass(frozen=True)
class Trial:
    """One training of a sweep.

    Attributes:
        values: of the varied fields.
        folder: of its run.
        epochs: trained.
        seconds: of training.
        joules: None: not measured.
        test_accuracy: of the test part, judged once, None where it failed.
        validation_accuracy: the best.
        reached: whether the recipe's target was reached.
        problem: why it failed, empty if it did not.
    """

    values: dict[str, Any]
    folder: str
    epochs: int = 0
    seconds: float = 0.0
    joules: float | None = None
    test_accuracy: float | None = None
    validation_accuracy: float | None = None
    reached: bool = False
    problem: str = ""


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


def run_sweep(sweep: Sweep, source: Source, folder: Path) -> Generator[Trial, None, list[Trial]]:
    """Run all trials; those that the folder holds already are not run again.

    Yields:
        Each trial as it ends.

    Returns:
        All of them; ``sweep.json`` and ``sweep.csv`` in the folder hold them too.

    Raises:
        EarmarkError: a field or value is wrong; a trial that fails does not end the others.
    """
    if not sweep.spans:
        raise RecipeError("Nothing varies: give at least one field with its values.")
    done: list[Trial] = []
    proposer = Proposer(sweep.spans, sweep.search, sweep.trials, sweep.recipe.training.seed)
    workers: Workers[Trial] = Workers(max(1, sweep.jobs))
    with workers:
        more = True
        while more or workers.busy:
            values = proposer.next() if more and workers.free else None
            more = more and not (values is None and workers.free)
            ended = (
                workers.ended()
                if values is None
                else _begin(sweep, values, source, folder, workers)
            )
            for (tried, place), found in ended:
                trial = _failed(tried, place, found) if isinstance(found, str) else found
                proposer.tell(tried, trial.validation_accuracy)
                done.append(trial)
                _keep(done, folder)
                yield trial
    return done


def _begin(
    sweep: Sweep, values: dict[str, Any], source: Source, folder: Path, workers: Workers[Trial]
) -> list[tuple[Any, Trial | str]]:
    """Start a trial; one that was done before is given at once."""
    recipe = sweep.recipe.changed(values)
    place = folder / _name(values)
    found = _finished(Run(place), values, recipe)
    if found is not None:
        return [((values, place), found)]
    fields = recipe.model_dump(mode="json")
    workers.start((values, place), _trial, fields, source, place, sweep.device, values)
    return []


def _failed(values: dict[str, Any], place: Path, problem: str) -> Trial:
    return Trial(values, str(place), problem=problem)


def _keep(done: Sequence[Trial], folder: Path) -> None:
    run = Run(folder)
    run.write(folder / "sweep.json", [vars(found) for found in done])
    run.write_text(folder / "sweep.csv", _table(done))


def _table(trials: Sequence[Trial]) -> str:
    text = io.StringIO()
    fields = list(dict.fromkeys(name for trial in trials for name in trial.values))
    others = [name for name in vars(trials[0]) if name != "values"]
    writer = csv.writer(text)
    writer.writerow([*fields, *others])
    for trial in trials:
        writer.writerow([*(trial.values.get(f, "") for f in fields), *_cells(trial, others)])
    return text.getvalue()


def _cells(trial: Trial, names: Sequence[str]) -> list[Any]:
    cells = []
    for name in names:
        value = getattr(trial, name)
        cells.append("not measured" if name == "joules" and value is None else value)
    return cells


def read_sweep(folder: Path) -> list[Trial]:
    """The trials of a sweep's folder.

    Raises:
        DataError: there is none, or it is damaged.
    """
    return [Trial(**row) for row in Run(folder).read(folder / "sweep.json")]


def _name(values: Mapping[str, Any]) -> str:
    """A folder's name that every system takes."""
    whole = ",".join(f"{path.rsplit('.', 1)[-1]}={value}" for path, value in values.items())
    plain = "".join(c if c.isalnum() or c in "=,.+-_" else "-" for c in whole)
    if plain == whole and len(whole) <= _LONGEST_NAME:
        return whole
    return f"{plain[:_LONGEST_NAME]}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def _trial(
    fields: Mapping[str, Any], source: Source, place: Path, device: str, values: dict[str, Any]
) -> Trial:
    """One training, in a process of its own."""
    from engine.training.train import Place, train

    recipe = validated(fields, "sweep")
    run = Run(place)
    try:
        dataset = open_dataset(source.root, source.kind)
        resume = run.checkpoint_file.is_file()
        for event in train(recipe, dataset, Place(place, device=device, resume=resume)):
            if isinstance(event, Finished):
                run.write(place / "trial.json", {"values": values})
    except EarmarkError as error:
        return _failed(values, place, str(error))
    found = _finished(run, values, recipe)
    return found or _failed(values, place, "It ended without a result.")


def _finished(run: Run, values: dict[str, Any], recipe: Recipe) -> Trial | None:
    """The trial of a run that ended; None if it did not, or was of another recipe."""
    if not run.results_file.is_file() or run.recipe() != recipe:
        return None
    results, history = run.read(run.results_file), run.history()
    return Trial(
        values=values,
        folder=str(run.folder),
        epochs=len(history),
        seconds=history[-1].seconds,
        joules=history[-1].joules,
        test_accuracy=results.get("figures", {}).get("accuracy"),
        validation_accuracy=_best(history),
        reached="in a row" in results.get("reason", ""),
    )


def _best(history: Sequence[EpochDone]) -> float | None:
    found = [e.validation_accuracy for e in history if math.isfinite(e.validation_accuracy)]
    return max(found, default=None)


def parse_span(text: str) -> tuple[str, Span]:
    """``field=1,2,3``, ``field=0.0..0.5`` or ``field=log:1e-5..1e-1``; ``8..64``: whole numbers.

    Raises:
        RecipeError: it is none of these.
    """
    path, equals, right = (part.strip() for part in text.partition("="))
    if not (path and equals and right):
        raise RecipeError(f"'{text}' varies nothing: write field=value,value or field=low..high.")
    log = right.startswith("log:")
    low, dots, high = right.removeprefix("log:").partition("..")
    if not dots:
        several = parse_value(f"[{right}]")  # as TOML first: lists hold commas themselves
        if not isinstance(several, list):
            several = [parse_value(part) for part in right.split(",") if part.strip()]
        return path, Span(choices=tuple(several))
    ends = parse_value(low), parse_value(high)
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(numbers) < 2 or not numbers[0] < numbers[1] or (log and numbers[0] <= 0):
        raise RecipeError(
            f"'{right}' is no range of numbers from low to high, such as 0.1..0.5, "
            "or log:1e-5..1e-1, over 0."
        )
    whole = all(isinstance(number, int) for number in numbers)
    return path, Span(low=numbers[0], high=numbers[1], log=log, whole=whole)


def parse_value(text: str) -> Any:
    """A value as TOML writes it; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
