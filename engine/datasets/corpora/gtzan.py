"""GTZAN: ten genres of a hundred half-minutes, and what is known to be wrong with them."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError
from resources import resource

ABOUT = About(
    "GTZAN genre collection",
    "not stated by its author",
    "http://marsyas.info/downloads/datasets.html",
)
GENRES = tuple("blues classical country disco hiphop jazz metal pop reggae rock".split())  # noqa: SIM905
_NAME = re.compile(r"(" + "|".join(GENRES) + r")\.?(\d{5})\.(?:wav|au|mp3)$")


def recognises(root: Path) -> bool:
    """Whether at least two folders, named as genres, hold files like ``blues.00042.wav``."""
    homes = (root, root / "genres_original", root / "genres", root / "Data" / "genres_original")
    return any(_holds_genres(home) for home in homes)


def load(root: Path) -> Dataset:
    """Labels are the genres; tracks known to repeat each other are one group.

    Folds are the published fault-filtered split; tracks outside it have none. Column ``artist``,
    where the table of faults tells it: who made it, itself where unknown; ``fault``: "distorted"
    or "corrupt".

    Raises:
        DataError: fewer than two genres are there.
    """
    faults = json.loads(resource("datasets", "gtzan_faults.json").read_text(encoding="utf-8"))
    tracks: dict[str, str] = {}
    for name in files_under(root, [".wav", ".au", ".mp3"]):
        match = _NAME.match(Path(name).name)
        if match:
            tracks.setdefault(f"{match.group(1)}.{match.group(2)}", name)
    missing = [genre for genre in GENRES if not any(t.startswith(genre) for t in tracks)]
    if len(GENRES) - len(missing) < 2:
        raise DataError(
            f"{root} has fewer than two genres of {ABOUT.name}. Get more from {ABOUT.url}, "
            "or open it as a plain 'folder'."
        )
    partial = f"Only {len(tracks)} of the 1000 tracks of GTZAN were found"
    partial += f"; the genres {', '.join(missing)} are missing" if missing else ""
    warnings = (
        () if len(tracks) >= 999 else (f"{partial}. Figures will differ from published ones.",)
    )
    repeats = [*faults["repetitions"], *faults["versions"]]
    known = tuple(tuple(tracks[t] for t in same if t in tracks) for same in repeats)
    excerpts = tuple(_excerpts(tracks, faults, _joined(repeats)))
    return Dataset(ABOUT, root, excerpts, False, tuple(k for k in known if len(k) > 1), warnings)


def _holds_genres(home: Path) -> bool:
    if not home.is_dir():
        return False
    folders = (home / genre for genre in GENRES if (home / genre).is_dir())
    holding = (any(_NAME.match(path.name) for path in folder.iterdir()) for folder in folders)
    return sum(holding) >= 2


def _excerpts(
    tracks: dict[str, str], faults: dict[str, Any], groups: dict[str, str]
) -> Iterable[Excerpt]:
    folds = {track: fold for fold, names in faults["split"].items() for track in names}
    artists = _artists(faults["artists"])
    for track, path in sorted(tracks.items()):
        extra = {"artist": artists.get(track, track)} if artists else {}
        for fault in ("distorted", "corrupt"):
            if track in faults[fault]:
                extra["fault"] = fault
        group, fold = groups.get(track, track), folds.get(track, "")
        yield Excerpt(path, track.split(".")[0], group, fold=fold, extra=extra)


def _artists(known: Any) -> dict[str, str]:
    """The artist of each track, where the table tells which tracks are whose."""
    if not isinstance(known, dict):
        return {}
    return {track: artist for artist, tracks in known.items() for track in tracks}


def _joined(sets: list[list[str]]) -> dict[str, str]:
    """The first name of the whole family that each name belongs to."""
    family: dict[str, str] = {}
    for same in sets:
        heads = sorted({family.get(name, name) for name in same})
        members = [name for name, head in family.items() if head in heads]
        family |= dict.fromkeys([*members, *same], heads[0])
    return family
