"""Locks on folders: one writes in a project or a run, whoever comes second is told who that is.

The lock is the system's own (flock, or LockFile on Windows) on a small file in the folder, so that
a crash releases it; in the file stands who holds it. Where a network folder knows no locks, or the
folder cannot be written to, nobody is kept out.
"""

import contextlib
import datetime
import errno
import json
import os
import platform
import sys
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.bounded import read_json
from engine.errors import DataError

LOCK = ".earmark.lock"
_MOST_BYTES = 10_000
_TRIES = 5
# Windows keeps others from reading what is locked: a byte far behind the text.
_LOCKED_AT = 1 << 30
_HELD = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes:
        program: what it was started as.
        process: its number.
        host: name of the computer.
        since: local time, ISO 8601.
    """

    program: str = ""
    process: int = 0
    host: str = ""
    since: str = ""

    def __str__(self) -> str:
        if not self.process:
            return "another program"
        try:
            begun = datetime.datetime.fromisoformat(self.since).astimezone()
        except ValueError:
            return f"{self.program} (process {self.process} on {self.host})"
        today = begun.date() == datetime.datetime.now().astimezone().date()
        time = begun.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
        return f"{self.program} (process {self.process} on {self.host}, since {time})"


class FolderLock:
    """The right to change what is in a folder; given back with the object, or when it crashes.

    Args:
        folder: it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / LOCK
        self._held = False
        self._drop: weakref.finalize[..., FolderLock] | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours; also where there are no locks."""
        return self._held

    @property
    def certain(self) -> bool:
        """Whether the system keeps all others out."""
        return self._drop is not None

    def acquire(self) -> bool:
        """Take it, without waiting, if nobody else has it; tells whether it is ours now.

        Two objects of one process keep each other out as two processes do.
        """
        for _ in range(_TRIES):
            if self._held:
                break
            try:
                handle = _open(self._path)
            except OSError:  # a folder that cannot be written to: whoever tries is told by that
                self._held = True
                break
            try:
                _lock(handle)
            except OSError as error:
                os.close(handle)
                if error.errno in _HELD:
                    return False
                self._held = True  # a network folder without locks
                break
            if _same(handle, self._path):  # else its holder has just left and taken it away
                self._held = True
                self._drop = weakref.finalize(self, _release, handle, self._path)
                _write(handle)
            else:
                os.close(handle)
        return self._held

    def free(self) -> bool:
        """Whether :meth:`acquire` would take it; nothing is changed."""
        if self._held or not self._path.exists():
            return True
        try:
            handle = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            _lock(handle)
        except OSError as error:
            return error.errno not in _HELD
        finally:
            os.close(handle)
        return True

    def holder(self) -> Holder:
        """Who has it; of no use if it is ours."""
        try:
            found = read_json(self._path, most_bytes=_MOST_BYTES)
            words = {name: str(found[name])[:80] for name in ("program", "host", "since")}
            return Holder(process=int(found["process"]), **words)
        except (DataError, KeyError, TypeError, ValueError):
            return Holder()

    def release(self) -> None:
        """Give it back."""
        self._held = False
        if self._drop is not None:
            self._drop()
            self._drop = None


def _open(path: Path) -> int:
    flags = os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:  # of another user; reading is enough to lock it
        return os.open(path, os.O_RDONLY)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def _write(handle: int) -> None:
    since = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    me = Holder(_program(), os.getpid(), platform.node() or "this computer", since)
    with contextlib.suppress(OSError):  # a full disk: it is locked nonetheless
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(asdict(me)).encode())


def _program() -> str:
    started = Path(sys.executable if getattr(sys, "frozen", False) else sys.argv[0] or "Python")
    name = started.parent.name if started.stem == "__main__" else started.stem
    return {"-c": "Python", "-m": "Python", "earmark-app": "Earmark", "desktop": "Earmark"}.get(
        name, name
    )


def _release(handle: int, path: Path) -> None:
    ours = _same(handle, path)
    if sys.platform == "win32":  # which deletes no open file; nor one that the next has opened
        os.close(handle)
    if ours:
        with contextlib.suppress(OSError):
            path.unlink()
    if sys.platform != "win32":
        os.close(handle)
