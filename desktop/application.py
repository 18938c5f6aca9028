"""The application object and its first moments."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desktop import style
from desktop.icons import application_icon
from desktop.session import Session
from desktop.settings import APPEARANCE, PAGE, RECENT
from desktop.single_instance import SingleInstance, hand_over
from desktop.window import Window

_CLASSIFIER = ".safetensors"


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

    Without files it opens on the page shown last, the first time on Listen; that time the demo
    sound is analysed meanwhile, so that a look at it costs no waiting.

    Args:
        application: Qt's.
        files: to open at once.
        demo: open the demo sound on the File page, where there are no files.
    """
    session = Session()
    style.apply(application, session.settings.get(APPEARANCE))
    sounds = any(_is_sound(path) for path in files)
    first = not session.settings.get(RECENT)
    page = "file" if sounds or demo else session.settings.get(PAGE)
    window = Window(session, first=page)
    window.show()

    def begin() -> None:
        last = [Path(name) for name in session.settings.get(RECENT)[:1]]
        if not sounds and (demo or first):
            window.open_demo(show=demo)
        elif not sounds and page == "file" and last[0].is_file():
            window.open_file(last[0])
        open_paths(session, window, files)
        # Loading torch holds Python's lock now and then: after the first picture is there.
        QTimer.singleShot(300, session.load_classifiers)

    if isinstance(application, Application):
        application.file_wanted.connect(
            lambda name: open_paths(session, window, [Path(name)], front=True)
        )
    QTimer.singleShot(0, begin)
    return session, window


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
