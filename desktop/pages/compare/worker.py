"""What the Compare page asks of the engine, as work for jobs."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EarmarkError
from engine.training.runs.listing import FoundRun, find_runs

if TYPE_CHECKING:
    from engine.recipes.published import Beside
    from engine.training.sweeps.report import Chart
    from engine.training.sweeps.sweep import Trial


def _comparable(run: FoundRun) -> bool:
    if run.is_sweep:
        return (run.folder / "sweep.json").is_file()  # with a trial that is done
    return run.state == "finished"


def find_finished(roots: Sequence[Path]) -> Generator[None, None, list[FoundRun]]:
    """All finished runs, and sweeps with a trial that is done, the newest first."""
    found = yield from find_runs(roots)
    return [run for run in found if _comparable(run)]


@dataclass(frozen=True)
class Details:
    """What is shown of the chosen runs and sweep.

    Attributes:
        names: of the runs.
        figures: of each.
        differences: fields of the recipes that are not the same, with each run's value.
        settings: all fields of the recipes, likewise.
        verdicts: sentences on each further run against the first.
        histories: of each run the columns of its epochs, by name.
        charts: of the sweep.
        trials: names of the sweep's trials that did not fail.
        axes: of the sweep: name, unit, and a value for each trial.
        of_trials: of each trial, by its name, the columns of its epochs.
        published: of each run the original's figures beside its own.
    """

    names: tuple[str, ...] = ()
    figures: tuple[dict[str, float], ...] = ()
    differences: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    settings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    histories: tuple[dict[str, list[float]], ...] = ()
    charts: "tuple[Chart, ...]" = ()
    trials: tuple[str, ...] = ()
    axes: tuple[tuple[str, str, tuple[float | str | None, ...]], ...] = ()
    of_trials: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    published: "tuple[Sequence[Beside], ...]" = ()


def read_details(
    runs: Sequence[FoundRun], sweep: FoundRun | None
) -> Generator[None, None, Details]:
    """Read what the page shows of them."""
    from engine.training.runs.comparison import compare_runs, settings_of
    from engine.training.runs.run import Run

    yield
    swept = Details() if sweep is None else read_sweep_details(sweep.folder)
    histories = []
    for row in runs:
        yield
        histories.append(_columns(Run(row.folder)))
    if len(runs) < 2:
        names = tuple(row.title for row in runs)
        figures = tuple(_figures(row.folder) for row in runs)
        settings = settings_of([Run(row.folder).recipe() for row in runs])
        known = replace(
            swept,
            names=names,
            figures=figures,
            settings=_telling(settings),
            published=tuple(Run(row.folder).published() for row in runs),
        )
        return replace(known, histories=tuple(histories))
    found = compare_runs([row.folder for row in runs])
    return replace(
        swept,
        names=found.names,
        figures=found.figures,
        differences=_telling(found.differences),
        settings=_telling(found.settings),
        verdicts=found.verdicts,
        histories=tuple(histories),
        published=found.published,
    )


def _telling(fields: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Without what only describes a recipe."""
    about = ("title", "description")
    return {f: v for f, v in fields.items() if f not in about and not f.startswith("published")}


def _figures(folder: Path) -> dict[str, float]:
    from engine.training.runs.run import Run

    run = Run(folder)
    return run.figures()


def _columns(run: Any) -> dict[str, list[float]]:
    epochs = run.history()
    names = ("loss", "validation_loss", "accuracy", "validation_accuracy", "validation_concordance")
    return {name: [float(getattr(epoch, name)) for epoch in epochs] for name in names}


def read_sweep_details(folder: Path) -> Details:
    """The bar charts of a sweep, its trials' curves and its parallel coordinates."""
    from engine.training.runs.run import Run
    from engine.training.sweeps.plan import read_plan
    from engine.training.sweeps.report import charts_of, in_order, trial_names
    from engine.training.sweeps.sweep import read_sweep

    done = in_order(read_sweep(folder))
    names = trial_names(done)
    target = False
    with contextlib.suppress(EarmarkError):  # older ones have no plan
        target = bool(read_plan(folder)[0].recipe.training.stop.target_accuracy)
    histories = {
        name: _columns(Run(folder / Path(trial.folder).name))
        for name, trial in zip(names, done, strict=True)
    }
    charts = tuple(charts_of(done, target))
    return Details(charts=charts, trials=tuple(names), axes=_axes(done), of_trials=histories)


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _measured(
    done: "Sequence[Trial]", values: Sequence[float | None]
) -> tuple[str, tuple[float | None, ...]]:
    """The unit and values of an axis: accuracies are shares, concordances are none."""
    if any(trial.measure == "concordance" for trial in done):
        return "", tuple(values)
    return "%", tuple(map(_percent, values))


def _axes(done: "Sequence[Trial]") -> tuple[tuple[str, str, tuple[float | str | None, ...]], ...]:
    """What was varied, then what came out; a quantity that no trial knows has no axis."""
    fields = dict.fromkeys(path for trial in done for path in trial.values)
    axes: list[tuple[str, str, tuple[float | str | None, ...]]] = [
        (
            path.rsplit(".", 1)[-1].replace("_", " ").capitalize(),
            "",
            tuple(_plain(trial.values.get(path)) for trial in done),
        )
        for path in fields
    ]
    axes += [
        ("Epochs", "", tuple(float(trial.epochs) for trial in done)),
        ("Time", "s", tuple(trial.seconds for trial in done)),
        ("GPU energy", "J", tuple(trial.joules for trial in done)),
        ("Processor energy", "J", tuple(trial.processor_joules for trial in done)),
        ("Validation", *_measured(done, [trial.validation_accuracy for trial in done])),
        ("Test", *_measured(done, [trial.test_accuracy for trial in done])),
    ]
    return tuple(axis for axis in axes if any(value is not None for value in axis[2]))


def _plain(value: Any) -> float | str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number else None if value is None else str(value)


def write_page(folders: Sequence[Path], target: Path) -> Generator[None, None, Path]:
    """Write the comparison as an HTML page."""
    yield
    from engine.training.runs.comparison import write_comparison

    write_comparison(folders, target)
    return target
