"""What the Archive page says of a database, and where there is none."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from desktop.pages.archive.worker import Found
from desktop.plots.clock import clock


def _tr(words: str) -> str:
    return QCoreApplication.translate("ArchivePage", words)


def welcome(folders: Sequence[str], *, running: bool = False) -> str:
    """What can be done while there are no results."""
    if running:
        return _tr(
            "The first results appear here in a moment. You can use the other pages meanwhile."
        )
    if folders:
        return _tr(
            "Start analyses the recordings in {}. It may take hours, can be paused, and "
            "continues where it was after Earmark was closed or the computer was switched off."
        ).format(", ".join(folders))
    return _tr(
        "Here thousands of recordings are analysed at once. The results are kept in a "
        "database, in which you search, listen and judge, and which other programs can read. "
        "Choose a folder, drop one here, or open a database."
    )


def summary(found: Found | None) -> str:
    """How much is in a database."""
    if found is None:
        return ""
    view = found.overview
    words = _tr("{} files analysed, {} of sound")
    return words.format(f"{view.done:,}", clock(view.seconds))
