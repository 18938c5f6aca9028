"""Corrections in a process of its own, so that live listening and the window go on undisturbed.

It starts as soon as the user asks to correct something: by the time that a class is chosen, the
sound is ready to be learned from.
"""

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Generator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine.classifier.personal.card import Said
from engine.classifier.personal.learning import Learned, correct, prepare, undo
from engine.classifier.personal.store import PersonalStore
from engine.classifier.personal.stretch import Stretch
from engine.errors import EarmarkError, ModelError
from engine.threads import one_torch_thread, step_back

_LOOK_SECONDS = 0.05


def correct_in_process(
    base: Path, models: Path, stretch: Stretch, answer: Callable[[], Said | None]
) -> Generator[None, None, Learned]:
    """Learn from a stretch what the user says of it; closing the generator changes nothing.

    Args:
        base: file of the classifier that spoke.
        models: folder of the user's classifiers.
        stretch: the sound.
        answer: asked again and again for what the user says, until that is not None.

    Yields:
        While it waits.

    Raises:
        EarmarkError: there is only silence, the correction cannot be learned or kept, or its
            process was killed.
    """
    with _process(_correct, base, models, stretch) as here:
        said = None
        while said is None:
            yield
            _raise_problem(here)
            said = answer()
        _send(here, said)
        return (yield from _result(here))


def undo_in_process(
    base: Path, models: Path, numbers: Sequence[int]
) -> Generator[None, None, Learned]:
    """Take corrections back, by their numbers.

    Raises:
        EarmarkError: they cannot be taken back, or the process was killed.
    """
    with _process(_undo, base, models, tuple(numbers)) as here:
        return (yield from _result(here))


@contextlib.contextmanager
def _process(
    work: Callable[..., Learned], base: Path, models: Path, about: object
) -> Generator[Connection, None, None]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, work, base, models, about), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.kill()  # what it writes is written whole or not at all
        process.join()
        process.close()


def _result(here: Connection) -> Generator[None, None, Learned]:
    while True:
        yield
        if (found := _received(here)) is not None:
            return found


def _raise_problem(here: Connection) -> None:
    """Raise what the process died of before anything was asked of it."""
    if _received(here) is not None:
        raise RuntimeError("a correction was learned that nobody made")


def _received(here: Connection) -> Learned | None:
    try:
        if not here.poll(_LOOK_SECONDS):
            return None
        kind, value = here.recv()
    except (EOFError, OSError) as error:
        raise ModelError(
            "The correction ended unexpectedly, perhaps for lack of memory. Try again."
        ) from error
    if kind == "problem":
        raise value
    if kind == "crash":
        raise RuntimeError(value)
    learned: Learned = value
    return learned


def _send(here: Connection, said: Said) -> None:
    with contextlib.suppress(OSError):  # why it ended lies there still
        here.send(said)


def _serve(
    there: Connection, work: Callable[..., Learned], base: Path, models: Path, about: Any
) -> None:
    """In the other process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began it decides
    step_back()
    try:
        there.send(("done", work(there, base, models, about)))
    except (EOFError, BrokenPipeError):
        pass  # nobody wants to know any more
    except EarmarkError as error:
        there.send(("problem", error))
    except Exception:  # noqa: BLE001  # the other side makes a report of it
        there.send(("crash", traceback.format_exc()))
    there.close()


def _correct(there: Connection, base: Path, models: Path, stretch: Stretch) -> Learned:
    from engine.classifier.classifier import Classifier

    with one_torch_thread():
        classifier, store = Classifier.load(base), PersonalStore(models)
        prepared = _end(prepare(classifier, store, stretch))
        return correct(classifier, store, prepared, there.recv())


def _undo(there: Connection, base: Path, models: Path, numbers: Sequence[int]) -> Learned:
    from engine.classifier.classifier import Classifier

    with one_torch_thread():
        return undo(Classifier.load(base), PersonalStore(models), numbers)


def _end(steps: Generator[float, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value
