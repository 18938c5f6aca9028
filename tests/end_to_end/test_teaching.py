"""From an empty project to words for new classes, live, by mouse and keys alone."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import corpora
from tests.end_to_end.conftest import ROOT, Screen
from tests.virtual_microphone import RATE, VirtualMicrophone

pytestmark = [pytest.mark.microphone, pytest.mark.timeout(900)]

CLASSES = {"low": 0, "middle": 5, "high": 9}  # kinds of notes
TITLE = "My sounds, quick training"
HELD_SECONDS = 6.2
LEAST_CLICKS = 10  # recordings among them
LOOKS = 3  # so often in turn a class has to lead
MOST = 200.0


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
        screen.tell("windowfocus", screen.wait(screen.window, 30.0))

    def see(self, words: str) -> list[dict[str, Any]]:
        """Controls that show the words and can be clicked."""
        assert self._app.stdin is not None
        assert self._app.stdout is not None
        self._app.stdin.write(f"{words}\n".encode())
        self._app.stdin.flush()
        return [seen for seen in json.loads(self._app.stdout.readline()) if seen["clickable"]]

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

    def leading(self) -> str:
        """The class that the new classifier puts first; empty before it has said anything."""
        said = self.find(TITLE, "Predictions")["words"].splitlines()[-1]
        first = said.rpartition(". ")[2].split(", ")[0]
        return first.rpartition(" ")[0] if first.endswith("%") else ""

    def quit(self) -> int:
        """Leave; gives the exit code."""
        self._screen.key("ctrl+q")
        return self._app.wait(30)

    def close(self) -> None:
        for pipe in (self._app.stdin, self._app.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def person(screen: Screen) -> Iterator[Person]:
    made = Person(screen)
    yield made
    made.close()


def notes(kind: int, take: int, seconds: float) -> NDArray[np.float32]:
    return corpora.sound(kind, take, seconds, RATE)


def record(person: Person, screen: Screen, microphone: VirtualMicrophone, kind: int) -> None:
    """Hold the button until something has been recorded, and as long as it sounds."""
    sound = microphone.play(notes(kind, 1, HELD_SECONDS))
    person.press("Hold to record", "RecordButton")
    sound.wait()
    screen.tell("mouseup", "1")


def heard(person: Person, microphone: VirtualMicrophone, kind: int, name: str) -> None:
    """Play another tune of an instrument until its class has led for a while."""
    end, looks, last = time.monotonic() + MOST / 2, 0, ""
    while time.monotonic() < end:
        playing = microphone.play(notes(kind, 2, 6.0))
        while playing.poll() is None:
            last = person.leading()
            looks = looks + 1 if last == name else 0
            if looks >= LOOKS:
                playing.kill()
                playing.wait()
                return
            time.sleep(0.25)
    pytest.fail(f"{name!r} was played, and {last!r} led")


def test_teach_three_sounds_and_hear_them(
    person: Person, screen: Screen, virtual_microphone: VirtualMicrophone
) -> None:
    person.click("Sounds", "QToolButton")
    for number, (name, kind) in enumerate(CLASSES.items()):
        person.click("New class" if number else "Create the first class")
        person.find("Name of the class", "QLineEdit")
        person.write(name)
        person.find(f"Record into '{name}'", "QLabel")
        record(person, screen, virtual_microphone, kind)
        screen.wait(lambda told=f"new examples of '{name}'.": "y" * bool(person.see(told)), MOST)
    person.click("Train")
    person.click("Use it now")
    person.find(TITLE, "Predictions")
    assert person.clicks < LEAST_CLICKS
    for name, kind in CLASSES.items():
        heard(person, virtual_microphone, kind, name)
    kept = Path(screen.environment["HOME"]).rglob("classifier.safetensors")
    assert len(list(kept)) == 1
    assert person.quit() == 0
