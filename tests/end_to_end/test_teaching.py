"""From an empty project to words for new classes, live, by mouse and keys alone."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import corpora
from tests.end_to_end.person import MOST, Person
from tests.end_to_end.screen import Screen
from tests.virtual_microphone import RATE, VirtualMicrophone

pytestmark = pytest.mark.microphone

CLASSES = {"low": 0, "middle": 5, "high": 9}  # kinds of notes
TITLE = "My sounds, quick training"
HELD_SECONDS = 6.2
LEAST_CLICKS = 10  # recordings among them
LOOKS = 3  # so often in turn a class has to lead


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
    end, looks, last = time.monotonic() + MOST, 0, ""
    while time.monotonic() < end:
        playing = microphone.play(notes(kind, 2, 6.0))
        while playing.poll() is None:
            last = person.leading(TITLE)
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
        person.wait(f"new examples of '{name}'.")
    person.click("Train")
    person.click("Use it now")
    person.find(TITLE, "Predictions")
    assert person.clicks < LEAST_CLICKS
    for name, kind in CLASSES.items():
        heard(person, virtual_microphone, kind, name)
    kept = Path(screen.environment["HOME"]).rglob("classifier.safetensors")
    assert len(list(kept)) == 1
    assert person.quit() == 0
