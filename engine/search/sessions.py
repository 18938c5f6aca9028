"""What was being taught in an index, kept in its folder: example, marks and the class's name.

Marks name a stretch by its file and time, so that they outlive an index that is brought up to date;
those of files that have changed or gone are kept aside, in case the files come back.
"""

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from engine.archive.database import key_of
from engine.atomic_write import put_in_place, write_whole
from engine.audio.audio import Audio
from engine.audio.writing import write
from engine.bounded import read_json
from engine.errors import AudioError, DataError
from engine.export.words import encodable
from engine.search.hits import Hit, hit_of
from engine.search.index import Index
from engine.search.projection import NUMBERS, Vectors
from engine.search.teaching import Mark, Reason, Says

NAME, DAMAGED = "teaching.json", "teaching-damaged.json"
_EXAMPLES = "examples"  # sounds that were in memory only
_VERSION = 1
_MOST_BYTES = 20_000_000
_MOST_MARKS = 50_000
MOST_SESSIONS = 20  # the one at work, and those before it, which Undo brings back
_MOST_TEXT = 5000


@dataclass(frozen=True)
class Session:
    """A class that is being taught.

    Attributes:
        query: vector of the example, float32, (1, numbers).
        words: what the example is called.
        sound: the example; None: it is not there any more.
        start_seconds: where it begins in it.
        end_seconds: where it ends.
        label: of the class; empty: it has none yet.
        marks: what was said about stretches, the oldest first.
        aside: what was said of stretches that the index does not know any more.
    """

    query: Vectors
    words: str
    sound: Path | Audio | None
    start_seconds: float
    end_seconds: float
    label: str = ""
    marks: tuple[Mark, ...] = ()
    aside: tuple[Mark, ...] = ()


def keep_sessions(folder: Path, sessions: Sequence[Session]) -> None:
    """Keep what is being taught, instead of what was kept before.

    Args:
        folder: of the index.
        sessions: the one at work first; of more than twenty the first.

    Raises:
        DataError: it cannot be written; what was kept before stays.
    """
    try:
        rows = [_written(folder, session) for session in sessions[:MOST_SESSIONS]]
        found = {"version": _VERSION, "sessions": rows}
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        write_whole(folder / NAME, text.encode())
    except (OSError, AudioError) as error:
        raise DataError(
            f"The marks could not be kept in {folder}: {getattr(error, 'strerror', None) or error} "
            "They are lost when Earmark is closed: save the classifier before."
        ) from error
    _sweep(folder, {row["sound"] for row in rows})


def kept_sessions(index: Index) -> list[Session]:
    """What was being taught in an index, with the marks where their stretches are now.

    Raises:
        DataError: what was kept is damaged; it is put aside under another name.
    """
    path = index.folder / NAME
    if not path.is_file():
        return []
    try:
        found = read_json(path, most_bytes=_MOST_BYTES)
        if not isinstance(found, dict) or found.get("version") != _VERSION:
            raise ValueError("it is of another version")
        sessions = [_read(index.folder, row) for row in found["sessions"][:MOST_SESSIONS]]
    except (DataError, LookupError, TypeError, ValueError, OverflowError) as error:
        with contextlib.suppress(OSError):
            put_in_place(path, path.with_name(DAMAGED))
        raise DataError(
            f"The marks that were kept in the index {index.folder.name} are damaged. They were put "
            f"aside as {DAMAGED}."
        ) from error
    return [in_place(index, session) for session in sessions]


def in_place(index: Index, session: Session) -> Session:
    """A session with its marks where their stretches are now.

    Raises:
        DataError: the index is damaged.
    """
    files = index.files()
    marks, aside = [], []
    for mark in (*session.marks, *session.aside):
        hit, file = mark.hit, files.get(key_of(mark.hit.path))
        row = round(hit.start_seconds / index.step_seconds)
        if (
            file is None
            or file.status != "done"
            or (file.size, file.modified_ns) != hit.stamp
            or not 0 <= row < file.count
        ):
            aside.append(mark)
            continue
        at = hit_of(file, file.segment, file.first + row, hit.score, index.step_seconds)
        marks.append(replace(mark, hit=at))
    return replace(session, marks=tuple(marks), aside=tuple(aside))


def _written(folder: Path, session: Session) -> dict[str, Any]:
    sound = session.sound
    begin, end = session.start_seconds, session.end_seconds
    if isinstance(sound, Audio):  # it would be gone with the program
        sound, begin, end = _stored(folder, sound, session)
    marks = [_row(mark) for mark in (*session.marks, *session.aside)][-_MOST_MARKS:]
    return {
        "query": [round(float(number), 6) for number in session.query[0]],
        "words": encodable(session.words)[:_MOST_TEXT],
        "sound": None if sound is None else key_of(sound),
        "start": begin,
        "end": end,
        "label": encodable(session.label)[:_MOST_TEXT],
        "marks": marks,
    }


def _stored(folder: Path, sound: Audio, session: Session) -> tuple[Path, float, float]:
    rate = sound.rate_hz
    begin, end = session.start_seconds, session.end_seconds
    samples = sound.samples[:, max(0, round(begin * rate)) : max(1, round(end * rate))]
    digest = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()[:16]
    path = folder / _EXAMPLES / f"{digest}.flac"
    if not path.exists() and samples.shape[1]:
        path.parent.mkdir(exist_ok=True)
        write(path, Audio(samples, rate))
    return path, 0.0, samples.shape[1] / rate


def _sweep(folder: Path, used: set[str | None]) -> None:
    """Delete kept sounds that no session has any more."""
    with contextlib.suppress(OSError):
        for path in (folder / _EXAMPLES).glob("*.flac"):
            if key_of(path) not in used:
                path.unlink()


def _row(mark: Mark) -> list[object]:
    hit = mark.hit
    place = [key_of(hit.path), hit.start_seconds, hit.end_seconds, *hit.stamp, hit.score]
    return [*place, mark.says, mark.reason, mark.probability]


def _read(folder: Path, row: Mapping[str, Any]) -> Session:
    query = np.asarray([row["query"]], dtype=np.float32)
    if query.shape != (1, NUMBERS) or not np.isfinite(query).all():
        raise ValueError("the example is damaged")
    sound = None if row["sound"] is None else Path(_text(row["sound"]))
    if sound is not None and sound.parent.name == _EXAMPLES and not sound.is_file():
        sound = folder / _EXAMPLES / sound.name  # the index was moved
    return Session(
        query,
        _text(row["words"]),
        sound if sound is not None and sound.is_file() else None,
        _seconds(row["start"]),
        _seconds(row["end"]),
        _text(row["label"]),
        tuple(_mark(one) for one in row["marks"][:_MOST_MARKS]),
    )


def _mark(row: Sequence[Any]) -> Mark:
    path, start, end, size, modified, score, says, reason, chance = row
    if says not in get_args(Says) or reason not in get_args(Reason):
        raise ValueError("a mark is damaged")
    if not isinstance(size, int) or not isinstance(modified, int):
        raise ValueError("a mark is damaged")
    if chance is not None and not 0 <= float(chance) <= 1:
        raise ValueError("a mark is damaged")
    times = _seconds(start), _seconds(end)
    hit = Hit(Path(_text(path)), *times, float(score), 0, 0, (size, modified))
    return Mark(hit, says, reason, None if chance is None else float(chance))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT or "\0" in value:
        raise ValueError("a text is damaged")
    return value


def _seconds(value: float) -> float:
    seconds = float(value)
    if not 0 <= seconds < 1e9 or not math.isfinite(seconds):
        raise ValueError("a time is damaged")
    return seconds
