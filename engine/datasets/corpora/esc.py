"""ESC-50 and ESC-10: environmental sounds, used as examples of non-music."""

import re
from pathlib import Path

from engine.datasets.delimited import read_table
from engine.datasets.table import About, Dataset, Excerpt, files_under, folders_in
from engine.errors import DataError

ABOUT = About(
    "ESC (environmental sound classification)",
    "CC BY-NC 3.0; the clips of ESC-10: CC BY 3.0",
    "https://github.com/karolpiczak/ESC-50",
)
# Of ESC-50 with the class at its end, of the first ESC-10 without it.
_NAME = re.compile(r"([1-5])-(\d+)-([A-Z])(?:-\d+)?\.(?:ogg|wav)$")
_COLUMNS = ("filename", "fold", "category", "src_file")


def recognises(root: Path) -> bool:
    """Whether it has ESC-50's table, or folders of files named fold-clip-take."""
    if (root / "meta" / "esc50.csv").is_file():
        return True
    folders = folders_in(root)
    return bool(folders) and all(
        any(_NAME.match(path.name) for path in folder.iterdir()) for folder in folders
    )


def load(root: Path) -> Dataset:
    """The five official folds; a group is the clip that several takes were cut from.

    Raises:
        DataError: the copy is not whole.
    """
    table = root / "meta" / "esc50.csv"
    if table.is_file():
        return _with_table(root, table)
    if (root / "audio").is_dir():
        raise DataError(f"{root} lacks meta/esc50.csv. Download all of ESC-50 from {ABOUT.url}.")
    return _folders(root)


def _with_table(root: Path, table: Path) -> Dataset:
    rows = read_table(table, _COLUMNS)
    if not rows or any(column not in rows[0] for column in _COLUMNS):
        raise DataError(
            f"{table} has no rows, or lacks one of the columns {', '.join(_COLUMNS)}: "
            f"get ESC-50 whole from {ABOUT.url}."
        )
    excerpts, missing = [], []
    for row in rows:
        path = f"audio/{row['filename']}"
        extra = {"esc10": row.get("esc10", ""), "take": row.get("take", "")}
        excerpts.append(
            Excerpt(path, row["category"], row["src_file"], fold=row["fold"], extra=extra)
        )
        if not (root / path).is_file():
            missing.append(path)
    if missing:
        raise DataError(
            f"Of ESC-50's {len(rows)} sounds {len(missing)} are missing, {missing[0]} first. "
            f"Download all of it from {ABOUT.url}."
        )
    return Dataset(ABOUT, root, tuple(excerpts))


def _folders(root: Path) -> Dataset:
    excerpts = []
    for name in files_under(root, [".ogg", ".wav"]):
        folder, _, file = name.rpartition("/")
        match = _NAME.match(file)
        if match and folder:
            fold, clip, take = match.groups()
            label = re.sub(r"^\d{3} - ", "", folder.split("/")[0])  # as in "101 - Dog"
            excerpts.append(Excerpt(name, label, clip, fold=fold, extra={"take": take}))
    if not excerpts:
        raise DataError(f"{root} is not a copy of ESC. Download it from {ABOUT.url}.")
    return Dataset(ABOUT, root, tuple(excerpts))
