"""``earmark watch``."""

import contextlib
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.output import notes, tell_earlier
from engine.cli.watching.stopping import stop_noted
from engine.errors import DataError
from engine.export.words import one_line, visible

if TYPE_CHECKING:
    from engine.recognition.events import BatchResult
    from engine.watch.folder import FolderNews, Watching

Seconds = Annotated[
    float, typer.Option(min=0.1, max=3600, help="A file must not have changed for so many seconds.")
]
Classifiers = Annotated[
    list[str] | None,
    typer.Option("--classifier", "-c", help="Name or path of a classifier; can be repeated."),
]
Rules = Annotated[
    Path | None, typer.Option(help="TOML or JSON file: what to do when something is heard.")
]
Every = Annotated[float, typer.Option(min=0.5, max=86400, help="Seconds between two looks.")]


def watch(  # noqa: PLR0913  # the options of a command
    folder: Annotated[Path, typer.Argument(help="Folder in which recordings arrive.")],
    database: Annotated[
        Path, typer.Option("--database", "-d", help="Database that keeps the results.")
    ],
    classifier: Classifiers = None,
    hop: Annotated[float | None, typer.Option(min=0.01, help="Seconds between windows.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at most.")] = 1,
    settle: Seconds = 5.0,
    every: Every = 10.0,
    rules: Rules = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed before.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when everything that is there was analysed.")
    ] = False,
) -> None:
    """Classify recordings as they arrive in a folder, until Ctrl+C.

    A file that is still being written is waited for. The folder may go away and come back, as a
    network drive does. What the database has is not analysed again.

    Example: 'earmark watch recordings/ -d archive.sqlite'.
    """
    from engine.archive.database import Database
    from engine.archive.processes import Listening
    from engine.watch.folder import Watching, watch_folder
    from engine.watch.rules import read_rules

    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file. Name the folder in which recordings arrive.")
    how = Listening(tuple(classifier or DEFAULT), hop)
    for name in how.classifiers:  # what is wrong with one is said before any work
        Catalog().find(name).card.refuse_sound()
    tell_earlier(Catalog(), how.classifiers)
    orders = Watching(
        *(folder, how, jobs, settle, every),
        rules=() if rules is None else read_rules(rules),
        retry=retry,
        system_messages=True,
    )
    with (
        Database(database) as opened,
        stop_noted() as stopping,
        contextlib.closing(watch_folder(opened, orders)) as news,
    ):
        _tell(news, orders, stopping, once=once)


def _tell(
    news: "Generator[FolderNews, None, None]",
    orders: "Watching",
    stopping: Callable[[], bool],
    *,
    once: bool,
) -> None:
    """Say what comes, until stopped."""
    from engine.recognition.events import BatchResult

    _say(f"Watching {orders.folder}. Press Ctrl+C to stop.")
    state, last, said_already = "watching", None, False
    for one in news:
        last = one
        if one.state != state:
            state = one.state
            _say(f"{one.words}; waiting for it." if one.words else "The folder is there again.")
        if one.already and not one.writing and not said_already:
            said_already = True
            _say(f"{one.already} files are done already.")
        if isinstance(one.event, BatchResult):
            _file(one.event)
        for happened in one.happened:
            _say(f"Rule: {happened.text}")
        if stopping() or (once and one.idle):
            break
    if last is not None:
        _say(f"Stopped. {last.done} files were analysed, {last.failed} of them failed.")


def _file(found: "BatchResult") -> None:
    """A line for a file: its path and what was heard."""
    if found.result is None:
        _say(f"{found.path}: {found.problem}")
        return
    verdicts = found.result.verdicts.items()
    said = "; ".join(f"{name}: {one_line(one.verdict)}" for name, one in verdicts)
    sys.stdout.write(f"{visible(str(found.path))}  {said}\n")
    sys.stdout.flush()


def _say(words: str) -> None:
    notes().print(visible(words), markup=False)
