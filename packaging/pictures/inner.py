"""All that hangs on names inside the application: how it is opened, and which sounds are open."""

from pathlib import Path

from PySide6.QtWidgets import QApplication, QMainWindow

from desktop import jobs
from desktop.application import make_application, open_window
from desktop.requests import FindSimilar
from desktop.session import Session
from desktop.watching.dialog import WatchDialog


def open_application() -> tuple[QApplication, Session, QMainWindow]:
    """The application as it is after a start, with the demo about to be analysed."""
    application = make_application(["earmark-app"])
    session, window = open_window(application, [], demo=True)
    return application, session, window


def open_project(session: Session, folder: Path) -> None:
    """Another folder of sounds on the Sounds page."""
    session.open_project(folder)


def begin_archive(window: QMainWindow, folder: Path) -> None:
    """A folder on the Archive page, which the system's own dialog would ask for."""
    page = window.page("archive")  # type: ignore[attr-defined]
    page.panel.classifiers = ["instrument"]
    page.panel.show_classifiers()
    page.add_folders([folder])


def begin_index(window: QMainWindow, folder: Path) -> None:
    """A folder that the Search page indexes, likewise."""
    window.page("search").bar.grow(folder)  # type: ignore[attr-defined]


def find_in_file(window: QMainWindow, path: Path, start: float, end: float) -> None:
    """What "Find similar" in the menu of a stretch does."""
    window._session.request(FindSimilar(path, start, end, path.name))  # type: ignore[attr-defined]


def suggested(window: QMainWindow) -> bool:
    """Whether the Search page lists what is suggested, and none of it is marked yet."""
    page = window.page("search")  # type: ignore[attr-defined]
    rows = page.table.hits.rows
    return page.suggests and len(rows) > 0 and all(row.says is None for row in rows)


def chosen_hit(window: QMainWindow) -> tuple[Path, float]:
    """The file of the row that is chosen on the Search page, and the middle of its stretch."""
    hit = window.page("search").table.current.wanted.hit  # type: ignore[attr-defined]
    return hit.path, (hit.start_seconds + hit.end_seconds) / 2


def place_dialog(window: QMainWindow) -> None:
    """Have the dialog of what is watched in the middle: no window manager does it here."""
    dialog = window.findChild(WatchDialog)
    assert dialog is not None
    dialog.move(window.geometry().center() - dialog.rect().center())


def runs_folder(home: Path) -> Path:
    """Where the window looks for trainings."""
    return home / "Documents" / "Earmark" / "Runs"


def close_application(window: QMainWindow) -> None:
    """End what runs."""
    window.close()
    jobs.cancel_all()
