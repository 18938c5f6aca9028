"""``earmark archive``: what is in a results database."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.cli.output import data, finished, notes
from engine.errors import DataError
from engine.export import EXPORTS
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
    from engine.archive.exporting import export_results

    if format != _PARQUET and rows is not Rows.windows:
        raise DataError("--rows is for Parquet. Leave it out, or choose -f parquet.")
    with Database(database, make=False) as opened:
        finished(
            export_results(
                opened,
                output,
                str(format),
                kind=rows.value,
                overwrite=overwrite,
                stream=sys.stdout,
            )
        )


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


@app.command("corrections")
def corrections_of(
    database: Place,
    output: Annotated[Path, typer.Option("--output", "-o", help="A CSV file.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists; never a sound.")
    ] = False,
) -> None:
    """Write which stretches were judged right and wrong as CSV."""
    from engine.archive.database import Database
    from engine.archive.exporting import export_corrections

    with Database(database, make=False) as opened:
        export_corrections(opened, output, overwrite=overwrite)


@app.command("thresholds")
def thresholds(
    database: Place,
    precision: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of stretches that are to be right.")
    ] = 0.9,
) -> None:
    """Estimate from what was judged how precise each label is, and the threshold it needs."""
    from engine.archive.corrections import corrections, estimates
    from engine.archive.database import Database

    with Database(database, make=False) as opened:
        found = estimates(corrections(opened), precision)
    if not found:
        raise DataError(
            "No stretch was judged yet. 'earmark archive judge' notes what is right and wrong."
        )
    table = Table("Classifier", "Label", "Judged", "Right", "95 % interval", "Threshold")
    for one in found:
        whole = one.precision
        table.add_row(
            one_line(one.classifier),
            one_line(one.label),
            str(whole.judged),
            f"{whole.share:.0%}",
            f"{whole.low:.0%} to {whole.high:.0%}",
            "not known" if one.needed is None else f"{one.needed.threshold:.2f}",
        )
    data().print(table)
