"""A results database written in other forms, file by file."""

import csv
import io
import sys
from collections.abc import Generator
from dataclasses import astuple, fields
from pathlib import Path
from typing import TextIO

from engine.archive.addresses import place_of
from engine.archive.corrections import Correction, corrections
from engine.archive.database import Database
from engine.archive.parquet import Kind, open_parquet
from engine.atomic_write import write_whole
from engine.errors import DataError
from engine.export import EXPORTS
from engine.export.destinations import check_file, open_destination
from engine.export.words import one_line, visible
from engine.spreadsheet import guarded

PARQUET = "parquet"


def export_results(
    database: Database,
    output: str | None,
    form: str,
    *,
    kind: Kind = "windows",
    overwrite: bool = False,
    stream: TextIO = sys.stdout,
) -> Generator[float, None, None]:
    """Write all results, in the order of the files' paths.

    Args:
        database: with the results.
        output: a file, a folder for one result a sound, or None: ``stream``.
        form: "parquet", or a key of ``EXPORTS``.
        kind: of Parquet, what its rows are.
        overwrite: whether results that exist may be replaced.
        stream: standard output.

    Yields:
        The share that is done, after each file. Closed before the end, a table is left out.

    Raises:
        DataError: it cannot be written.
    """
    sounds = [place_of(path) for (path,) in database.rows("SELECT path FROM files ORDER BY path")]
    if form == PARQUET:
        destination = open_parquet(
            output, database.labels(), "each", sounds=sounds, kind=kind, overwrite=overwrite
        )
    else:
        destination = open_destination(
            output, EXPORTS[form], [], sounds, stream=stream, overwrite=overwrite
        )
    for count, result in enumerate(database.results(), start=1):
        destination.put(result.info.path, result)
        yield count / max(1, len(sounds))
    destination.close()  # not where something failed: half a table is none


def corrections_csv(found: list[Correction]) -> str:
    """What a listener said, a row a stretch, for a spreadsheet or another program."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([field.name for field in fields(Correction)])
    for one in found:
        cells = [guarded(one_line(x)) if isinstance(x, str) else x for x in astuple(one)]
        rows.writerow([str(x).lower() if isinstance(x, bool) else x for x in cells])
    return text.getvalue()


def export_corrections(database: Database, target: Path, *, overwrite: bool = False) -> int:
    """Write what a listener said as CSV; how many rows.

    Raises:
        DataError: nothing was judged yet, or it cannot be written.
    """
    found = corrections(database)
    if not found:
        raise DataError(
            "No stretch was judged yet. 'earmark archive judge' notes what is right and wrong, as "
            "do Enter and Backspace on the Archive page."
        )
    check_file(target, [], overwrite)
    try:
        write_whole(target, corrections_csv(found).encode())
    except OSError as error:
        words = f"{visible(target.name)} could not be written: {error.strerror}."
        raise DataError(words) from error
    return len(found)
