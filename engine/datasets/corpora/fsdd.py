"""Free Spoken Digit Dataset: who speaks, or which digit."""

import re
from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

ABOUT = About(
    "Free Spoken Digit Dataset",
    "CC BY-SA 4.0",
    "https://github.com/Jakobovski/free-spoken-digit-dataset",
)
_NAME = re.compile(r"(\d)_([^_/]+)_(\d+)\.wav$")


def recognises(root: Path) -> bool:
    """Whether it has a folder ``recordings`` of files like ``7_jackson_32.wav``."""
    folder = root / "recordings"
    return folder.is_dir() and any(_NAME.match(path.name) for path in folder.iterdir())


def load(root: Path) -> Dataset:
    """Labels are the speakers; the columns ``digit`` and ``take`` are kept.

    A group is one recording: none is in two takes. The official test set is takes 0 to 4.

    Raises:
        DataError: nothing of it is there.
    """
    excerpts = []
    home = root / "recordings"
    for name in files_under(home, [".wav"]) if home.is_dir() else []:
        match = _NAME.match(Path(name).name)
        if match:
            digit, speaker, take = match.groups()
            fold = "test" if int(take) < 5 else "training"
            path = f"recordings/{name}"
            extra = {"digit": digit, "take": take, "speaker": speaker}
            excerpts.append(Excerpt(path, speaker, path, fold=fold, extra=extra))
    if not excerpts:
        raise DataError(f"{root} is not a copy of the {ABOUT.name}. Download it from {ABOUT.url}.")
    return Dataset(ABOUT, root, tuple(excerpts))
