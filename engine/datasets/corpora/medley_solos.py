"""Medley-solos-DB: eight solo instruments, with an official split."""

from pathlib import Path

from engine.datasets.delimited import read_table
from engine.datasets.table import About, Dataset, Excerpt, files_under
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
    """Whether its metadata table is there, or sounds with its names."""
    places = (root, root / "audio")
    return _table(root) is not None or any(
        next(place.glob("Medley-solos-DB_*.wav"), None) is not None for place in places
    )


def load(root: Path) -> Dataset:
    """Folds are the official subsets, groups the songs.

    Raises:
        DataError: the table is missing, or all sounds but those of one class are.
    """
    table = _table(root)
    if table is None:
        raise DataError(f"{root} lacks {TABLE}: get {ABOUT.name} from {ABOUT.url}.")
    rows = read_table(table, _COLUMNS)
    if not rows or any(column not in rows[0] for column in _COLUMNS):
        raise DataError(
            f"{table.name} has no rows, or lacks one of the columns {', '.join(_COLUMNS)}. "
            f"Download it again from {ABOUT.url}."
        )
    here = {name.rsplit("/", 1)[-1]: name for name in files_under(root, [".wav"])}
    excerpts, missing = [], []
    for number, row in enumerate(rows, start=1):
        label = _instrument(row["instrument_id"], number)
        stem = f"Medley-solos-DB_{row['subset']}-{row['instrument_id']}_{row['uuid4']}"
        path = here.get(f"{stem}.wav") or here.get(f"{stem}.wav.wav")
        if path is None:
            missing.append(f"{stem}.wav")
            continue
        excerpts.append(Excerpt(path, label, f"song {row['song_id']}", fold=row["subset"]))
    if len({excerpt.label for excerpt in excerpts}) < 2:
        raise DataError(
            f"Of the {len(rows)} sounds of {ABOUT.name}, {len(missing)} are missing, "
            f"{missing[0]} first: fewer than two instruments are left. Download more of it from "
            f"{ABOUT.url}."
        )
    warnings = (_missing(len(rows), missing, excerpts),) if missing else ()
    return Dataset(ABOUT, root, tuple(excerpts), warnings=warnings)


def _missing(count: int, missing: list[str], excerpts: list[Excerpt]) -> str:
    """What a copy in part lacks, in a sentence."""
    gone = [name for name in INSTRUMENTS if name not in {e.label for e in excerpts}]
    words = (
        f"Of the {count} sounds of {ABOUT.name}, {len(missing)} are missing ({missing[0]} first)"
    )
    words += f", all those of {', '.join(gone)}" if gone else ""
    return f"{words}. Figures will differ from published ones."


def _instrument(number: str, row: int) -> str:
    known = {str(index): name for index, name in enumerate(INSTRUMENTS)}
    if number not in known:
        raise DataError(
            f"{TABLE}, row {row}: there is no instrument '{number}', only 0 to 7. "
            f"Download the table again from {ABOUT.url}."
        )
    return known[number]


def _table(root: Path) -> Path | None:
    places = (root / TABLE, root / "annotation" / TABLE)
    return next((place for place in places if place.is_file()), None)
