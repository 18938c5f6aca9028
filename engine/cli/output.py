"""Shared by the commands: output, progress bars, and Ctrl+C between steps.

Data goes to standard output, everything else to standard error.
"""

import contextlib
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

_Result = TypeVar("_Result")
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]


def fail(message: str) -> int:
    """Print an error message and return the exit code."""
    sys.stderr.write(f"earmark: {message}\n")
    return 2


def data() -> Console:
    """For tables: as wide as they need when nobody looks."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def notes() -> Console:
    """For progress and remarks."""
    return Console(stderr=True, highlight=False)


def progress(words: str, work: Generator[float, None, _Result]) -> _Result:
    """Drive work that yields the share done, showing a bar where someone looks; its result."""
    console = notes()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(words), total=1.0)  # a file's name may look like markup
        while True:
            try:
                bar.update(task, completed=next(work))
            except StopIteration as stop:
                result: _Result = stop.value
                return result


def finished(work: Generator[object, None, _Result]) -> _Result:
    """Drive work to its end without a word; its result."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: _Result = stop.value
            return result


@contextlib.contextmanager
def interrupt_noted() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted, and what is given says so; a second one breaks off at once.

    Wherever it happens to strike, an interruption may leave a file half written, or be swallowed by
    a callback of somebody else's and never be heard of. In the main thread only.
    """
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, before)
