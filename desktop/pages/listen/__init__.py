"""Listen: the microphone, live."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.listen.page import ListenPage
    from desktop.session import Session


def make(session: "Session") -> "ListenPage":
    """The page; what it is made of is imported now."""
    from desktop.pages.listen.page import ListenPage

    return ListenPage(session)
