"""Medley-solos-DB: eight solo instruments, with an official split."""

import csv
from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

ABOUT = About("Medley-solos-DB", "CC BY 4.0", "https://zenodo.org/records/3464194")
TABLE = "Medley-solos-DB_metadata.csv"
INSTRUMENTS = (
    "clarinet",
    "distorted electric guitar",
    "female singer",
    "flute",
    "piano",
    "tenor saxophone",
    "trumpet",
    "violin",
)
_COLUMNS = ("subset", "instrument_id", "uuid4", "song_id")


def recognises(root: Path) -> bool:
    """Whether its metadata table is there."""
    return _table(root) is not None


def load(root: Path) -> Dataset:
    """Folds are the official subsets, groups the songs.

    Raises:
        DataError: the table or some sounds are missing.
    """
    table = _table(root)
    if table is None:
        raise DataError(f"{root} lacks {TABLE}: get {ABOUT.name} from {ABOUT.url}.")
    try:
        rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{table.name} cannot be read: {error}.") from error
    if not rows or any(column not in rows[0] for column in _COLUMNS):
        raise DataError(f"{table.name} lacks one of the columns {', '.join(_COLUMNS)}.")
    here = {p.name: str(p.relative_to(root)) for p in root.rglob("Medley-solos-DB_*.wav")}
    excerpts, missing = [], []
    for row in rows:
        stem = f"Medley-solos-DB_{row['subset']}-{row['instrument_id']}_{row['uuid4']}"
        path = here.get(f"{stem}.wav") or here.get(f"{stem}.wav.wav")
        if path is None:
            missing.append(f"{stem}.wav")
            continue
        label = INSTRUMENTS[int(row["instrument_id"])]
        excerpts.append(Excerpt(path, label, f"song {row['song_id']}", fold=row["subset"]))
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(rows)} sounds of {ABOUT.name} are missing, "
            f"{missing[0]} first: get it whole from {ABOUT.url}."
        )
    return Dataset(ABOUT, root, tuple(excerpts))


def _table(root: Path) -> Path | None:
    places = (root / TABLE, root / "annotation" / TABLE)
    return next((place for place in places if place.is_file()), None)
