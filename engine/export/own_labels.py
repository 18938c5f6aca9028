"""Labels that a person gives a file, kept apart from the file until they are exported."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_data_path

from engine.atomic_write import write_text
from engine.bounded import read_json
from engine.errors import DataError
from engine.recognition.decisions import Segment

LANE = "your labels"
_MOST_BYTES, _MOST_LABELS, _MOST_WORDS = 10_000_000, 20_000, 200


def place_of(path: Path) -> Path:
    """Where the labels of a file are kept: under a name made of its path."""
    digest = hashlib.sha256(str(Path(path).absolute()).encode(errors="surrogateescape"))
    folder = user_data_path("Earmark", appauthor=False) / "labels"
    return folder / f"{digest.hexdigest()[:32]}.json"


def keep(path: Path, segments: Sequence[Segment]) -> None:
    """Keep the labels of a file; none: forget that there were any.

    Raises:
        DataError: they cannot be written.
    """
    place = place_of(path)
    try:
        if not segments:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"The labels could not be kept: {error.strerror}.") from error
    rows = [[s.start_seconds, s.end_seconds, s.label] for s in segments]
    text = {"file": str(path).encode(errors="replace").decode(), "labels": rows}
    write_text(place, json.dumps(text, ensure_ascii=False) + "\n")


def recall(path: Path) -> list[Segment]:
    """The labels that were kept for a file; what is damaged counts as none."""
    place = place_of(path)
    if not place.is_file():
        return []
    try:
        found = read_json(place, most_bytes=_MOST_BYTES)
        rows = found["labels"][:_MOST_LABELS]
        return [_segment(*row) for row in rows]
    except (DataError, LookupError, TypeError, ValueError):
        return []


def _segment(start: float, end: float, label: str) -> Segment:
    start, end = float(start), float(end)
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise ValueError("no stretch of time")
    if not isinstance(label, str) or not 0 < len(label) <= _MOST_WORDS:
        raise ValueError("no label")
    return Segment(start, end, label, 1.0)
