"""A folder for each class: the layout anyone can make."""

from pathlib import Path, PurePath

from engine.audio.formats import EXTENSIONS
from engine.datasets.left_out import in_class_folders
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError


def recognises(root: Path) -> bool:
    """Whether there are at least two folders with sound in them."""
    return root.is_dir() and len({PurePath(name).parts[0] for name in _inside(root)}) >= 2


def load(root: Path) -> Dataset:
    """``class/file`` or ``class/group/file``: the group is the folder, else the file itself.

    Raises:
        DataError: there are fewer than two classes.
    """
    names = _inside(root)
    classes = {PurePath(name).parts[0] for name in names}
    if len(classes) < 2:
        raise DataError(
            f"{root} holds {len(classes) or 'no'} folder{'s' * (len(classes) != 1)} with sound: "
            "make one folder for each class, at least two, and put its sounds into it."
            f"{why_not(root)}"
        )
    missed, seldom = in_class_folders(root)
    excerpts = tuple(_excerpt(name) for name in names)
    about = About(root.resolve().name)
    return Dataset(about, root, excerpts, warnings=missed, left_out=seldom)


def why_not(root: Path) -> str:
    """What was left out of a folder that has too few classes, to be put behind a sentence."""
    missed = in_class_folders(root)[0] if root.is_dir() else ()
    return "".join(f" {sentence}" for sentence in missed)


def _inside(root: Path) -> list[str]:
    names = files_under(root, sorted(EXTENSIONS))
    return [name for name in names if len(PurePath(name).parts) >= 2]


def _excerpt(name: str) -> Excerpt:
    label, *between = PurePath(name).parts[:-1]
    group = "/".join([label, *between]) if between else name
    return Excerpt(name, label, group)
