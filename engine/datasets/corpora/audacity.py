"""Sounds with Audacity label tracks beside them: ``song.wav`` and ``song.txt``."""

import math
import re
from pathlib import Path, PurePosixPath

from engine.audio.formats import EXTENSIONS
from engine.bounded import read_bytes
from engine.datasets.delimited import MOST_BYTES, decoded, number_of
from engine.datasets.left_out import without_track
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

_LOOKED_AT = 4000  # bytes


def recognises(root: Path) -> bool:
    """Whether a sound has a label track beside it, not just any text."""
    return root.is_dir() and any(_looks_right(root / track) for _, track in _pairs(root))


def load(root: Path) -> Dataset:
    """Every labelled stretch is an excerpt; those of one sound are one group.

    Raises:
        DataError: a label track is none, or there is none.
    """
    pairs = _pairs(root)
    if not pairs:
        raise DataError(
            f"{root} contains no sound with a label track beside it: export the labels "
            "from Audacity "
            "as song.txt beside song.wav."
        )
    excerpts: list[Excerpt] = []
    passed_over: dict[str, int] = {}
    for sound, track in pairs:
        found, others = _stretches(root / track, sound)
        excerpts += found
        if others:
            passed_over[track] = others
    tracked = {sound for sound, _ in pairs}
    rest = [name for name in files_under(root, sorted(EXTENSIONS)) if name not in tracked]
    return Dataset(
        About(root.resolve().name),
        root,
        tuple(excerpts),
        warnings=_warnings(passed_over),
        left_out=without_track(rest),
    )


def _warnings(passed_over: dict[str, int]) -> tuple[str, ...]:
    if not passed_over:
        return ()
    count, first = sum(passed_over.values()), next(iter(passed_over))
    words = (
        "label without a length or a name was"
        if count == 1
        else ("labels without a length or a name were")
    )
    return (f"{count} {words} left out, in {first} first.",)


def _pairs(root: Path) -> list[tuple[str, str]]:
    """Each sound that has a text of the same name, and that text."""
    names = files_under(root, [*sorted(EXTENSIONS), ".txt"])
    texts = {name for name in names if name.endswith(".txt")}
    tracks = ((name, str(PurePosixPath(name).with_suffix(".txt"))) for name in names)
    return [(sound, track) for sound, track in tracks if sound != track and track in texts]


def _looks_right(track: Path) -> bool:
    try:
        with track.open("rb") as file:
            # Of a letter that is cut in two at the end nothing depends.
            return _parsed(_lines(decoded(file.read(_LOOKED_AT), track.name))[0]) is not None
    except (OSError, DataError):
        return False


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)  # a label may hold any other line end


def _parsed(line: str) -> tuple[float, float, str] | None:
    parts = line.split("\t")
    try:
        # Audacity writes the decimal comma of some languages.
        start, end = number_of(parts[0]), number_of(parts[1])
        return (start, end, parts[2].strip()) if math.isfinite(start + end) else None
    except (IndexError, ValueError):
        return None


def _stretches(track: Path, sound: str) -> tuple[list[Excerpt], int]:
    """The labelled stretches of a track, and how many labels are none."""
    found, others = [], 0
    data = read_bytes(track, most_bytes=MOST_BYTES)
    lines = _lines(decoded(data, track.name, "a label track"))
    group = str(PurePosixPath(sound).with_suffix(""))  # song.wav and song.mp3 are one song
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("\\"):  # frequency ranges of spectral labels
            continue
        label = _parsed(line)
        if label is None:
            raise DataError(
                f"{track.name}, line {number}: a label needs a start, an end and a name, "
                "separated by tabs."
            )
        start, end, word = max(0.0, label[0]), label[1], label[2]
        if end > start and word:
            found.append(Excerpt(sound, word, group, start, end))
        else:  # a point label has no sound
            others += 1
    return found, others
