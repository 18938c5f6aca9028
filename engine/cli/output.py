"""Where words go: data to standard output, everything else to standard error."""

import sys
from collections.abc import Generator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

_Result = TypeVar("_Result")


def fail(message: str) -> int:
    """Say why nothing could be done; gives the exit code."""
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
        task = bar.add_task(words, total=1.0)
        while True:
            try:
                bar.update(task, completed=next(work))
            except StopIteration as stop:
                result: _Result = stop.value
                return result
