"""A sweep as work of the Train page's queue."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.pages.train.worker import Control, Outcome, Placed, unused
from engine.training.sweeps.plan import Source, Sweep, read_plan

if TYPE_CHECKING:
    from engine.training.sweeps.sweep import Trial, Trying


@dataclass(frozen=True)
class SweepOrder:
    """A sweep to be done; with ``resume`` one that was broken off, from its folder."""

    title: str
    sweep: Sweep
    data: Source
    resume: Path | None = None


def broken_off(folder: Path) -> SweepOrder:
    """Go on with the sweep of a folder.

    Raises:
        DataError: there is none, or it is damaged.
    """
    sweep, source = read_plan(folder)
    return SweepOrder(folder.name, sweep, source, folder)


def sweeping(
    order: SweepOrder, runs: Path, control: Control
) -> "Generator[Trial | Trying | Placed | None, None, Outcome]":
    """Run a sweep's trials; its page is written when all are done."""
    yield None
    from engine.training.sweeps.report import write_sweep_report
    from engine.training.sweeps.sweep import read_sweep, run_sweep

    fields = "-".join(path.rpartition(".")[2].replace("_", "-") for path in order.sweep.spans)
    name = f"sweep-{order.sweep.recipe.name}-{fields}"
    folder = order.resume or unused(runs / name)
    yield Placed(folder)
    steps: Generator[Any, None, Any] = run_sweep(order.sweep, order.data, folder)
    try:
        while not control.stopping:
            try:
                yield next(steps)
            except StopIteration:
                write_sweep_report(order.sweep.recipe, read_sweep(folder), folder)
                return Outcome(folder, stopped=False, is_sweep=True)
    finally:
        steps.close()  # which ends the trials that run
    return Outcome(folder, stopped=True, is_sweep=True)
