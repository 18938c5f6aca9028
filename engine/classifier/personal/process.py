"""Corrections in a process of its own, so that live listening and the window go on undisturbed.

It starts as soon as the user asks to correct something: by the time that a class is chosen, the
sound is ready to be learned from. It may also stand by (:class:`StandBy`) before anything is asked,
with the classifier open and what it knows remembered, which is most of the work.
"""

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Generator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from engine.classifier.personal.card import Said
from engine.classifier.personal.carrying import Carried, carry_over
from engine.classifier.personal.learning import Learned, correct, prepare, rehearsed, undo
from engine.classifier.personal.store import PersonalStore
from engine.classifier.personal.stretch import Stretch
from engine.datasets.onsets import onsets
from engine.errors import EarmarkError, ModelError
from engine.threads import one_torch_thread, step_back

_LOOK_SECONDS = 0.05
_SHARE = "share"  # told by a process whose work has come so far
_READY = "ready"  # told by a process that has done all it can without the sound


class StandBy:
    """A process that is ready to learn one correction of a classifier; it starts at once.

    Where nobody refers to it any more, or this program ends, it ends by itself.

    Args:
        base: file of the classifier.
        models: folder of the user's classifiers.

    Attributes:
        base: of the classifier.
    """

    def __init__(self, base: Path, models: Path) -> None:
        self.base, self._models, self._stamp = base, models, _stamp(base)
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe()
        arguments = (there, _correct, base, models, None)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        there.close()

    def serves(self, base: Path, models: Path) -> bool:
        """Whether it waits for a correction of this classifier as its file is now."""
        same = (self.base, self._models, self._stamp) == (base, models, _stamp(base))
        return same and self._process.is_alive()

    def close(self) -> None:
        """End it; what it writes is written whole or not at all."""
        self.here.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def correct_in_process(
    base: Path,
    models: Path,
    stretch: Stretch,
    answer: Callable[[], Said | None],
    ready: StandBy | None = None,
) -> Generator[None, None, Learned]:
    """Learn from a stretch what the user says of it; closing the generator changes nothing.

    Args:
        base: file of the classifier that spoke.
        models: folder of the user's classifiers.
        stretch: the sound.
        answer: asked again and again for what the user says, until that is not None.
        ready: a process that stands by; closed in the end. One for something else is of no use.

    Yields:
        While it waits.

    Raises:
        EarmarkError: there is only silence, the correction cannot be learned or kept, or its
            process was killed.
    """
    if ready is not None and not ready.serves(base, models):
        ready.close()
        ready = None
    with contextlib.closing(ready or StandBy(base, models)) as standing:
        here, said = standing.here, None
        message = None
        while message is None:  # one that is not ready would not read it: nothing may block
            yield
            message = _message(here)
        _send(here, stretch)
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


def carry_over_in_process(base: Path, models: Path) -> Generator[float, None, Carried]:
    """Learn the corrections of earlier versions of a classifier again; they stay where they are.

    Args:
        base: file of the classifier as it is now.
        models: folder of the user's classifiers.

    Yields:
        The share done.

    Raises:
        EarmarkError: there are none, they cannot be kept, or the process was killed.
    """
    share = 0.0
    with _process(_carry_over, base, models, None) as here:
        while True:
            yield share
            message = _message(here)
            if message is not None and message[0] != _SHARE:
                carried: Carried = message[1]
                return carried
            share = message[1] if message is not None else share


@contextlib.contextmanager
def _process(
    work: Callable[..., object], base: Path, models: Path, about: object
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


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does; of one that is gone as of none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


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
    message = _message(here)
    if message is None or message[0] == _READY:
        return None
    learned: Learned = message[1]
    return learned


def _message(here: Connection) -> tuple[str, Any] | None:
    """What the process tells next; None: nothing yet. Raises what it died of."""
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
    return kind, value


def _send(here: Connection, told: Said | Stretch) -> None:
    with contextlib.suppress(OSError):  # why it ended lies there still
        here.send(told)


def _serve(
    there: Connection, work: Callable[..., object], base: Path, models: Path, about: Any
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


def _correct(there: Connection, base: Path, models: Path, _: None) -> Learned:
    from engine.classifier.classifier import Classifier

    with one_torch_thread():
        classifier, store = Classifier.load(base), PersonalStore(models)
        known = _end(rehearsed(classifier, store))
        # What trimming a stretch needs is loaded by its first call, for more than a second.
        onsets(np.zeros(classifier.card.rate_hz, np.float32), classifier.card.rate_hz)
        there.send((_READY, None))
        prepared = _end(prepare(classifier, store, _asked(there), known))
        return correct(classifier, store, prepared, _asked(there))


def _asked(there: Connection) -> Any:
    """What is told next; EOFError: nobody is there any more."""
    try:
        return there.recv()
    except OSError as error:
        raise EOFError from error


def _undo(there: Connection, base: Path, models: Path, numbers: Sequence[int]) -> Learned:
    from engine.classifier.classifier import Classifier

    with one_torch_thread():
        return undo(Classifier.load(base), PersonalStore(models), numbers)


def _carry_over(there: Connection, base: Path, models: Path, _: None) -> Carried:
    from engine.classifier.classifier import Classifier

    with one_torch_thread():
        steps = carry_over(Classifier.load(base), PersonalStore(models))
        carried: Carried = _end(steps, lambda share: there.send((_SHARE, share)))
        return carried


def _end(
    steps: Generator[float, None, Any], told: Callable[[float], object] = lambda share: None
) -> Any:
    while True:
        try:
            told(next(steps))
        except StopIteration as stop:
            return stop.value
