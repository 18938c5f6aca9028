"""The walks: what a new user does, step by step, and what must be seen."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QTabBar

from desktop.pages import PAGES
from desktop.widgets.listen_button import ListenButton
from engine.audio import write
from engine.audio.audio import Audio
from pictures.material import Lesson, lessons
from tests.virtual_microphone import RATE
from walks.archives import archives
from walks.hearing import correct, heard
from walks.players import corrected_players
from walks.stage import Stage, demo, speech
from walks.walker import Walker

_CONTROL = Qt.KeyboardModifier.ControlModifier
_KEYS = Qt.Key


def first_start(stage: Stage) -> None:
    """First start: one large button, the demo, one's own sounds."""
    walker = stage.walker
    with walker.step("see what it is for", "1-welcome"):
        walker.page = "Listen"
        walker.widget("Listen", ListenButton)
        walker.see("What is playing")
    with walker.step("try the demo", "1-demo"):
        walker.click("Try the demo")
        walker.page = "File"
        walker.see("piano", of="Detected labels, in the order of time")
        walker.gone("Progress of the analysis")
    with walker.step("play it and stop"):
        walker.click("Play")
        walker.rest(2)
        walker.click("Pause")
    with walker.step("ask why", "1-why"):
        walker.click("Why?")
        walker.see("^Evidence for")
    with walker.step("back, to one's own sounds", "1-sounds"):
        walker.go("Listen")
        walker.click("Teach it your own sounds")
        walker.page = "Sounds"
        walker.see("Teach Earmark your own sounds")


def live(stage: Stage) -> None:
    """Live: a solo, a band, speech, silence; correct, freeze, record."""
    walker, sound = stage.walker, demo()
    line = stage.window.page("listen").answer.line  # type: ignore[attr-defined]
    with walker.step("listen"):
        walker.go("Listen")
        walker.click("Listen", ListenButton)
        walker.see("Microphone open")
    with heard(stage, np.tile(sound[: 7 * RATE], 60)):
        with walker.step("a solo", "2-solo") as step:
            walker.wait(lambda: line.named, "a name for the solo")
            step.note = f"said: {line.words}"
        with walker.step("correct it: C, another label, Return", "2-correct") as step:
            correct(stage, "harpsichord", step)
        _take_back(walker)
    with (
        heard(stage, np.tile(sound[16 * RATE : 32 * RATE], 40)),
        walker.step("a band", "2-band") as step,
    ):
        walker.rest(6)
        walker.wait(lambda: line.words not in ("", "silence", "listening..."), "words for it")
        step.note = f"said: {line.words}"
        walker.look()
    spoken = speech(stage.recordings)
    if spoken is not None:
        with heard(stage, spoken), walker.step("speech", "2-speech") as step:
            walker.wait(lambda: line.words == "speech", "speech")
            step.note = f"said: {line.words}"
    with walker.step("silence", "2-silence") as step:
        walker.wait(lambda: line.words == "silence", "silence")
        step.note = f"said: {line.words}"
    with walker.step("freeze, scroll, go on", "2-frozen"):
        walker.press(_KEYS.Key_F)
        walker.press(_KEYS.Key_Left)
        walker.rest(0.5)
    with walker.step("go on, record for two seconds, stop listening"):
        walker.press(_KEYS.Key_F)
        walker.click("Record")
        walker.rest(2)
        walker.click("Stop recording")
        walker.see("Show in folder")
        walker.click("Stop", ListenButton)
        walker.see("Microphone closed")


def _take_back(walker: Walker) -> None:
    with walker.step("take that back"):
        walker.click("Undo")
        walker.see("^Undone")


def song(stage: Stage) -> None:
    """A song of four minutes: what is in it, a stretch of it, keep it, export it."""
    walker = stage.walker
    path = stage.song()
    with walker.step("drop it on the File page", "3-begun"):
        walker.go("File")
        walker.drop(path)
        walker.see("A song")
    with walker.step("see what is in it", "3-song") as step:
        walker.gone("Progress of the analysis")
        step.note = walker.see("piano", of="Detected labels, in the order of time")[:90]
    with walker.step("select a stretch and loop it", "3-stretch"):
        walker.drag("Waveform", 0.3, 0.45)
        walker.see(r"^\d:\d\d.* to \d:\d\d")
        walker.click("Loop")
        walker.rest(2)
        walker.press(_KEYS.Key_Space)
    with walker.step("why?", "3-why"):
        walker.press(_KEYS.Key_W)
        walker.see("^Evidence for")
    with walker.step("give the selection up"):
        walker.press(_KEYS.Key_Escape)
        walker.rest(0.5)


def own_classes(stage: Stage) -> None:
    """Three classes: two by drop, one by microphone; trained, used, corrected, trained again."""
    walker, three = stage.walker, lessons(stage.recordings)
    rate = RATE
    for lesson in three[:2]:
        folder = stage.home / "mine" / lesson.name
        folder.mkdir(parents=True, exist_ok=True)
        for part, first in enumerate(range(0, len(lesson.recorded) - 2 * rate, 2 * rate)):
            piece = Audio(lesson.recorded[None, first : first + 2 * rate], rate)
            write(folder / f"{lesson.name} {part}.wav", piece)
    with walker.step("drop two folders on Sounds", "4-dropped"):
        walker.go("Sounds")
        walker.drop(*sorted((stage.home / "mine").iterdir()))
        for lesson in three[:2]:
            walker.see(r"sounds.*\d s$", of=f"Class {lesson.name}")
    with walker.step("a third class by the microphone", "4-recorded"):
        walker.click("New class")
        walker.write("Name of the class", three[2].name)
        walker.see(f"Record into '{three[2].name}'")
        with walker.holding("Hold to record"):
            walker.see(r"Recording: \d", 60)
            playing = stage.microphone.play(three[2].recorded)
            walker.wait(lambda: playing.poll() is not None, "the end of the sound")
        walker.see(r"sounds.*\d s$", of=f"Class {three[2].name}")
    _train_and_use(stage, three)
    with walker.step("train again", "4-again"):
        walker.go("Sounds")
        walker.click("Train", QPushButton)
        walker.page = "Train"
        walker.see(r"\(2\)")
        walker.see("Figures of the test part")
    with walker.step("earlier runs", "4-runs"):
        walker.tab("Earlier runs")
        walker.see("quick training")
        walker.rest(0.5)


def _train_and_use(stage: Stage, three: list[Lesson]) -> None:
    walker, rate = stage.walker, RATE
    with walker.step("train", "4-trained") as step:
        walker.click("Train", QPushButton)
        walker.page = "Train"
        walker.see("Figures of the test part")
        walker.rest(1)
    line = stage.window.page("listen").answer.line  # type: ignore[attr-defined]
    turns = np.concatenate([lesson.heard[: 6 * rate] for lesson in three])
    with heard(stage, np.tile(turns, 12)):
        with walker.step("use it now", "4-heard") as step:
            walker.click("Use it now", QPushButton)
            walker.page = "Listen"
            walker.see("Microphone open")
            names = [lesson.name for lesson in three]
            walker.wait(lambda: line.words in names, "one of the three as the answer")
            step.note = f"the answer: {line.words}"
        with walker.step("correct it: C, the first letters, Return", "4-corrected") as step:
            other = next(name for name in names if name not in line.words)
            correct(stage, other, step)
            walker.click("Stop", ListenButton)


def presets(stage: Stage) -> None:
    """Two presets on one folder of sounds, and a sweep; compared."""
    walker = stage.walker
    with walker.step("drop a folder of sounds on Train"):
        walker.go("Train")
        walker.drop(stage.orchestra)
        walker.see("excerpts of 6 classes")
    for number, recipe in enumerate(("Instrument: dense network on MFCC", "Quick training")):
        with walker.step(f"preset: {recipe}", f"5-preset-{number}"):
            walker.choose("Recipe", recipe)
            walker.drop(stage.orchestra)
            walker.see("excerpts of 6 classes")
            walker.click("Start", QPushButton)
            walker.see("Figures of the test part", 120)
            walker.rest(1)
    with walker.step("a sweep of two values", "5-sweep"):
        walker.click("Sweep...")
        walker.widget("Values of the first field", QLineEdit)
        field = walker.widget("Values of the first field", QLineEdit)
        assert isinstance(field, QLineEdit)
        field.clear()
        walker.steps[-1].keys += 11
        QTest.keyClicks(field, "0.001, 0.01")
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        dialog.accept()
        walker.steps[-1].clicks += 1
        walker.see("Done", 240)
    with walker.step("compare the two presets", "5-compare"):
        walker.go("Compare")
        walker.rest(2)
        runs = "Finished runs..."
        walker.choose(runs, "Orchestra, quick training", "Orchestra, instrument")
        walker.see("No significant difference|is better than|cannot be compared by a test")


def models(stage: Stage) -> None:
    """Classifiers: which listen, how sensitive; rename, delete, undo."""
    walker = stage.walker
    with walker.step("look at a card", "6-models"):
        walker.go("Models")
        walker.choose("Classifiers...", "Instrument")
        walker.rest(1)
    with walker.step("switch one on and off by Space"):
        walker.choose("Classifiers...", "Mood")
        walker.press(_KEYS.Key_Space)
        walker.rest(1)
        walker.press(_KEYS.Key_Space)
        walker.rest(1)
    with walker.step("more sensitive, and back", "6-sensitivity"):
        slider = walker.widget("Sensitivity")
        slider.setFocus()
        for key in (_KEYS.Key_Right, _KEYS.Key_Right, _KEYS.Key_Left, _KEYS.Key_Left):
            walker.press(key)
        walker.rest(1)
    own = [n for n in stage.session.loaded_names if n.startswith("tagger-head")]
    if own:
        with walker.step("delete one's own and take that back", "6-undone"):
            walker.choose("Classifiers...", "My sounds")
            walker.click("Delete")
            walker.see("was deleted")
            walker.click("Undo")
            walker.see("was restored|My sounds")


def by_keyboard(stage: Stage) -> None:
    """Keys alone, 1024 x 700 at scale 2: 40 classes and 3 hours of sound."""
    walker, window = stage.walker, stage.window
    window.resize(1024, 700)
    walker.rest(1)
    keys = {key: entry.keys for key, entry in PAGES.items()}
    stage.session.open_project(stage.many_classes())
    for key, entry in PAGES.items():
        with walker.step(f"{entry.title}: {keys[key]}", f"7-{key}"):
            walker.page = entry.title
            walker.press(_KEYS(ord(keys[key][-1])), _CONTROL)
            walker.wait(walker.on_page, entry.title)
            walker.rest(2)
    with walker.step("forty classes: search one", "7-forty"):
        walker.page = "Sounds"
        walker.press(_KEYS(ord(keys["sounds"][-1])), _CONTROL)
        walker.see("40 of 40 classes", 120)
        search = walker.widget("Search the classes", QLineEdit)
        search.setFocus()
        walker.type("33")
        walker.rest(0.5)
    _three_hours(stage)
    with walker.step("listen and stop", "7-listen"):
        walker.page = "Listen"
        walker.press(_KEYS(ord(keys["listen"][-1])), _CONTROL)
        walker.press(_KEYS.Key_Space)
        walker.see("Microphone open")
        walker.rest(3)
        walker.press(_KEYS.Key_Space)
        walker.see("Microphone closed")


def _three_hours(stage: Stage) -> None:
    walker, path = stage.walker, stage.long_sound()
    with walker.step("open three hours of sound", "7-long") as step:
        walker.page = "File"
        stage.window.open_file(path)  # the system's own dialog is not walked through
        walker.see(r"3:00:\d\d|Three hours")
        walker.rest(15)
        step.note = "the path is given, not typed into the system's dialog"
    with walker.step("move to the end and back, zoom, play", "7-long-end"):
        for pressed in (_KEYS.Key_End, _KEYS.Key_Home, _KEYS.Key_Plus, _KEYS.Key_Plus):
            walker.press(pressed)
            walker.rest(0.4)
        walker.press(_KEYS.Key_Space)
        walker.rest(2)
        walker.press(_KEYS.Key_Space)


def small(stage: Stage) -> None:
    """Every page at 1024 x 700, and the tabs of Train."""
    walker, window = stage.walker, stage.window
    window.resize(1024, 700)
    stage.session.open_project(stage.orchestra)
    for key, entry in PAGES.items():
        with walker.step(entry.title, f"8-{key}"):
            walker.go(entry.title)
            walker.rest(3)
            if key == "train":
                for bar in window.page(key).findChildren(QTabBar):
                    if bar.isVisible() and bar.count() > 4:
                        for tab in range(bar.count()):
                            bar.setCurrentIndex(tab)
                            walker.rest(0.5)
                            walker.take(f"8-train-{tab}")
                        bar.setCurrentIndex(0)


WALKS: dict[str, Callable[[Stage], None]] = {
    "1": first_start,
    "2": live,
    "3": song,
    "4": own_classes,
    "5": presets,
    "6": models,
    "7": by_keyboard,
    "8": small,
    "9": corrected_players,
    "10": archives,
}
