"""Temporary files that a kill or a power cut left behind: swept when old, or surely nobody's."""

import contextlib
import shutil
import time
from pathlib import Path

from engine.atomic_write import TEMPORARY

HOUR, DAY = 3600.0, 86_400.0


def sweep(
    folder: Path, prefix: str = TEMPORARY, *, older_than: float = HOUR, deep: bool = False
) -> int:
    """Delete temporary files and folders of ours.

    Args:
        folder: where they may lie; it need not exist.
        prefix: how their names begin.
        older_than: seconds since one was last written to; 0 where a lock says that nobody can be
            writing.
        deep: also in the folders inside.

    Returns:
        How many were deleted; what cannot be deleted stays.
    """
    swept = 0
    places = folder.rglob(f"{prefix}*") if deep else folder.glob(f"{prefix}*")
    with contextlib.suppress(OSError):
        for path in list(places):
            with contextlib.suppress(OSError):
                if older_than and time.time() - _touched(path) < older_than:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                swept += 1
    return swept


def _touched(path: Path) -> float:
    """When it, or anything in it, was last written to."""
    inside = path.rglob("*") if path.is_dir() else ()
    return float(max(each.lstat().st_mtime for each in (path, *inside)))
