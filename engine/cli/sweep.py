"""``earmark sweep``."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from engine.cli.output import data, notes
from engine.cli.train import Changes, Device, Kind, changed
from engine.recipes.recipe import find_recipe

if TYPE_CHECKING:
    from engine.training.sweeps.sweep import Trial, Trying


class Search(StrEnum):
    """How values are chosen."""

    grid = "grid"
    one_factor = "one-factor"
    random = "random"
    bayes = "bayes"


def sweep(  # noqa: PLR0913  # the options of a command
    recipe: Annotated[str, typer.Argument(help="A preset's name or a .toml file.")],
    dataset: Annotated[Path, typer.Argument(help="Folder or table of the data set.")],
    grid: Annotated[
        list[str],
        typer.Option("--grid", metavar="FIELD=VALUES", help="Field to vary, and its values."),
    ],
    set_: Changes = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the sweep; default: runs/sweep-RECIPE."),
    ] = None,
    search: Annotated[
        Search,
        typer.Option(
            "--search",
            help="Search strategy: grid (all combinations), one-factor, random or bayes.",
        ),
    ] = Search.grid,
    trials: Annotated[int, typer.Option(min=1, help="Number of trials for random and bayes.")] = 20,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Trials run in parallel.")] = 1,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Train the published original.")
    ] = False,
    kind: Kind = "auto",
    device: Device = "auto",
) -> None:
    """Train a recipe several times with varied fields, and compare time, energy and accuracy.

    Values are 0.1,0.01 or, for random and bayes, a range such as log:1e-5..1e-1. Run the same
    command again to resume a sweep: finished trials are not repeated. Example:
    'earmark sweep instrument-mlp iowa/ --grid training.learning_rate=0.1,0.01,0.001,0.0001
    --set training.stop.target_accuracy=0.98 --set training.epochs=500'.
    """
    from engine.training.sweeps.plan import Source, Sweep
    from engine.training.sweeps.report import write_sweep_report
    from engine.training.sweeps.search import parse_span
    from engine.training.sweeps.sweep import run_sweep

    chosen = find_recipe(recipe)
    chosen = changed(chosen.as_published() if as_published else chosen, set_ or [])
    folder = output or Path("runs") / f"sweep-{recipe}"
    plan = Sweep(chosen, dict(parse_span(g) for g in grid), search.value, trials, jobs, device)
    found = _run(run_sweep(plan, Source(dataset, kind), folder), plan.count)
    page = write_sweep_report(chosen, found, folder)
    _table(list(plan.spans), found)
    notes().print(f"Charts: {page}", markup=False)


def _run(steps: "Generator[Trial | Trying | None, None, list[Trial]]", count: int) -> "list[Trial]":
    """Run to the end; Ctrl+C ends what runs and keeps what is done."""
    found: list[Trial] = []
    try:
        for trial in _shown(steps, count):
            found.append(trial)
            outcome = trial.problem or f"{trial.epochs} epochs, {trial.seconds:.1f} s"
            notes().print(f"{_words(trial.values)}: {outcome}", markup=False)
    except KeyboardInterrupt:
        steps.close()
        words = "Stopped: {} of {} trials finished. Run the same command again to continue."
        notes().print(words.format(len(found), count), markup=False)
        raise typer.Exit(130) from None
    return found


def _words(values: "Mapping[str, Any]") -> str:
    return ", ".join(f"{path.rsplit('.', 1)[-1]} {value}" for path, value in values.items())


def _shown(steps: "Iterable[Trial | Trying | None]", count: int) -> "Iterator[Trial]":
    """The trials that end; a bar for each that runs."""
    from engine.training.events import BatchDone
    from engine.training.sweeps.sweep import Trial, Trying

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    console = notes()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        whole = bar.add_task("trials", total=count, words="")
        tasks: dict[str, TaskID] = {}
        for step in steps:
            if isinstance(step, Trying) and step.event is None:
                tasks[step.folder] = bar.add_task(_words(step.values), total=1.0, words="")
            elif isinstance(step, Trying) and isinstance(step.event, BatchDone):
                share = step.event.batch / step.event.batches
                words = f"epoch {step.event.epoch}"
                bar.update(tasks[step.folder], completed=share, words=words)
            elif isinstance(step, Trial):
                bar.remove_task(tasks.pop(step.folder))
                bar.advance(whole)
                yield step


def _table(fields: list[str], trials: list) -> None:  # type: ignore[type-arg]
    names = [field.rsplit(".", 1)[-1] for field in fields]
    from engine.training.sweeps.report import measure_of

    energies = ("GPU energy (J)", "Processor energy (J)")
    table = Table(
        *names, "Epochs", "Time (s)", *energies, f"Test {measure_of(trials)}", "Target reached"
    )
    for trial in trials:
        accuracy = "" if trial.test_accuracy is None else f"{trial.test_accuracy:.4f}"
        energy = [
            "not measured" if joules is None else f"{joules:.0f}"
            for joules in (trial.joules, trial.processor_joules)
        ]
        values = [str(trial.values.get(field, "")) for field in fields]
        cells = [str(trial.epochs), f"{trial.seconds:.1f}", *energy, accuracy]
        table.add_row(*values, *cells, "yes" if trial.reached else "no")
    data().print(table)
