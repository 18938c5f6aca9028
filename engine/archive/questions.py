"""What a results database is asked: its stretches filtered, sorted, counted, and a few at a time.

A million stretches are listed by their numbers alone, 8 bytes each; what is shown of them is read
by number, as much as there is to see.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.archive.cells import finite
from engine.archive.database import Database
from engine.errors import DataError

Order = Literal["file", "label", "certainty", "length", "time", "judgement", "random"]
By = Literal["label", "certainty", "folder", "day", "hour"]
Judged = Literal["any", "none", "right", "wrong"]
CLASSES = 10  # of certainty
_MOST_GROUPS = 200
_AT_ONCE = 10_000
# A table is joined where its name is used. ``said`` is what a listener said of the same stretch.
_TABLES = {
    "result": "JOIN results AS result ON result.id = segment.result_id",
    "file": "JOIN files AS file ON file.id = result.file_id",
    "model": "JOIN classifiers AS model ON model.id = result.classifier_id",
    "said": "LEFT JOIN corrections AS said ON said.path = file.path "
    "AND said.classifier = model.name AND said.channel = result.channel "
    "AND said.start_seconds = segment.start_seconds AND said.end_seconds = segment.end_seconds "
    "AND said.label = segment.label",
}
_NEEDS = {"said": ("file", "model"), "file": ("result",), "model": ("result",)}
_BEGINS = "datetime(file.recorded_at, '+' || segment.start_seconds || ' seconds')"
_PLACE = "file.path, segment.start_seconds, segment.id"
_ORDERS: dict[str, str] = {
    "file": "file.path {way}, segment.start_seconds {way}, segment.id",
    "label": f"segment.label {{way}}, {_PLACE}",
    "certainty": f"segment.probability {{way}}, {_PLACE}",
    "length": f"segment.end_seconds - segment.start_seconds {{way}}, {_PLACE}",
    "time": f"{_BEGINS} {{way}}, {_PLACE}",
    "judgement": f"said.is_right {{way}}, {_PLACE}",
    "random": "segment.id",
}
_GROUPS: dict[str, str] = {
    "label": "segment.label",
    "certainty": f"min({CLASSES - 1}, CAST(segment.probability * {CLASSES} AS INTEGER))",
    "folder": "file.folder",
    "day": f"substr({_BEGINS}, 1, 10)",
    "hour": f"CAST(substr({_BEGINS}, 12, 2) AS INTEGER)",
}
_JUDGED = {
    "none": "said.is_right IS NULL",
    "right": "said.is_right = 1",
    "wrong": "said.is_right = 0",
}


@dataclass(frozen=True)
class Filter:
    """Which stretches are meant; what is empty or None excludes nothing.

    Attributes:
        text: in the file's path, label, title, artist or album, without regard to case.
        label: exactly.
        classifier: that heard them.
        folder: that their files lie directly in.
        day: on which they begin, such as 2024-01-31, as far as names of files tell.
        hour: in which they begin, 0 to 23.
        least: lowest certainty, 0 to 1.
        below: certainty that they do not reach.
        judged: what a listener said.
    """

    text: str = ""
    label: str = ""
    classifier: str = ""
    folder: str = ""
    day: str = ""
    hour: int | None = None
    least: float | None = None
    below: float | None = None
    judged: Judged = "any"

    def condition(self) -> tuple[str, list[Any]]:
        """What stands behind WHERE, and its values."""
        parts: list[tuple[str, list[Any]]] = [("1", [])]
        if self.text:
            columns = ("file.path", "segment.label", "file.title", "file.artist", "file.album")
            likes = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
            parts.append((f"({likes})", [_pattern(self.text)] * len(columns)))
        equal = {
            "segment.label": self.label,
            "model.name": self.classifier,
            "file.folder": self.folder,
            _GROUPS["day"]: self.day,
        }
        parts += [(f"{column} = ?", [value]) for column, value in equal.items() if value]
        if self.hour is not None:
            parts.append((f"{_GROUPS['hour']} = ?", [self.hour]))
        if self.least is not None:
            parts.append(("segment.probability >= ?", [self.least]))
        if self.below is not None:
            parts.append(("segment.probability < ?", [self.below]))
        if self.judged != "any":
            parts.append((_JUDGED[self.judged], []))
        return " AND ".join(part for part, _ in parts), [x for _, some in parts for x in some]


@dataclass(frozen=True)
class Stretch:
    """A stretch of a file in which a label was heard.

    Attributes:
        number: its ``segment_id``; another one when the file is analysed again.
        path: of the file.
        classifier: that heard it.
        channel: 0: all, mixed.
        label: that was heard.
        start_seconds: in the file.
        end_seconds: in the file.
        probability: mean over the stretch, 0 to 1.
        begins_at: date and time, where the file's name tells; else empty.
        right: what a listener said; None: nothing.
    """

    number: int
    path: str
    classifier: str
    channel: int
    label: str
    start_seconds: float
    end_seconds: float
    probability: float
    begins_at: str
    right: bool | None


@dataclass(frozen=True)
class Count:
    """Stretches that have something in common.

    Attributes:
        value: what: a label, a folder, a day, an hour, or a class of certainty from 0 to 9.
        stretches: how many.
        seconds: their length together.
    """

    value: str | int
    stretches: int
    seconds: float


def numbers(
    database: Database, wanted: Filter, order: Order = "file", *, descending: bool = False
) -> Generator[None, None, NDArray[np.int64]]:
    """The numbers of the stretches that are meant, sorted; a place to cancel every 10,000.

    Random order is the same at each call. Stretches without what is sorted by come first.

    Returns:
        int64, shape (n,).

    Raises:
        DataError: the database is damaged.
    """
    condition, values = wanted.condition()
    way = _ORDERS[order].format(way="DESC" if descending else "ASC")
    question = _select("segment.id", condition, f"ORDER BY {way}")
    parts: list[NDArray[np.int64]] = []
    some: list[int] = []
    for (number,) in database.each(question, values):
        some.append(number)
        if len(some) == _AT_ONCE:
            parts.append(np.asarray(some, np.int64))
            some = []
            yield
    found = np.concatenate([*parts, np.asarray(some, np.int64)])
    return np.random.default_rng(0).permutation(found) if order == "random" else found


def stretches(database: Database, some: Sequence[int]) -> list[Stretch]:
    """What is known of a few stretches, in this order; without those that are no longer there.

    Raises:
        DataError: the database is damaged.
    """
    columns = (
        "segment.id, file.path, model.name, result.channel, segment.label, segment.start_seconds, "
        f"segment.end_seconds, segment.probability, {_BEGINS}, said.is_right"
    )
    question = _select(columns, "segment.id IN (SELECT value FROM json_each(?))")
    found = {}
    for row in database.rows(question, (json.dumps([int(number) for number in some]),)):
        number, path, classifier, channel, label, *times, begins, right = row
        try:
            start, end, probability = map(finite, times)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{database.path.name} is damaged: the times or the probability of a stretch in it "
                "are invalid."
            ) from error
        found[number] = Stretch(
            *(number, str(path), str(classifier), int(channel), str(label)),
            *(start, end, probability, begins or "", None if right is None else bool(right)),
        )
    return [found[int(number)] for number in some if int(number) in found]


def counts(database: Database, wanted: Filter, by: By) -> list[Count]:
    """How many stretches there are of each, 200 at most; without those of which it is not known.

    Labels and folders come with the most frequent first, the others in their own order.

    Raises:
        DataError: the database is damaged.
    """
    condition, values = wanted.condition()
    group = _GROUPS[by]
    order = "2 DESC, 1" if by in ("label", "folder") else "1"
    columns = f"{group}, count(*), sum(segment.end_seconds - segment.start_seconds)"
    rows = database.rows(
        _select(columns, condition, f"GROUP BY 1 ORDER BY {order} LIMIT {_MOST_GROUPS}"), values
    )
    return [Count(value, count, seconds) for value, count, seconds in rows if value is not None]


@dataclass(frozen=True)
class Overview:
    """What a database is about.

    Attributes:
        done: files that have results.
        failed: files that have none.
        seconds: of sound in those that are done.
        labels: that were heard, in order.
        classifiers: that have results, in order.
    """

    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    labels: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()


def overview(database: Database) -> Overview:
    """Look over a database.

    Raises:
        DataError: it is damaged.
    """
    ((done, failed, seconds),) = database.rows(
        "SELECT total(status = 'done'), total(status <> 'done'), "
        "total(iif(status = 'done', duration_seconds, 0)) FROM files"
    )
    labels = database.rows("SELECT DISTINCT label FROM segments ORDER BY label COLLATE NOCASE")
    models = database.rows(
        "SELECT DISTINCT name FROM classifiers WHERE id IN (SELECT classifier_id FROM results) "
        "ORDER BY name COLLATE NOCASE"
    )
    return Overview(
        int(done),
        int(failed),
        seconds,
        tuple(str(label) for (label,) in labels),
        tuple(str(name) for (name,) in models),
    )


def failures(database: Database) -> list[tuple[str, str]]:
    """Files without a result, each with the reason.

    Raises:
        DataError: the database is damaged.
    """
    rows = database.rows("SELECT path, reason FROM files WHERE status <> 'done' ORDER BY path")
    return [(str(path), str(reason)) for path, reason in rows]


def _select(columns: str, condition: str, rest: str = "") -> str:
    """A question about stretches that joins what it uses."""
    text = f"{columns} {condition} {rest}"
    used = {name for name in _TABLES if f"{name}." in text}
    for name, others in _NEEDS.items():  # in their order: what is needed for one that is needed
        used |= set(others) if name in used else set()
    joins = " ".join(join for name, join in _TABLES.items() if name in used)
    return f"SELECT {columns} FROM segments AS segment {joins} WHERE {condition} {rest}"


def _pattern(text: str) -> str:
    """For LIKE, with what is special in it taken as it is."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
