"""Where the window opens: Listen at first, then as it was left, with the last file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import settings
from desktop.application import open_window
from desktop.pages.file import worker as file_worker
from desktop.pages.file.page import FilePage
from desktop.session import Session
from desktop.settings import GEOMETRY, LOADED, PAGE
from desktop.window import Window
from engine.audio import Audio, write
from resources import resource
from tests.desktop.conftest import settle, take_away

Start = Callable[..., Window]


@pytest.fixture
def start(qapp: QApplication, light: None, qtbot: QtBot) -> Iterator[Start]:
    """Opens the window as a start of the program does; no classifier is enabled, to be quick."""
    made: list[Window] = []

    def start(*files: Path, **options: bool) -> Window:
        settings._stores.clear()
        Session().settings.set(LOADED, [])
        _, window = open_window(qapp, files, **options)
        made.append(window)
        settle(qtbot)
        qtbot.wait(350)
        settle(qtbot)
        return window

    yield start
    for window in made:
        window.close()
    take_away(qapp, *made)


def file_page(window: Window) -> FilePage:
    page = window.page("file")
    assert isinstance(page, FilePage)
    return page


def sound(path: Path) -> Path:
    import numpy as np

    write(path, Audio(np.zeros((1, 8000), dtype=np.float32), 8000))
    return path


def test_the_first_start_opens_on_listen_and_has_the_demo_ready(start: Start) -> None:
    window = start()
    assert window.current == "listen"
    assert window.page("listen").isVisible()
    assert file_page(window).path == resource("sounds", "demo.ogg")


def test_without_a_display_the_demo_is_shown(start: Start) -> None:
    window = start(demo=True)
    assert window.current == "file"
    assert file_page(window).path == resource("sounds", "demo.ogg")


def test_later_starts_open_the_page_and_the_file_of_before_even_after_a_crash(
    start: Start, tmp_path: Path
) -> None:
    window = start(sound(tmp_path / "a.wav"))
    assert window.current == "file"
    # Nothing is told to the window, as if the process had died here.
    assert Session().settings.get(PAGE) == "file"
    again = start()
    assert again.current == "file"
    assert file_page(again).path == tmp_path / "a.wav"
    again.show_page("train")
    third = start()
    assert third.current == "train"
    assert "file" not in third._made  # nothing is read that nobody looks at


def test_a_file_that_is_gone_is_no_reason_to_complain(start: Start, tmp_path: Path) -> None:
    start(sound(tmp_path / "a.wav"))
    (tmp_path / "a.wav").unlink()
    again = start()
    assert file_page(again).path is None
    assert not file_page(again).notices.current


def test_several_files_are_listed_at_the_left(start: Start, qtbot: QtBot, tmp_path: Path) -> None:
    window = start(sound(tmp_path / "a.wav"), sound(tmp_path / "b.wav"))
    page = file_page(window)
    assert page.queue.isVisible()
    assert [path.name for path in page.queue.paths] == ["a.wav", "b.wav"]
    assert page.path == tmp_path / "a.wav"
    page.commands["next"]()
    qtbot.waitUntil(lambda: page.path == tmp_path / "b.wav", timeout=60_000)
    assert page.queue.list.currentRow() == 1
    page.commands["previous"]()
    qtbot.waitUntil(lambda: page.path == tmp_path / "a.wav", timeout=60_000)
    page.queue.remove_current()
    assert not page.queue.isVisible()
    # Another file ends the list.
    page.queue.show_files([tmp_path / "a.wav", tmp_path / "b.wav"])
    page.open(sound(tmp_path / "c.wav"))
    qtbot.waitUntil(lambda: page.path == tmp_path / "c.wav", timeout=60_000)
    assert not page.queue.isVisible()
    settle(qtbot)


def test_a_folder_is_the_sounds_in_it(start: Start, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    sound(tmp_path / "in" / "deep" / "b.wav")
    sound(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "notes.txt").write_text("words")
    page = file_page(start(demo=True))
    page.open_several([tmp_path / "in"])
    qtbot.waitUntil(lambda: len(page.queue.paths) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: page.path == tmp_path / "in" / "a.wav", timeout=60_000)
    (tmp_path / "none").mkdir()
    page.open_several([tmp_path / "none"])
    qtbot.waitUntil(lambda: "no sound files in none" in page.notices.text, timeout=60_000)
    settle(qtbot)
    assert file_worker._MOST_FILES == 1000


@pytest.mark.parametrize(
    ("screen", "expected"), [((1280, 800), (1280, 760)), ((1920, 1080), (1280, 800))]
)
def test_the_window_fits_the_screen_with_its_title_bar(
    screen: tuple[int, int],
    expected: tuple[int, int],
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, *screen))
    monkeypatch.setattr(Window, "restoreGeometry", lambda *_: False)
    window = start()
    assert (window.width(), window.height()) == expected
    assert GEOMETRY.default.isEmpty()
