"""Train: recipes, running trainings and their results."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.pages.train.page import TrainPage
    from desktop.session import Session


def make(session: "Session") -> "TrainPage":
    """The page; what it is made of is imported now."""
    from desktop.pages.train.page import TrainPage

    return TrainPage(session)
