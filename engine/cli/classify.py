"""``earmark classify``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.formats import render
from engine.cli.output import notes
from engine.errors import AudioError
from engine.export import write_text

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.recognition.files import FileAnalysis


class Format(StrEnum):
    """What the result looks like."""

    table = "table"
    csv = "csv"
    json = "json"
    audacity = "audacity"
    raven = "raven"


def classify(
    files: Annotated[list[str], typer.Argument(help="Sound files, folders or patterns.")],
    classifier: Annotated[
        list[str] | None,
        typer.Option("--classifier", "-c", help="Name or path; may be given several times."),
    ] = None,
    hop: Annotated[float | None, typer.Option(min=0.01, help="Seconds between windows.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="Form of the result.")] = (
        Format.table
    ),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file; or a folder, for a result beside each name."),
    ] = None,
) -> None:
    """Say what is heard in sound files.

    Exit code 1 says that some files could not be read; the others are done.

    Examples: 'earmark classify song.mp3', 'earmark classify -f json recordings/ > all.jsonl',
    'earmark classify -f audacity -o labels/ *.wav'.
    """
    from engine.recognition.files import find_audio

    paths = find_audio(files)
    if output is not None and len(paths) > 1 and format in (Format.audacity, Format.raven):
        output.mkdir(parents=True, exist_ok=True)
    models = Catalog().load_all(classifier or DEFAULT)
    texts: list[str] = []
    failed = 0
    with _progress() as progress:
        for number, path in enumerate(paths, start=1):
            task = progress.add_task(f"{number}/{len(paths)} {path.name}", total=1.0)
            try:
                analysis = _analyse(path, models, hop, progress, task)
                text = render(format.value, str(path), analysis, models, first=not texts)
            except AudioError as error:
                failed += 1
                text = _failure(format, path, error)
            progress.remove_task(task)
            texts.append(_put(output, path, format, text))
    if output is not None and not output.is_dir():
        write_text(output, "".join(texts))
    if failed:
        raise typer.Exit(1)


def _analyse(
    path: Path,
    models: "dict[str, Classifier]",
    hop: float | None,
    progress: Progress,
    task: object,
) -> "FileAnalysis":
    from engine.recognition.files import analyse

    steps = analyse(path, models, hop_seconds=hop)
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            result: FileAnalysis = stop.value
            if result.repaired:
                notes().print(
                    f"{path.name}: {result.repaired} samples were no numbers: taken as silence.",
                    markup=False,
                )
            return result
        progress.update(task, completed=step.seconds / step.total_seconds)  # type: ignore[arg-type]


def _failure(format: Format, path: Path, error: AudioError) -> str:
    """What stands in the result for a file that failed."""
    notes().print(str(error), markup=False)
    if format is Format.json:
        return json.dumps({"file": str(path), "error": str(error)}, ensure_ascii=False) + "\n"
    return ""


def _put(output: Path | None, path: Path, format: Format, text: str) -> str:
    """Put one file's result where it belongs; gives what has to wait for the end."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return ""
    if output.is_dir():
        _write_beside(output, path, format, text)
        return ""
    return text


def _write_beside(folder: Path, path: Path, format: Format, text: str) -> None:
    suffix = {"table": "txt", "audacity": "txt", "raven": "selections.txt"}
    write_text(folder / f"{path.stem}.{suffix.get(format.value, format.value)}", text)


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = notes()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield bar
