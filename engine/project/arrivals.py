"""Sounds on their way into a project or out of it, noted so that a kill strands none of them."""

import contextlib
import json
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath

from engine.bounded import parse_json, read_bytes
from engine.errors import DataError

_NOTES = ".arriving.jsonl"
_MOST_BYTES = 100_000_000


class Arrivals:
    """Notes a file before it comes in; the notes go when the table has it.

    Args:
        root: the project's folder.
        home: where in it the project keeps its own sounds.
    """

    def __init__(self, root: Path, home: str) -> None:
        self._root, self._home = root, home
        self._path = root / _NOTES

    def note(self, paths: Iterable[str], kept_at: Callable[[str], str] = lambda path: "") -> None:
        """Files will come, or go; all paths are relative to the root.

        Args:
            paths: of the files among the project's sounds.
            kept_at: where each belongs if the table does not name it; empty: it is a copy.

        Raises:
            DataError: that cannot be written down.
        """
        lines = [json.dumps({"path": path, "kept": kept_at(path)}) + "\n" for path in paths]
        try:
            if lines:
                with self._path.open("a", encoding="utf-8") as file:
                    file.writelines(lines)
        except OSError as error:
            raise DataError(
                f"The project in {self._root} could not be changed: {error.strerror}."
            ) from error

    def forget(self) -> None:
        """Nothing is on its way."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def undo(self, named: Collection[str], *, older_than: float) -> None:
        """After a kill: copies that no row names are deleted, all else goes where it is kept.

        Args:
            named: paths that the table names.
            older_than: seconds; younger notes may be of one who is at work.
        """
        try:
            if time.time() - self._path.stat().st_mtime < older_than:
                return
        except OSError:
            return
        with contextlib.suppress(DataError):
            text = read_bytes(self._path, most_bytes=_MOST_BYTES).decode("utf-8", "replace")
            for line in text.splitlines():
                with contextlib.suppress(DataError, KeyError, TypeError, OSError, ValueError):
                    note = parse_json(line, _NOTES)
                    self._take_out(str(note["path"]), str(note["kept"]), named)
        self.forget()

    def _take_out(self, path: str, kept: str, named: Collection[str]) -> None:
        if path in named or not self._inside(path):
            return
        if not kept:
            (self._root / path).unlink(missing_ok=True)
        elif _plain(kept) and not (self._root / kept).exists():
            (self._root / kept).parent.mkdir(parents=True, exist_ok=True)
            (self._root / path).replace(self._root / kept)

    def _inside(self, path: str) -> bool:
        return _plain(path) and PurePosixPath(path).parts[:1] == (self._home,)


def _plain(path: str) -> bool:
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
