"""The tables of a results database. Whoever reads it with other programs finds them described here.

Every table can be read while a batch writes (SQLite's write-ahead log). Probabilities of windows
are kept as arrays, a row a file, classifier and channel: as rows of SQL they would take five times
as much. ``times`` is little-endian float64, shape (n,); ``presence`` and ``level_db`` are float32,
shape (n,); ``probabilities`` float32, shape (n, labels), with the labels of ``classifiers``. Of a
regression the labels are its dimensions, and probabilities their values; it has no segments.
"""

import contextlib
import sqlite3
from collections.abc import Iterator

APPLICATION, VERSION = 0x45617261, 1  # "Eara"; both stand in the file's header

SCHEMA = """
CREATE TABLE classifiers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,          -- of its file
    settings TEXT NOT NULL,        -- JSON: step between windows, channels, rules
    labels TEXT NOT NULL,          -- JSON list
    UNIQUE (name, sha256, settings)
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,     -- absolute
    folder TEXT NOT NULL,
    size INTEGER,                  -- bytes; with modified_ns as it was when it was analysed
    modified_ns INTEGER,
    sha256 TEXT,                   -- where contents are compared
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'lost')),
    reason TEXT NOT NULL,          -- why there is no result
    remark TEXT NOT NULL,          -- what is missing of it
    repaired INTEGER NOT NULL,     -- invalid samples that became silence
    attempt TEXT NOT NULL,         -- with which classifiers last: their ids
    duration_seconds REAL,
    rate_hz INTEGER,
    channels INTEGER,
    format TEXT,
    recorded_at TEXT,              -- ISO 8601, from the name
    tags TEXT NOT NULL,            -- JSON object
    title TEXT, artist TEXT, album TEXT, date TEXT, genre TEXT
);
CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    classifier_id INTEGER NOT NULL REFERENCES classifiers,
    channel INTEGER NOT NULL,      -- 0: all, mixed
    verdict TEXT NOT NULL,         -- in words
    heard TEXT NOT NULL,           -- JSON list of labels
    window_seconds REAL NOT NULL,
    hop_seconds REAL NOT NULL,
    times BLOB NOT NULL,
    probabilities BLOB NOT NULL,
    presence BLOB NOT NULL,
    level_db BLOB NOT NULL,
    UNIQUE (file_id, classifier_id, channel)
);
CREATE TABLE summaries (
    result_id INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,
    label TEXT NOT NULL,
    probability REAL NOT NULL,     -- mean over the file
    heard INTEGER NOT NULL,        -- whether the verdict names it
    PRIMARY KEY (result_id, label)
) WITHOUT ROWID;
CREATE TABLE segments (
    id INTEGER PRIMARY KEY,
    result_id INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,
    start_seconds REAL NOT NULL,
    end_seconds REAL NOT NULL,
    label TEXT NOT NULL,
    probability REAL NOT NULL      -- mean over the stretch
);
CREATE INDEX segments_of ON segments (result_id);
CREATE INDEX segments_by_label ON segments (label);
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    classifier TEXT NOT NULL,
    channel INTEGER NOT NULL,
    start_seconds REAL NOT NULL,
    end_seconds REAL NOT NULL,
    label TEXT NOT NULL,
    probability REAL NOT NULL,     -- as it was judged
    is_right INTEGER NOT NULL CHECK (is_right IN (0, 1)),
    made_at TEXT NOT NULL,         -- ISO 8601
    UNIQUE (path, classifier, channel, start_seconds, end_seconds, label)
);
CREATE VIEW heard AS
    SELECT segments.id AS segment_id, path, folder, recorded_at, classifiers.name AS classifier,
        channel, label, start_seconds, end_seconds, probability,
        datetime(recorded_at, '+' || start_seconds || ' seconds') AS begins_at,
        title, artist, album
    FROM segments
    JOIN results ON results.id = result_id
    JOIN files ON files.id = file_id
    JOIN classifiers ON classifiers.id = classifier_id;
CREATE VIEW answers AS
    SELECT path, folder, recorded_at, classifiers.name AS classifier, channel, verdict,
        label, probability, summaries.heard AS heard, duration_seconds, title, artist, album
    FROM summaries
    JOIN results ON results.id = result_id
    JOIN files ON files.id = file_id
    JOIN classifiers ON classifiers.id = classifier_id;
"""


def strangers(database: sqlite3.Connection) -> str:
    """What is in a database that Earmark did not make, or is missing, in words; empty: nothing.

    Further tables, views and indices are their owner's. Triggers would run when Earmark writes, and
    another view in the place of one of ours may never end.
    """
    fresh = sqlite3.connect(":memory:")
    try:
        fresh.executescript(SCHEMA)
        wanted, found = _made(fresh), _made(database)
        for kind, name in wanted:
            if (kind, name) not in found:
                return f"there is no {kind} '{name}'"
            mine, theirs = (_columns(one, name) for one in (fresh, database))
            if mine != theirs:
                return f"{kind} '{name}' has other columns"
            if kind == "view" and wanted[kind, name] != found[kind, name]:
                return f"view '{name}' is another one"
    finally:
        fresh.close()
    return "it has triggers" if any(kind == "trigger" for kind, _ in found) else ""


def _made(database: sqlite3.Connection) -> dict[tuple[str, str], str | None]:
    rows = database.execute("SELECT type, name, sql FROM sqlite_master")
    return {(kind, name): text for kind, name, text in rows}


def _columns(database: sqlite3.Connection, name: str) -> list[str]:
    rows = database.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (name,))
    return [column for (column,) in rows]


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that is changed inside is kept together, or none of it.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
