"""Emotify: tracks of Magnatune whose emotions were rated by many listeners."""

from pathlib import Path

from engine.datasets.delimited import read_table
from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

ABOUT = About(
    "Emotify (Aljanaki, Wiering, Veltkamp 2015)",
    "research only; recordings by Magnatune, CC BY-NC-SA",
    "https://www2.projects.science.uu.nl/memotion/emotifydata/",
)
# The scale GEMS-9 of Zentner, Grandjean & Scherer (2008): shares of the raters who chose each.
EMOTIONS = (
    "amazement", "solemnity", "tenderness", "nostalgia", "calmness", "power", "joyful_activation",
    "tension", "sadness",
)  # fmt: skip
_TABLE = "tracks.tsv"
_COLUMNS = ("file_prefix", "genre", "artist", "album", *EMOTIONS)


def recognises(root: Path) -> bool:
    """Whether its table lies there, with the emotions as columns."""
    table = root / _TABLE
    if not table.is_file():
        return False
    with table.open(encoding="utf-8", errors="replace") as file:
        head = file.readline(4000).split("\t")
    return {"file_prefix", *EMOTIONS[:2]} <= {cell.strip() for cell in head}


def load(root: Path) -> Dataset:
    """A row a track: its genre as label, its artist as group, the mean ratings as columns.

    Raises:
        DataError: the table cannot be read, or no track of it is there.
    """
    rows = read_table(root / _TABLE, _COLUMNS)
    missing = [column for column in _COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise DataError(f"{root / _TABLE} lacks the columns {', '.join(missing)}.")
    files: dict[tuple[str, str], str] = {}
    for name in files_under(root, [".opus", ".ogg", ".mp3", ".wav", ".flac"]):
        folder, _, file = name.rpartition("/")
        files[folder, file.partition("__")[0].partition(".")[0]] = name
    excerpts = []
    for row in rows:
        path = files.get((row["genre"], row["file_prefix"]))
        if path is not None:
            extra = {column: cell for column, cell in row.items() if column and cell}
            excerpts.append(Excerpt(path, row["genre"], row["artist"], extra=extra))
    lost = len(rows) - len(excerpts)
    warnings = (f"{lost} of {len(rows)} tracks are not there.",) if lost else ()
    return Dataset(ABOUT, root, tuple(excerpts), warnings=warnings)
