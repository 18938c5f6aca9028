"""A real window on a virtual screen, driven by keys and mouse as a person would."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _serve(size: str) -> tuple[subprocess.Popen[bytes], str]:
    """An X server that answers, and its name.

    Of a number drawn by chance: one that looks for a free number by itself takes another's socket
    away first. It starts anew (``-noreset``: it does not) when its last client goes, and refuses
    the next one meanwhile.
    """
    for _ in range(20):
        display = f":{random.randrange(100, 30_000)}"
        read, write = os.pipe()
        words = ["Xvfb", display, "-displayfd", str(write), "-screen", "0", f"{size}x24"]
        server = subprocess.Popen(
            [*words, "-nolisten", "tcp", "-noreset"], pass_fds=[write], stderr=subprocess.DEVNULL
        )
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            begun = bool(answer.readline().strip())
        if begun and _answers(display):
            return server, display
        server.kill()
        server.wait()
    pytest.fail("no X server starts")


def _answers(display: str) -> bool:
    """Whether programs can connect: once in hundreds of times they could not."""
    environment = {**os.environ, "DISPLAY": display}
    command = ["xdotool", "getdisplaygeometry"]
    for _ in range(20):
        if not subprocess.run(
            command, env=environment, capture_output=True, timeout=120
        ).returncode:
            return True
        time.sleep(0.2)
    return False


class Screen:
    """An X server of its own, and the application on it."""

    def __init__(self, folder: Path, environment: dict[str, str], size: str = "1280x800") -> None:
        self.folder = folder
        self._server, display = _serve(size)
        self.environment = {**os.environ, **environment, "DISPLAY": display}
        self.environment.pop("QT_QPA_PLATFORM", None)
        self.app: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> float:
        """Start the application; gives the seconds until its window is there."""
        begun = time.monotonic()
        self.app = subprocess.Popen(
            [sys.executable, "-m", "desktop", *arguments], env=self.environment, cwd=ROOT
        )
        window = self.wait(self.window, 240.0)
        seconds = time.monotonic() - begun
        self.tell("windowfocus", window)
        return seconds

    def window(self) -> str:
        found = self.tell("search", "--onlyvisible", "--name", "^Earmark$").stdout.decode().split()
        return found[0] if found else ""

    def tell(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, check=False, timeout=120
        )

    def key(self, *keys: str) -> None:
        self.tell("key", "--delay", "60", *keys)

    def wait(self, condition: Callable[[], str], seconds: float) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if answer := condition():
                return answer
            time.sleep(0.02)
        pytest.fail("it did not happen in time")

    def close(self) -> None:
        if self.app is not None and self.app.poll() is None:
            self.app.kill()
            self.app.wait()
        self._server.terminate()
        self._server.wait()
