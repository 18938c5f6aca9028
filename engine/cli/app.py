"""The command-line application, with its error handling."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from engine.cli import (
    archive,
    classify,
    data,
    evaluate,
    microphone,
    models,
    music,
    recipes,
    search,
    sweep,
    train,
    why,
)
from engine.cli.output import fail
from engine.cli.watching import folder
from engine.cli.watching import microphone as schedules
from engine.errors import EarmarkError

app = typer.Typer(
    name="earmark",
    help="Recognises what is playing: the instrument, the genre, the composer.\n\n"
    "Without a command, it opens the window.",
    no_args_is_help=False,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("classify")(classify.classify)
app.command("watch")(folder.watch)
archive.app.command("gaps")(schedules.gaps)
app.add_typer(archive.app, name="archive")
app.command("index")(search.index)
app.command("search")(search.search)
app.command("why")(why.why)
app.command("analyse-music")(music.analyse_music)
app.command("listen")(microphone.listen)
app.command("record")(microphone.record)
app.command("devices")(microphone.devices)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("sweep")(sweep.sweep)
app.command("compare")(evaluate.compare)
app.command("data")(data.look_at_data)
app.command("cache")(data.cache)
app.add_typer(recipes.app, name="recipes")
app.add_typer(models.app, name="models")


@app.callback()
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"earmark {installed('earmark')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _open_window([])


@app.command("app")
def open_app(
    file: Annotated[str | None, typer.Argument(help="A sound file to open.")] = None,
) -> None:
    """Open the window."""
    _open_window([file] if file else [])


def _open_window(arguments: list[str]) -> None:
    # By name: the engine knows nothing of the window, it only starts the program beside it.
    try:
        program = importlib.import_module("desktop.__main__")
    except ImportError as error:
        raise EarmarkError(
            f"The window cannot be opened: {error}. The other commands work without a window."
        ) from error
    raise typer.Exit(program.main([sys.argv[0], *arguments]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; gives the exit code.

    0: done; 1: some files failed, the others are done; 2: nothing could be done.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may hold what no encoding knows
            stream.reconfigure(errors="backslashreplace")
    try:
        app(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except EarmarkError as error:
        return fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; say nothing, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
