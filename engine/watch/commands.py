"""Programs that rules start: without a shell, a few at a time, for a limited time."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.watch.clock import Clock
from engine.watch.rules import is_batch_file, words_of

_MOST_AT_ONCE = 4
_MOST_SECONDS = 300.0
_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Ended:
    """What became of a command.

    Attributes:
        key: what it was started for, as given.
        outcome: in words.
    """

    key: int
    outcome: str


class Commands:
    """Starts programs and looks how they end; never waits for one.

    Args:
        clock: by which they are given time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: list[tuple[int, float, subprocess.Popen[bytes]]] = []

    def start(self, key: int, command: Sequence[str], fields: Mapping[str, str]) -> str:
        """Start a program; in words why it was not, or nothing."""
        if len(self._running) >= _MOST_AT_ONCE:
            return f"not started: {_MOST_AT_ONCE} commands are still running"
        values = {f"EARMARK_{name.upper()}": text for name, text in fields.items()}
        environment = {**os.environ, **{n: t.replace("\0", "") for n, t in values.items()}}
        words = words_of(command, fields)
        program = words[0]
        if os.path.dirname(program) == "":
            program = shutil.which(program) or ""
            # On Windows it looks into the current folder, too, and finds batch files.
            if not os.path.isabs(program):
                return "not started: there is no such program"
        if is_batch_file(program):
            return "not started: it is a batch file, which Windows runs in a shell"
        try:
            process = subprocess.Popen(
                [program, *words[1:]],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"not started: {getattr(error, 'strerror', None) or error}"
        self._running.append((key, self._clock.now(), process))
        return ""

    def ended(self) -> list[Ended]:
        """Those that have ended since the last time; what takes too long is ended."""
        found, going = [], []
        for key, begun, process in self._running:
            code = process.poll()
            if code is None and self._clock.now() - begun > _MOST_SECONDS:
                _end(process)
                found.append(Ended(key, f"ended after {_MOST_SECONDS:.0f} s"))
            elif code is None:
                going.append((key, begun, process))
            else:
                found.append(Ended(key, "done" if code == 0 else f"failed with exit code {code}"))
        self._running = going
        return found

    def close(self) -> None:
        """End all that still run."""
        for _, _, process in self._running:
            _end(process)
        self._running = []


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it has started; on Unix they are a group of their own."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            system = os.environ.get("SYSTEMROOT", r"C:\Windows")
            tree = [rf"{system}\System32\taskkill.exe", "/F", "/T", "/PID", str(process.pid)]
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(tree, capture_output=True, timeout=_KILL_SECONDS)
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


def notification(title: str, text: str) -> list[str] | None:
    """The command by which this system shows a message; None: it has none."""
    if sys.platform.startswith("linux") and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        program = shutil.which("notify-send")
        if program is not None:
            return [program, "--app-name=Earmark", "--", title, text]
    return None
