"""Files that arrive in a folder: found by looking, and by the system's own word where it gives it.

A file is complete when its size and date have been the same for a while. On network drives the
system tells nothing of what other computers write, so the folder is looked through again and
again; looking takes a twentieth of the time at most, however large it is.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.audio.formats import EXTENSIONS
from engine.passed_over import passed_over

_SHARE = 20  # looking takes one of so many seconds
_EMPTY_TIMES = 12  # an empty file may still be about to be written: it is given longer
_AT_ONCE = 200  # entries between two pauses
Seen = tuple[int, int]  # size in bytes, and date in nanoseconds


@dataclass(frozen=True)
class _Waiting:
    """A file that may still be written to."""

    seen: Seen
    since: float  # by the monotonic clock


class Arrivals:
    """What is new in a folder and those in it.

    Args:
        folder: which.
        settle_seconds: a file must not have changed for so long.
        every_seconds: between two looks; longer where looking takes long.
        clock: monotonic seconds.

    Attributes:
        away: why the folder cannot be looked into, in words; empty: it can.
        unreadable: folders in it that cannot, as of the last look.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settle_seconds: float = 5.0,
        every_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self._settle, self._every = folder, settle_seconds, every_seconds
        self._clock = clock
        self.away = ""
        self.unreadable: list[str] = []
        self._known: dict[str, Seen] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._device: int | None = None
        self._looking: Iterator[None] | None = None
        self._looked = False
        self._next, self._spent = 0.0, 0.0

    @property
    def waiting(self) -> int:
        """Files that are still being written, as far as is known."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether the first look is not over, or files are still being written."""
        return not self._looked or bool(self._waiting)

    def forget(self, path: Path) -> None:
        """Take a file as new when it is seen next."""
        self._known.pop(str(path), None)

    def hint(self, path: Path, *, closed: bool = False) -> None:
        """Something was said to have happened to a file.

        Args:
            path: it.
            closed: whether whoever wrote it has closed or renamed it, so that it is complete.
        """
        if _is_sound(path.name) and not self._hidden(path):
            self._notice(str(path), settled=closed)

    def hint_folder(self) -> None:
        """A folder came or was renamed: look soon."""
        self._next = min(self._next, self._clock())

    def _hidden(self, path: Path) -> bool:
        return any(map(passed_over, path.relative_to(self.folder).parts))

    def look(self) -> list[Path]:
        """Continue to look, for a moment; the files that are complete now and were not told."""
        now = self._clock()
        if self._looking is None and now >= self._next:
            self._looking = self._through()
            self._spent = 0.0
        if self._looking is not None:
            if next(self._looking, "end") == "end":
                self._looking, self._looked = None, True
            took = self._clock() - now
            self._spent += took
            self._next = self._clock() + max(self._every, _SHARE * self._spent)
        return self._complete()

    def _complete(self) -> list[Path]:
        now, found = self._clock(), []
        for name, waiting in list(self._waiting.items()):
            wait = self._settle * (1 if waiting.seen[0] else _EMPTY_TIMES)
            if now - waiting.since < wait:
                continue
            seen = _seen(name)
            if seen is None:
                del self._waiting[name]
            elif seen != waiting.seen:
                self._waiting[name] = _Waiting(seen, now)
            else:
                del self._waiting[name]
                self._known[name] = seen
                found.append(Path(name))
        return sorted(found)

    def _notice(self, name: str, *, settled: bool = False) -> None:
        seen = _seen(name)
        if seen is None or self._known.get(name) == seen:
            return
        before, now = self._waiting.get(name), self._clock()
        if settled and seen[0]:
            self._waiting[name] = _Waiting(seen, now - self._settle)
        elif before is None or before.seen != seen:
            self._waiting[name] = _Waiting(seen, now)

    def _through(self) -> Iterator[None]:
        """One look through everything, in pieces."""
        try:
            device = os.stat(self.folder).st_dev
            top = os.scandir(self.folder)
        except OSError as error:
            self._gone(error.strerror or str(error))
            return
        todo, count, sounds = [top], 0, 0
        unreadable: list[str] = []
        before = set(self._known)
        while todo:
            with todo.pop() as entries:
                try:
                    for entry in entries:
                        count += 1
                        if count % _AT_ONCE == 0:
                            yield
                        sounds += self._entry(entry, todo, unreadable)
                        before.discard(entry.path)
                except OSError as error:  # a network drive that has just gone
                    if entries is top:
                        self._gone(error.strerror or str(error))
                        return
                    unreadable.append(str(error))
        if sounds == 0 and self._device not in (None, device):
            # The place at which a drive is mounted, without the drive.
            self._gone("the drive is not there")
            return
        self._device = device if sounds else self._device
        self.away, self.unreadable = "", unreadable
        if not unreadable:
            for name in before:  # moved away or deleted: a folder may be passed through for years
                self._known.pop(name, None)

    def _entry(
        self,
        entry: "os.DirEntry[str]",
        todo: "list[os._ScandirIterator[str]]",
        unreadable: list[str],
    ) -> int:
        """See to an entry; 1 if it is a sound."""
        if passed_over(entry.name):
            return 0
        try:
            if entry.is_dir(follow_symlinks=False):
                todo.append(os.scandir(entry.path))
            elif _is_sound(entry.name) and entry.is_file():
                self._notice(entry.path)
                return 1
        except OSError as error:
            unreadable.append(f"{entry.name}: {error.strerror}")
        return 0

    def _gone(self, words: str) -> None:
        self.away = words or "it is not there"
        self._waiting.clear()


def _is_sound(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _seen(name: str) -> Seen | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
