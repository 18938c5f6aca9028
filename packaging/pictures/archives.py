"""What is done with an archive: analysed and judged, searched by sound, taught in, watched."""

import shutil
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from pictures.inner import (
    begin_archive,
    begin_index,
    chosen_hit,
    find_in_file,
    place_dialog,
    suggested,
)
from pictures.material import TAUGHT, played_in
from pictures.person import Person
from pictures.stage import Stage

TABLE, HITS = "Stretches...", "Stretches found..."


def archive(stage: Stage) -> None:
    """A folder analysed; stretches that were judged; by hours."""
    person = stage.person
    person.go("Archive")
    begin_archive(person.window, stage.archive)
    person.click("Start")
    person.see(r"^24 files analysed", 240)
    person.gone("Message")
    person.come()
    person.choose(TABLE, "20240108")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Backspace, Qt.Key.Key_Return):
        person.press(key)
        person.rest(0.4)
    person.press(Qt.Key.Key_Space)
    person.rest(0.5)
    stage.album.take("archive")


def search(stage: Stage) -> None:
    """The same folder indexed; what is similar to a stretch; a class taught."""
    person = stage.person
    person.go("Search")
    begin_index(person.window, stage.archive)
    person.see(r"^24 files, ", 240)
    find_in_file(person.window, of_class(stage.archive), 0.0, 3.0)
    person.widget(HITS)
    person.rest(2.0)
    person.come()
    mark(person, 8)
    stage.album.take("search")
    for _ in range(2):
        person.click("Suggest what to hear next")
        person.wait(lambda: suggested(person.window), "six suggestions")
        person.rest(1.0)
        mark(person, 5)
    write_anew(person, "Name of the class to teach", f"my {TAUGHT}")
    stage.album.take("search-teach")


def write_anew(person: Person, field: str, words: str) -> None:
    """Write into a field that may hold what was written at another scale."""
    line = person.widget(field, QLineEdit)
    assert isinstance(line, QLineEdit)
    line.clear()
    person.write(field, words)


def of_class(archive: Path) -> Path:
    """A recording that begins with the class that is taught."""
    return next(p for p in sorted(archive.rglob("*.wav")) if played_in(p, 0.0) == TAUGHT)


def mark(person: Person, count: int) -> None:
    """Mark one stretch after the other by keys: whether it is the class that is taught."""
    table = person.widget(HITS)
    table.setFocus()
    for _ in range(count):
        right = played_in(*chosen_hit(person.window)) == TAUGHT
        QTest.keyClick(table, Qt.Key.Key_Y if right else Qt.Key.Key_N)  # whoever has the keyboard
        person.rest(0.4)


def watch(stage: Stage) -> None:
    """A folder is watched while recordings arrive."""
    person, home = stage.person, stage.archive.parent
    name = "Incoming" if stage.album.scale == 1 else "Incoming again"
    incoming = home / name
    incoming.mkdir()
    person.go("Archive")
    person.menu("File", "Watch")
    place_dialog(person.window)
    for field, words in (("Folder", incoming), ("Results database", home / f"{name}.sqlite")):
        write_anew(person, field, str(words))
    person.click("Start")
    person.see("^Watching: 0 files")
    for path in sorted(stage.archive.rglob("*.wav"))[:3]:
        shutil.copy(path, incoming / Path(path).name)
    person.see("^Watching: 3 files", 240)
    stage.album.take("watch", lambda: place_dialog(person.window))
    person.click("Stop")
    person.see("^Stopped")
    person.click("Close")
