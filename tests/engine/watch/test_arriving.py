"""Files that arrive: found once they are complete, whatever the system tells of the folder."""

import os
import shutil
from pathlib import Path

import pytest

from engine.watch.arriving import Arrivals


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A folder that is looked at, with a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        folder.mkdir()
        self.arrivals = Arrivals(folder, settle_seconds=5, every_seconds=10, clock=self.clock)

    def look(self, seconds: float = 0.0) -> list[str]:
        """Wait, then look to the end."""
        self.clock.now += seconds
        found = self.arrivals.look()
        while self.arrivals._looking is not None:
            found += self.arrivals.look()
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def write(self, name: str, text: str = "sound") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "in")


def test_what_stands_still_is_complete(place: Place) -> None:
    place.write("a.wav")
    place.write("deep/er/b.MP3")
    for name in ("notes.txt", ".hidden.wav", "._a.wav", ".dir/c.wav", "__MACOSX/d.wav"):
        place.write(name)
    assert place.look() == []
    assert place.arrivals.waiting == 2
    assert place.look(4.9) == []
    assert place.look(0.2) == ["a.wav", "deep/er/b.MP3"]
    assert place.look(20) == []


def test_what_grows_is_waited_for(place: Place) -> None:
    place.write("a.wav")
    place.look()
    for _ in range(5):
        place.write("a.wav", "more")
        assert place.look(6) == []
    assert place.look(4) == []
    assert place.look(2) == ["a.wav"]
    place.write("a.wav", "still more")  # it was not complete after all: it is heard again
    assert place.look(11) == []
    assert place.look(6) == ["a.wav"]


def test_an_empty_file_is_given_longer(place: Place) -> None:
    place.write("a.wav", "")
    place.look()
    assert place.look(50) == []
    assert place.look(11) == ["a.wav"]


def test_new_folders_and_renamed_files_are_found(place: Place) -> None:
    place.write("upload/x.part")
    place.look()
    os.rename(place.folder / "upload" / "x.part", place.folder / "upload" / "x.wav")
    place.look(11)
    assert place.look(6) == ["upload/x.wav"]


def test_a_folder_may_go_and_come_back(place: Place, tmp_path: Path) -> None:
    place.write("a.wav")
    place.look()
    assert place.look(6) == ["a.wav"]
    os.rename(place.folder, tmp_path / "elsewhere")
    assert place.look(11) == []
    assert "No such file" in place.arrivals.away
    os.rename(tmp_path / "elsewhere", place.folder)
    place.write("b.wav")
    place.look(11)
    assert place.arrivals.away == ""
    assert place.look(6) == ["b.wav"]


def test_an_empty_mount_point_is_no_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a.wav")
    place.look()
    shutil.rmtree(place.folder)
    place.folder.mkdir()
    place.arrivals._device = -1  # another drive's than that of the empty folder
    place.look(11)
    assert place.arrivals.away == "the drive is not there"


def test_a_file_that_vanishes_is_forgotten(place: Place) -> None:
    place.write("a.wav")
    place.look()
    (place.folder / "a.wav").unlink()
    assert place.look(6) == []
    assert place.arrivals.waiting == 0


def test_the_systems_word_makes_it_quick(place: Place) -> None:
    place.look()
    place.write("a.wav")
    place.arrivals.hint(place.folder / "a.wav", closed=True)
    assert place.look(0.1) == ["a.wav"]
    place.write("b.wav")
    place.arrivals.hint(place.folder / "b.wav")
    assert place.look(0.1) == []
    assert place.look(5) == ["b.wav"]
    place.arrivals.hint(place.folder / ".c.wav", closed=True)
    assert place.arrivals.waiting == 0


def test_looking_takes_a_twentieth_of_the_time(place: Place) -> None:
    for number in range(500):
        place.write(f"{number}.wav")

    class Slow(Clock):
        """A network drive: each call of the clock is a second later."""

        looks = 0

        def __call__(self) -> float:
            self.now += 0.5
            return self.now

    clock = place.arrivals._clock = Slow()  # type: ignore[assignment]
    begun = clock.now
    busy = 0
    for _ in range(2000):
        place.arrivals.look()
        busy += place.arrivals._looking is not None
        place.clock.now = clock.now
    assert clock.now > begun
    spent = place.arrivals._spent
    assert place.arrivals._next - clock.now <= 20 * max(spent, 1.0)
    assert place.arrivals._every < 20 * spent


def test_what_left_the_folder_is_held_no_longer(place: Place) -> None:
    """Recorders put files there for years, and others take them away."""
    for number in range(20):
        place.write(f"{number}.wav")
        place.look(11)
        assert place.look(6) == [f"{number}.wav"]
        (place.folder / f"{number}.wav").unlink()
    place.look(11)
    assert place.arrivals._known == {}
