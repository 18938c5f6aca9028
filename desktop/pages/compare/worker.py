"""What the Compare page asks of the engine, as work for jobs."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.training.runs.listing import FoundRun, find_runs

if TYPE_CHECKING:
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
class Chart:
    """Bars of a sweep: what they are of, and the value of each trial; None: not measured."""

    title: str
    measure: str
    unit: str
    values: dict[str, float | None]


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
    """

    names: tuple[str, ...] = ()
    figures: tuple[dict[str, float], ...] = ()
    differences: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    settings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    histories: tuple[dict[str, list[float]], ...] = ()
    charts: tuple[Chart, ...] = ()
    trials: tuple[str, ...] = ()
    axes: tuple[tuple[str, str, tuple[float | str | None, ...]], ...] = ()


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
        return replace(
            swept,
            names=names,
            figures=figures,
            settings=_telling(settings),
            histories=tuple(histories),
        )
    found = compare_runs([row.folder for row in runs])
    return replace(
        swept,
        names=found.names,
        figures=found.figures,
        differences=_telling(found.differences),
        settings=_telling(found.settings),
        verdicts=found.verdicts,
        histories=tuple(histories),
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
    names = ("loss", "validation_loss", "accuracy", "validation_accuracy")
    return {name: [float(getattr(epoch, name)) for epoch in epochs] for name in names}


def read_sweep_details(folder: Path) -> Details:
    """The four bar charts of a sweep, and its parallel coordinates."""
    from engine.training.sweeps.report import in_order, trial_name
    from engine.training.sweeps.sweep import read_sweep

    done = in_order(read_sweep(folder))
    names = [trial_name(trial) for trial in done]
    columns: list[tuple[str, str, str, list[float | None]]] = [
        ("Total training time", "time", "s", [trial.seconds for trial in done]),
        ("Total training energy", "energy", "J", [trial.joules for trial in done]),
        ("Test accuracy", "accuracy", "%", [_percent(trial.test_accuracy) for trial in done]),
        ("Epochs", "epochs", "", [float(trial.epochs) for trial in done]),
    ]
    charts = tuple(
        Chart(title, measure, unit, dict(zip(names, values, strict=True)))
        for title, measure, unit, values in columns
    )
    return Details(charts=charts, trials=tuple(names), axes=_axes(done))


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


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
        ("Energy", "J", tuple(trial.joules for trial in done)),
        ("Validation", "%", tuple(_percent(trial.validation_accuracy) for trial in done)),
        ("Test", "%", tuple(_percent(trial.test_accuracy) for trial in done)),
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
