"""Who looks at the screen for words, and uses mouse and keys."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.end_to_end.screen import ROOT, Screen

MOST = 240.0


class Person:
    """Looks for words on the screen, and clicks on them."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.clicks = 0
        command = [sys.executable, "-m", "tests.end_to_end.eyes"]
        screen.app = self._app = subprocess.Popen(
            command,
            env=screen.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        screen.tell("windowfocus", screen.wait(screen.window, MOST))

    def see(self, words: str) -> list[dict[str, Any]]:
        """Controls that show the words and can be clicked."""
        assert self._app.stdin is not None
        assert self._app.stdout is not None
        self._app.stdin.write(f"{words}\n".encode())
        self._app.stdin.flush()
        return [seen for seen in json.loads(self._app.stdout.readline()) if seen["clickable"]]

    def wait(self, *words: str) -> None:
        """Wait until one of these is to be seen."""
        self._screen.wait(lambda: next((one for one in words if self.see(one)), ""), MOST)

    def find(self, words: str, kind: str, seconds: float = MOST) -> dict[str, Any]:
        """Wait for a control with a line of just these words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for seen in self.see(words):
                if seen["kind"] == kind and words in seen["words"].splitlines():
                    return seen
            time.sleep(0.05)
        pytest.fail(f"{words!r} was not to be seen")

    def press(self, words: str, kind: str) -> None:
        x, y = self.find(words, kind)["at"]
        self._screen.tell("mousemove", str(x), str(y), "mousedown", "1")
        self.clicks += 1

    def click(self, words: str, kind: str = "QPushButton") -> None:
        self.press(words, kind)
        self._screen.tell("mouseup", "1")

    def write(self, words: str) -> None:
        self._screen.tell("type", "--delay", "20", words)
        self._screen.key("Return")

    def leading(self, title: str) -> str:
        """The class that a classifier puts first; empty before it has said anything."""
        said = self.find(title, "Predictions")["words"].splitlines()[-1]
        first = said.rpartition(". ")[2].split(", ")[0]
        return first.rpartition(" ")[0] if first.endswith("%") else ""

    def quit(self) -> int:
        """Leave; gives the exit code."""
        self._screen.key("ctrl+q")
        return self._app.wait(120)

    def close(self) -> None:
        for pipe in (self._app.stdin, self._app.stdout):
            if pipe is not None:
                pipe.close()
