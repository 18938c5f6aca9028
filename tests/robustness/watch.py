"""Starts victims, hears what becomes of their inputs, and starts another when one died."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Inputs in every run of the tests; `make attack` tries ten times as many.
KINDS = {
    "sounds": 300,
    "classifiers": 100,
    "recipes": 60,
    "tables": 60,
    "leftovers": 40,
    "corrections": 40,
    "archives": 40,
    "indexes": 40,
    "batches": 4,
    "rules": 60,
}
_START_SECONDS = 120.0
_LOOK_SECONDS = 0.25
SECONDS = 5.0  # that an input may take of a processor, or wait for what never comes


@dataclass
class Outcome:
    """What became of one input.

    Attributes:
        kind, seed: by which it can be made again.
        what: what it is.
        faults: what was wrong; none: it was refused or used as it should.
        refusal: the words it was refused with.
        trace: where an exception came from.
        seconds: of processor.
    """

    kind: str
    seed: int
    what: str = ""
    faults: list[str] = field(default_factory=list)
    refusal: str = ""
    trace: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}  {self.what}: {'; '.join(self.faults)}"


def attack(
    kind: str,
    seeds: Sequence[int],
    folder: Path | None = None,
    *,
    seconds: float = SECONDS,
    keep: bool = False,
) -> Iterator[Outcome]:
    """Let a victim use the inputs of these seeds.

    Args:
        kind: of ``KINDS``.
        seeds: one for each input.
        folder: empty, for everything that is written; None: a temporary one.
        seconds: what an input may take; how busy the machine is does not count.
        keep: whether the inputs stay there.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="earmark-attack-") as made:
            yield from attack(kind, seeds, Path(made), seconds=seconds, keep=keep)
        return
    left = list(seeds)
    for number in range(len(seeds)):
        if not left:
            return
        mine = folder / f"victim-{number}"
        for outcome in _one_victim(kind, left, mine, seconds, keep):
            left.remove(outcome.seed)
            yield outcome


def _one_victim(
    kind: str, seeds: Sequence[int], folder: Path, seconds: float, keep: bool
) -> Iterator[Outcome]:
    """Outcomes until all is done or the process is dead; a death is the outcome of its input."""
    for name in ("base", "cwd", "home", "inputs", "tmp"):
        (folder / name).mkdir(parents=True)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "tests.robustness.victim", kind, str(folder), str(writing)]
    with (folder / "stdout").open("w+b") as out, (folder / "stderr").open("w+b") as errors:
        process = subprocess.Popen(
            [*command, str(seconds), "keep" if keep else "", *map(str, seeds)],
            env=_environment(folder),
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
    os.close(writing)
    at = None
    waiting = 0
    try:
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            for line in _lines(pipe):
                if line is None:
                    waiting = waiting + 1 if at is not None and _sleeps(process.pid) else 0
                    if waiting * _LOOK_SECONDS >= seconds:
                        process.send_signal(signal.SIGALRM)  # it tells where it is, and ends
                    continue
                said, waiting = json.loads(line), 0
                if at is None:
                    at = Outcome(kind, said["seed"], said["what"])
                else:
                    yield Outcome(kind, what=at.what, **said)
                    at = None
        process.wait(_START_SECONDS)
    finally:
        process.kill()
        process.wait()
    if at is not None:
        at.trace = (folder / "stderr").read_text(errors="replace")[-3000:]
        at.faults = [_death(process.returncode, seconds)]
        yield at
    elif process.returncode:
        words = (folder / "stderr").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"the victim of {kind} fell over by itself: {words}")


def _lines(pipe: RawIOBase) -> Iterator[bytes | None]:
    """The lines of a pipe to its end; None for each time that nothing came for a moment."""
    held = b""
    while True:
        if not select.select([pipe], [], [], _LOOK_SECONDS)[0]:
            yield None
            continue
        new = pipe.read(1 << 16)
        if not new:
            return
        *whole, held = (held + new).split(b"\n")
        yield from whole


def _sleeps(pid: int) -> bool:
    """Whether all threads of a process wait for something, rather than for a processor."""
    try:
        states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:
        return False
    return all(state.rpartition(")")[2].split()[0] == "S" for state in states)


def _death(code: int, seconds: float) -> str:
    if code == -signal.SIGPROF:
        return f"took more than {seconds:.0f} s of processor"
    if code == -signal.SIGALRM:
        return f"waited for more than {seconds:.0f} s"
    return f"killed the process ({signal.Signals(-code).name if code < 0 else code})"


def _environment(folder: Path) -> dict[str, str]:
    home = folder / "home"
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "TMPDIR": str(folder / "tmp"),
        "QT_QPA_PLATFORM": "offscreen",
        # What librosa has compiled is kept from run to run, as tests/conftest.py does.
        "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR")
        or str(Path.home() / ".cache" / "earmark" / "numba"),
        # Each arena of malloc takes 64 MB of address space, used or not.
        "MALLOC_ARENA_MAX": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


class Tally:
    """What came of many inputs.

    Attributes:
        failed: the outcomes with faults.
    """

    def __init__(self) -> None:
        self.failed: list[Outcome] = []
        self._begun = time.monotonic()
        self._count = self._refused = 0
        self._slowest = Outcome("", 0)

    def add(self, outcome: Outcome) -> None:
        self._count += 1
        self._refused += bool(outcome.refusal)
        if outcome.faults:
            self.failed.append(outcome)
        self._slowest = max(self._slowest, outcome, key=lambda one: one.seconds)

    def __str__(self) -> str:
        slow = self._slowest
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (
            f"{self._count} inputs in {time.monotonic() - self._begun:.1f} s "
            f"({spent.ru_utime + spent.ru_stime:.1f} s of processor): "
            f"{self._count - self._refused - len(self.failed)} used, {self._refused} refused, "
            f"{len(self.failed)} failed; slowest {slow.kind}:{slow.seed}, {slow.seconds:.2f} s"
        )
