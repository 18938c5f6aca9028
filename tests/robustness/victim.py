"""The process that is attacked: limited, watched from inside, and killed when it hangs.

``watch.py`` starts it, with the arguments of :func:`main`; it writes a JSON line to an open file
before and after each input.
"""

import faulthandler
import gc
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EarmarkError

MEMORY_BYTES = 1 << 30
_MOST_WORDS = 1000  # of a message to a user
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NEVER = ("subprocess", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty", "socket")
_NEVER += ("pickle.find_class",)
_SOCKET_FINE = ("socket.__new__", "socket.gethostname")
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink")
_CHANGES += ("os.truncate", "os.chmod", "os.utime", "shutil")
_IN_FOLDER = ("os.remove", "os.rmdir")


@dataclass
class Case:
    """One broken input.

    Attributes:
        what: what it is and how it was broken.
        act: uses it as Earmark would, and asserts of the result what is known.
        refusable: whether an error of ours is right as well.
        untouched: files that may not change.
    """

    what: str
    act: Callable[[], object]
    refusable: bool = True
    untouched: tuple[Path, ...] = ()


class Guard:
    """Sees what may not happen while an input is used."""

    def __init__(self, folder: Path, allowed: tuple[Path, ...]) -> None:
        self._here, self._temporary = folder / "cwd", folder / "tmp"
        self._allowed = tuple(f"{path}{os.sep}" for path in (*allowed, self._temporary))
        self._found: list[str] = []
        self._on = False
        self._told = 0
        sys.addaudithook(self._hook)

    def begin(self, case: Case) -> None:
        for place in (self._here, self._temporary):  # what importing or making it left behind
            _empty(place)
        self._found = []
        self._kept = {path: _content(path) for path in case.untouched}
        self._told = os.fstat(1).st_size
        self._on = True

    def end(self) -> list[str]:
        self._on = False
        if os.fstat(1).st_size != self._told:
            text = os.pread(1, 200, self._told)
            self._found.append(f"printed to stdout: {text!r}")
        for place in (self._here, self._temporary):
            if left := sorted(path.name for path in place.iterdir()):
                self._found.append(f"left in {place.name}: {', '.join(left)}")
                _empty(place)
        changed = [path.name for path, was in self._kept.items() if _content(path) != was]
        return [*self._found, *(f"changed {name}" for name in changed)]

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes) and flags & _WRITES:
                self._check(event, path)
        elif event in _IN_FOLDER and arguments[-1] != -1:
            return  # a name in an open folder, of which shutil's own event told
        elif event.startswith(_CHANGES):
            for path in arguments:
                if isinstance(path, str | bytes | os.PathLike):
                    self._check(event, os.fspath(path))
        elif event.startswith(_NEVER) and event not in _SOCKET_FINE:
            self._found.append(f"did {event} {str(arguments)[:200]}")

    def _check(self, event: str, path: str | bytes) -> None:
        place = os.path.abspath(os.fsdecode(path))
        if not f"{place}{os.sep}".startswith(self._allowed) and place != os.devnull:
            self._found.append(f"{event} outside its folder: {place}")


def _content(path: Path) -> object:
    status = path.lstat()
    return status.st_mtime_ns, status.st_size, status.st_mode


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def limit_memory() -> None:
    """So much more than now, and no more."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def attempt(case: Case, guard: Guard, seconds: float) -> dict[str, Any]:
    """Use an input, for so many seconds of processor at most; gives what came of it."""
    begun = time.process_time()
    guard.begin(case)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    faults, trace, refusal = [], "", ""
    try:
        case.act()
    except EarmarkError as error:
        refusal = str(error)
        faults += _ill_said(refusal)
        if not case.refusable:
            faults.append(f"refused: {refusal[:300]}")
    except AssertionError as error:
        faults.append(f"wrong result: {str(error)[:300]}")
        trace = traceback.format_exc()
    except BaseException as error:  # noqa: BLE001  # whatever else comes is a fault
        faults.append(f"{type(error).__name__}: {str(error)[:300]}")
        trace = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    faults += guard.end()
    took = time.process_time() - begun
    return {"faults": faults, "refusal": refusal, "trace": trace, "seconds": took}


def _ill_said(words: str) -> list[str]:
    """What is wrong with a message that a user would read."""
    found = []
    if not words.strip() or len(words) > _MOST_WORDS:
        found.append(f"a message of {len(words)} characters: {words[:100]}")
    if "Traceback" in words or "allocate memory" in words.lower():
        found.append(f"an odd message: {words[:300]}")
    return found


def main(name: str, place: str, out: str, most: str, keep: str, *seeds: str) -> None:
    folder = Path(place)
    home, inputs = folder / "home", folder / "inputs"
    os.chdir(folder / "cwd")
    pipe = os.fdopen(int(out), "w", buffering=1)

    def say(**values: Any) -> None:
        pipe.write(json.dumps(values) + "\n")

    kind = importlib.import_module(f"tests.robustness.kinds.{name}")
    make: Callable[[random.Random, Path], Case] = kind.prepare(folder / "base")
    guard = Guard(folder, (home, inputs))
    # The traceback first, then the end that these signals bring.
    faulthandler.enable()
    for number in (signal.SIGPROF, signal.SIGALRM):
        faulthandler.register(number, chain=True)
    limit_memory()
    for seed in map(int, seeds):
        mine = inputs / f"{name}-{seed}"
        mine.mkdir(parents=True)
        case = make(random.Random(f"{name}:{seed}"), mine)
        say(seed=seed, what=case.what)
        say(seed=seed, **attempt(case, guard, float(most)))
        if keep != "keep":
            shutil.rmtree(mine)
    pipe.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
