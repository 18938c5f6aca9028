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
    lines += [*opened.warnings, *_remarks(found), *opened.left_out]
    for line in lines:
        out.print(line, markup=False)


def _remarks(found: "Summary") -> list[str]:
    broken = [f"{path} ({why})" for path, why in found.broken.items()]
    quiet = [path for path, level in found.level_db.items() if level < -50]
    copies = [f"{path} = {first}" for path, first in found.copies.items()]
    several = found.contradictions
    return [
        *_named("{} file clips", "{} files clip", found.clipped),
        *_named("{} file cannot be read", "{} files cannot be read", broken),
        *_named(
            "{} excerpt reaches beyond the end of its file",
            "{} excerpts reach beyond the end of their files",
            found.beyond,
        ),
        *_named("{} file is a copy of another", "{} files are copies of others", copies),
        *_named("{} sound has more than one label", "{} sounds have more than one label", several),
        *_named(
            "{} file is very quiet (under -50 dBFS)",
            "{} files are very quiet (under -50 dBFS)",
            quiet,
        ),
    ]


def _named(one: str, many: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    words = (one if len(names) == 1 else many).format(len(names))
    return [f"{words}: {', '.join(names[:_MOST_NAMED])}{more}"]


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
