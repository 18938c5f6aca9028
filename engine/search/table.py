"""Which files an index knows, in one SQLite file beside its segments.

Other programs may read it while an index grows (SQLite's write-ahead log).
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.archive.schema import transaction
from engine.errors import DataError

APPLICATION, VERSION = 0x45617269, 1  # "Eari"; both stand in the file's header
NAME = "index.sqlite"
_LAST = "last_segment"  # among the settings, too: the highest number that a segment has had
_WAIT_SECONDS = 60.0
# What is wrong with the disk or with who else uses it, not with the index.
_PASSING = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
)
_MOST_ROWS = 1 << 40
_MOST_DIGITS = 15
_MOST_SECONDS = 1e9
SCHEMA = """
CREATE TABLE settings (
    name TEXT PRIMARY KEY,         -- step_seconds, projection (its digest), folder
    value TEXT NOT NULL
);
CREATE TABLE segments (
    id INTEGER PRIMARY KEY,        -- segments/ID.npy
    row_count INTEGER NOT NULL
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,     -- absolute
    size INTEGER NOT NULL,         -- bytes; with modified_ns as it was when it was heard
    modified_ns INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'gone')),
    reason TEXT NOT NULL,          -- why it could not be heard
    duration_seconds REAL NOT NULL,
    segment_id INTEGER REFERENCES segments,
    first_row INTEGER NOT NULL,
    row_count INTEGER NOT NULL
);
CREATE INDEX files_by_segment ON files (segment_id, first_row);
"""


@dataclass(frozen=True)
class FileRow:
    """What an index knows of a file.

    Attributes:
        path: absolute.
        size: in bytes, as it was when it was heard.
        modified_ns: when it was last written to, then.
        status: done, failed or gone (it is no longer there).
        reason: why it could not be heard; empty where it could.
        duration_seconds: of it.
        segment: where its vectors are; 0: it has none.
        first: the first of its rows there.
        count: how many there are.
    """

    path: str
    size: int
    modified_ns: int
    status: str = "done"
    reason: str = ""
    duration_seconds: float = 0.0
    segment: int = 0
    first: int = 0
    count: int = 0


class Table:
    """The open table of an index.

    Args:
        path: the file.
        make: make it if there is none.

    Raises:
        DataError: it is something else, of a later Earmark, damaged, or cannot be opened.
    """

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        if not make and not path.is_file():
            raise DataError(
                f"{path.parent} is not an index of sounds. 'earmark index' makes one of a folder."
            )
        with self._told():
            self._db = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with self._told():
                self._prepare(make)
        except BaseException:
            self._db.close()
            raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        # A damaged file may hold text that is no UTF-8, or numbers that Python cannot take.
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING:
                raise DataError(
                    f"The index {self.path.parent.name} cannot be used now ({self.path.name}: "
                    f"{error}). What is in it stays: make sure that there is space, that it may be "
                    "written and that no other program uses it, and try again."
                ) from error
            raise DataError(
                f"The index {self.path.parent.name} cannot be used ({self.path.name}: {error}). "
                "Delete it and make it again."
            ) from error

    def _prepare(self, make: bool) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        tables = _schema_of(self._db)
        if not tables and make:
            with self.changing():
                for statement in SCHEMA.split(";\n"):
                    self._db.execute(statement.strip())
                self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                self._db.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise DataError(
                f"{self.path} is not the table of an index, or it was modified. Choose another "
                "folder."
            )
        elif version > VERSION:
            raise DataError(
                f"{self.path.parent.name} was written by a later version of Earmark. Update "
                "Earmark to use it."
            )
        elif tables != _ours():  # a view or trigger of others could do anything
            raise self._damaged()
        if make:
            self._db.execute("PRAGMA journal_mode = WAL")
            # After a power cut the last files are heard again; the table is whole.
            self._db.execute("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """All that is changed inside is kept together, or none of it.

        Raises:
            DataError: it cannot be written.
        """
        with self._told(), transaction(self._db):
            yield

    def settings(self) -> dict[str, str]:
        """What the index was made with."""
        return {str(name): str(value) for name, value in self._rows("SELECT * FROM settings")}

    def set(self, name: str, value: str) -> None:
        """Keep one of them."""
        self._do("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def stamp(self) -> int:
        """Another number after another program changed something."""
        ((found,),) = self._rows("PRAGMA data_version")
        return int(found)

    def segments(self) -> dict[int, int]:
        """Rows of each segment, by its number.

        Raises:
            DataError: the table is damaged.
        """
        found = {}
        for number, rows in self._rows("SELECT id, row_count FROM segments ORDER BY id"):
            if not _whole(number, 1, 2**53) or not _whole(rows, 0, _MOST_ROWS):
                raise self._damaged()
            found[number] = rows
        return found

    def files(self) -> dict[str, FileRow]:
        """All files, by their paths, in the order of segments.

        Raises:
            DataError: the table is damaged.
        """
        return self.contents()[0]

    def contents(self) -> tuple[dict[str, FileRow], dict[int, int]]:
        """All files, by their paths, in the order of segments, and the segments' rows.

        Both are of one moment, also while another program writes.

        Raises:
            DataError: the table is damaged.
        """
        rows = self._rows(
            "SELECT path, size, modified_ns, status, reason, duration_seconds, segment_id, "
            "first_row, files.row_count, segments.id, segments.row_count FROM files "
            "LEFT JOIN segments ON segments.id = segment_id UNION ALL "
            "SELECT NULL, 0, 0, '', '', 0.0, id, 0, 0, id, row_count FROM segments "
            "ORDER BY segment_id, first_row"
        )
        found, sizes = {}, {}
        for (
            path,
            size,
            modified,
            status,
            reason,
            duration,
            segment,
            first,
            count,
            known,
            of,
        ) in rows:
            segment = segment or 0
            if known is not None:
                if not _whole(known, 1, 2**53) or not _whole(of, 0, _MOST_ROWS):
                    raise self._damaged()
                sizes[known] = of
            if path is None:
                continue
            row = FileRow(path, size, modified, status, reason, duration, segment, first, count)
            if not _sound(row) or first + count > (0 if known is None else of):
                raise self._damaged()
            found[path] = row
        return found, sizes

    def put(self, rows: Iterable[FileRow]) -> None:
        """Keep what is known of files, instead of what was known before."""
        for row in rows:
            self._do(
                "INSERT INTO files (path, size, modified_ns, status, reason, duration_seconds, "
                "segment_id, first_row, row_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (path) DO UPDATE SET size = excluded.size, "
                "modified_ns = excluded.modified_ns, status = excluded.status, "
                "reason = excluded.reason, duration_seconds = excluded.duration_seconds, "
                "segment_id = excluded.segment_id, first_row = excluded.first_row, "
                "row_count = excluded.row_count",
                (
                    *(row.path, row.size, row.modified_ns, row.status, row.reason),
                    *(row.duration_seconds, row.segment or None, row.first, row.count),
                ),
            )

    def next_segment(self) -> int:
        """A number that no segment has had: who still reads a dropped one would read another's.

        Raises:
            DataError: the table is damaged.
        """
        last = self.settings().get(_LAST, "0")
        if not last.isdecimal() or len(last) > _MOST_DIGITS:
            raise self._damaged()
        return max([int(last), *self.segments()]) + 1

    def add_segment(self, number: int, rows: int) -> None:
        """Note one that is written."""
        self._do("INSERT INTO segments VALUES (?, ?)", (number, rows))
        self.set(_LAST, str(number))

    def drop_segments(self, numbers: Iterable[int]) -> None:
        """Forget some that no file has rows in any more."""
        for number in numbers:
            self._do("DELETE FROM segments WHERE id = ?", (number,))

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def _do(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._told():
            self._db.execute(statement, values)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(statement).fetchall()

    def _damaged(self) -> DataError:
        return DataError(
            f"The index {self.path.parent.name} is damaged: its table does not fit its segments. "
            "Delete it and make it again."
        )


def make_table(path: Path, settings: Mapping[str, str]) -> None:
    """Make the table of a new index; it is whole when this returns.

    Raises:
        DataError: it cannot be written.
    """
    table = Table(path, make=True)
    try:
        with table.changing():
            for name, value in settings.items():
                table.set(name, value)
    finally:
        table.close()


def _schema_of(database: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Kind, name and definition of all that a database consists of."""
    rows = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(str(kind), str(name), str(sql)) for kind, name, sql in rows.fetchall()}


def _ours() -> set[tuple[str, str, str]]:
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(SCHEMA)
        return _schema_of(database)
    finally:
        database.close()


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and low <= value <= high


def _sound(row: FileRow) -> bool:
    """Whether all is of the kinds that it should be; SQLite keeps anything in any column."""
    texts = all(isinstance(text, str) for text in (row.path, row.status, row.reason))
    whole = _whole(row.size, 0, 2**62) and _whole(row.modified_ns, -(2**63), 2**63)
    whole = whole and _whole(row.first, 0, _MOST_ROWS) and _whole(row.count, 0, _MOST_ROWS)
    real = isinstance(row.duration_seconds, float) and 0 <= row.duration_seconds <= _MOST_SECONDS
    return texts and whole and real and _whole(row.segment, 0, 2**53)
