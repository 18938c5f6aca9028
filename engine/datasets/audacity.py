"""Sounds with Audacity label tracks beside them: ``song.wav`` and ``song.txt``."""

from pathlib import Path

from engine.audio.files import EXTENSIONS
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError


def recognises(root: Path) -> bool:
    """Whether a sound has a label track beside it."""
    return any(_track(root / name).is_file() for name in _sounds(root))


def load(root: Path) -> Dataset:
    """Every labelled stretch is an excerpt; those of one sound are one group.

    Raises:
        DataError: a label track is none.
    """
    excerpts: list[Excerpt] = []
    for name in _sounds(root):
        track = _track(root / name)
        if track.is_file():
            excerpts += _stretches(track, name)
    return Dataset(About(root.resolve().name), root, tuple(excerpts))


def _sounds(root: Path) -> list[str]:
    return files_under(root, sorted(EXTENSIONS)) if root.is_dir() else []


def _track(sound: Path) -> Path:
    return sound.with_suffix(".txt")


def _stretches(track: Path, sound: str) -> list[Excerpt]:
    found = []
    try:
        lines = track.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{track.name} cannot be read as a label track.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("\\"):  # frequency ranges of spectral labels
            continue
        parts = line.split("\t")
        try:
            start, end, label = float(parts[0]), float(parts[1]), parts[2].strip()
        except (IndexError, ValueError) as error:
            raise DataError(
                f"{track.name}, line {number}: a label is start, end and a word, with tabs between."
            ) from error
        if end > start and label:  # a point label has no sound
            found.append(Excerpt(sound, label, sound, start, end))
    return found
