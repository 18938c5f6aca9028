"""What the right button offers for a stretch of a recording, wherever one is listed.

Every page that lists stretches adds these actions below its own: what can be done with a stretch is
added here once.
"""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from desktop.plots.clock import clock
from desktop.requests import AddRegion, FindSimilar, OpenFile
from desktop.session import Session
from desktop.shared.similar import add_find_similar


@dataclass(frozen=True)
class SoundStretch:
    """A stretch of a file.

    Attributes:
        path: the file.
        start: in seconds.
        end: in seconds.
        label: what was heard in it; empty: not known.
    """

    path: Path
    start: float
    end: float
    label: str = ""


def add_stretch_actions(menu: QMenu, session: Session, stretch: SoundStretch) -> None:
    """Add what can be done with a stretch of a recording."""
    tr = QCoreApplication.translate
    menu.addAction(
        tr("StretchMenu", "Open on the File page"),
        lambda: session.request(OpenFile(stretch.path, at=(stretch.start, stretch.end))),
    )
    menu.addAction(
        tr("StretchMenu", "Add to a class of sounds..."),
        lambda: session.request(AddRegion(stretch.path, stretch.start, stretch.end)),
    )
    words = stretch.label or stretch.path.name
    found = FindSimilar(stretch.path, stretch.start, stretch.end, words)
    add_find_similar(menu, session, lambda: found)
    menu.addAction(
        tr("StretchMenu", "Copy file and time"),
        lambda: QGuiApplication.clipboard().setText(
            f"{stretch.path}\t{clock(stretch.start, 0.1)}\t{clock(stretch.end, 0.1)}"
        ),
    )
