"""EpyNN's author_music: guitar music by a true and by a false author."""

from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

ABOUT = About(
    "author_music (EpyNN)",
    "not stated for the sound (its code: GPL-3.0)",
    "https://github.com/Synthaze/EpyNN",
)
_FOLDERS = {"true": "true author", "false": "false author"}


def recognises(root: Path) -> bool:
    """Whether there are folders ``true`` and ``false`` of .wav files, here or in ``data``."""
    home = _home(root)
    return home is not None and any(files_under(home / folder, [".wav"]) for folder in _FOLDERS)


def load(root: Path) -> Dataset:
    """A group is one recording; the published copy has 14 true ones and a single false one.

    Raises:
        DataError: an author is missing.
    """
    home = _home(root)
    if home is None:
        raise DataError(
            f"{root} needs a folder 'true' and a folder 'false' with the .wav files of the two "
            f"authors, as at {ABOUT.url}."
        )
    excerpts, warnings = [], []
    for folder, label in _FOLDERS.items():
        names = files_under(home / folder, [".wav"])
        if not names:
            raise DataError(
                f"{home / folder} contains no .wav files. Both authors are needed, see {ABOUT.url}."
            )
        paths = [f"{folder}/{name}" for name in names]
        excerpts += [Excerpt(path, label, path) for path in paths]
        if len(paths) == 1:
            warnings.append(
                f"The {label} has only one recording, so a split by recordings is not possible."
            )
    return Dataset(ABOUT, home, tuple(excerpts), warnings=tuple(warnings))


def _home(root: Path) -> Path | None:
    for place in (root, root / "data"):
        if all((place / folder).is_dir() for folder in _FOLDERS):
            return place
    return None
