"""All that hangs on names inside the application: how it is opened, and which sounds are open."""

from pathlib import Path

from PySide6.QtWidgets import QApplication, QMainWindow

from desktop import jobs
from desktop.application import make_application, open_window
from desktop.session import Session


def open_application() -> tuple[QApplication, Session, QMainWindow]:
    """The application as it is after a start, with the demo about to be analysed."""
    application = make_application(["earmark-app"])
    session, window = open_window(application, [], demo=True)
    return application, session, window


def open_project(session: Session, folder: Path) -> None:
    """Another folder of sounds on the Sounds page."""
    session.open_project(folder)


def runs_folder(home: Path) -> Path:
    """Where the window looks for trainings."""
    return home / "Documents" / "Earmark" / "Runs"


def close_application(window: QMainWindow) -> None:
    """End what runs."""
    window.close()
    jobs.cancel_all()
