"""Compare: runs side by side, sweeps, and what their figures say."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.compare.page import ComparePage
    from desktop.session import Session


def make(session: "Session") -> "ComparePage":
    """The page; what it is made of is imported now."""
    from desktop.pages.compare.page import ComparePage

    return ComparePage(session)
