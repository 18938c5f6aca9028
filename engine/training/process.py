"""Training in a separate process, so that the window stays smooth."""

import contextlib
import multiprocessing
import signal
import time
import traceback
from collections.abc import Generator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine.errors import EarmarkError, ModelError
from engine.recipes.recipe import Recipe
from engine.threads import step_back
from engine.training.events import Event
from engine.training.train import Place

_LOOK_SECONDS = 0.05
_END_SECONDS = 60.0  # the best is saved in seconds; whoever takes longer hangs
_NEXT, _STOP = "next", "stop"


def train_in_process(
    recipe: Recipe, root: Path, place: Place
) -> Generator[Event | None, None, None]:
    """As :func:`engine.training.train.train`, but another process does it, with lower priority.

    It takes a step when it is asked for the next event, so that a pause holds it. Closing the
    generator ends the training; the best so far is kept. When this process is killed, the other
    one notices at its next step, keeps the best and ends.

    Args:
        recipe: what to learn and how.
        root: folder or table of the data set.
        place: where; its ``trunks`` must be None.

    Yields:
        See :mod:`engine.training.events`; None where nothing has happened for a moment.

    Raises:
        EarmarkError: the training's, or its process was killed.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, recipe, root, place), daemon=True)
    process.start()
    there.close()
    try:
        while True:
            with contextlib.suppress(BrokenPipeError):  # why it ended may lie there still
                here.send(_NEXT)
            while not here.poll(_LOOK_SECONDS):
                yield None
            kind, value = here.recv()
            if kind == "done":
                return
            if kind == "problem":
                raise value
            if kind == "crash":
                raise RuntimeError(value)
            yield value
    except (EOFError, OSError) as error:
        raise ModelError(
            "The training process ended unexpectedly, perhaps for lack of memory. "
            "Resume continues from the last epoch."
        ) from error
    finally:
        _end(process, here)


def _end(process: Any, here: Connection) -> None:
    deadline = time.monotonic() + _END_SECONDS
    with contextlib.suppress(OSError, EOFError):  # it has ended
        here.send(_STOP)
        while process.is_alive() and time.monotonic() < deadline:
            if here.poll(_LOOK_SECONDS):
                here.recv()  # what was on its way; it would wait for ever to be rid of it
    process.join(max(0.0, deadline - time.monotonic()))
    if process.is_alive():
        process.kill()
        process.join()
    here.close()
    process.close()


def _serve(there: Connection, recipe: Recipe, root: Path, place: Place) -> None:
    """In the other process: a step for each word, until it is told to stop or left alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began it decides
    step_back()
    try:
        _steps(there, recipe, root, place)
    except (EOFError, BrokenPipeError):
        pass  # the one who listened was killed; the best is kept
    except EarmarkError as error:
        there.send(("problem", error))
    except Exception:  # noqa: BLE001  # the other side makes a report of it
        there.send(("crash", traceback.format_exc()))
    there.close()


def _steps(there: Connection, recipe: Recipe, root: Path, place: Place) -> None:
    import torch

    from engine.datasets import open_dataset
    from engine.training.train import train

    # One processor is left to the window: threads that wait for one that has none wait long.
    torch.set_num_threads(max(1, torch.get_num_threads() - 1))

    steps = train(recipe, open_dataset(root, place.kind), place)
    try:
        while there.recv() == _NEXT:
            event = next(steps, None)
            there.send(("done", None) if event is None else ("event", event))
    finally:
        steps.close()
