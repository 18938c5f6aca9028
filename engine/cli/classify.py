"""``earmark classify``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.atomic_write import write_text
from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.output import notes
from engine.errors import AudioError
from engine.export import EXPORTS, Export
from engine.recognition.verdict import FileResult, conclude

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.recognition.files import FileAnalysis

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
        Path | None,
        typer.Option("--output", "-o", help="Output file, or folder for one result per sound."),
    ] = None,
) -> None:
    """Classify sound files and print the detected labels.

    Exit code 1 says that some files could not be read; the others are done.

    Examples: 'earmark classify song.mp3', 'earmark classify -f json recordings/ > all.jsonl',
    'earmark classify -f audacity -o labels/ *.wav'.
    """
    from engine.audio.files import find_audio

    paths, export = find_audio(files), EXPORTS[str(format)]
    beside = _is_folder(output, export, len(paths))
    models = Catalog().load_all(classifier or DEFAULT)
    texts: list[str] = []
    failed = 0
    with _progress() as progress:
        for number, path in enumerate(paths, start=1):
            task = progress.add_task(f"{number}/{len(paths)} {path.name}", total=1.0)
            try:
                result = _analyse(path, models, hop, partial(progress.update, task))
                first = beside or number - failed == 1
                text = export.row(result, first) if export.row else export.write(result)
            except AudioError as error:
                failed += 1
                notes().print(str(error), markup=False)
                text = export.failure(str(path), str(error)) if export.failure else ""
            progress.remove_task(task)
            texts.append(_put(output, path, export, text))
    if output is not None and not beside:
        write_text(output, "".join(texts))
    if failed:
        raise typer.Exit(1)


def _is_folder(output: Path | None, export: Export, files: int) -> bool:
    """Whether results go into a folder; it is made where one text cannot hold them all."""
    if output is not None and files > 1 and export.separate:
        output.mkdir(parents=True, exist_ok=True)
    return output is not None and output.is_dir()


def _analyse(
    path: Path, models: "dict[str, Classifier]", hop: float | None, show: Callable[..., None]
) -> FileResult:
    from engine.recognition.files import analyse

    rules = {name: model.card.rules() for name, model in models.items()}
    steps = analyse(path, models, hop_seconds=hop)
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            analysis: FileAnalysis = stop.value
            if analysis.repaired:
                notes().print(
                    f"{path.name}: {analysis.repaired} invalid samples (NaN or infinite) were "
                    "replaced by silence.",
                    markup=False,
                )
            return conclude(analysis.info, analysis.timelines, rules)
        show(completed=step.seconds / step.total_seconds)


def _put(output: Path | None, path: Path, export: Export, text: str) -> str:
    """Put one file's result where it belongs; gives what has to wait for the end."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return ""
    if output.is_dir():
        write_text(output / f"{path.stem}{export.suffix}", text)
        return ""
    return text


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = notes()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield bar
