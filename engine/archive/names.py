"""When a recording was made, as its name tells: recorders and field stations name files by it."""

import datetime
import re
from pathlib import Path

# A date with or without strokes, then a time of day with or without: 20240101_000000,
# 2024-01-01T00-00-00, PREFIX_20240101_000000.wav. No digit before or after.
_MOMENT = re.compile(
    r"(?<!\d)(\d{4})([-.]?)(\d{2})\2(\d{2})[-_T ]?(\d{2})([-.:]?)(\d{2})\6(\d{2})(?!\d)"
)
_BEGINNING = b"SQLite format 3\x00"


def is_database(path: Path) -> bool:
    """Whether a file is a database, Earmark's or another's; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except (OSError, ValueError):
        return False


def recorded_at(name: str) -> datetime.datetime | None:
    """Date and time in a file's name, as they stand there (no time zone); the first of several.

    Examples:
        >>> from engine.archive.names import recorded_at
        >>> print(recorded_at("POND_20240229_043000.wav"))
        2024-02-29 04:30:00
        >>> recorded_at("take 12.wav") is None
        True
    """
    for found in _MOMENT.finditer(name):
        year, month, day, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 7, 8))
        try:
            moment = datetime.datetime(year, month, day, hour, minute, second)
        except ValueError:  # 20249999_000000 is a number
            continue
        if year >= 1900:
            return moment
    return None
