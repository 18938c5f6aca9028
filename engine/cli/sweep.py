"""``earmark sweep``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.cli.output import data, notes
from engine.cli.train import Changes, Device, Kind, changed
from engine.recipe import find_recipe


class Search(StrEnum):
    """How values are chosen."""

    grid = "grid"
    random = "random"
    bayes = "bayes"


def sweep(  # noqa: PLR0913  # the options of a command
    recipe: Annotated[str, typer.Argument(help="A preset's name or a .toml file.")],
    dataset: Annotated[Path, typer.Argument(help="Folder or table of the data set.")],
    grid: Annotated[
        list[str],
        typer.Option(
            "--grid",
            metavar="FIELD=VALUES",
            help="What varies: field=0.1,0.01 or, for random and bayes, field=log:1e-5..1e-1.",
        ),
    ],
    set_: Changes = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; default: runs/sweep-RECIPE.")
    ] = None,
    search: Annotated[
        Search, typer.Option("--search", help="grid: all combinations; random; bayes.")
    ] = Search.grid,
    trials: Annotated[int, typer.Option(min=1, help="How many, for random and bayes.")] = 20,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many at once.")] = 1,
    as_published: Annotated[bool, typer.Option("--as-published", help="The original.")] = False,
    kind: Kind = "auto",
    device: Device = "auto",
) -> None:
    """Train a recipe many times with some fields varied, and compare time, energy and accuracy.

    Run it again to go on after a break: trials that are done are not repeated. Example:
    'earmark sweep instrument-mlp iowa/ --grid training.learning_rate=0.1,0.01,0.001,0.0001
    --set training.stop.target_accuracy=0.98 --set training.epochs=500'.
    """
    from engine.training.sweep import Source, Sweep, parse_span, run_sweep
    from engine.training.sweep_report import write_sweep_report

    chosen = find_recipe(recipe)
    chosen = changed(chosen.as_published() if as_published else chosen, set_ or [])
    folder = output or Path("runs") / f"sweep-{recipe}"
    plan = Sweep(chosen, dict(parse_span(g) for g in grid), search.value, trials, jobs, device)
    found = []
    for trial in run_sweep(plan, Source(dataset, kind), folder):
        found.append(trial)
        words = ", ".join(f"{path.rsplit('.', 1)[-1]} {v}" for path, v in trial.values.items())
        outcome = trial.problem or f"{trial.epochs} epochs, {trial.seconds:.1f} s"
        notes().print(f"{words}: {outcome}", markup=False)
    page = write_sweep_report(chosen, found, folder)
    _table(list(plan.spans), found)
    notes().print(f"Charts: {page}", markup=False)


def _table(fields: list[str], trials: list) -> None:  # type: ignore[type-arg]
    names = [field.rsplit(".", 1)[-1] for field in fields]
    table = Table(*names, "Epochs", "Time (s)", "Energy (J)", "Test accuracy", "Target reached")
    for trial in trials:
        accuracy = "" if trial.test_accuracy is None else f"{trial.test_accuracy:.4f}"
        energy = "not measured" if trial.joules is None else f"{trial.joules:.0f}"
        values = [str(trial.values.get(field, "")) for field in fields]
        cells = [str(trial.epochs), f"{trial.seconds:.1f}", energy, accuracy]
        table.add_row(*values, *cells, "yes" if trial.reached else "no")
    data().print(table)
