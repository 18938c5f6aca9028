"""What kills left is swept when it is old; what is being written is not."""

import os
import time
from pathlib import Path

import pytest

from engine import atomic_write
from engine.atomic_write import write_whole
from engine.leftovers import HOUR, sweep


def test_only_old_temporaries_go(tmp_path: Path) -> None:
    for name in (".earmark-old", ".earmark-new", "flute.wav", "in/.earmark-deep"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        if name != ".earmark-new":
            os.utime(tmp_path / name, (time.time() - 2 * HOUR,) * 2)
    assert sweep(tmp_path / "nowhere") == 0
    assert sweep(tmp_path) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [".earmark-new", "flute.wav", "in"]
    assert sweep(tmp_path, older_than=0.0, deep=True) == 2
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["flute.wav", "in"]


def test_a_folder_is_as_young_as_what_is_in_it(tmp_path: Path) -> None:
    inside = tmp_path / "unfinished-x" / "values"
    inside.parent.mkdir()
    inside.write_bytes(b"x")
    os.utime(inside.parent, (0, 0))
    assert sweep(tmp_path, "unfinished-") == 0
    os.utime(inside, (0, 0))
    os.utime(inside.parent, (0, 0))
    assert sweep(tmp_path, "unfinished-") == 1
    assert not inside.parent.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows writes names down by itself")
def test_the_folder_is_synchronised_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync = os.fsync

    def spy(handle: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)
        if done[-1] == "folder":
            assert (tmp_path / "a.txt").read_bytes() == b"new"

    monkeypatch.setattr(atomic_write.os, "fsync", spy)
    write_whole(tmp_path / "a.txt", b"new")
    assert done == ["file", "folder"] or not Path("/proc").exists()
