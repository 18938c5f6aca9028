"""Labelled sounds: corpora and folders, all read as the same kind of table.

A new corpus is a file with ``recognises`` and ``load``, and a line in ``DATASETS``.
"""

from pathlib import Path
from types import ModuleType

from engine.datasets import cache
from engine.datasets.corpora import (
    audacity,
    author_music,
    emotify,
    esc,
    feature_table,
    folder,
    fsdd,
    gtzan,
    iowa,
    manifest,
    medley_solos,
    philharmonia,
)
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError

__all__ = ["DATASETS", "About", "Dataset", "Excerpt", "open_dataset"]

# Asked in this order: the particular before the general.
DATASETS: dict[str, ModuleType] = {
    "emotify": emotify,
    "iowa": iowa,
    "features": feature_table,
    "medley-solos": medley_solos,
    "gtzan": gtzan,
    "author-music": author_music,
    "fsdd": fsdd,
    "manifest": manifest,
    "esc": esc,
    "philharmonia": philharmonia,
    "audacity": audacity,
    "folder": folder,
}


def open_dataset(root: Path | str, kind: str = "auto") -> Dataset:
    """Open a data set; the table of a large one is cached for as long as nothing changes.

    Args:
        root: its folder, or the file of a table.
        kind: one of ``DATASETS``, or ``"auto"``: found out by what lies there.

    Raises:
        DataError: it is not there, of no known kind, or incomplete.
    """
    root = Path(root).absolute()
    if not root.exists():
        raise DataError(f"{root} does not exist. Check the path of the data set.")
    if kind != "auto" and kind not in DATASETS:
        raise DataError(f"There is no kind of data set '{kind}'. Available: {', '.join(DATASETS)}.")
    stamp = cache.stamp_of(root)
    kept = cache.recall(root, kind, stamp) if stamp else None
    if kept is not None:
        return kept
    dataset = _load(DATASETS[kind] if kind != "auto" else _kind_of(root), root)
    if stamp:
        cache.keep(root, kind, stamp, dataset)
    return dataset


def _kind_of(root: Path) -> ModuleType:
    for module in DATASETS.values():
        if module.recognises(root):
            return module
    raise DataError(
        f"{root} is not a recognised data set: make a folder for each class and put its "
        "sounds into it, or write a table manifest.csv with the columns path and label."
        f"{folder.why_not(root)}"
    )


def _load(module: ModuleType, root: Path) -> Dataset:
    dataset: Dataset = module.load(root)
    return dataset
