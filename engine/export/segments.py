"""Segments as Audacity label tracks and Raven selection tables."""

import math
import os
from collections.abc import Mapping, Sequence

from engine.errors import DataError
from engine.export.words import from_one_line, one_line, visible
from engine.recognition.decisions import Segment
from engine.spreadsheet import guarded, unguarded

Lane = Mapping[str, Sequence[Segment]]  # by classifier
_RAVEN = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Classifier",
    "Label",
    "Score",
    "Begin File",
    "File Offset (s)",
    "Begin Path",
)


def to_audacity(lanes: Lane) -> str:
    """A label track: start, end and ``classifier: label (probability)``, tab-separated."""
    lines = [
        f"{segment.start_seconds:.6f}\t{segment.end_seconds:.6f}\t"
        f"{one_line(name)}: {one_line(segment.label)} ({segment.mean_probability:.4f})\n"
        for name, segment in _ordered(lanes)
    ]
    return "".join(lines)


def from_audacity(text: str) -> dict[str, list[Segment]]:
    r"""Read a label track; lines with frequencies (they begin with ``\``) are passed over.

    Labels that Earmark did not write belong to the classifier ``""``.

    Raises:
        DataError: a line has no start and end.
    """
    found: dict[str, list[Segment]] = {}
    for number, line in enumerate(_lines(text), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        cells = line.split("\t")
        try:
            start, end = (_finite(cell.replace(",", ".")) for cell in cells[:2])
        except (ValueError, IndexError):
            raise DataError(f"Line {number} of the label track has no start and end.") from None
        name, label, probability = _taken_apart("\t".join(cells[2:]))
        found.setdefault(name, []).append(Segment(start, end, label, probability))
    return found


class RavenTable:
    """A selection table of one or more sounds: one head, numbers that run through.

    Raven shows several sounds one after another. ``Begin Time`` counts from the start of the first,
    ``File Offset`` from the start of the selection's own file, which ``Begin Path`` names.
    """

    def __init__(self) -> None:
        self._selections = 0
        self._before_seconds = 0.0
        self._head = "\t".join(_RAVEN) + "\n"

    def add(self, lanes: Lane, *, file: str, high_hz: float, duration_seconds: float = 0.0) -> str:
        """The next lines of the table, those of one more sound.

        Args:
            lanes: what was heard in it.
            file: its path.
            high_hz: the top of each selection's box.
            duration_seconds: its length, for the sounds that follow.
        """
        path = os.path.abspath(file)
        name = guarded(visible(os.path.basename(path)))
        lines = []
        for classifier, segment in _ordered(lanes):
            self._selections += 1
            begins = self._before_seconds + segment.start_seconds
            ends = self._before_seconds + segment.end_seconds
            cells = (
                *(str(self._selections), "Spectrogram 1", "1", f"{begins:.6f}", f"{ends:.6f}"),
                *("0", f"{high_hz:g}"),
                *(guarded(one_line(classifier)), guarded(one_line(segment.label))),
                *(f"{segment.mean_probability:.4f}", name),
                *(f"{segment.start_seconds:.6f}", guarded(visible(path))),
            )
            lines.append("\t".join(cells) + "\n")
        head, self._head = self._head, ""
        self._before_seconds += duration_seconds
        return head + "".join(lines)


def to_raven(lanes: Lane, *, file: str, high_hz: float) -> str:
    """A selection table as Raven reads it; ``high_hz`` is the top of each selection's box."""
    return RavenTable().add(lanes, file=file, high_hz=high_hz)


def from_raven(text: str) -> dict[str, list[Segment]]:
    """Read a selection table; columns may come in any order, ours may be missing.

    Where it is of several sounds, times are those within each sound.

    Raises:
        DataError: it has no times, or a line is damaged.
    """
    found: dict[str, list[Segment]] = {}
    head, *lines = _lines(text)
    columns = head.split("\t")
    ours = "Classifier" in columns
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        cells = dict(zip(columns, line.split("\t"), strict=False))
        try:
            begin, end = _finite(cells["Begin Time (s)"]), _finite(cells["End Time (s)"])
            start = _finite(cells.get("File Offset (s)") or str(begin))
            score = _finite(cells.get("Score") or "1")
        except (KeyError, ValueError):
            raise DataError(f"Line {number} of the selection table has no usable times.") from None
        name, label = cells.get("Classifier", ""), cells.get("Label", "")
        if ours:
            name, label = from_one_line(unguarded(name)), from_one_line(unguarded(label))
        segment = Segment(start, round(start + end - begin, 6), label, score)
        found.setdefault(name, []).append(segment)
    return found


def _lines(text: str) -> list[str]:
    """Lines as these programs end them: a label may hold what Python too takes for a line end."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def _finite(cell: str) -> float:
    """A number; neither NaN nor infinity is one here."""
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def _ordered(lanes: Lane) -> list[tuple[str, Segment]]:
    pairs = [(name, segment) for name, lane in lanes.items() for segment in lane]
    return sorted(pairs, key=lambda pair: pair[1].start_seconds)


def _taken_apart(text: str) -> tuple[str, str, float]:
    name, colon, rest = text.partition(": ")
    label, bracket, number = rest.rpartition(" (")
    if colon and bracket and number.endswith(")"):
        try:
            return from_one_line(name), from_one_line(label), _finite(number[:-1])
        except ValueError:
            pass
    return "", text, 1.0
