"""EpyNN's author_music: guitar music by a true and by a false author."""

from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

ABOUT = About("author_music (EpyNN)", "see its source", "https://github.com/Synthaze/EpyNN")
_FOLDERS = {"true": "true author", "false": "false author"}


def recognises(root: Path) -> bool:
    """Whether there are folders ``true`` and ``false``, here or in ``data``."""
    return _home(root) is not None


def load(root: Path) -> Dataset:
    """A group is one recording.

    Raises:
        DataError: an author is missing.
    """
    home = _home(root)
    if home is None:
        raise DataError(
            f"{root} needs a folder 'true' and a folder 'false' with the .wav files of the two "
            f"authors, as {ABOUT.url} has them."
        )
    excerpts = []
    for folder, label in _FOLDERS.items():
        names = files_under(home / folder, [".wav"])
        if not names:
            raise DataError(f"{home / folder} holds no .wav files: both authors are needed.")
        paths = [f"{folder}/{name}" for name in names]
        excerpts += [Excerpt(path, label, path) for path in paths]
    return Dataset(ABOUT, home, tuple(excerpts))


def _home(root: Path) -> Path | None:
    for place in (root, root / "data"):
        if all((place / folder).is_dir() for folder in _FOLDERS):
            return place
    return None
