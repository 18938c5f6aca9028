"""Sounds: collect, cut and label sounds for your own classes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.sounds.page import SoundsPage
    from desktop.session import Session


def make(session: "Session") -> "SoundsPage":
    """The page; what it is made of is imported now."""
    from desktop.pages.sounds.page import SoundsPage

    return SoundsPage(session)
