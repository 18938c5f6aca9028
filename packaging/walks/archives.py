"""Archive, Search and Watch, walked through: analysed and judged, searched, taught, watched."""

import shutil

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pictures.archives import HITS, TABLE, mark, of_class
from pictures.inner import begin_archive, begin_index, find_in_file, suggested
from walks.stage import Stage

_KEYS = Qt.Key
_GIVEN = "the folder is given, not chosen in the system's dialog"


def archives(stage: Stage) -> None:
    """24 recordings: analysed and judged, searched by sound, a class taught, a folder watched."""
    _search(stage)
    _analyse(stage)
    _watch(stage)


def _analyse(stage: Stage) -> None:
    walker = stage.walker
    with walker.step("a folder on the Archive page, Start", "10-analysed") as step:
        walker.go("Archive")
        begin_archive(stage.window, stage.archive)
        step.note = _GIVEN
        walker.click("Start")
        step.note += "; " + walker.see(r"^24 files analysed", 240)
    with walker.step("judge three stretches by keys", "10-judged"):
        walker.choose(TABLE, "20240108")
        for key in (_KEYS.Key_Return, _KEYS.Key_Backspace, _KEYS.Key_Return):
            walker.press(key)
            walker.rest(0.5)
    with walker.step("thresholds from what was judged", "10-thresholds"):
        walker.click("Thresholds...")
        walker.see("Judge stretches in random order")
        walker.rest(1)
        walker.click("Close")


def _search(stage: Stage) -> None:
    walker = stage.walker
    with walker.step("index the folder on the Search page", "10-indexed") as step:
        walker.go("Search")
        begin_index(stage.window, stage.archive)
        step.note = _GIVEN + "; " + walker.see(r"^24 files, ", 240)
    with walker.step("find what is similar to a stretch", "10-found") as step:
        find_in_file(stage.window, of_class(stage.archive), 0.0, 3.0)
        walker.widget(HITS)
        walker.rest(2)
        step.note = "as the menu of a stretch does on any page"
    with walker.step("listen by arrow keys, mark six: Y, N", "10-marked"):
        table = walker.widget(HITS)
        for key in (_KEYS.Key_Down, _KEYS.Key_Up):
            QTest.keyClick(table, key)
            walker.rest(0.5)
        mark(walker, 6)
        walker.steps[-1].keys += 8
        walker.see("^6 marked")
    for turn in (1, 2):
        with walker.step(f"what to hear next, {turn}: five more marks", f"10-suggested-{turn}"):
            walker.click("Suggest what to hear next")
            walker.wait(lambda: suggested(stage.window), "six suggestions")
            mark(walker, 5)
            walker.steps[-1].keys += 5
            walker.see(f"^{6 + 5 * turn} marked")
    with walker.step("name the class and save it", "10-saved"):
        walker.write("Name of the class to teach", "my flute")
        walker.click("Save classifier")
        walker.see("Saved as the classifier 'my-flute'")
    with walker.step("leave the page, come back: the marks are there", "10-back"):
        walker.go("Models")
        walker.go("Search")
        walker.see(r"^1\d marked")


def _watch(stage: Stage) -> None:
    walker, incoming = stage.walker, stage.home / "Incoming"
    incoming.mkdir()
    with walker.step("watch a folder", "10-watching"):
        walker.menu("File", "Watch")
        walker.write("Folder", str(incoming))
        walker.write("Results database", str(stage.home / "Incoming.sqlite"))
        walker.click("Start")
        walker.see("^Watching: 0 files")
    with walker.step("three recordings arrive", "10-arrived") as step:
        for path in sorted(stage.archive.rglob("*.wav"))[:3]:
            shutil.copy(path, incoming / path.name)
        step.note = walker.see("^Watching: 3 files", 240)
    with walker.step("stop", "10-stopped"):
        walker.click("Stop")
        walker.see("^Stopped")
        walker.click("Close")
