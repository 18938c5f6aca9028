"""The pages, one after the other: what is done on each, what must be seen, what is taken."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from desktop.widgets.listen_button import ListenButton
from pictures.archives import archive, search, watch
from pictures.inner import open_project
from pictures.material import demo
from pictures.runs import SWEEP
from pictures.stage import FULL, Stage
from pictures.teach import teach

_SURE = r"\d\s?%"  # what a classifier says, in per cent
# What the demo's instruments are.
_CLEAR = r"^(probably )?(piano|cello|distorted guitar|drums|flute|harp|voice)\."


def file(stage: Stage) -> None:
    """The demo, analysed; a stretch of it; why."""
    person = stage.person
    person.go("File")
    person.see(r"^0:48")
    person.see(rf"^\w.*\. \w.*({_SURE})")
    person.gone("Progress of the analysis")
    person.widget("Tempo")  # librosa is loaded and compiled for it
    stage.album.take("file")
    person.drag("Waveform", 0.45, 0.6)
    person.see(r"^0:\d\d.* to 0:\d\d")
    stage.album.take("file-stretch")
    person.press(Qt.Key.Key_Escape)
    person.menu("Sound", "Why?")
    person.gone("Progress of the explanation")
    person.see(r"^Evidence for")
    stage.album.take("why")
    person.click("Close")


def listen(stage: Stage) -> None:
    """The demo, heard through the microphone; frozen; why."""
    person = stage.person
    with stage.sounding(demo()):
        person.go("Listen")
        person.click("Listen", ListenButton)
        person.see("Microphone open")
        person.see(rf"^\w.*\. \w.*({_SURE})")
        person.rest(FULL)
        stage.album.take("listen", lambda: person.see(_CLEAR, of="Instrument"))
        person.see(_CLEAR, of="Instrument")
        person.menu("Sound", "Freeze the picture")
        person.rest(0.5)
        stage.album.take("listen-frozen")
        person.menu("Sound", "Why?")
        person.gone("Progress of the explanation")
        person.see(r"^Evidence for")
        stage.album.take("listen-why")
        person.menu("Sound", "Freeze the picture")
    skipped = person.see(r"\d+ windows skipped")
    if " 0 windows skipped" not in skipped:
        print(f"  the machine was too busy to hear all: {skipped}", flush=True)
    person.click("Stop", ListenButton)
    person.see("Microphone closed")


def sounds(stage: Stage) -> None:
    """Six classes of notes: table, map, split."""
    person = stage.person
    open_project(stage.session, stage.orchestra)
    person.go("Sounds")
    person.see(r"1[5-7] sounds")
    person.choose("Sounds of the class", "")
    stage.album.take("sounds-table")
    person.click("Map")
    person.see(r"\d+ suspected label error")
    person.click("Next suspected error")
    person.rest(1.0)
    stage.album.take("sounds-map")
    person.click("Split")
    person.see("Split by class")
    stage.album.take("sounds-split")
    person.click("Table")


def train(stage: Stage) -> None:
    """A network on its way, its settings; the results of an earlier training."""
    person = stage.person
    open_project(stage.session, stage.orchestra)
    person.go("Train")
    person.choose("Recipe", "Residual CNN on mel bands")
    person.see(r"excerpts of 6 classes")
    person.click("Start", QPushButton)
    person.see(r"after epoch ([5-9]|\d\d)")
    stage.album.take("train-running")
    person.click("Stop and keep the best")
    person.see(r"[Ss]topped")
    for tab in ("Settings", "TOML", "Network"):
        person.tab(tab)
        person.gone("Building the network...")
        stage.album.take(f"train-{tab.lower()}")


def earlier(stage: Stage) -> None:
    """Earlier runs, and the figures of one."""
    person = stage.person
    stage.await_runs("tagger-head")
    person.go("Train")
    person.tab("Earlier runs")
    person.choose("Earlier runs", "tagger-head")
    person.rest(0.5)
    stage.album.take("train-earlier")
    person.click("Show results")
    person.see("Figures of the test part")
    person.rest(1.0)
    stage.album.take("train-results")
    person.tab("Reliability")
    stage.album.take("train-reliability")


def compare(stage: Stage) -> None:
    """Two runs side by side; a sweep as bars and as parallel coordinates."""
    person, table, view = stage.person, "Finished runs...", "Comparison of the selected runs"
    stage.await_runs("perceptron-fast", "perceptron-slow", SWEEP)
    person.go("Compare")
    person.choose(table, "perceptron-fast", "perceptron-slow")
    person.see("No significant difference|is better than")
    person.rest(1.0)
    stage.album.take("compare")
    stage.album.take("compare-curves", lambda: person.scroll(view, end=True))
    person.choose(table, SWEEP)
    person.scroll(view, end=False)
    person.see("Total training time")
    person.rest(1.0)
    stage.album.take("compare-sweep")
    person.scroll(view, end=True)
    person.see("All trials, coloured by test accuracy")
    stage.album.take("compare-parallel", lambda: person.scroll(view, end=True))


def models(stage: Stage) -> None:
    """The classifiers and the card of one."""
    person = stage.person
    person.go("Models")
    person.choose("Classifiers...", "Instrument")
    person.rest(1.0)
    stage.album.take("models")


Chapter = Callable[[Stage], None]
# The whole story; and what another scale of the screen needs, with what the first one has made.
_ARCHIVES: tuple[Chapter, ...] = (archive, search, watch)
ALL: tuple[Chapter, ...] = (
    *(file, listen, teach, sounds, train, earlier, compare, models),
    *_ARCHIVES,
)
AGAIN: tuple[Chapter, ...] = (file, listen, sounds, earlier, compare, models, *_ARCHIVES)
