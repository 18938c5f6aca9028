"""Segments as Audacity label tracks and Raven selection tables."""

import csv
import io
from collections.abc import Mapping, Sequence

from engine.errors import DataError
from engine.recognition.decisions import Segment

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
)


def to_audacity(lanes: Lane) -> str:
    """A label track: start, end and ``classifier: label (probability)``, tab-separated."""
    lines = [
        f"{segment.start_seconds:.6f}\t{segment.end_seconds:.6f}\t"
        f"{_clean(name)}: {_clean(segment.label)} ({segment.mean_probability:.4f})\n"
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
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        cells = line.split("\t")
        try:
            start, end = float(cells[0].replace(",", ".")), float(cells[1].replace(",", "."))
        except (ValueError, IndexError):
            raise DataError(f"Line {number} of the label track has no start and end.") from None
        name, label, probability = _taken_apart("\t".join(cells[2:]))
        found.setdefault(name, []).append(Segment(start, end, label, probability))
    return found


def to_raven(lanes: Lane, *, file: str, high_hz: float) -> str:
    """A selection table as Raven reads it; ``high_hz`` is the top of each selection's box."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
    writer.writerow(_RAVEN)
    for index, (name, segment) in enumerate(_ordered(lanes), start=1):
        times = f"{segment.start_seconds:.6f}", f"{segment.end_seconds:.6f}"
        place = (index, "Spectrogram 1", 1, *times, "0", f"{high_hz:g}")
        words = (_clean(name), _clean(segment.label), f"{segment.mean_probability:.4f}")
        writer.writerow([*place, *words, _clean(file)])
    return out.getvalue()


def from_raven(text: str) -> dict[str, list[Segment]]:
    """Read a selection table; columns may come in any order, ours may be missing.

    Raises:
        DataError: it has no times, or a line is damaged.
    """
    found: dict[str, list[Segment]] = {}
    lines = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, line in enumerate(lines, start=2):
        try:
            start, end = float(line["Begin Time (s)"]), float(line["End Time (s)"])
            score = float(line.get("Score") or 1.0)
        except (KeyError, ValueError, TypeError):
            raise DataError(f"Line {number} of the selection table has no usable times.") from None
        segment = Segment(start, end, line.get("Label") or "", score)
        found.setdefault(line.get("Classifier") or "", []).append(segment)
    return found


def _ordered(lanes: Lane) -> list[tuple[str, Segment]]:
    pairs = [(name, segment) for name, lane in lanes.items() for segment in lane]
    return sorted(pairs, key=lambda pair: pair[1].start_seconds)


def _clean(text: str) -> str:
    return " ".join(text.split())


def _taken_apart(text: str) -> tuple[str, str, float]:
    name, colon, rest = text.partition(": ")
    label, bracket, number = rest.rpartition(" (")
    if colon and bracket and number.endswith(")"):
        try:
            return name, label, float(number[:-1])
        except ValueError:
            pass
    return "", text, 1.0
