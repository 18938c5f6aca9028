"""A second start hands its files to the first."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop import single_instance
from desktop.application import Application, open_paths
from desktop.menus import about
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


BAD = (
    b"",
    b"[" * 100_000,
    b"1" * 5000,
    b"NaN",
    b'{"a": 1}',
    b"[1]",
    b'["\\u0000"]',
    b"\xff",
    b"[[]]",
)


def say(words: bytes) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.connect(single_instance._name())
    line.setblocking(False)
    with contextlib.suppress(OSError):
        line.send(words)
    return line


def test_nobody_is_there(qapp: Application) -> None:
    assert not hand_over([Path("/a.wav")])


def test_files_reach_the_first(qtbot: QtBot) -> None:
    door = SingleInstance()
    with qtbot.waitSignal(door.asked, timeout=120_000) as asked:
        other = subprocess.Popen(
            [sys.executable, "-c", _KNOCK, "/a b.wav", "/ü.ogg"], stdout=subprocess.PIPE
        )
    assert asked.args == [[Path("/a b.wav"), Path("/ü.ogg")]]
    assert other.communicate(timeout=240)[0].strip() == b"True"
    door.close()


def test_a_name_that_is_no_text_arrives(qtbot: QtBot) -> None:
    names = [Path(os.fsdecode(b"/\xff b.wav")), Path("/ü.ogg")]
    assert single_instance._paths(single_instance._message(names)) == names
    many = [Path(f"/{'x' * 200}{n}.wav") for n in range(9000)]
    assert len(single_instance._message(many)) < 1 << 20
    assert single_instance._paths(single_instance._message(many))[0] == many[0]


def test_what_says_nothing_sensible_opens_nothing(qtbot: QtBot) -> None:
    assert [single_instance._paths(words) for words in BAD] == [[]] * len(BAD)
    door, heard, lines = SingleInstance(), list[list[Path]](), list[socket.socket]()
    door.asked.connect(heard.append)
    lines += [say(words + b"\n") for words in BAD]
    qtbot.waitUntil(lambda: len(heard) == len(BAD), timeout=120_000)
    assert heard == [[]] * len(BAD)
    for line in lines:
        line.close()
    qtbot.waitUntil(lambda: not door._lines, timeout=120_000)
    door.close()


def test_who_never_ends_is_dropped(qtbot: QtBot) -> None:
    door, heard = SingleInstance(), list[list[Path]]()
    door.asked.connect(heard.append)
    line = say(b"")
    line.setblocking(False)
    dropped = []

    def more() -> bool:
        try:
            line.send(b"x" * 100_000)
        except BlockingIOError:
            pass
        except OSError:
            dropped.append(True)
        return bool(dropped)

    qtbot.waitUntil(more, timeout=120_000)
    line.close()
    crowd = [say(b"") for _ in range(single_instance._MOST_LINES * 3)]
    qtbot.wait(100)
    assert len(door._lines) <= single_instance._MOST_LINES
    for line in crowd:
        line.close()
    qtbot.waitUntil(lambda: not door._lines, timeout=120_000)
    assert heard == []
    door.close()


def test_nobody_else_can_be_there_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every user may write, another could answer in our place and read names of files."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    home = single_instance._name()
    assert home.startswith(os.environ["XDG_CACHE_HOME"])
    assert stat.S_IMODE(Path(home).parent.stat().st_mode) == 0o700
    own = Path(tempfile.mkdtemp(prefix="em"))  # short: a socket's name is
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own))
    assert single_instance._name().startswith(str(own))
    (own / "earmark").chmod(0o755)
    assert single_instance._name() == home  # a stranger's, it may be
    (own / "earmark").rmdir()
    (own / "earmark").symlink_to(tmp_path)
    assert single_instance._name() == home
    (own / "earmark").unlink()
    own.chmod(0o777)
    assert single_instance._name() == home
    own.chmod(0o700)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert single_instance._name() == ""
    assert not hand_over([Path("/a.wav")])
    own.rmdir()


def test_another_user_is_not_heard_and_told_nothing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, heard = SingleInstance(), list[list[Path]]()
    door.asked.connect(heard.append)
    line = say(b'["/a.wav"]\n')
    qtbot.waitUntil(lambda: heard == [[Path("/a.wav")]], timeout=120_000)
    monkeypatch.setattr(single_instance, "_peer", lambda end: os.getuid() + 1)
    other = say(b'["/a.wav"]\n')
    qtbot.wait(200)
    assert len(heard) == 1
    assert not hand_over([Path("/a.wav")])
    for end in (line, other):
        end.close()
    door.close()


def test_what_a_crash_left_does_not_keep_one_out(qtbot: QtBot) -> None:
    died = "import os, sys; from desktop.application import make_application as m; a = m(['x'])\n"
    died += "from desktop.single_instance import SingleInstance; d = SingleInstance(); os._exit(1)"
    assert subprocess.run([sys.executable, "-c", died], check=False).returncode == 1
    assert not hand_over([])
    door = SingleInstance()
    with qtbot.waitSignal(door.asked, timeout=120_000):
        other = subprocess.Popen([sys.executable, "-c", _KNOCK])
    assert other.wait(240) == 0
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
