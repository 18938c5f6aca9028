"""``earmark data`` and ``earmark cache``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.cli.output import data, notes, progress
from engine.cli.train import Kind

if TYPE_CHECKING:
    from engine.datasets.summary import Summary

_MOST_NAMED = 5


def look_at_data(
    dataset: Annotated[Path, typer.Argument(help="Folder or table of the data set.")],
    kind: Kind = "auto",
    label: Annotated[str, typer.Option("--label", help="Column to count.")] = "label",
) -> None:
    """Describe a data set: classes, groups, lengths, sample rates, levels and problems."""
    from engine.datasets import open_dataset
    from engine.datasets.summary import summarise

    opened = open_dataset(dataset, kind)
    opened = opened if label == "label" else opened.relabelled(label)
    found: Summary = progress("sounds", summarise(opened))
    about = opened.about
    out = data()
    out.print(
        f"{about.name}: {len(opened)} excerpts; licence: {about.licence or 'not stated'}",
        markup=False,
    )
    table = Table("Class", "Excerpts", "Groups", "Minutes")
    for name, count in found.counts.items():
        minutes = f"{found.seconds.get(name, 0.0) / 60:.1f}" if found.seconds else ""
        table.add_row(name, str(count), str(found.groups[name]), minutes)
    out.print(table)
    rates = ", ".join(f"{rate} Hz: {count}" for rate, count in sorted(found.rates_hz.items()))
    lines = [f"Rates: {rates}"] if rates else []
    if found.imbalance > 3:
        lines.append(
            f"The largest class has {found.imbalance:.1f} times the excerpts of the smallest: "
            "set training.class_weights or training.balanced."
        )
    lines += [*opened.warnings, *_named("clip", found.clipped)]
    lines += _named("cannot be read", [f"{p} ({why})" for p, why in found.broken.items()])
    quiet = [path for path, level in found.level_db.items() if level < -50]
    lines += _named("are very quiet (under -50 dBFS)", quiet)
    for line in lines:
        out.print(line, markup=False)


def _named(what: str, paths: list[str]) -> list[str]:
    if not paths:
        return []
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return [f"{len(paths)} files {what}: {', '.join(paths[:_MOST_NAMED])}{more}"]


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Empty the cache.")] = False,
) -> None:
    """Show the size of the cache of computed features, or empty it."""
    from engine.training.data import prepare

    if clear:
        prepare.clear()
        notes().print("The cache is empty.")
        return
    count, size = prepare.cached()
    data().print(f"{count} prepared data sets, {size / 1e9:.2f} GB.", markup=False)
