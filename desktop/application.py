"""The application object and its first moments."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop import style
from desktop.icons import application_icon
from desktop.session import Session
from desktop.settings import APPEARANCE
from desktop.window import Window


def make_application(arguments: Sequence[str]) -> QApplication:
    """Qt's application, dressed."""
    application = QApplication(list(arguments))
    application.setApplicationName("Earmark")
    application.setOrganizationName("Earmark")
    application.setDesktopFileName("earmark")
    application.setStyle("Fusion")
    application.setWindowIcon(application_icon())
    return application


def open_window(application: QApplication, file: Path | None) -> tuple[Session, Window]:
    """The window, shown; what is slow begins once it is there."""
    session = Session()
    style.apply(application, session.settings.get(APPEARANCE))
    window = Window(session)
    window.show()

    def begin() -> None:
        window.open_file(file) if file is not None else window.open_demo()
        window.listen_page.find_devices()
        # Loading torch holds Python's lock now and then: after the first picture is there.
        QTimer.singleShot(300, session.load_classifiers)

    QTimer.singleShot(0, begin)
    return session, window
