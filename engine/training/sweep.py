"""Many trainings of one recipe with some fields varied: grid, random or Bayesian search."""

import csv
import io
import itertools
import json
import math
import multiprocessing
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.datasets import open_dataset
from engine.errors import EarmarkError, RecipeError
from engine.recipe import Recipe, validated
from engine.training.events import EpochDone, Finished
from engine.training.run import Run

Search = Literal["grid", "random", "bayes"]


@dataclass(frozen=True)
class Span:
    """A field that varies: between some values, or from one number to another.

    Attributes:
        choices: the values, for a choice.
        low: smallest number, for a range.
        high: largest.
        log: whether the range is even in the logarithm.
    """

    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False


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
    proposer = _Proposer(sweep)
    context = multiprocessing.get_context("spawn")
    running: dict[Future[Trial], dict[str, Any]] = {}
    pool = ProcessPoolExecutor(max(1, sweep.jobs), mp_context=context)
    try:
        while True:
            while len(running) < max(1, sweep.jobs):
                values = proposer.next()
                if values is None:
                    break
                recipe = sweep.recipe.changed(values)
                place = folder / _name(values)
                finished = _finished(Run(place), values, recipe)
                if finished is not None:
                    yield _take(finished, done, proposer, folder)
                    continue
                job = (recipe.model_dump(mode="json"), source, place, sweep.device, values)
                running[pool.submit(_trial, *job)] = values
            if not running:
                return done
            ended, _ = wait(running, return_when="FIRST_COMPLETED", timeout=0.1)
            for future in ended:
                del running[future]
                yield _take(future.result(), done, proposer, folder)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(getattr(pool, "_processes", None) or {}):
            _end(pool, process)


def _end(pool: ProcessPoolExecutor, process: int) -> None:
    """End a trial that still runs: its checkpoint stays."""
    child = (pool._processes or {}).get(process)
    if child is not None and child.is_alive():
        child.terminate()


def _take(trial: Trial, done: list[Trial], proposer: "_Proposer", folder: Path) -> Trial:
    done.append(trial)
    proposer.tell(trial)
    run = Run(folder)
    run.write(folder / "sweep.json", [vars(found) for found in done])
    run.write_text(folder / "sweep.csv", _table(done))
    return trial


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
    return ",".join(f"{path.rsplit('.', 1)[-1]}={value}" for path, value in values.items()).replace(
        "/", "-"
    )


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
        return Trial(values, str(place), problem=str(error))
    found = _finished(run, values, recipe)
    return found or Trial(values, str(place), problem="It ended without a result.")


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


class _Proposer:
    """Which values come next."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._given = 0
        self._waiting: dict[str, Any] = {}
        self._study: Any = None
        self._grid: Iterator[dict[str, Any]] = iter(())
        if sweep.search == "grid":
            if any(not span.choices for span in sweep.spans.values()):
                raise RecipeError("A grid needs values, such as 0.1,0.01; ranges are for random.")
            rows = itertools.product(*(span.choices for span in sweep.spans.values()))
            self._grid = iter([dict(zip(sweep.spans, row, strict=True)) for row in rows])
            return
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = sweep.recipe.training.seed
        samplers = {"random": optuna.samplers.RandomSampler, "bayes": optuna.samplers.TPESampler}
        sampler = samplers[sweep.search](seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)

    def next(self) -> dict[str, Any] | None:
        """Values of the next trial, None when there are no more."""
        if self._study is None:
            return next(self._grid, None)
        if self._given >= self._sweep.trials:
            return None
        self._given += 1
        asked = self._study.ask()
        values = {path: _suggest(asked, path, span) for path, span in self._sweep.spans.items()}
        self._waiting[json.dumps(values, sort_keys=True)] = asked
        return values

    def tell(self, trial: Trial) -> None:
        """What a trial gave: what is searched for is accuracy on validation, never on the test."""
        asked = self._waiting.pop(json.dumps(trial.values, sort_keys=True), None)
        if asked is not None:
            self._study.tell(asked, trial.validation_accuracy or 0.0)


def _suggest(asked: Any, path: str, span: Span) -> Any:
    if span.choices:
        return asked.suggest_categorical(path, span.choices)
    if float(span.low).is_integer() and float(span.high).is_integer() and not span.log:
        return asked.suggest_int(path, int(span.low), int(span.high))
    return asked.suggest_float(path, span.low, span.high, log=span.log)


def parse_span(text: str) -> tuple[str, Span]:
    """``field=1,2,3``, ``field=0.0..0.5`` or ``field=log:1e-5..1e-1``.

    Raises:
        RecipeError: it is none of these.
    """
    path, equals, right = text.partition("=")
    if not equals or not right:
        raise RecipeError(f"'{text}' varies nothing: write field=value,value or field=low..high.")
    log = right.startswith("log:")
    low, dots, high = right.removeprefix("log:").partition("..")
    if dots:
        try:
            return path, Span(low=float(low), high=float(high), log=log)
        except ValueError as error:
            raise RecipeError(f"'{right}' is no range of numbers, such as 0.1..0.5.") from error
    return path, Span(choices=tuple(parse_value(part) for part in right.split(",")))


def parse_value(text: str) -> Any:
    """A value as TOML writes it; a bare word is a string."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def timed(seconds: float) -> str:
    """Seconds in words for tables: ``1:02:03`` or ``4.2 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return time.strftime("%H:%M:%S", time.gmtime(seconds))
