"""Whole timelines as CSV (a row a window) and as JSON (an object a file)."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.bounded import parse_json
from engine.datasets.delimited import delimiter_of, number_of
from engine.errors import DataError
from engine.export.words import encodable
from engine.recognition.decisions import Decision
from engine.recognition.timeline import Timeline, summary
from engine.spreadsheet import guarded, unguarded

_DIGITS = 6
_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029]")  # that JSON leaves as they are
_IS_LABEL = " [label]"
_RANGE = re.compile(r"(.*) \[(\S+) to (\S+)\]", re.DOTALL)
_FILE = "file"
_MOST_BYTES = 500_000_000  # of a line: days of sound
_FIXED = ("classifier", "time_seconds", "window_seconds", "hop_seconds", "presence", "level_db")


def to_csv(timelines: Mapping[str, Timeline], *, file: str | None = None, head: bool = True) -> str:
    """A row a window and classifier; a column for each label, empty where it is not its own.

    A dimension of a regression has its range in its heading: ``valence [-1 to 1]``.

    Args:
        timelines: by classifier.
        file: what to put in a first column, for tables of several files; None: no such column.
        head: whether the names of the columns come first.

    Raises:
        DataError: a value is not a finite number.
    """
    _refuse_not_finite(timelines)
    heads = {name: _heads(timeline) for name, timeline in timelines.items()}
    columns = list(dict.fromkeys(head for own in heads.values() for head in own))
    before = [] if file is None else [_FILE]
    lines = [_line([*before, *_FIXED, *map(guarded, columns)])] if head else []
    before = [] if file is None else [guarded(file)]
    for name, timeline in timelines.items():
        column = {own: index for index, own in enumerate(heads[name])}
        for row in range(len(timeline)):
            numbers = (
                timeline.times[row],
                timeline.window_seconds,
                timeline.hop_seconds,
                timeline.presence[row],
                timeline.level_db[row],
            )
            probabilities = timeline.probabilities[row]
            cells = [_number(probabilities[column[x]]) if x in column else "" for x in columns]
            lines.append(_line([*before, guarded(name), *map(_number, numbers), *cells]))
    return "".join(lines)


def _heads(timeline: Timeline) -> list[str]:
    """Of its columns; a label that looks like one with a range is marked as a label."""
    if timeline.is_regression:
        return [
            f"{name} [{_number(low)} to {_number(high)}]"
            for name, (low, high) in zip(timeline.labels, timeline.ranges, strict=True)
        ]
    return [f"{x}{_IS_LABEL}" if x.endswith("]") else x for x in timeline.labels]


def _named(head: str) -> tuple[str, tuple[float, float] | None]:
    """What :func:`_heads` wrote: a label, or a dimension with its range."""
    if head.endswith(_IS_LABEL):
        return head.removesuffix(_IS_LABEL), None
    found = _RANGE.fullmatch(head)
    return (head, None) if found is None else (found[1], (number_of(found[2]), number_of(found[3])))


def _line(cells: Sequence[str]) -> str:
    """A line of CSV. Written as if it ended by CR LF, or the writer would quote no lone CR."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow([encodable(cell) for cell in cells])
    return out.getvalue().removesuffix("\r\n") + "\n"


def from_csv(text: str) -> dict[str, Timeline]:
    """Read what :func:`to_csv` wrote about one file, also as a spreadsheet saved it since.

    Raises:
        DataError: it is not such a table, or one of several files.
    """
    try:
        between, text = delimiter_of(text)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=between)
        head = next(lines, [])
        first = 1 if head[:1] == [_FILE] else 0
        if tuple(head[first : first + len(_FIXED)]) != _FIXED:
            raise DataError("Not a timeline table of Earmark: its first line is different.")
        found: dict[str, list[list[str]]] = {}
        files = set()
        for cells in lines:
            files.add(cells[0] if first else "")
            found.setdefault(unguarded(cells[first]), []).append(cells[first + 1 :])
        if len(files) > 1:
            raise DataError(f"The timeline table is of {len(files)} files. Split it by its files.")
        labels = [unguarded(label) for label in head[first + len(_FIXED) :]]
        return {name: _timeline(labels, rows) for name, rows in found.items()}
    except (ValueError, IndexError, csv.Error) as error:
        raise DataError(f"The timeline table is damaged: {error}.") from error


def _timeline(labels: list[str], rows: list[list[str]]) -> Timeline:
    fixed = len(_FIXED) - 1
    own = [index for index in range(len(labels)) if rows[0][fixed + index] != ""]
    numbers = np.asarray([[number_of(cell) for cell in row[:fixed]] for row in rows])
    cells = [[number_of(row[fixed + index]) for index in own] for row in rows]
    names = [_named(labels[index]) for index in own]
    ranges = [ends for _, ends in names if ends is not None]
    if ranges and len(ranges) < len(names):
        raise DataError("The timeline table is damaged: a classifier has labels and dimensions.")
    return Timeline(
        labels=tuple(name for name, _ in names),
        times=numbers[:, 0],
        probabilities=np.asarray(cells, dtype=np.float32).reshape(len(rows), len(own)),
        presence=numbers[:, 3].astype(np.float32),
        level_db=numbers[:, 4].astype(np.float32),
        window_seconds=float(numbers[0, 1]),
        hop_seconds=float(numbers[0, 2]),
        ranges=tuple(ranges),
    )


def to_json(
    file: str,
    duration_seconds: float,
    timelines: Mapping[str, Timeline],
    verdicts: Mapping[str, Decision],
    remark: str = "",
) -> str:
    """One line of JSON with the results of one file.

    Args:
        file: its name.
        duration_seconds: its length.
        timelines: by classifier.
        verdicts: what each of them says of the whole file.
        remark: a sentence about what is missing of the file; told where there is one.

    Raises:
        DataError: a value is not a finite number.
    """
    _refuse_not_finite(timelines)
    classifiers = {
        name: _described(timeline, verdicts[name]) for name, timeline in timelines.items()
    }
    content = {"file": file, "duration_seconds": round(duration_seconds, _DIGITS)}
    missing = {"remark": remark} if remark else {}
    return json_line(content | missing | {"classifiers": classifiers})


def json_line(content: Mapping[str, Any]) -> str:
    """JSON on one line, whatever a reader takes for a line end."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return encodable(_LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def from_json(text: str) -> tuple[str, float, dict[str, Timeline]]:
    """Read a line that :func:`to_json` wrote: the file, its duration and the timelines.

    Raises:
        DataError: it is not such a line.
    """
    try:
        content = parse_json(text, "the line", most_bytes=_MOST_BYTES, file_names=True)
        found = {name: _read(entry["timeline"]) for name, entry in content["classifiers"].items()}
        return str(content["file"]), float(content["duration_seconds"]), found
    except (DataError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"Not a JSON line of Earmark: {error}.") from error


def _described(timeline: Timeline, verdict: Decision) -> dict[str, Any]:
    if timeline.is_regression:
        return _described_values(timeline, verdict)
    return {
        "verdict": {"words": verdict.verdict, "labels": list(verdict.heard)},
        "summary": [
            {"label": label, "probability": round(probability, _DIGITS)}
            for label, probability in summary(timeline)
        ],
        "timeline": {
            "times": _times(timeline),
            "labels": list(timeline.labels),
            "probabilities": _rounded(timeline.probabilities),
            **_windows(timeline),
        },
    }


def _described_values(timeline: Timeline, verdict: Decision) -> dict[str, Any]:
    """Of a regression: no labels and probabilities, but dimensions and values."""
    missing = verdict.candidates[0].reason if verdict.candidates else ""
    return {
        "verdict": {"words": verdict.verdict, "missing": missing},
        "summary": [
            {"dimension": one.label, "mean": round(one.probability, _DIGITS)}
            for one in verdict.candidates
        ],
        "timeline": {
            "times": _times(timeline),
            "dimensions": list(timeline.labels),
            "ranges": [[round(end, _DIGITS) for end in ends] for ends in timeline.ranges],
            "values": _rounded(timeline.probabilities),
            **_windows(timeline),
        },
    }


def _times(timeline: Timeline) -> list[float]:
    return [round(float(time), _DIGITS) for time in timeline.times]


def _windows(timeline: Timeline) -> dict[str, Any]:
    return {
        "presence": _rounded(timeline.presence),
        "level_db": _rounded(timeline.level_db),
        "window_seconds": round(timeline.window_seconds, _DIGITS),
        "hop_seconds": round(timeline.hop_seconds, _DIGITS),
    }


def _read(entry: dict[str, Any]) -> Timeline:
    of_values = "dimensions" in entry
    labels = tuple(str(label) for label in entry["dimensions" if of_values else "labels"])
    cells = entry["values" if of_values else "probabilities"]
    probabilities = np.asarray(cells, dtype=np.float32)
    ranges = tuple((float(low), float(high)) for low, high in entry["ranges"]) if of_values else ()
    return Timeline(
        labels=labels,
        times=np.asarray(entry["times"], dtype=np.float64),
        probabilities=probabilities.reshape(-1, len(labels)),
        presence=np.asarray(entry["presence"], dtype=np.float32),
        level_db=np.asarray(entry["level_db"], dtype=np.float32),
        window_seconds=float(entry["window_seconds"]),
        hop_seconds=float(entry["hop_seconds"]),
        ranges=ranges,
    )


def _refuse_not_finite(timelines: Mapping[str, Timeline]) -> None:
    for name, timeline in timelines.items():
        values = (timeline.times, timeline.probabilities, timeline.presence, timeline.level_db)
        if not all(np.isfinite(part).all() for part in values):
            raise DataError(
                f"The results of '{name}' hold values that are not numbers, so they are not "
                "written. Analyse the sound again."
            )


def _rounded(values: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    return np.round(values.astype(np.float64), _DIGITS).tolist()


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
