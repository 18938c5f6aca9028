"""Locks on folders: one holder, named, and none after a crash."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import locks
from engine.locks import LOCK, FolderLock

ROOT = Path(__file__).resolve().parents[2]
HOLDS = """
import sys, time
from pathlib import Path
from engine.locks import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
time.sleep(60)
"""


def test_one_holds_and_the_other_is_told_who(tmp_path: Path) -> None:
    mine, other = FolderLock(tmp_path), FolderLock(tmp_path)
    assert mine.acquire()
    assert mine.acquire()
    assert not other.acquire()
    assert not other.free()
    holder = other.holder()
    assert holder.process == os.getpid()
    assert holder.host
    assert f"process {os.getpid()} on {holder.host}, since " in str(holder)
    mine.release()
    assert list(tmp_path.iterdir()) == []  # nothing of ours stays
    assert other.free()
    assert other.acquire()
    assert not mine.acquire()


def test_it_goes_with_its_object(tmp_path: Path) -> None:
    mine = FolderLock(tmp_path)
    assert mine.acquire()
    del mine
    assert FolderLock(tmp_path).acquire()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_kill_releases_it(tmp_path: Path) -> None:
    started = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        mine = FolderLock(tmp_path)
        assert not mine.acquire()
        assert mine.holder().process == process.pid
        process.send_signal(signal.SIGKILL)
    assert mine.free()
    assert mine.acquire()
    assert mine.holder().process == os.getpid()


def test_a_network_folder_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(handle: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_lock", none)
    mine, other = FolderLock(tmp_path), FolderLock(tmp_path)
    assert mine.acquire()
    assert other.acquire()
    mine.release()
    assert not mine.held


def test_a_folder_that_cannot_be_written_to_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(locks.os, "open", refused)
    assert FolderLock(tmp_path).acquire()


def test_a_file_that_says_nothing_is_another_program(tmp_path: Path) -> None:
    for text in ("", "[" * 9000, '{"process": "x"}', '{"process": 3, "host": "h"}'):
        (tmp_path / LOCK).write_text(text)
        assert str(FolderLock(tmp_path).holder()) == "another program"
