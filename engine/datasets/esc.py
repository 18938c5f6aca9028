"""ESC-50 and ESC-10: environmental sounds, what is not music."""

import csv
import re
from pathlib import Path

from engine.datasets.table import About, Dataset, Excerpt, files_under
from engine.errors import DataError

ABOUT = About(
    "ESC (environmental sound classification)",
    "CC BY-NC 3.0; the ten classes of ESC-10: CC BY 3.0",
    "https://github.com/karolpiczak/ESC-50",
)
_NAME = re.compile(r"(\d)-(\d+)-?([A-Z])?(?:-\d+)?\.(?:ogg|wav)$")


def recognises(root: Path) -> bool:
    """Whether it has ESC-50's table, or folders of files named fold-clip-take."""
    if (root / "meta" / "esc50.csv").is_file():
        return True
    folders = [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    return bool(folders) and all(
        any(_NAME.match(path.name) for path in folder.iterdir()) for folder in folders
    )


def load(root: Path) -> Dataset:
    """The five official folds; a group is the clip that several takes were cut from.

    Raises:
        DataError: the copy is not whole.
    """
    table = root / "meta" / "esc50.csv"
    return _with_table(root, table) if table.is_file() else _folders(root)


def _with_table(root: Path, table: Path) -> Dataset:
    excerpts, missing = [], []
    try:
        rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            path = f"audio/{row['filename']}"
            extra = {"esc10": row.get("esc10", ""), "take": row.get("take", "")}
            excerpts.append(
                Excerpt(path, row["category"], row["src_file"], fold=row["fold"], extra=extra)
            )
            if not (root / path).is_file():
                missing.append(path)
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise DataError(f"{table} is not ESC-50's table: {error}.") from error
    if missing:
        raise DataError(
            f"{len(missing)} of ESC-50's {len(rows)} sounds are missing, {missing[0]} first: "
            f"get it whole from {ABOUT.url}."
        )
    return Dataset(ABOUT, root, tuple(excerpts))


def _folders(root: Path) -> Dataset:
    excerpts = []
    for name in files_under(root, [".ogg", ".wav"]):
        match = _NAME.match(Path(name).name)
        if match:
            fold, clip, _ = match.groups()
            excerpts.append(Excerpt(name, Path(name).parts[0], clip, fold=fold))
    if not excerpts:
        raise DataError(f"{root} is no copy of ESC: get it from {ABOUT.url}.")
    return Dataset(ABOUT, root, tuple(excerpts))
