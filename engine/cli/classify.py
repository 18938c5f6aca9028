"""``earmark classify``."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.output import notes
from engine.errors import problem_of
from engine.export import EXPORTS
from engine.export.destinations import Destination, DestinationError, open_destination
from engine.export.words import visible

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.recognition.files import BatchResult

Format = StrEnum("Format", {name: name for name in EXPORTS})  # type: ignore[misc]
_TABLE = Format("table")


def classify(
    files: Annotated[list[str], typer.Argument(help="Sound files, folders or glob patterns.")],
    classifier: Annotated[
        list[str] | None,
        typer.Option("--classifier", "-c", help="Name or path of a classifier; can be repeated."),
    ] = None,
    hop: Annotated[float | None, typer.Option(min=0.01, help="Seconds between windows.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="Output format.")] = _TABLE,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Output file, or folder for one result per sound."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist; never a sound.")
    ] = False,
) -> None:
    """Classify sound files and print the detected labels.

    Results are written as they come. In a folder they keep the folders of their sounds. Exit code 1
    says that some files could not be read; the others are done.

    Examples: 'earmark classify song.mp3', 'earmark classify -f json recordings/ > all.jsonl',
    'earmark classify -f audacity -o labels/ *.wav'.
    """
    from engine.audio.files import find_audio

    paths = find_audio(files)
    destination = open_destination(
        output, EXPORTS[str(format)], files, paths, stream=sys.stdout, overwrite=overwrite
    )
    models = Catalog().load_all(classifier or DEFAULT)

    if _write(paths, models, hop, destination):
        raise typer.Exit(1)


def _write(
    paths: list[Path],
    models: "dict[str, Classifier]",
    hop: float | None,
    destination: Destination,
) -> int:
    """Classify the files and write the results as they come; how many failed."""
    from engine.recognition.files import BatchResult, classify_files  # brings torch along

    done = failed = 0
    events = classify_files(paths, models, hop_seconds=hop)
    with _interruption_told(lambda: done, len(paths)), contextlib.closing(events), _bar() as bar:
        task = bar.add_task("", total=1.0)
        for event in events:
            if not isinstance(event, BatchResult):
                words = f"{event.number}/{len(paths)} {visible(event.path.name)}"
                bar.update(task, description=words, completed=event.share)
                continue
            problem = _put(destination, event)
            done += 1
            if problem:
                failed += 1
                notes().print(f"{visible(str(event.path))}: {visible(problem)}", markup=False)
    return failed


def _put(destination: Destination, found: "BatchResult") -> str:
    """Write what became of a file; what is wrong, if anything is."""
    problem = found.problem
    try:
        if found.result is not None:
            destination.put(found.path, found.result)
        else:
            destination.fail(found.path, problem)
    except (DestinationError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the other files are to be done
        problem = problem_of(found.path, error)
    if found.repaired:
        notes().print(
            f"{visible(found.path.name)}: {found.repaired} invalid samples (NaN or infinite) were "
            "replaced by silence.",
            markup=False,
        )
    return problem


@contextmanager
def _interruption_told(done: Callable[[], int], total: int) -> Iterator[None]:
    """Say what is there when the work is broken off."""
    try:
        yield
    except KeyboardInterrupt:
        notes().print(f"Stopped: {done()} of {total} files are done.", markup=False)
        raise


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    console = notes()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield bar
