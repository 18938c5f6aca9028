"""File: a recording, its pictures, its timeline and its result."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.file.page import FilePage
    from desktop.session import Session


def make(session: "Session") -> "FilePage":
    """The page; what it is made of is imported now."""
    from desktop.pages.file.page import FilePage

    return FilePage(session)
