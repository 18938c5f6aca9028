"""Inputs each of which does what no input may do: by them the attack itself is tested."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import AudioError, DataError
from tests.robustness.victim import MEMORY_BYTES, Case


def _spins() -> None:
    while True:
        pass


def _waits() -> None:
    time.sleep(1000)


def _eats() -> None:
    bytearray(2 * MEMORY_BYTES)


def _prints() -> None:
    os.write(1, b"a library says something\n")


def _writes() -> None:
    Path("left-here").write_text("")


def _deletes() -> None:
    (Path(os.environ["HOME"]).parent / "base" / "precious").unlink()


def _calls() -> None:
    with socket.socket() as line:
        line.connect_ex(("127.0.0.1", 9))


def _runs() -> None:
    subprocess.run(["true"], check=True)


def _raises() -> None:
    raise KeyError("path")


def _exits() -> None:
    raise SystemExit(3)


def _dies() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _says_nothing() -> None:
    raise DataError(" ")


def _is_wrong() -> None:
    raise AssertionError("0.5 s instead of 2")


def _refuses() -> None:
    raise AudioError("It is damaged. Copy it again.")


# What each does, and what has to be said of it; empty: it is right.
DOES: tuple[tuple[Callable[[], None], str], ...] = (
    (_raises, "KeyError: 'path'"),
    (_eats, "MemoryError"),
    (_prints, "printed to stdout: b'a library says something"),
    (_writes, "left in cwd: left-here"),
    (_deletes, "os.remove outside its folder"),
    (_calls, "did socket.connect"),
    (_runs, "did subprocess.Popen"),
    (_exits, "SystemExit: 3"),
    (_says_nothing, "a message of 1 characters"),
    (_is_wrong, "wrong result: 0.5 s instead of 2"),
    (_refuses, ""),
    (_spins, "took more than 1 s of processor"),
    (_dies, "killed the process (SIGSEGV)"),
    (_waits, "waited for more than 1 s"),
)


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """The input of a seed is that of its number; one more must be used and is refused."""
    (folder / "precious").write_text("")

    def make(rng: random.Random, place: Path) -> Case:
        del rng
        number = int(place.name.rpartition("-")[2])
        if number == len(DOES):
            return Case("must be used", _refuses, refusable=False)
        act, _ = DOES[number]
        return Case(act.__name__, act)

    return make
