"""'Find similar in the archive', in whatever menu a stretch of sound is chosen."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop.requests import FindSimilar
from desktop.session import Session

AROUND_SECONDS = 1.5  # on either side of a moment that is meant


def add_find_similar(
    menu: QMenu, session: Session, wanted: Callable[[], FindSimilar | None]
) -> QAction:
    """Add the action.

    Args:
        menu: that is about to be shown.
        session: carries the request.
        wanted: gives what is to be found when it is chosen; None: it is no longer there.
    """

    def ask() -> None:
        request = wanted()
        if request is not None:
            session.request(request)

    words = QCoreApplication.translate("Similar", "Find similar in the archive")
    return menu.addAction(words, ask)


def moment(seconds: float, selection: tuple[float, float] | None) -> tuple[float, float]:
    """The selection if it holds the moment, else what is around it."""
    if selection is not None and selection[0] <= seconds <= selection[1]:
        return selection
    return max(0.0, seconds - AROUND_SECONDS), seconds + AROUND_SECONDS
