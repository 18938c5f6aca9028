"""What systems leave in folders is no sound, wherever folders are read."""

from pathlib import Path

import pytest

from engine.audio.files import find_audio
from engine.datasets import open_dataset
from engine.datasets.table import files_under
from engine.passed_over import passed_over
from engine.project.store import sounds_at
from tests import corpora

LEFT = ("._take.wav", ".hidden.wav", "__MACOSX/bell/take.wav", ".git/x.wav", "in/.y/z.wav")


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    root = corpora.folders(tmp_path / "set", ("bell", "drum"), files=2, seconds=0.05)
    for name in LEFT:
        (root / "bell" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "bell" / name).write_bytes(b"\0\5\x16\7" * 50)
    (root / "bell" / "Thumbs.db").touch()
    (root / "bell" / "desktop.ini").touch()
    return root


def test_everywhere_the_same(dirty: Path) -> None:
    wanted = {f"{label}/take {n}.wav" for label in ("bell", "drum") for n in range(2)}
    assert {p.relative_to(dirty).as_posix() for p in find_audio([dirty])} == wanted
    assert set(files_under(dirty, [".wav"])) == wanted
    assert {e.path for e in open_dataset(dirty).excerpts} == wanted
    assert {p.relative_to(dirty).as_posix() for p, _ in sounds_at(dirty)} == wanted
    assert list(sounds_at(dirty / "bell" / "._take.wav")) == []
    named = dirty / "bell" / ".hidden.wav"
    assert find_audio([named]) == [named]  # whoever names one means it


def test_names() -> None:
    for name in ("Thumbs.db", "THUMBS.DB", "Desktop.ini", "__MACOSX", ".DS_Store", "._a.wav"):
        assert passed_over(name)
    for name in ("a.wav", "_a.wav", "thumbs", "macosx"):
        assert not passed_over(name)
