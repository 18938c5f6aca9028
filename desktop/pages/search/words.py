"""What the Search page says where nothing is listed."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from desktop.pages.search.worker import Example


def _tr(words: str) -> str:
    return QCoreApplication.translate("SearchPage", words)


def empty_words(folder: Path | None, example: Example | None, *, waits: bool) -> str:
    """What can be done next.

    Args:
        folder: of the index; None: there is none.
        example: what is searched for.
        waits: whether something is being computed.
    """
    if waits:
        return _tr("Please wait...")
    if folder is None:
        return _tr(
            "Find whatever sounds like an example in thousands of recordings. Index a folder "
            "first: each recording is listened to once. Then choose a sound, or right-click "
            "a stretch on any page and choose 'Find similar in the archive'."
        )
    if example is None:
        return _tr(
            "Choose a sound to search for, or right-click a stretch on any page and choose "
            "'Find similar in the archive'."
        )
    return _tr("Nothing was found.")
