"""The application object and its first moments."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desktop import style
from desktop.icons import application_icon
from desktop.pages import PAGES
from desktop.session import Session
from desktop.settings import APPEARANCE, PAGE, RECENT
from desktop.single_instance import SingleInstance, hand_over
from desktop.window import Window

_CLASSIFIER = ".safetensors"
_DEMO_MS = 400  # after the window is there and its first picture drawn


class Application(QApplication):
    """Qt's application; macOS tells it what is opened from the Finder."""

    file_wanted = Signal(str)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_wanted.emit(event.file())
            return True
        return super().event(event)


def make_application(arguments: Sequence[str]) -> Application:
    """Qt's application with its name and icon."""
    application = Application(list(arguments))
    application.setApplicationName("Earmark")
    application.setOrganizationName("Earmark")
    application.setDesktopFileName("earmark")
    application.setStyle("Fusion")
    application.setWindowIcon(application_icon())
    return application


def keep_one(files: Sequence[Path]) -> SingleInstance | None:
    """Where later starts knock; None when a window was open and has taken the files."""
    return None if hand_over(files) else SingleInstance()


def open_window(
    application: QApplication, files: Sequence[Path], *, demo: bool = False
) -> tuple[Session, Window]:
    """The window, shown; what is slow begins once it is there.

    The first start shows the Listen page, with the demo analysed in the background; later ones the
    page and the file that were shown last.

    Args:
        application: Qt's.
        files: to be opened.
        demo: show the demo, whatever was shown last.
    """
    session = Session()
    style.apply(application, session.settings.get(APPEARANCE))
    sounds = any(_is_sound(path) for path in files)
    last = session.settings.get(PAGE)
    first = last if last in PAGES else "listen"
    window = Window(session, first="file" if demo or sounds else first)
    window.show()

    def begin() -> None:
        if demo and not sounds:
            window.open_demo()
        elif not sounds:
            _open_last(session, window, first, started_before=bool(last))
        open_paths(session, window, files)
        # Loading torch holds Python's lock now and then: after the first picture is there.
        QTimer.singleShot(300, session.load_classifiers)

    if isinstance(application, Application):
        application.file_wanted.connect(
            lambda name: open_paths(session, window, [Path(name)], front=True)
        )
    QTimer.singleShot(0, begin)
    return session, window


def _open_last(session: Session, window: Window, page: str, *, started_before: bool) -> None:
    """The file shown last, where the File page is shown; at the very first start the demo."""
    recent = [Path(name) for name in session.settings.get(RECENT)]
    if page == "file":
        there = [path for path in recent[:1] if path.is_file()]
        window.open_file(there[0]) if there else window.open_demo()
    elif not started_before:
        QTimer.singleShot(_DEMO_MS, window.prepare_demo)


def open_paths(
    session: Session, window: Window, paths: Sequence[Path], *, front: bool = False
) -> None:
    """Show the first sound of these, and let the classifiers among them listen."""
    for path in paths:
        if not _is_sound(path):
            window.show_page("models")
            session.use_classifier(path)
    for path in [path for path in paths if _is_sound(path)][:1]:
        window.open_file(path)
    if front:
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()


def _is_sound(path: Path) -> bool:
    return path.suffix != _CLASSIFIER
