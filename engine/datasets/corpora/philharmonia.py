"""Notes and phrases by players of the Philharmonia Orchestra: instrument, pitch, length, ..."""

import re
from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt, files_under, folders_in
from engine.errors import DataError

ABOUT = About(
    "Philharmonia Orchestra sound samples",
    "free to use, also commercially; not to be resold as samples",
    "https://philharmonia.co.uk/resources/sound-samples/",
)
_NAME = re.compile(r"([A-Za-z-]+)_([A-G]s?\d|)_([^_]*)_([^_]*)_(.*)\.mp3$")


def recognises(root: Path) -> bool:
    """Whether folders hold files like ``flute_A4_1_forte_normal.mp3``."""
    folders = folders_in(root)
    return len(folders) >= 2 and all(
        any(_NAME.match(path.name) for path in folder.iterdir()) for folder in folders
    )


def load(root: Path) -> Dataset:
    """Labels are the folders; instrument, pitch, length, dynamic and articulation are kept.

    A group is one pitch of one instrument: its recordings are near repeats of each other.

    Raises:
        DataError: nothing of it is there.
    """
    excerpts = []
    for name in files_under(root, [".mp3"]):
        folder, _, file = name.rpartition("/")
        match = _NAME.match(file)
        if match and folder:
            instrument, pitch, length, dynamic, articulation = match.groups()
            extra = {
                "instrument": instrument,
                "pitch": pitch,
                "length": length,
                "dynamic": dynamic,
                "articulation": articulation,
            }
            group = f"{instrument} {pitch}" if pitch else name
            excerpts.append(Excerpt(name, folder.split("/")[0], group, extra=extra))
    if not excerpts:
        raise DataError(
            f"{root} contains none of the {ABOUT.name}. Download them from {ABOUT.url}."
        )
    return Dataset(ABOUT, root, tuple(excerpts))
