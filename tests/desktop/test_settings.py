"""The settings hold nothing that runs, and what is not as declared counts as the default."""

import json
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings
from pytestqt.qtbot import QtBot

from desktop import settings, style
from desktop.session import Session
from desktop.settings import Setting, Settings, settings_file
from desktop.window import Window

DECLARED = [value for value in vars(settings).values() if isinstance(value, Setting)]
PICKLE = (
    rb"@Variant(\0\0\0\x7f\0\0\0\x18PySide::PyObjectWrapper\0\0\0\0\x46\x80\x4\x95;\0\0\0\0\0\0\0"
    rb"\x8c\x5posix\x94\x8c\x6system\x94\x93\x94\x8c touch earmark-settings-ran-code!\x94\x85"
    rb"\x94R\x94.)"
)
ANYTHING = (
    *(None, True, -1, 10**6, 0.5, "nonsense", "@Variant(x)", "x" * 100_000, [], [1], {}, {"a": []}),
    *(["a"] * 10_000, ["x" * 100_000], "AdnQywADAAA", "=" * 8, PICKLE.decode("latin-1")),
)


def written(text: str | bytes) -> Settings:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    settings._stores.clear()
    return Settings()


def test_each_value_comes_back_after_a_restart() -> None:
    changed = {"window/geometry": QByteArray(b"\0\1\xff"), "view/db_low": -70, "view/grid": True}
    changed |= {"files/recent": ["/ä b.wav", "/c,d.wav"], "view/colours": "viridis"}
    made = Settings()
    for setting in DECLARED:
        made.set(setting, changed.get(setting.key, setting.default))
    settings._stores.clear()
    for setting in DECLARED:
        assert Settings().get(setting) == changed.get(setting.key, setting.default), setting.key


@pytest.mark.parametrize("value", ANYTHING, ids=[str(n) for n in range(len(ANYTHING))])
def test_what_is_not_declared_is_the_default(value: object) -> None:
    found = written(json.dumps({setting.key: value for setting in DECLARED} | {"unknown": value}))
    for setting in DECLARED:
        got = found.get(setting)
        assert type(got) is type(setting.default)
        if setting.allowed and got != setting.default:
            assert got == value
        elif isinstance(got, list):
            assert got in (setting.default, value)
    assert found.get(settings.COLOURS) == "magma"
    assert found.get(settings.DB_LOW) in (-90, -1)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\xff\xfe", b"[1]", b"{", b"[" * 100_000, b'{"view/db_low": 1e999}', b"1" * 5000),
        *(b'{"view/colours": "\\ud800"}', b" " * 2_000_000 + b"{}"),
    ],
)
def test_a_file_that_is_no_json_counts_as_none(text: bytes) -> None:
    found = written(text)
    assert [found.get(setting) for setting in DECLARED] == [s.default for s in DECLARED]
    found.set(settings.COLOURS, "grey")
    settings._stores.clear()
    assert Settings().get(settings.COLOURS) == "grey"


def test_no_settings_file_runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's reader of settings unpickles; nothing of ours may ask it."""
    monkeypatch.chdir(tmp_path)
    text = b"".join(
        b"[%s]\n%s=%s\n" % (*setting.key.encode().split(b"/"), b'"' + PICKLE + b'"')
        for setting in DECLARED
    )
    places = [settings_file(), settings_file().with_name("Earmark.conf")]
    places += [Path(QSettings("Earmark", "Earmark").fileName())]
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    settings._stores.clear()
    session = Session()
    for setting in DECLARED:
        assert session.settings.get(setting) == setting.default
    places[2].unlink()
    assert os.listdir(tmp_path) == []


def test_the_window_opens_whatever_the_settings_say(qtbot: QtBot, qapp: object) -> None:
    written(json.dumps({setting.key: "nonsense" for setting in DECLARED}))
    session = Session()
    style.apply(qapp, session.settings.get(settings.APPEARANCE))  # type: ignore[arg-type]
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    assert window.isVisible()
    window.close()


def test_two_processes_keep_what_the_other_has_set() -> None:
    mine = Settings()
    mine.set(settings.COLOURS, "grey")
    other = settings._Store(settings_file())
    other.set("view/grid", True)
    mine.set(settings.MIX, True)
    settings._stores.clear()
    found = Settings()
    assert found.get(settings.COLOURS) == "grey"
    assert found.get(settings.GRID)
    assert found.get(settings.MIX)


def test_a_name_that_is_no_text_does_not_spoil_the_others() -> None:
    made = Settings()
    made.set(settings.COLOURS, "grey")
    made.set(settings.RECENT, ["/a.wav", os.fsdecode(b"/\xff.wav")])
    made.set(settings.FOLDER, os.fsdecode(b"/\xff"))
    settings._stores.clear()
    assert Settings().get(settings.RECENT) == ["/a.wav"]
    assert Settings().get(settings.FOLDER) == ""
    assert Settings().get(settings.COLOURS) == "grey"


def test_a_full_disk_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settings, "write_whole", full)
    made = Settings()
    made.set(settings.COLOURS, "grey")
    assert made.get(settings.COLOURS) == "grey"
