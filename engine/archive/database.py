"""The results of an archive in one SQLite file: see ``schema`` for its tables."""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.archive.addresses import change_of, is_address, place_of
from engine.archive.cells import finite, list_of, parsed, timeline_of
from engine.archive.names import recorded_at
from engine.archive.schema import APPLICATION, SCHEMA, VERSION, strangers, transaction
from engine.audio.files import AudioInfo
from engine.errors import DataError
from engine.export.words import encodable
from engine.recognition.channels import Channels, apart, named
from engine.recognition.decisions import Decision, Segment
from engine.recognition.events import BatchResult
from engine.recognition.timeline import Timeline, summary
from engine.recognition.verdict import FileResult

_WAIT_SECONDS = 60.0  # for another program that writes
_CHUNK = 1 << 20
_RESULTS = "SELECT id, path, duration_seconds, rate_hz, channels, format, tags, remark FROM files"
# Of a file's tags those that are columns.
TAGS = ("title", "artist", "album", "date", "genre")


@dataclass(frozen=True)
class Ear:
    """A classifier as it listens: other rules or another step give other results.

    Attributes:
        name: what it is called.
        sha256: of its file.
        settings: all that decides the results beside the file, as JSON.
        labels: what it knows.
    """

    name: str
    sha256: str
    settings: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Stamp:
    """By what it is told whether a file has changed.

    Attributes:
        size: in bytes.
        modified_ns: when it was last written to.
        sha256: of its content; None: not looked at.
    """

    size: int
    modified_ns: int
    sha256: str | None = None


@dataclass(frozen=True)
class Known:
    """What a database knows of a file.

    Attributes:
        stamp: as it was when it was analysed; None: it was not there.
        status: done, failed or lost.
        attempt: the classifiers of the last time.
        ears: ids of those that have results.
    """

    stamp: Stamp | None
    status: str
    attempt: str
    ears: frozenset[int]


def stamp_of(path: Path, *, contents: bool = False) -> Stamp | None:
    """The stamp of a file; None: it is not there. What lies elsewhere is never read for it."""
    if is_address(path):
        change = change_of(path)
        return change and Stamp(*change)
    try:
        found = path.stat()
        return Stamp(found.st_size, found.st_mtime_ns, digest_of(path) if contents else None)
    except (OSError, ValueError):
        return None


def unchanged(before: Stamp, now: Stamp) -> bool:
    """Whether a file is what it was: by its content where both know it, else by its date."""
    if before.size != now.size:
        return False
    if before.sha256 is not None and now.sha256 is not None:
        return before.sha256 == now.sha256
    return before.modified_ns == now.modified_ns


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def key_of(path: Path) -> str:
    """What a file is called in the database: address or absolute path, as UTF-8 can hold it."""
    return encodable(str(path) if is_address(path) else os.path.abspath(path))


class Database:
    """An open results database.

    Each file's results are written completely or not at all, whatever ends the program; others may
    read meanwhile.

    Args:
        path: the file; it is made if there is none.
        make: whether it may be made.

    Raises:
        DataError: it is something else, of a later Earmark, or cannot be opened.
    """

    def __init__(self, path: Path, *, make: bool = True) -> None:
        self.path = path
        if not make and not path.is_file():
            raise DataError(
                f"There is no results database {path}. 'earmark classify --database' makes one."
            )
        try:
            self._db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        except sqlite3.Error as error:
            raise DataError(f"{path} cannot be opened: {error}. Choose another place.") from error
        try:
            self._prepare()
        except BaseException as error:
            self._db.close()
            if isinstance(error, sqlite3.Error):
                raise DataError(
                    f"{path.name} cannot be used as a results database: {error}. Choose another "
                    "name."
                ) from error
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION and (tables or application):
            raise DataError(
                f"{self.path.name} is the database of another program and is kept as it is. Choose "
                "another name."
            )
        if version > VERSION:
            raise DataError(
                f"{self.path.name} was written by a later version of Earmark. Update Earmark to "
                "use it."
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        # After a power cut the last files are done again; the database is whole.
        self._db.execute("PRAGMA synchronous = NORMAL")
        if tables and (words := strangers(self._db)):
            raise DataError(
                f"{self.path.name} is no results database as Earmark makes them: {words}. Use a "
                "copy of it, or choose another name."
            )
        if tables == 0:
            head = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            with contextlib.suppress(sqlite3.OperationalError):  # another made it just now
                self._db.executescript(f"BEGIN IMMEDIATE; {head} {SCHEMA} COMMIT;")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def ids(self, ears: Sequence[Ear]) -> dict[str, int]:
        """The ids of classifiers by name; those that are new are noted."""
        found = {}
        with self._written():
            for ear in ears:
                row = (ear.name, ear.sha256, ear.settings)
                self._db.execute(
                    "INSERT INTO classifiers (name, sha256, settings, labels) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO NOTHING",
                    (*row, json.dumps(ear.labels, ensure_ascii=False)),
                )
                (found[ear.name],) = self._db.execute(
                    "SELECT id FROM classifiers WHERE name = ? AND sha256 = ? AND settings = ?", row
                ).fetchone()
        return found

    def known(self, paths: Sequence[Path] | None = None) -> dict[str, Known]:
        """What is known of each file, by :func:`key_of`.

        Args:
            paths: of these alone; None: of all.

        Raises:
            DataError: the database is damaged.
        """
        which: str = ""
        values: tuple[str, ...] = ()
        if paths is not None:
            which = "WHERE path IN (SELECT value FROM json_each(?))"
            values = (json.dumps([key_of(path) for path in paths]),)
        of_these = f"WHERE file_id IN (SELECT id FROM files {which})" if which else ""
        ears: dict[int, set[int]] = {}
        for file, classifier in self.each(
            f"SELECT file_id, classifier_id FROM results {of_these}", values
        ):
            ears.setdefault(file, set()).add(classifier)
        rows = self.each(
            f"SELECT id, path, size, modified_ns, sha256, status, attempt FROM files {which}",
            values,
        )
        return {
            path: Known(
                None if size is None else Stamp(size, modified, digest),
                status,
                attempt,
                frozenset(ears.get(number, ())),
            )
            for number, path, size, modified, digest, status, attempt in rows
        }

    def touch(self, path: Path, stamp: Stamp) -> None:
        """Note that a file has another date but the same content."""
        with self._written():
            self._db.execute(
                "UPDATE files SET modified_ns = ?, sha256 = ? WHERE path = ?",
                (stamp.modified_ns, stamp.sha256, key_of(path)),
            )

    def record(
        self, found: BatchResult, stamp: Stamp | None, ids: Mapping[str, int], channels: Channels
    ) -> None:
        """Keep what became of a file, in place of what was kept of it.

        Args:
            found: the result, or why there is none.
            stamp: of the file when the analysis began.
            ids: of the classifiers by name, from :meth:`ids`.
            channels: how they were heard.

        Raises:
            DataError: it cannot be written.
        """
        with self._written():
            file = self._file(found, stamp, attempt_of(ids))
            if found.result is not None:
                for name, timeline in found.result.timelines.items():
                    classifier, channel = apart(name, channels)
                    place = (file, ids[classifier], channel)
                    self._result(place, found.result, name, timeline)

    def _file(self, found: BatchResult, stamp: Stamp | None, attempt: str) -> int:
        """Write the row of a file and drop its old results; its id."""
        path = key_of(found.path)
        kept = self._db.execute(
            "SELECT size, modified_ns, sha256 FROM files WHERE path = ?", (path,)
        ).fetchone()
        row = _row_of(found, stamp) | {"path": path, "attempt": attempt}
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        changes = ", ".join(f"{name} = excluded.{name}" for name in row)
        (file,) = self._db.execute(
            f"INSERT INTO files ({names}) VALUES ({marks}) "  # our own names
            f"ON CONFLICT (path) DO UPDATE SET {changes} RETURNING id",
            row,
        ).fetchone()
        if kept and (stamp is None or kept[0] is None or not unchanged(Stamp(*kept), stamp)):
            self._db.execute("DELETE FROM results WHERE file_id = ?", (file,))
        # Of one name only the classifier that listened last.
        self._db.execute(
            "DELETE FROM results WHERE file_id = ? AND classifier_id IN (SELECT id FROM "
            "classifiers WHERE name IN (SELECT name FROM classifiers WHERE "
            "id IN (SELECT value FROM json_each(?))))",
            (file, attempt),
        )
        return int(file)

    def _result(
        self, place: tuple[int, int, int], result: FileResult, name: str, timeline: Timeline
    ) -> None:
        verdict = result.verdicts[name]
        row = self._db.execute(
            "INSERT INTO results (file_id, classifier_id, channel, verdict, heard, window_seconds, "
            "hop_seconds, times, probabilities, presence, level_db) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                *place,
                verdict.verdict,
                json.dumps(verdict.heard, ensure_ascii=False),
                timeline.window_seconds,
                timeline.hop_seconds,
                timeline.times.astype("<f8").tobytes(),
                *(
                    values.astype("<f4").tobytes()
                    for values in (timeline.probabilities, timeline.presence, timeline.level_db)
                ),
            ),
        ).fetchone()
        self._db.executemany(
            "INSERT INTO summaries VALUES (?, ?, ?, ?)",
            [(*row, label, mean, label in verdict.heard) for label, mean in summary(timeline)],
        )
        self._db.executemany(
            "INSERT INTO segments (result_id, start_seconds, end_seconds, label, probability) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (*row, one.start_seconds, one.end_seconds, one.label, one.mean_probability)
                for one in result.lanes[name]
            ],
        )

    def labels(self) -> list[str]:
        """All labels of the classifiers that have results, each once.

        Raises:
            DataError: the database is damaged.
        """
        rows = self.each(
            "SELECT labels FROM classifiers WHERE id IN (SELECT classifier_id FROM results) "
            "ORDER BY id"
        )
        return list(dict.fromkeys(label for (text,) in rows for label in list_of(text)))

    def results(self) -> Iterator[FileResult]:
        """Each file that has results, in order of their paths.

        Where channels were heard by themselves, names say which.

        Raises:
            DataError: the database is damaged.
        """
        rows = self.each(f"{_RESULTS} WHERE id IN (SELECT file_id FROM results) ORDER BY path")
        for row in rows:
            yield self._read(row)  # errors of whoever takes it are his

    def result_of(self, path: Path) -> FileResult | None:
        """The result of one file; None: it has none.

        Raises:
            DataError: the database is damaged.
        """
        question = f"{_RESULTS} WHERE path = ? AND id IN (SELECT file_id FROM results)"
        rows = self.rows(question, (key_of(path),))
        return self._read(rows[0]) if rows else None

    def _read(self, row: tuple[Any, ...]) -> FileResult:
        number, path, seconds, rate, channels, form, tags, remark = row
        try:
            found = {str(k): str(v) for k, v in parsed(tags).items()}
            size = finite(seconds), int(rate), int(channels)
            info = AudioInfo(place_of(path), *size, str(form), found, str(remark))
            return self._whole(number, info)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                f"{self.path.name} is damaged where {path} stands: {error}. Analyse that file "
                "again."
            ) from error

    def _whole(self, file: int, info: AudioInfo) -> FileResult:
        timelines: dict[str, Timeline] = {}
        lanes: dict[str, list[Segment]] = {}
        verdicts: dict[str, Decision] = {}
        rows = self.each(
            "SELECT results.id, name, labels, settings, channel, verdict, heard, window_seconds, "
            "hop_seconds, times, probabilities, presence, level_db FROM results JOIN classifiers "
            "ON classifiers.id = classifier_id WHERE file_id = ? ORDER BY channel, results.id",
            (file,),
        )
        for number, name, labels, settings, channel, words, heard, *numbers in list(rows):
            called = named(str(name), int(channel))
            rules = parsed(settings)["rules"]
            ranges = tuple((float(low), float(high)) for low, high in rules.get("ranges", ()))
            line = replace(timeline_of(tuple(list_of(labels)), *numbers), ranges=ranges)
            timelines[called] = line
            last = float(line.times[-1]) if len(line) else 0.0
            verdicts[called] = Decision(last, tuple(list_of(heard)), str(words), ())
            lanes[called] = [
                Segment(finite(begin), finite(end), str(label), finite(mean))
                for begin, end, label, mean in self.each(
                    "SELECT start_seconds, end_seconds, label, probability FROM segments "
                    "WHERE result_id = ? ORDER BY id",
                    (number,),
                )
            ]
        if not timelines:
            raise ValueError("the classifier is missing")
        return FileResult(info, timelines, lanes, verdicts, info.remark)

    def each(self, question: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows that answer a question.

        Raises:
            DataError: what lies on the disk is damaged, or another program keeps it locked.
        """
        try:
            yield from self._db.execute(question, values)
        except sqlite3.Error as error:
            raise DataError(
                f"{self.path.name} cannot be read: {error}. If it is damaged, use a copy of it, or "
                "analyse the archive again under another name."
            ) from error

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to a question in SQL.

        Raises:
            DataError: the database is damaged.
        """
        return list(self.each(question, values))

    def change(self, command: str, values: Sequence[Any] = ()) -> None:
        """Carry out one command in SQL that writes.

        Raises:
            DataError: it cannot be written.
        """
        with self._written():
            self._db.execute(command, values)

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        """All of it, or nothing."""
        try:
            with transaction(self._db):
                yield
        except sqlite3.Error as error:
            raise DataError(
                f"{self.path.name} could not be written: {error}. What was written before is kept."
            ) from error


def attempt_of(ids: Mapping[str, int]) -> str:
    """The classifiers of one analysis, as the database notes them."""
    return json.dumps(sorted(ids.values()))


def _row_of(found: BatchResult, stamp: Stamp | None) -> dict[str, Any]:
    """What stands in ``files`` about a file beside its path."""
    moment = recorded_at(found.path.name)
    row: dict[str, Any] = {
        "folder": key_of(found.path.parent),
        "size": stamp and stamp.size,
        "modified_ns": stamp and stamp.modified_ns,
        "sha256": stamp and stamp.sha256,
        "status": "done" if found.result else "lost" if found.lost else "failed",
        "reason": encodable(found.problem),
        "remark": "",
        "repaired": found.repaired,
        "recorded_at": moment and moment.isoformat(sep=" "),
        "tags": "{}",
    }
    if found.result is not None:
        info = found.result.info
        tags = {encodable(name): encodable(text) for name, text in info.tags.items()}
        row |= {
            "remark": encodable(found.result.remark),
            "duration_seconds": info.duration_seconds,
            "rate_hz": info.rate_hz,
            "channels": info.channels,
            "format": info.format,
            "tags": json.dumps(tags, ensure_ascii=False),
            **{name: tags.get(name) for name in TAGS},
        }
    return row
