"""A window whose classifiers are loaded once for all tests."""

from collections.abc import Generator, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import jobs, style
from desktop.pages.file.facts import FileFacts
from desktop.session import Session
from desktop.settings import LOADED
from desktop.shared import microphone
from desktop.window import Window
from engine.audio.devices import DeviceId, InputDevice
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier

# What the demo sound is best heard by.
TAGGERS = ["genre", "mood", "instruments-in-music"]


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


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, loaded: dict[str, Classifier]) -> Iterator[Window]:
    style.apply(qapp, "light")
    session = Session()
    session.settings.set(LOADED, TAGGERS)
    session.classifiers = loaded
    made = Window(session)
    made.resize(1280, 800)
    session.classifiers_loaded.emit()
    made.show()
    yield made
    made.close()
    jobs.cancel_all()
    qtbot.wait(50)
    made.deleteLater()
    qtbot.wait(10)
