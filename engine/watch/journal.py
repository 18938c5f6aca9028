"""What watching notes in the results database: gaps, labels heard live, kept files and rules.

These tables stand beside those of ``engine.archive.schema`` and are made when they are first
needed. All times of day are local, ISO 8601 with milliseconds and offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.archive.cells import finite
from engine.archive.database import Database, key_of
from engine.errors import DataError
from engine.export.words import encodable
from engine.recognition.decisions import Segment
from engine.watch.clock import iso

Kind = Literal["off", "schedule", "microphone", "folder", "asleep", "lost", "late"]
TABLES = {
    "gaps": """
CREATE TABLE IF NOT EXISTS gaps (
    source TEXT NOT NULL,          -- microphone:NAME or folder:PATH
    kind TEXT NOT NULL,            -- off, schedule, microphone, folder, asleep, lost, late
    began_at TEXT NOT NULL,
    seconds REAL NOT NULL,         -- that were not heard
    reason TEXT NOT NULL,
    PRIMARY KEY (source, began_at, kind)
)""",
    "watches": """
CREATE TABLE IF NOT EXISTS watches (
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,        -- of one run of the program
    seen_at REAL NOT NULL,         -- seconds since 1970: when it was last known to run
    heard_seconds REAL NOT NULL,   -- of sound
    PRIMARY KEY (source, began_at)
)""",
    "live": """
CREATE TABLE IF NOT EXISTS live (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    classifier TEXT NOT NULL,
    label TEXT NOT NULL,
    begins_at TEXT NOT NULL,
    seconds REAL NOT NULL,
    probability REAL NOT NULL,     -- mean over the stretch
    recording TEXT                 -- path of the file that was kept of it
)""",
    "recordings": """
CREATE TABLE IF NOT EXISTS recordings (
    path TEXT PRIMARY KEY,         -- absolute
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,
    seconds REAL NOT NULL,
    bytes INTEGER NOT NULL,
    labels TEXT NOT NULL,          -- what began it
    state TEXT NOT NULL            -- kept, moved, deleted
)""",
    "rule_events": """
CREATE TABLE IF NOT EXISTS rule_events (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    source TEXT NOT NULL,
    label TEXT NOT NULL,
    what TEXT NOT NULL,            -- notify, record, command
    outcome TEXT NOT NULL
)""",
}
_COLUMNS = {
    "gaps": "source kind began_at seconds reason",
    "watches": "source began_at seen_at heard_seconds",
    "live": "id source classifier label begins_at seconds probability recording",
    "recordings": "path source began_at seconds bytes labels state",
    "rule_events": "id rule happened_at source label what outcome",
}
_SEEN_SECONDS = 30.0  # between two notes that it still runs
_SHORTEST = 0.05  # gaps of fewer seconds are none
# A device that loses samples again and again makes one row in ten minutes, not twenty a second.
_NEAR_SECONDS = 60.0
_JOINED_SECONDS = 600.0


@dataclass(frozen=True)
class Gap:
    """A time in which nothing was heard.

    Attributes:
        source: what was watched.
        kind: see :data:`TABLES`.
        began_at: ISO 8601.
        seconds: that were not heard; of several near each other that are one row, all together.
        reason: in words.
    """

    source: str
    kind: str
    began_at: str
    seconds: float
    reason: str


class Journal:
    """Writes into a database what happens while something is watched.

    Args:
        database: open.
        source: what is watched.
        now: seconds since 1970.
        off_is_a_gap: whether the time since it was watched last is one.

    Raises:
        DataError: the database has other tables under these names, or cannot be written.
    """

    def __init__(
        self, database: Database, source: str, now: float, *, off_is_a_gap: bool = True
    ) -> None:
        self._db = database
        self.source = encodable(source)
        self._began = iso(now)
        self._open: tuple[Kind, float, str] | None = None
        # Those that are over, by kind: when the first began, when the last ended, their seconds.
        self._over: dict[Kind, tuple[float, float, float]] = {}
        self._noted = 0.0
        self.gaps: Sequence[Gap] = ()  # the last ones, the newest last
        for name, command in TABLES.items():
            database.change(command)
            rows = database.rows("SELECT name FROM pragma_table_info(?) ORDER BY cid", (name,))
            if [column for (column,) in rows] != _COLUMNS[name].split():
                raise DataError(
                    f"{database.path.name} has a table '{name}' of another program. Choose another "
                    "database."
                )
        if off_is_a_gap:
            self._since_last(now)
        self.alive(now, 0.0, force=True)

    def _since_last(self, now: float) -> None:
        """The time since this was watched last is a gap: nothing ran."""
        ((seen,),) = self._db.rows(
            "SELECT max(seen_at) FROM watches WHERE source = ?", (self.source,)
        )
        if seen is not None:
            try:
                self.gap("off", finite(seen), now - finite(seen), "Earmark was not running")
            except (TypeError, ValueError, OverflowError, OSError) as error:
                raise DataError(
                    f"{self._db.path.name} is damaged: the time in 'watches' is invalid."
                ) from error

    def alive(self, now: float, heard_seconds: float, *, force: bool = False) -> None:
        """Note now and then that it runs, and how much was heard; an open gap grows.

        Args:
            now: seconds since 1970.
            heard_seconds: of sound since the beginning.
            force: note it at once.
        """
        if not force and 0 <= now - self._noted < _SEEN_SECONDS:
            return
        self._noted = now
        self._db.change(
            "INSERT INTO watches VALUES (?, ?, ?, ?) ON CONFLICT (source, began_at) DO UPDATE "
            "SET seen_at = excluded.seen_at, heard_seconds = excluded.heard_seconds",
            (self.source, self._began, now, heard_seconds),
        )
        if self._open is not None:
            kind, began, reason = self._open
            self._write(kind, began, now, reason)

    @property
    def in_gap(self) -> bool:
        """Whether a gap is open."""
        return self._open is not None

    def begin_gap(self, kind: Kind, now: float, reason: str) -> None:
        """Nothing is heard from now on; what is open of another kind ends."""
        if self._open is not None:
            if self._open[0] == kind:
                return
            self.end_gap(now)
        self._open = (kind, now, reason)
        self._write(kind, now, now, reason)

    def end_gap(self, now: float) -> None:
        """It is heard again."""
        if self._open is not None:
            kind, began, reason = self._open
            self._open = None
            self._write(kind, began, now, reason)

    def gap(self, kind: Kind, began: float, seconds: float, reason: str) -> None:
        """A gap that is over; near others of its kind it is one row with them.

        Args:
            kind: of it.
            began: when, in seconds since 1970.
            seconds: that were not heard; very short ones count once they are enough together.
            reason: in words.
        """
        if seconds <= 0:
            return
        first, last, before = self._over.get(kind, (began, began, 0.0))
        if not (0 <= began - first < _JOINED_SECONDS and began - last < _NEAR_SECONDS):
            first, before = began, 0.0
        self._over[kind] = first, began + seconds, before + seconds
        if before + seconds >= _SHORTEST:
            self._write(kind, first, first + before + seconds, reason)

    def _write(self, kind: Kind, began: float, now: float, reason: str) -> None:
        found = Gap(self.source, kind, iso(began), max(0.0, now - began), encodable(reason))
        self._db.change(
            "INSERT INTO gaps VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, began_at, kind) DO "
            "UPDATE SET seconds = excluded.seconds, reason = excluded.reason",
            (found.source, found.kind, found.began_at, found.seconds, found.reason),
        )
        # A new one each time: whoever was told the last ones may still read them.
        key = (found.kind, found.began_at)
        others = [one for one in self.gaps if (one.kind, one.began_at) != key]
        self.gaps = (*others[-99:], found)

    def heard(
        self, classifier: str, segment: Segment, began: float, recording: Path | None
    ) -> None:
        """A stretch that a classifier heard live.

        Args:
            classifier: its name.
            segment: in seconds of the sound.
            began: when the stretch began, in seconds since 1970.
            recording: the file that was kept of it.
        """
        self._db.change(
            "INSERT INTO live (source, classifier, label, begins_at, seconds, probability, "
            "recording) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(self.source, encodable(classifier), encodable(segment.label), iso(began)),
                *(segment.end_seconds - segment.start_seconds, segment.mean_probability),
                None if recording is None else key_of(recording),
            ),
        )

    def kept(self, path: Path, began: float, seconds: float, size: int, labels: str) -> None:
        """A recording that was kept."""
        self._db.change(
            "INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?, ?, ?, 'kept')",
            (key_of(path), self.source, iso(began), seconds, size, encodable(labels)),
        )

    def recordings(self, folder: Path) -> list[tuple[Path, int]]:
        """The recordings kept in a folder and their bytes, oldest first; only its own are."""
        inside = key_of(folder)
        rows = self._db.rows(
            "SELECT path, bytes FROM recordings WHERE state = 'kept' ORDER BY began_at, path"
        )
        found = []
        for path, size in rows:
            if isinstance(path, str) and Path(path).is_relative_to(inside):
                found.append((Path(path), size if isinstance(size, int) else 0))
        return found

    def gone(self, path: Path, state: Literal["moved", "deleted"]) -> None:
        """A recording that is kept no longer."""
        self._db.change("UPDATE recordings SET state = ? WHERE path = ?", (state, key_of(path)))

    def did(self, rule: str, now: float, label: str, what: str, outcome: str) -> None:
        """What became of a rule."""
        words = map(encodable, (rule, iso(now), self.source, label, what, outcome))
        self._db.change(
            "INSERT INTO rule_events (rule, happened_at, source, label, what, outcome) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            tuple(words),
        )

    def close(self, now: float, heard_seconds: float) -> None:
        """The program ends: what is open is as long as it is."""
        self.end_gap(now)
        self.alive(now, heard_seconds, force=True)


def gaps_of(database: Database) -> Sequence[Gap]:
    """All gaps that a database knows, in order of time.

    Raises:
        DataError: it is damaged.
    """
    there = database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'gaps'")
    if not there:
        return []
    rows = database.rows("SELECT source, kind, began_at, seconds, reason FROM gaps ORDER BY 3, 1")
    try:
        return [
            Gap(str(source), str(kind), str(began), finite(seconds), str(reason))
            for source, kind, began, seconds, reason in rows
        ]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{database.path.name} is damaged: the length of a gap in it is invalid."
        ) from error
