"""Shared by the commands: output, progress bars, and Ctrl+C between steps.

Data goes to standard output, everything else to standard error.
"""

import contextlib
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

if TYPE_CHECKING:
    from engine.classifier.catalog import Catalog
    from engine.classifier.personal.earlier import Earlier

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


def not_applied(name: str, earlier: "Sequence[Earlier]") -> str:
    """What there is to know of corrections of earlier versions."""
    count, lost = len(earlier), sum(one.sound is None for one in earlier)
    words = (
        f"'{name}' has changed since you corrected it: {count} "
        f"correction{'' if count == 1 else 's'} made for an earlier version "
        f"{'does' if count == 1 else 'do'} not apply to this one."
    )
    if lost:
        words += f" The sound of {lost} of them is not kept: {lost} cannot be carried over."
    if lost < count:
        words += f" To learn them again: earmark models corrections {name} --carry-over"
    return words


def tell_earlier(catalog: "Catalog", names: Sequence[str]) -> None:
    """Say which corrections do not apply to these classifiers, as they are of earlier versions."""
    for entry in map(catalog.find, names):
        if earlier := catalog.earlier(entry):
            notes().print(not_applied(entry.name, earlier), markup=False, soft_wrap=True)
