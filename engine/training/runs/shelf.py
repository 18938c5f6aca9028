"""What a person adds to a run: a name and notes; and where deleted runs wait to be restored."""

import contextlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from engine.atomic_write import write_text
from engine.bounded import read_json
from engine.errors import DataError, EarmarkError
from engine.locks import FolderLock

_FILE, _FAILURE, _REMOVED = "about.json", "failure.json", ".removed"
_MOST_BYTES, _MOST_NAME, _MOST_NOTES = 100_000, 100, 10_000
_KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class About:
    """Empty: nothing was added."""

    name: str = ""
    notes: str = ""


def about(folder: Path) -> About:
    """Name and notes of a run; what is damaged counts as none."""
    found = _read(folder / _FILE)
    name, notes = found.get("name", ""), found.get("notes", "")
    if not isinstance(name, str) or not isinstance(notes, str):
        return About()
    return About(name[:_MOST_NAME], notes[:_MOST_NOTES])


def keep_about(folder: Path, added: About) -> None:
    """Keep a name and notes.

    Raises:
        DataError: they are too long, or cannot be written.
    """
    name = " ".join(added.name.split())
    if len(name) > _MOST_NAME or len(added.notes) > _MOST_NOTES:
        raise DataError(
            f"A name has at most {_MOST_NAME} characters, notes have {_MOST_NOTES:,} at most."
        )
    _write(folder / _FILE, {"name": name, "notes": added.notes})


def reason(folder: Path) -> str:
    """Why a run failed the last time; empty: it did not."""
    found = _read(folder / _FAILURE).get("reason", "")
    return found[:_MOST_NOTES] if isinstance(found, str) else ""


def keep_reason(folder: Path, words: str) -> None:
    """Keep why a run failed, as far as that can be written."""
    with contextlib.suppress(EarmarkError):
        if folder.is_dir():
            _write(folder / _FAILURE, {"reason": words})


def forget_reason(folder: Path) -> None:
    """It goes on, or came to its end."""
    with contextlib.suppress(OSError):
        (folder / _FAILURE).unlink(missing_ok=True)


def discard(folder: Path) -> Path:
    """Take a run or sweep away.

    Returns:
        Where it waits for :func:`put_back`: a month, at least.

    Raises:
        DataError: it is being trained, or cannot be moved.
    """
    if not FolderLock(folder).free():
        raise DataError(f"{folder.name} is being trained. Stop it first.")
    place = folder.parent / _REMOVED / f"{time.time_ns()}"
    try:
        _forget_old(place.parent)
        place.mkdir(parents=True)
        return folder.replace(place / folder.name)
    except OSError as error:
        raise DataError(f"{folder.name} could not be deleted: {error.strerror}.") from error


def put_back(removed: Path) -> Path:
    """Put back what :func:`discard` took away; gives its place.

    Raises:
        DataError: its place is taken, or it cannot be moved.
    """
    target = removed.parents[2] / removed.name
    if target.exists():
        raise DataError(f"There is another {removed.name} now. Move that one first.")
    try:
        removed.replace(target)
        removed.parent.rmdir()
    except OSError as error:
        raise DataError(f"{removed.name} could not be restored: {error.strerror}.") from error
    return target


def _forget_old(place: Path) -> None:
    for folder in place.glob("*") if place.is_dir() else ():
        if folder.name.isdecimal() and time.time() - int(folder.name) / 1e9 > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        found = read_json(path, most_bytes=_MOST_BYTES)
    except DataError:
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, values: dict[str, str]) -> None:
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
