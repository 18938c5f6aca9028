"""What lies in the folder of a data set and is no part of it, in sentences: nothing is silent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from engine.audio.formats import EXTENSIONS
from engine.datasets.table import walk
from engine.passed_over import passed_over

# Sounds all the same: whoever collected them meant them.
_OTHER_SOUNDS = frozenset(
    {
        *(".wma", ".amr", ".ape", ".wv", ".mpc", ".tta", ".ra", ".rm", ".dsf", ".dff", ".ac3"),
        *(".dts", ".mid", ".midi", ".3gp", ".avi", ".flv", ".mpg", ".mpeg", ".wmv", ".m4p", ".mp2"),
        *(".tak", ".shn", ".voc", ".sf2", ".w64", ".caf", ".au", ".snd", ".mka"),
    }
)
_MOST_NAMED = 3


def in_class_folders(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a folder of class folders holds beside its sounds.

    Returns:
        What one would miss (classes, sounds), and what nobody does (texts, pictures, hidden files).

    Raises:
        DataError: a folder cannot be read.
    """
    hidden: list[str] = []
    files: dict[str, list[str]] = {}
    for place, names in walk(root, hidden):
        files.setdefault(place.partition("/")[0], []).extend(place + name for name in names)
    missed, others, empty = [], [], []
    loose = files.pop("", [])
    for label, names in files.items():
        rest = [name for name in names if not _is_sound(name)]
        if len(rest) < len(names):
            others += rest
        elif any(_ending(name) in _OTHER_SOUNDS for name in rest):
            endings = Counter(_ending(name) or "without an ending" for name in rest)
            kinds = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
            missed.append(
                f"The class '{label}' is left out: Earmark reads none of its files ({kinds})."
            )
        else:
            empty.append(label)
    beside = [name for name in loose if _is_sound(name) or _ending(name) in _OTHER_SOUNDS]
    missed += _said(beside, "beside the class folders {} left out")
    unread = [name for name in others if _ending(name) in _OTHER_SOUNDS]
    missed += _said(unread, "in formats that Earmark does not read {} left out")
    plain = [name for name in (*loose, *others) if name not in {*beside, *unread}]
    seldom = _said(plain, "other than sound {} left out")
    seldom += _said(empty, "without any sound {} left out", "folder")
    unseen = [name for name in hidden if not _ours(name)]
    seldom += _said(unseen, "{} passed over", "hidden file or folder of the system")
    return tuple(missed), tuple(seldom)


def among(paths: Iterable[Path]) -> tuple[str, ...]:
    """What else than sound is among files and folders that are to be taken in.

    Raises:
        DataError: a folder cannot be read.
    """
    rest: list[str] = []
    for path in paths:
        if path.is_dir():
            rest += [place + name for place, names in walk(path) for name in names]
        elif not passed_over(path.name):
            rest.append(path.name)
    rest = [name for name in rest if not _is_sound(name)]
    unread = [name for name in rest if _ending(name) in _OTHER_SOUNDS]
    plain = [name for name in rest if name not in set(unread)]
    return (
        *_said(unread, "in formats that Earmark does not read {} left out"),
        *_said(plain, "other than sound {} left out"),
    )


def of_table(table: Path, named: Iterable[str]) -> tuple[str, ...]:
    """Sounds beside a table that none of its rows names.

    Raises:
        DataError: a folder cannot be read.
    """
    root = table.parent
    rows = {(root / name).as_posix() for name in named}
    rows |= {Path(name).resolve().as_posix() for name in rows if "/../" in name}
    here = [place + name for place, names in walk(root) for name in names if _is_sound(name)]
    rest = sorted(name for name in here if (root / name).as_posix() not in rows)
    return tuple(_said(rest, f"in no row of {table.name} {{}} left out", "sound file"))


def without_track(sounds: Sequence[str]) -> tuple[str, ...]:
    """Sounds that have no label track beside them."""
    return tuple(_said(sounds, "without a label track beside {it} {} left out", "sound file"))


def _said(names: Sequence[str], what: str, noun: str = "file") -> list[str]:
    if not names:
        return []
    one = len(names) == 1
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    words = what.format("is" if one else "are", it="it" if one else "them")
    shown = ", ".join(sorted(names)[:_MOST_NAMED])
    plural = noun if one else noun.replace(" or folder", "s or folders") if " or " in noun else ""
    return [f"{len(names)} {plural or noun + 's' * (not one)} {words}: {shown}{more}."]


def _is_sound(name: str) -> bool:
    return _ending(name) in EXTENSIONS


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _ours(name: str) -> bool:
    return name.startswith((".earmark", ".removed", ".recording", ".arriving"))
