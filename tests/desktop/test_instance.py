"""A second start hands its files to the first."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop import about
from desktop.application import Application, open_paths
from desktop.single_instance import SingleInstance, hand_over
from desktop.window import Window
from resources import resource

_KNOCK = """
import sys
from pathlib import Path
from desktop.application import make_application
from desktop.single_instance import hand_over
application = make_application(sys.argv[:1])
print(hand_over([Path(word) for word in sys.argv[1:]]))
"""


def test_nobody_is_there(qapp: Application) -> None:
    assert not hand_over([Path("/a.wav")])


def test_files_reach_the_first(qtbot: QtBot) -> None:
    door = SingleInstance()
    with qtbot.waitSignal(door.asked, timeout=120_000) as asked:
        other = subprocess.Popen(
            [sys.executable, "-c", _KNOCK, "/a b.wav", "/ü.ogg"], stdout=subprocess.PIPE
        )
    assert asked.args == [[Path("/a b.wav"), Path("/ü.ogg")]]
    assert other.communicate(timeout=60)[0].strip() == b"True"
    door.close()


def test_what_a_crash_left_does_not_keep_one_out(qtbot: QtBot) -> None:
    died = "import os, sys; from desktop.application import make_application as m; a = m(['x'])\n"
    died += "from desktop.single_instance import SingleInstance; d = SingleInstance(); os._exit(1)"
    assert subprocess.run([sys.executable, "-c", died], check=False).returncode == 1
    assert not hand_over([])
    door = SingleInstance()
    with qtbot.waitSignal(door.asked, timeout=120_000):
        other = subprocess.Popen([sys.executable, "-c", _KNOCK])
    assert other.wait(20) == 0
    door.close()


def test_a_sound_opens_on_its_page(qtbot: QtBot, window: Window) -> None:
    open_paths(window._session, window, [resource("sounds", "flute.ogg")])
    assert window.current == "file"
    qtbot.waitUntil(
        lambda: window.page("file").path == resource("sounds", "flute.ogg"), timeout=120_000
    )


def test_a_classifier_is_taken_among_the_users_own(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    from engine.classifier.catalog import Catalog
    from engine.classifier.file import renamed, write_file

    path = tmp_path / "mine.safetensors"
    write_file(path, renamed(resource("models", "genre.safetensors"), "mine"))
    open_paths(window._session, window, [path])
    assert window.current == "models"
    qtbot.waitUntil(lambda: "mine" in window._session.classifiers, timeout=120_000)
    assert Catalog().find("mine").path.exists()


def test_the_release_page_is_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    class Metadata:
        def get_all(self, name: str) -> list[str]:
            assert name == "Project-URL"
            return ["Source, https://example.org/source", "Releases, https://example.org/new"]

    monkeypatch.setattr("importlib.metadata.metadata", lambda name: Metadata())
    assert about.release_page() == "https://example.org/new"
