"""Many trainings of one recipe with some fields varied: grid, random or Bayesian search."""

import csv
import hashlib
import io
import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.datasets import open_dataset
from engine.errors import DataError, EarmarkError, RecipeError
from engine.recipes.applies import trains_as
from engine.recipes.recipe import Recipe, validated
from engine.training.events import BatchDone, EpochDone, Event, Finished
from engine.training.runs.run import Run
from engine.training.sweeps.plan import Source, Sweep, check_sweep, write_plan
from engine.training.sweeps.search import Proposer
from engine.training.sweeps.workers import Workers, tell

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Trial:
    """One training of a sweep.

    Attributes:
        values: of the varied fields.
        folder: of its run.
        epochs: trained.
        seconds: of training.
        joules: of the GPU; None: not measured.
        processor_joules: of the processor; None: not measured.
        test_accuracy: of the test part, judged once, None where it failed; of a regression the
            concordance.
        validation_accuracy: the best; of a regression the best concordance.
        reached: whether the recipe's target was reached.
        problem: why it failed, empty if it did not.
        measure: what both parts are judged by: accuracy, or concordance of a regression.
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
    processor_joules: float | None = None
    measure: str = "accuracy"


@dataclass(frozen=True)
class Trying:
    """A trial goes on.

    Attributes:
        values: of the varied fields.
        folder: of its run.
        event: what its training told last; None: it begins.
    """

    values: dict[str, Any]
    folder: str
    event: Event | None = None


def run_sweep(
    sweep: Sweep, source: Source, folder: Path
) -> Generator[Trial | Trying | None, None, list[Trial]]:
    """Run all trials; those that the folder holds already are not run again.

    Closing the generator ends the trials that run; begun again, they go on from their last epoch.

    Yields:
        What a trial tells while it runs, each trial as it ends, and None where nothing has
        happened for a tenth of a second.

    Returns:
        All of them; ``sweep.json`` and ``sweep.csv`` in the folder hold them too.

    Raises:
        EarmarkError: a field or value is wrong; a trial that fails does not end the others.
    """
    check_sweep(sweep)
    with Run(folder).alone():
        return (yield from _trials(sweep, source, folder))


def _trials(
    sweep: Sweep, source: Source, folder: Path
) -> Generator[Trial | Trying | None, None, list[Trial]]:
    done: list[Trial] = []
    proposer = Proposer(sweep.spans, sweep.search, sweep.trials, sweep.recipe.training.seed)
    values = proposer.next()
    write_plan(sweep, source, folder)
    (folder / "sweep.html").unlink(missing_ok=True)  # its mark of being complete
    workers: Workers[Trial] = Workers(max(1, sweep.jobs))
    with workers:
        while values is not None or workers.busy:
            while values is not None and workers.free:
                begun, found = _begin(sweep, values, source, folder, workers)
                yield begun
                if found is not None:
                    yield _over(found, proposer, done, folder)
                values = proposer.next()
            ended = workers.ended() if workers.busy else []
            for (tried, place), event in workers.messages():
                yield Trying(tried, str(place), event)
            for (tried, place), result in ended:
                trial = _failed(tried, place, result) if isinstance(result, str) else result
                yield _over(trial, proposer, done, folder)
            yield None
    return done


def _begin(
    sweep: Sweep, values: dict[str, Any], source: Source, folder: Path, workers: Workers[Trial]
) -> tuple[Trying, Trial | None]:
    """Start a trial; one that was done before is given at once."""
    place = folder / _name(values)
    try:
        recipe = sweep.recipe.changed(values)
    except RecipeError as error:  # values that fit one by one, but not together
        return Trying(values, str(place)), _failed(values, place, str(error))
    found = _finished(Run(place), values, recipe)
    if found is None:
        fields = recipe.model_dump(mode="json")
        workers.start((values, place), _trial, fields, source, place, sweep.device, values)
    return Trying(values, str(place)), found


def _over(trial: Trial, proposer: Proposer, done: list[Trial], folder: Path) -> Trial:
    proposer.tell(trial.values, trial.validation_accuracy)
    done.append(trial)
    _keep(done, folder)
    return trial


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
        cells.append("not measured" if name.endswith("joules") and value is None else value)
    return cells


def read_sweep(folder: Path) -> list[Trial]:
    """The trials of a sweep's folder.

    Raises:
        DataError: there is none, or it is damaged.
    """
    path = folder / "sweep.json"
    try:
        return [Trial(**row) for row in Run(folder).read(path)]
    except (TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged and cannot be read.") from error


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
            tell(_short(event))
            if isinstance(event, Finished):
                run.write(place / "trial.json", {"values": values})
    except EarmarkError as error:
        return _failed(values, place, str(error))
    found = _finished(run, values, recipe)
    return found or _failed(values, place, "The trial ended without a result.")


def _short(event: Event) -> Event:
    """Without what is large: it goes from process to process."""
    if isinstance(event, BatchDone):
        return replace(event, losses=event.losses[-1:])
    return replace(event, confusion=None) if isinstance(event, EpochDone) else event


def _finished(run: Run, values: dict[str, Any], recipe: Recipe) -> Trial | None:
    """The trial of a run that ended; None if it did not, or was of another recipe."""
    if not run.results_file.is_file() or not trains_as(run.recipe(), recipe):
        return None
    results, history = run.read(run.results_file), run.history()
    measure = "concordance" if recipe.is_regression else "accuracy"
    return Trial(
        values=values,
        folder=str(run.folder),
        epochs=len(history),
        seconds=history[-1].seconds,
        joules=history[-1].joules,
        processor_joules=history[-1].processor_joules,
        test_accuracy=results.get("figures", {}).get(measure),
        validation_accuracy=_best(history),
        reached="in a row" in results.get("reason", ""),
        measure=measure,
    )


def _best(history: Sequence[EpochDone]) -> float | None:
    found = [e.validation_measure for e in history if math.isfinite(e.validation_measure)]
    return max(found, default=None)
