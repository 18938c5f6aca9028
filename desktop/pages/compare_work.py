"""What the Compare page asks of the engine, as work for jobs."""

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")
Work = Callable[[], Generator[None, None, _T]]

_DEEPEST = 4  # a sweep's trials lie two folders under that of the runs
_CHARTS = 4  # time, energy, accuracy and epochs; those of one epoch say little more


@dataclass(frozen=True)
class Row:
    """A finished run, or a sweep of them.

    Attributes:
        folder: its place, which is also what it is known by.
        sweep: the sweep's folder if it is one of its trials.
        is_sweep: whether it is a sweep itself.
        title: of the recipe.
        variant: of the recipe.
        data: name of the data set.
        accuracy: in words, with its interval.
        epochs: trained, or trials of a sweep.
        seconds: of training.
        joules: None: not measured.
        date: of the begin.
    """

    folder: Path
    title: str
    sweep: Path | None = None
    is_sweep: bool = False
    variant: str = ""
    data: str = ""
    accuracy: str = ""
    epochs: int = 0
    seconds: float = 0.0
    joules: float | None = None
    date: str = ""

    @property
    def report(self) -> Path:
        """The page that may lie beside it."""
        return self.folder / ("sweep.html" if self.is_sweep else "report.html")


def find_rows(roots: Sequence[Path]) -> Work[list[Row]]:
    """All finished runs and sweeps in some folders, the newest first."""

    def work() -> Generator[None, None, list[Row]]:
        found: dict[Path, Row] = {}
        for root in roots:
            for folder, sweep in _run_folders(root, None, 0):
                yield
                row = _row(folder, sweep)
                if row is not None:
                    found.setdefault(folder, row)
        return sorted(found.values(), key=lambda row: row.date, reverse=True)

    return work


def _run_folders(
    folder: Path, sweep: Path | None, depth: int
) -> Generator[tuple[Path, Path | None], None, None]:
    try:
        inner = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return
    if (folder / "sweep.json").is_file():
        sweep = folder
        yield folder, None
    elif (folder / "results.json").is_file():
        yield folder, sweep
        return
    if depth < _DEEPEST:
        for path in inner:
            yield from _run_folders(path, sweep, depth + 1)


def _row(folder: Path, sweep: Path | None) -> Row | None:
    try:
        if (folder / "sweep.json").is_file():
            return _sweep_row(folder, _read(folder / "sweep.json"))
        recipe, facts = _read(folder / "recipe.json"), _read(folder / "run.json")
        history, figures = _read(folder / "history.json"), _read(folder / "results.json")["figures"]
        last = history[-1] if history else {}
        return Row(
            folder=folder,
            sweep=sweep,
            title=str(recipe["title"]),
            variant=str(recipe.get("variant", "")),
            data=str(facts.get("data", "")),
            accuracy=accuracy_words(figures),
            epochs=len(history),
            seconds=float(last.get("seconds") or 0.0),
            joules=last.get("joules"),
            date=str(facts.get("date", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None  # no run, or damaged: it is not among the finished ones


def _sweep_row(folder: Path, trials: list[dict[str, Any]]) -> Row | None:
    joules = [trial["joules"] for trial in trials if trial.get("joules") is not None]
    accuracies = [t["test_accuracy"] for t in trials if t.get("test_accuracy") is not None]
    first = next((path for path in sorted(folder.glob("*/recipe.json"))), None)
    facts = next((path for path in sorted(folder.glob("*/run.json"))), None)
    known = _read(facts) if facts else {}
    return Row(
        folder=folder,
        is_sweep=True,
        title=_read(first)["title"] if first else folder.name,
        variant=f"{len(trials)} trials",
        data=str(known.get("data", "")),
        accuracy=f"{min(accuracies):.3f} to {max(accuracies):.3f}" if accuracies else "",
        epochs=sum(int(trial.get("epochs") or 0) for trial in trials),
        seconds=sum(float(trial.get("seconds") or 0.0) for trial in trials),
        joules=sum(joules) if joules else None,
        date=str(known.get("date", "")),
    )


def accuracy_words(figures: dict[str, Any], name: str = "accuracy") -> str:
    """A figure and its 95 % interval, where there is one."""
    value = figures.get(name)
    if value is None:
        return ""
    low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
    interval = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{value:.3f}{interval}"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Chart:
    """Bars of a sweep: as SVG, and the numbers."""

    title: str
    unit: str
    svg: str
    values: dict[str, float | None]


@dataclass(frozen=True)
class Details:
    """What is shown of the chosen runs and sweep.

    Attributes:
        names: of the runs.
        figures: of each.
        differences: fields of the recipes that are not the same, with each run's value.
        verdicts: sentences on each further run against the first.
        histories: of each run the columns of its epochs, by name.
        charts: of the sweep.
    """

    names: tuple[str, ...] = ()
    figures: tuple[dict[str, float], ...] = ()
    differences: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    histories: tuple[dict[str, list[float]], ...] = ()
    charts: tuple[Chart, ...] = ()


def read_details(runs: Sequence[Row], sweep: Row | None) -> Work[Details]:
    """Read what the page shows of them."""

    def work() -> Generator[None, None, Details]:
        from engine.training.comparison import compare_runs
        from engine.training.run import Run

        yield
        charts = read_charts(sweep.folder) if sweep is not None else ()
        histories = []
        for row in runs:
            yield
            histories.append(_columns(Run(row.folder)))
        if len(runs) < 2:
            names = tuple(row.title for row in runs)
            figures = tuple(_figures(row.folder) for row in runs)
            return Details(names, figures, histories=tuple(histories), charts=charts)
        found = compare_runs([row.folder for row in runs])
        names, figures, verdicts = found.names, found.figures, found.verdicts
        return Details(names, figures, found.differences, verdicts, tuple(histories), charts)

    return work


def _figures(folder: Path) -> dict[str, float]:
    from engine.training.run import Run

    run = Run(folder)
    return dict(run.read(run.results_file)["figures"])


def _columns(run: Any) -> dict[str, list[float]]:
    epochs = run.history()
    names = ("loss", "validation_loss", "accuracy", "validation_accuracy")
    return {name: [float(getattr(epoch, name)) for epoch in epochs] for name in names}


def read_charts(folder: Path) -> tuple[Chart, ...]:
    """The four bar charts of a sweep."""
    from engine.training.sweep import read_sweep
    from engine.training.sweep_report import four_charts

    done = [trial for trial in read_sweep(folder) if not trial.problem]

    def share(value: float | None) -> float | None:
        return None if value is None else 100 * value

    names = [
        ", ".join(f"{path.rsplit('.', 1)[-1]} {value}" for path, value in trial.values.items())
        for trial in done
    ]
    columns: list[tuple[str, str, list[float | None]]] = [
        ("Time to the end of training", "s", [trial.seconds for trial in done]),
        ("Energy to the end of training", "J", [trial.joules for trial in done]),
        ("Test accuracy", "%", [share(trial.test_accuracy) for trial in done]),
        ("Epochs", "", [float(trial.epochs) for trial in done]),
    ]
    pictures = four_charts(done)[:_CHARTS]
    return tuple(
        Chart(title, unit, svg, dict(zip(names, values, strict=True)))
        for (title, unit, values), svg in zip(columns, pictures, strict=True)
    )


def write_page(folders: Sequence[Path], target: Path) -> Work[Path]:
    """Write the comparison as an HTML page."""

    def work() -> Generator[None, None, Path]:
        yield
        from engine.training.comparison import write_comparison

        write_comparison(folders, target)
        return target

    return work


def write_plot(target: Path, data: bytes) -> Work[Path]:
    """Write an exported plot, whole or not at all."""

    def work() -> Generator[None, None, Path]:
        from engine.errors import DataError
        from engine.whole_files import write_whole

        yield
        try:
            write_whole(target, data)
        except OSError as error:
            raise DataError(f"{target} could not be written: {error.strerror}.") from error
        return target

    return work
