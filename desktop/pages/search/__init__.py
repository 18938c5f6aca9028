"""Search: what sounds alike in an archive, and teaching a class by what is found."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.search.page import SearchPage
    from desktop.session import Session


def make(session: "Session") -> "SearchPage":
    """The page; what it is made of is imported now."""
    from desktop.pages.search.page import SearchPage

    return SearchPage(session)
