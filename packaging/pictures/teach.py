"""Three sounds are recorded, learned, and heard again on other notes."""

import numpy as np
from PySide6.QtWidgets import QPushButton

from pictures.material import Lesson, lessons
from pictures.person import Missing
from pictures.runs import SWEEP, TRAININGS
from pictures.stage import FULL, Stage
from tests.virtual_microphone import RATE

_TRIES = 4
_TURN_SECONDS = 6.0  # of each, one after the other
_TITLE = "My sounds, quick training"


def teach(stage: Stage) -> None:
    """From no sounds at all to words for new ones."""
    person, three = stage.person, lessons(stage.recordings)
    person.go("Sounds")
    person.see("Teach Earmark your own sounds")
    stage.album.take("teach-welcome")
    for number, lesson in enumerate(three):
        person.click("New class" if number else "Create the first class")
        person.write("Name of the class", lesson.name)
        person.see(f"Record into '{lesson.name}'")
        _record(stage, lesson)
        person.see(r"sounds.*\d s$", of=f"Class {lesson.name}")
    person.gone("Progress")
    person.rest(1.0)
    stage.album.take("teach-recorded")
    # The Train page offers to resume what is not finished, as nobody tells it that it is at work.
    stage.await_runs(*TRAININGS, SWEEP)
    person.click("Train", QPushButton)
    person.page = "Train"
    person.see("Figures of the test part")
    person.rest(1.0)
    stage.album.take("teach-trained")
    person.click("Use it now", QPushButton)
    person.page = "Listen"
    person.see("Microphone open")
    turns = [lesson.heard[: round(_TURN_SECONDS * RATE)] for lesson in three]
    with stage.sounding(np.tile(np.concatenate(turns), 8)):
        person.see(rf"{three[0].name} \d\d+\s?%", of=_TITLE)
        person.rest(FULL)
        stage.album.take("teach-heard")
    person.click("Stop")
    person.see("Microphone closed")


def _record(stage: Stage, lesson: Lesson) -> None:
    """Again, if the microphone was gone: a busy machine may keep it waiting for too long."""
    for _ in range(_TRIES - 1):
        try:
            _record_once(stage, lesson)
        except Missing:
            continue
        return
    _record_once(stage, lesson)


def _record_once(stage: Stage, lesson: Lesson) -> None:
    person = stage.person
    with person.holding("Hold to record"):
        person.see(r"Recording: \d", 20)
        playing = stage.microphone.play(lesson.recorded)
        person.wait(lambda: playing.poll() is not None, "the end of the sound")
    person.see(f"new examples of '{lesson.name}'", 30)
