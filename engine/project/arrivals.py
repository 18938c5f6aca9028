"""Sounds that are on their way into a project, noted so that a kill leaves none of them behind."""

import contextlib
import json
from collections.abc import Collection
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

    def note(self, path: str, moved: Path | None) -> None:
        """A file will come to a path relative to the root; if it is moved, from where.

        Raises:
            DataError: that cannot be written down.
        """
        line = json.dumps({"path": path, "from": str(moved) if moved else ""}) + "\n"
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise DataError(
                f"{path} could not be added to the project: {error.strerror}."
            ) from error

    def forget(self) -> None:
        """Nothing is on its way."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def undo(self, kept: Collection[str]) -> None:
        """After a kill: copies that no row names are deleted, what was moved goes back."""
        if not self._path.is_file():
            return
        with contextlib.suppress(DataError):
            text = read_bytes(self._path, most_bytes=_MOST_BYTES).decode("utf-8", "replace")
            for line in text.splitlines():
                with contextlib.suppress(DataError, KeyError, TypeError, OSError, ValueError):
                    note = parse_json(line, _NOTES)
                    self._take_out(str(note["path"]), str(note["from"]), kept)
        self.forget()

    def _take_out(self, path: str, came_from: str, kept: Collection[str]) -> None:
        parts = PurePosixPath(path).parts
        inside = parts[:1] == (self._home,) and ".." not in parts
        if path in kept or not inside:
            return
        if not came_from:
            (self._root / path).unlink(missing_ok=True)
        elif not Path(came_from).exists():
            Path(came_from).parent.mkdir(parents=True, exist_ok=True)
            (self._root / path).replace(came_from)
