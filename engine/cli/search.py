"""``earmark index`` and ``earmark search``."""

import contextlib
import json
import sys
from collections.abc import Generator, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.cli.output import data, notes, progress
from engine.datasets.delimited import written
from engine.errors import DataError
from engine.export.words import visible

if TYPE_CHECKING:
    from engine.search.building import Built, Step
    from engine.search.duplicates import Pair
    from engine.search.ear import SearchEar
    from engine.search.hits import Hit

Format = StrEnum("Format", {name: name for name in ("table", "json", "csv")})  # type: ignore[misc]
_TABLE = Format("table")
HowShown = Annotated[Format, typer.Option("--format", "-f", help="Output format.")]
Place = Annotated[
    Path, typer.Argument(help="An index, or the folder of sounds that it was made of.")
]

By = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="A classifier of yours whose trunks a new index hears with; default: Earmark's.",
    ),
]


def index(  # noqa: PLR0913  # the options of a command
    files: Annotated[
        list[str], typer.Argument(help="Sound files, folders or glob patterns; or an index.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for the index; default: among the user's data."
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(min=1.0, max=60.0, help="Seconds of sound in a vector: 3; fewer are finer."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed before.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Processes; 0: as many as are of use.")
    ] = 0,
    by: By = None,
    duplicates: Annotated[
        bool,
        typer.Option("--duplicates", help="Report near-duplicates in an index, and add nothing."),
    ] = False,
    format: HowShown = _TABLE,
) -> None:
    """Index sounds, so that 'earmark search' finds them again by example.

    The same command continues where it was interrupted: only files that are new or have changed are
    heard, and those that no longer exist are left out of later searches. Exit code 1 says that some
    files could not be read. With --duplicates, files that are the same recording in another codec,
    at another level or trimmed are reported.

    With --by, a new index hears as a classifier of yours; searching needs the same file.

    Examples: 'earmark index recordings/', 'earmark index recordings/ -o archive.index',
    'earmark index --duplicates archive.index -f csv'.
    """
    if duplicates:
        if len(files) != 1 or output is not None or step is not None or retry or jobs or by:
            raise DataError("With --duplicates, give one index and no other options but --format.")
        _duplicates(Path(files[0]), format)
        return
    if format is not _TABLE:
        raise DataError("--format is for --duplicates.")
    found = _build(files, output, step, jobs, by, retry=retry)
    if found.failed:
        raise typer.Exit(1)


def _build(
    files: list[str],
    output: Path | None,
    step: float | None,
    jobs: int,
    by: str | None,
    *,
    retry: bool,
) -> "Built":
    from engine.archive.addresses import is_address
    from engine.audio.files import find_audio
    from engine.search.building import build
    from engine.search.index import Index, default_place

    if any(map(is_address, files)):
        raise DataError(
            "An index is made of files of this machine. Copy what lies at an address here first."
        )
    paths = find_audio(files)
    place = output
    if place is None:
        if len(files) != 1 or not Path(files[0]).is_dir():
            raise DataError("Choose a folder for the index of these files with --output.")
        place = default_place(Path(files[0]))
    ear = _ear(place, by, paths)
    with Index(place, make=ear.projection, step_seconds=step, by=ear.by) as opened:
        if len(files) == 1 and Path(files[0]).is_dir():
            opened.note_folder(Path(files[0]))
        found = progress("index", _shares(build(opened, ear, paths, retry=retry, jobs=jobs)))
        count, seconds = opened.count()
    words = (
        f"Files heard now: {found.heard}, unchanged: {found.unchanged}, failed: {found.failed}, "
        f"no longer there: {found.gone}"
    )
    notes().print(words, markup=False)
    data().print(f"{visible(str(place))}: {count} files, {seconds / 3600:.2f} hours", markup=False)
    return found


def _ear(place: Path, by: str | None, paths: "Sequence[Path]") -> "SearchEar":
    """That of an index; of a new one the one that is chosen, which first learns what is there."""
    from engine.search.ear import SearchEar, chosen, ear_of  # brings torch along
    from engine.search.index import Index
    from engine.search.table import NAME

    wanted = None if by is None else chosen(by)
    if (place / NAME).is_file():
        with Index(place) as opened:
            if wanted is not None and (opened.by is None or opened.by.sha256 != wanted.sha256):
                heard = "Earmark's own trunks" if opened.by is None else f"'{opened.by.name}'"
                raise DataError(
                    f"The index {place.name} was heard by {heard}. Choose another folder for an "
                    f"index by '{wanted.name}' with --output."
                )
            return ear_of(place.name, opened.by, opened.projection)
    ear = SearchEar(wanted)
    if wanted is not None:
        progress("learn", ear.learn(paths))
    return ear


def _shares(steps: "Generator[Step | None, None, Built]") -> "Generator[float, None, Built]":
    """The share done of each step; what is wrong is said at once."""
    share = 0.0
    with contextlib.closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                built: Built = stop.value
                return built
            if step is not None and step.problem:
                notes().print(visible(f"{step.path}: {step.problem}"), markup=False)
            share = share if step is None else step.share
            yield share


def search(
    place: Place,
    clip: Annotated[Path, typer.Argument(help="A sound file that holds the example.")],
    at: Annotated[
        float, typer.Option(min=0.0, help="Time of the example in the file, in seconds.")
    ] = 0.0,
    length: Annotated[
        float, typer.Option(min=0.1, max=60.0, help="Length of the example, in seconds.")
    ] = 3.0,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, max=10_000, help="Number of results.")
    ] = 20,
    most: Annotated[int, typer.Option("--most-a-file", min=1, help="Results of one file.")] = 3,
    format: HowShown = _TABLE,
) -> None:
    """Find the stretches of an archive that sound like an example, the most similar first.

    Examples: 'earmark search archive.index clip.wav', 'earmark search recordings/ clip.wav --at
    3.2 --length 1 -n 50 -f csv'.
    """
    from engine.search.index import Index, find_index

    folder = find_index(place)
    from engine.search.ear import ear_of, read_stretch  # brings torch along

    with Index(folder) as opened:
        ear = ear_of(folder.name, opened.by, opened.projection)
        vector = ear.query(read_stretch(clip, at, length))
        hits = opened.search(vector, count=count, most_a_file=most)
    _show_hits(hits, format)


def _show_hits(hits: "Sequence[Hit]", format: Format) -> None:
    head = ("file", "start", "end", "similarity")
    rows = [
        (str(hit.path), round(hit.start_seconds, 2), round(hit.end_seconds, 2), round(hit.score, 4))
        for hit in hits
    ]
    _show(head, rows, format)


def _duplicates(place: Path, format: Format) -> None:
    from engine.search.duplicates import near_duplicates
    from engine.search.index import Index, find_index

    with Index(find_index(place)) as opened:
        pairs: list[Pair] = progress("compare", near_duplicates(opened))
    rows = [
        (str(pair.first), str(pair.second), round(pair.likeness, 3), round(pair.offset_seconds, 2))
        for pair in pairs
    ]
    if not rows and format is _TABLE:
        notes().print("No near-duplicates found.")
    _show(("first", "second", "similarity", "offset"), rows, format)


def _show(head: Sequence[str], rows: Iterable[Sequence[object]], format: Format) -> None:
    if format is _TABLE:
        table = Table(*(name.capitalize() for name in head))
        for row in rows:
            table.add_row(*(visible(str(cell)) for cell in row))
        if table.rows:
            data().print(table, markup=False)
        return
    if format == "csv":
        sys.stdout.write(written([head, *rows]))
        return
    for row in rows:
        line = json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False)
        sys.stdout.write(line + "\n")
