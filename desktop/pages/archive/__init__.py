"""Archive: thousands of recordings analysed, their results to look through and judge."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.archive.page import ArchivePage
    from desktop.session import Session


def make(session: "Session") -> "ArchivePage":
    """The page; what it is made of is imported now."""
    from desktop.pages.archive.page import ArchivePage

    return ArchivePage(session)
