"""What a database is to hold the results of: kept in it, so that a batch goes on by itself.

The window can be closed or killed, the database copied to another place: it says which folders were
analysed, and how.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engine.archive.addresses import is_address
from engine.archive.cells import finite, parsed
from engine.archive.database import Database
from engine.archive.processes import Listening
from engine.errors import DataError
from engine.export.words import encodable
from engine.recognition.channels import Channels

# Beside the tables of ``schema``: databases that were made before have none until it is asked for.
_TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    places TEXT NOT NULL,          -- JSON list of files, folders and patterns
    classifiers TEXT NOT NULL,     -- JSON list of names
    hop_seconds REAL,
    channels TEXT NOT NULL,
    files INTEGER NOT NULL,        -- how many there were
    finished INTEGER NOT NULL      -- 0: it was interrupted
)
"""


@dataclass(frozen=True)
class BatchOrder:
    """One batch.

    Attributes:
        places: files, folders and patterns, absolute.
        how: with what and how they are heard.
        files: how many there were.
        finished: whether it came to its end.
    """

    places: tuple[str, ...]
    how: Listening
    files: int = 0
    finished: bool = False


def keep_order(database: Database, order: BatchOrder) -> None:
    """Keep it as the database's latest.

    Raises:
        DataError: it cannot be written.
    """
    database.change(_TABLE)
    row: Sequence[Any] = (
        json.dumps([encodable(place) for place in order.places], ensure_ascii=False),
        json.dumps(order.how.classifiers, ensure_ascii=False),
        order.how.hop_seconds,
        order.how.channels,
        order.files,
        order.finished,
    )
    database.change("INSERT OR REPLACE INTO orders VALUES (1, ?, ?, ?, ?, ?, ?)", row)


def kept_order(database: Database) -> BatchOrder | None:
    """The latest batch; None: there was none, or an earlier Earmark wrote the database.

    Raises:
        DataError: it is damaged.
    """
    if not database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'orders'"):
        return None
    rows = database.rows(
        "SELECT places, classifiers, hop_seconds, channels, files, finished FROM orders"
    )
    if not rows:
        return None
    try:
        places, classifiers, hop, channels, files, finished = rows[0]
        if channels not in get_args(Channels):
            raise ValueError(f"channels are {channels}")
        if hop is not None and finite(hop) <= 0:
            raise ValueError(f"the step is {hop} s")
        how = Listening(_words(classifiers), None if hop is None else float(hop), channels)
        return BatchOrder(_words(places), how, int(files), bool(finished))
    except (TypeError, ValueError, DataError) as error:
        raise DataError(
            f"{database.path.name} is damaged: what it says of the analysed folders is invalid "
            f"({error})."
        ) from error


def _words(text: str) -> tuple[str, ...]:
    found = parsed(text)
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError("a list of names is expected")
    return tuple(found)


def absolute(places: Sequence[str]) -> tuple[str, ...]:
    """Places that mean the same from any folder."""
    return tuple(place if is_address(place) else str(Path.cwd() / place) for place in places)
