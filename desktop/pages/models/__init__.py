"""Models: the classifiers that there are, their cards and thresholds."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.models.page import ModelsPage
    from desktop.session import Session


def make(session: "Session") -> "ModelsPage":
    """The page; what it is made of is imported now."""
    from desktop.pages.models.page import ModelsPage

    return ModelsPage(session)
