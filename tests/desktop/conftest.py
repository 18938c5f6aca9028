"""What tests of the window share: pages shown and taken away, classifiers loaded once."""

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop import jobs, style
from desktop.pages.file import worker as file_worker
from desktop.pages.file.facts import FileFacts
from desktop.pages.file.worker import AnalysisUpdate
from desktop.pages.sounds.page import SoundsPage
from desktop.pages.train.page import TrainPage
from desktop.session import Session
from desktop.settings import LOADED, PROJECT
from desktop.shared import microphone
from desktop.window import Window
from engine.audio.devices import DeviceId, InputDevice
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from tests import corpora

# What the demo sound is best heard by.
TAGGERS = ["genre", "mood", "instruments-in-music"]
_PAGE = 1194, 744  # what the window leaves of 1280 x 800
_PATIENCE_MS = 120_000
_Page = TypeVar("_Page", bound=QWidget)


class Show(Protocol):
    """Shows a page at the size that it has in the window."""

    def __call__(self, page: _Page, /) -> _Page: ...


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """Waits longer than five seconds, if nothing else is said: the machine may be busy."""
    for name in ("waitUntil", "waitSignal"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=_PATIENCE_MS))
    return qtbot


@pytest.fixture(autouse=True)
def _no_settings() -> None:
    """Each test begins without any."""
    Session().settings._store.clear()


@pytest.fixture(autouse=True)
def _one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Listen page looks for microphones when it is first shown: there is one, everywhere."""

    def find_inputs() -> Generator[None, None, list[InputDevice]]:
        yield
        return [InputDevice(DeviceId("Built-in", "Test"), 1, 48000, True, 0)]

    monkeypatch.setattr(microphone, "find_inputs", find_inputs)


@pytest.fixture(autouse=True)
def _no_facts_of_music(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only their own tests compute tempo and key: compiling cannot be broken off for seconds."""
    if "music_facts" not in request.path.name:
        monkeypatch.setattr(FileFacts, "begin", lambda self: None)


@pytest.fixture(scope="session")
def loaded() -> dict[str, Classifier]:
    return Catalog().load_all(TAGGERS)


@pytest.fixture(scope="session")
def instrument() -> dict[str, Classifier]:
    """One that takes no time."""
    return Catalog().load_all(["instrument"])


@pytest.fixture(scope="session")
def _analysed() -> dict[tuple[Path, tuple[str, ...]], list[AnalysisUpdate | float]]:
    return {}


@pytest.fixture
def analysed_once(
    monkeypatch: pytest.MonkeyPatch,
    _analysed: dict[tuple[Path, tuple[str, ...]], list[AnalysisUpdate | float]],
) -> None:
    """What a file's analysis gave in one test is given to the others that ask for the same."""
    analyse_file = file_worker.analyse_file

    def remembered(
        path: Path, classifiers: Mapping[str, Classifier]
    ) -> Generator[AnalysisUpdate | float, None, None]:
        asked = path, tuple(classifiers)
        if asked in _analysed:
            yield from _analysed[asked]
            return
        steps = []
        for step in analyse_file(path, classifiers):
            steps.append(step)
            yield step
        _analysed[asked] = steps

    monkeypatch.setattr(file_worker, "analyse_file", remembered)


@pytest.fixture
def light(qapp: QApplication) -> None:
    """The light appearance, whatever the test before left."""
    style.apply(qapp, "light")


@pytest.fixture
def session(light: None) -> Session:
    """With nothing in its settings, and no classifier."""
    return Session()


@pytest.fixture
def show(qapp: QApplication, light: None) -> Iterator[Show]:
    """Shows pages, each in a window of its own; all are stopped and deleted in the end."""
    shown: list[QWidget] = []

    def show(page: _Page, /) -> _Page:
        shown.append(page)
        page.resize(*_PAGE)
        page.show()
        return page

    yield show
    for page in shown:
        page.stop() if hasattr(page, "stop") else page.close()
    take_away(qapp, *shown)


@pytest.fixture
def open_sounds(session: Session, show: Show, qtbot: QtBot) -> Callable[[Path], SoundsPage]:
    """Opens a folder on a Sounds page of its own."""

    def open_sounds(folder: Path) -> SoundsPage:
        session.settings.set(PROJECT, str(folder))
        page = show(SoundsPage(session))
        ready = lambda: page.project is not None and not page.worker.busy  # noqa: E731
        qtbot.waitUntil(ready, timeout=120_000)
        return page

    return open_sounds


@pytest.fixture(scope="session")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds to train on; not to be changed."""
    return corpora.folders(tmp_path_factory.mktemp("train") / "sounds", files=6, seconds=0.6)


@pytest.fixture
def train_page(
    show: Show, three_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TrainPage:
    """Three classes to train on, in this process: it begins at once."""
    monkeypatch.setattr(Session, "project", property(lambda _: three_classes))
    monkeypatch.setattr(Session, "runs_folder", property(lambda _: tmp_path / "Runs"))
    return show(TrainPage(Session(), separate_process=False))


@pytest.fixture
def window(qapp: QApplication, light: None, loaded: dict[str, Classifier]) -> Iterator[Window]:
    session = Session()
    session.settings.set(LOADED, TAGGERS)
    session.classifiers = loaded
    made = Window(session)
    made.resize(1280, 800)
    session.classifiers_loaded.emit()
    made.show()
    yield made
    made.close()
    take_away(qapp, made)


def settle(qtbot: QtBot) -> None:
    """Wait until no job runs, and what the last one told is shown."""
    qtbot.waitUntil(lambda: not jobs._running, timeout=120_000)
    qtbot.wait(1)


def take_away(qapp: QApplication, *widgets: QWidget) -> None:
    """End the jobs of widgets and delete them, now and not when the event loop comes to it."""
    jobs.cancel_all()
    qapp.processEvents()
    for widget in widgets:
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
