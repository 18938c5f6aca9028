"""What the system tells of a folder, by the library watchdog; where it tells nothing, all is well.

Only a hint: files are looked for in any case (``arriving``), as systems tell nothing of network
drives, lose events when many come, and run out of what they can watch.
"""

import contextlib
import os
import queue
from pathlib import Path
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

_MOST = 10_000  # hints held; more are dropped: the next look finds the files


class Hint(NamedTuple):
    """Something happened.

    Attributes:
        path: where.
        closed: whether a file there is complete.
        folder: whether it is a folder.
    """

    path: Path
    closed: bool
    folder: bool


class Hints(FileSystemEventHandler):
    """Listens to the system while it is open.

    Args:
        folder: with all in it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._queue: queue.Queue[Hint] = queue.Queue(_MOST)
        self._observer: BaseObserver | None = None

    def open(self) -> bool:
        """Begin; whether the system can tell."""
        if not self._folder.is_dir():  # watchdog would leave a thread behind
            return False
        observer = Observer()  # here: one that is never started leaves a thread behind as well
        try:
            observer.schedule(self, str(self._folder), recursive=True)
            observer.start()
        except (OSError, RuntimeError):  # no such folder, or no more watches
            return False
        self._observer = observer
        return True

    def close(self) -> None:
        """End."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def take(self) -> list[Hint]:
        """All that was told since the last time."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._queue.get_nowait())
        return found

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by watchdog, in a thread of its own."""
        place = event.dest_path if isinstance(event, FileMovedEvent | DirMovedEvent) else None
        path = Path(os.fsdecode(place or event.src_path))
        closed = isinstance(event, FileClosedEvent | FileMovedEvent)
        folder = isinstance(event, DirCreatedEvent | DirMovedEvent)
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(Hint(path, closed, folder))
