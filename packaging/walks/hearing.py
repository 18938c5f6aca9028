"""What several walks do: have the microphone hear something, and correct the answer by keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.widgets.class_chooser import ClassChooser
from pictures.person import Missing
from walks.stage import Samples, Stage
from walks.walker import Step

_KEYS = Qt.Key


@contextmanager
def heard(stage: Stage, samples: Samples) -> Iterator[None]:
    playing = stage.microphone.play(samples, ahead_ms=200)
    try:
        yield
    finally:
        playing.kill()
        playing.wait()


def correct(stage: Stage, words: str, step: Step) -> None:
    """By keys alone."""
    walker = stage.walker
    stage.window.page("listen").setFocus()
    walker.press(_KEYS.Key_C)
    found = walker.wait(
        lambda: next((c for c in stage.window.findChildren(ClassChooser) if c.isVisible()), None),
        "the question what it is",
    )
    edit = found.edit
    step.keys += len(words)
    QTest.keyClicks(edit, words)
    walker.rest(0.5)
    step.keys += 1
    QTest.keyClick(edit, _KEYS.Key_Return)
    said = walker.see("^Learned|^There is only silence|cannot be", 120)
    step.note = said[:90]
    if not said.startswith("Learned"):
        raise Missing(said)
