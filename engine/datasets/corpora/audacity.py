"""Sounds with Audacity label tracks beside them: ``song.wav`` and ``song.txt``."""

from pathlib import Path, PurePosixPath

from engine.audio.formats import EXTENSIONS
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError


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
    for sound, track in pairs:
        excerpts += _stretches(root / track, sound)
    return Dataset(About(root.resolve().name), root, tuple(excerpts))


def _pairs(root: Path) -> list[tuple[str, str]]:
    """Each sound that has a text of the same name, and that text."""
    names = files_under(root, [*sorted(EXTENSIONS), ".txt"])
    texts = {name for name in names if name.endswith(".txt")}
    tracks = ((name, str(PurePosixPath(name).with_suffix(".txt"))) for name in names)
    return [(sound, track) for sound, track in tracks if sound != track and track in texts]


def _looks_right(track: Path) -> bool:
    try:
        with track.open(encoding="utf-8-sig") as file:
            return _parsed(file.readline()) is not None
    except (OSError, UnicodeDecodeError):
        return False


def _parsed(line: str) -> tuple[float, float, str] | None:
    parts = line.split("\t")
    try:
        # Audacity writes the decimal comma of some languages.
        start, end = (float(part.replace(",", ".")) for part in parts[:2])
        return start, end, parts[2].strip()
    except (IndexError, ValueError):
        return None


def _stretches(track: Path, sound: str) -> list[Excerpt]:
    found = []
    try:
        lines = track.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{track.name} cannot be read as a label track: export it from Audacity again."
        ) from error
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
        if end > start and word:  # a point label has no sound
            found.append(Excerpt(sound, word, group, start, end))
    return found
