"""What is done with an archive: analysed and judged, searched by sound, taught in, watched."""

import shutil
from pathlib import Path

from PySide6.QtCore import Qt

from pictures.inner import begin_archive, begin_index, find_in_file, place_dialog
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
    person.see("The analysis is finished")
    person.click("Dismiss")
    person.choose(TABLE, "Rehearsal")
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
    find_in_file(person.window, sorted(stage.archive.rglob("*.wav"))[3], 0.0, 3.0)
    person.widget(HITS)
    person.rest(2.0)
    mark(person, "ynyyny")
    stage.album.take("search")
    for _ in range(2):
        person.click("Suggest what to hear next")
        person.see("uncertain|random check", of="Stretches found")
        person.rest(1.0)
        mark(person, "yynyny")
        person.rest(1.0)
    person.write("Name of the class to teach", "warm tone")
    person.see("random checks right")
    stage.album.take("search-teach")


def mark(person: Person, says: str) -> None:
    """Mark one stretch after the other by keys."""
    person.widget(HITS).setFocus()
    for letter in says:
        person.press(Qt.Key[f"Key_{letter.upper()}"])
        person.rest(0.4)


def watch(stage: Stage) -> None:
    """A folder is watched while recordings arrive."""
    person, home = stage.person, stage.archive.parent
    incoming = home / "Incoming"
    incoming.mkdir(exist_ok=True)
    person.menu("File", "Watch")
    place_dialog(person.window)
    for field, words in (("Folder", incoming), ("Results database", home / "Incoming.sqlite")):
        person.write(field, str(words))
    person.click("Start")
    person.see("^Watching: 0 files")
    for path in sorted(stage.archive.rglob("*.wav"))[:3]:
        shutil.copy(path, incoming / Path(path).name)
    person.see("^Watching: 3 files", 240)
    stage.album.take("watch", lambda: place_dialog(person.window))
    person.click("Stop")
    person.see("^Stopped")
    person.click("Close")
