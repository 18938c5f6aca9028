"""``earmark archive``: what is in a results database."""

import math
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.cli.output import data, notes
from engine.errors import DataError
from engine.export import EXPORTS
from engine.export.destinations import open_destination
from engine.export.words import one_line, visible

app = typer.Typer(help="Look into a results database, and export it.", no_args_is_help=True)
_PARQUET = "parquet"
Format = StrEnum("Format", {name: name for name in (_PARQUET, *EXPORTS)})  # type: ignore[misc]
_AS_PARQUET = Format(_PARQUET)
Place = Annotated[Path, typer.Argument(help="A database that 'earmark classify -d' made.")]


class Rows(StrEnum):
    """What the rows of a Parquet table are."""

    windows = "windows"
    segments = "segments"
    summaries = "summaries"


@app.command("show")
def show(database: Place) -> None:
    """Show how many files a database knows, the labels detected in them, and what failed."""
    from engine.archive.database import Database

    with Database(database, make=False) as opened:
        files, seconds = opened.rows(
            "SELECT count(*), total(duration_seconds) FROM files WHERE status = 'done'"
        )[0]
        data().print(f"{files} files, {seconds / 3600:.1f} hours of sound", markup=False)
        table = Table("Classifier", "Label", "Files", "Stretches", "Hours")
        for classifier, label, count, stretches, heard in opened.rows(
            "SELECT classifier, label, count(DISTINCT path), count(*), "
            "sum(end_seconds - start_seconds) FROM heard GROUP BY classifier, label "
            "ORDER BY classifier, 5 DESC"
        ):
            row = (one_line(classifier), one_line(label), str(count), str(stretches))
            table.add_row(*row, f"{heard / 3600:.2f}")
        if table.rows:
            data().print(table)
        for path, reason in opened.rows(
            "SELECT path, reason FROM files WHERE status <> 'done' ORDER BY path"
        ):
            notes().print(f"{visible(path)}: {visible(reason)}", markup=False)


@app.command("export")
def export(
    database: Place,
    format: Annotated[Format, typer.Option("--format", "-f", help="Form.")] = _AS_PARQUET,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Output file, or folder for one result per sound."),
    ] = None,
    rows: Annotated[
        Rows, typer.Option("--rows", help="Parquet: what its rows are.")
    ] = Rows.windows,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist; never a sound.")
    ] = False,
) -> None:
    """Write the results in another form, in the order of the files' paths.

    Example: 'earmark archive export archive.sqlite -o heard.parquet --rows segments'.
    """
    from engine.archive.database import Database
    from engine.archive.parquet import open_parquet

    with Database(database, make=False) as opened:
        sounds = [Path(path) for (path,) in opened.rows("SELECT path FROM files ORDER BY path")]
        if format == _PARQUET:
            destination = open_parquet(
                output, opened.labels(), "each", sounds=sounds, kind=rows.value, overwrite=overwrite
            )
        elif rows is not Rows.windows:
            raise DataError("--rows is for Parquet. Leave it out, or choose -f parquet.")
        else:
            destination = open_destination(
                output, EXPORTS[str(format)], [], sounds, stream=sys.stdout, overwrite=overwrite
            )
        for result in opened.results():
            destination.put(result.info.path, result)
        destination.close()  # not where something failed: half a table is none


@app.command("judge")
def judge(
    database: Place,
    segments: Annotated[list[int], typer.Argument(help="Stretches, by segment_id.")],
    right: Annotated[bool, typer.Option("--right/--wrong", help="Whether they are right.")],
) -> None:
    """Note which stretches are right and which are wrong, to estimate thresholds from."""
    from engine.archive.corrections import correct
    from engine.archive.database import Database

    with Database(database, make=False) as opened:
        for segment in segments:
            correct(opened, segment, right)


@app.command("thresholds")
def thresholds(
    database: Place,
    precision: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of stretches that are to be right.")
    ] = 0.9,
) -> None:
    """Estimate from what was judged how precise each label is, and the threshold it needs."""
    from engine.archive.corrections import Correction, corrections, precision_at, threshold_for
    from engine.archive.database import Database

    with Database(database, make=False) as opened:
        judged: dict[tuple[str, str], list[Correction]] = {}
        for one in corrections(opened):
            judged.setdefault((one.classifier, one.label), []).append(one)
    if not judged:
        raise DataError(
            "No stretch was judged yet. 'earmark archive judge' notes what is right and wrong."
        )
    table = Table("Classifier", "Label", "Judged", "Right", "95 % interval", "Threshold")
    for (classifier, label), some in sorted(judged.items()):
        all_of_it, needed = precision_at(some, -math.inf), threshold_for(some, precision)
        assert all_of_it is not None
        table.add_row(
            one_line(classifier),
            one_line(label),
            str(all_of_it.judged),
            f"{all_of_it.share:.0%}",
            f"{all_of_it.low:.0%} to {all_of_it.high:.0%}",
            "not known" if needed is None else f"{needed.threshold:.2f}",
        )
    data().print(table)
