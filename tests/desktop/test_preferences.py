"""The Preferences: each change is kept and in force at once; what is not there is said."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.crash import reports_folder
from desktop.preferences import worker
from desktop.preferences.dialog import Preferences
from desktop.preferences.worker import Processors, SoundDevices
from desktop.requests import UseMicrophone
from desktop.session import Session
from desktop.settings import (
    APPEARANCE,
    CHANNEL,
    COMPUTE,
    DECIBELS,
    DEVICE,
    HOST_API,
    NOTES,
    OUTPUT,
    PROJECTS,
    RECENT,
    RECORDINGS,
    REMEMBER,
    THREADS,
)
from desktop.shared import microphone
from desktop.window import Window
from engine.audio.devices import DeviceId, InputDevice
from tests.desktop.conftest import settle

DEVICES = SoundDevices(
    (("Built-in", "Test", 1), ("Interface", "Test", 8)), (("Speakers", "Test"), ("Phones", "Test"))
)


def gives(value: object) -> Callable[[], Generator[None, None, object]]:
    def work() -> Generator[None, None, object]:
        yield
        return value

    return work


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "find_devices", gives(DEVICES))
    monkeypatch.setattr(worker, "find_processors", gives(Processors("", "No GPU: reason.", 4)))
    monkeypatch.setattr(worker, "look_at_cache", gives(3_000_000))


@pytest.fixture
def dialog(session: Session, qtbot: QtBot) -> Preferences:
    made = Preferences(session, None)
    qtbot.addWidget(made)
    made.show()
    settle(qtbot)
    return made


def choose(box: QComboBox, value: object) -> None:
    values = [box.itemData(row) for row in range(box.count())]
    box.setCurrentIndex(values.index(value))


def test_the_menu_opens_them_and_each_change_is_seen_at_once(window: Window, qtbot: QtBot) -> None:
    window.show_page("file")
    window.edit_menu.preferences.trigger()
    dialog = window.findChild(Preferences)
    assert dialog is not None
    assert dialog.isVisible()
    choose(dialog.general.appearance, "dark")
    assert style.colours().dark
    tracks = window.page("file").tracks  # type: ignore[attr-defined]
    assert not window.page("file").controls.notes.isChecked()  # type: ignore[attr-defined]
    choose(dialog.general.frequency, True)
    choose(dialog.general.amplitude, True)
    assert window.page("file").controls.notes.isChecked()  # type: ignore[attr-defined]
    get = window._session.settings.get
    assert (get(APPEARANCE), get(NOTES), get(DECIBELS)) == ("dark", True, True)
    assert tracks.waveform.decibels
    dialog.close()
    settle(qtbot)


def test_recordings_go_where_one_says(
    dialog: Preferences, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = session.recordings_folder
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dialog.general.choose.click()
    assert session.recordings_folder == tmp_path
    assert dialog.general.folder.text() == str(tmp_path)
    dialog.general.usual.click()
    assert session.recordings_folder == usual
    assert session.settings.get(RECORDINGS) == ""
    assert not dialog.general.usual.isEnabled()


def test_any_channel_of_an_interface_and_the_loudspeaker(
    dialog: Preferences, session: Session
) -> None:
    asked: list[object] = []
    session.requested.connect(asked.append)
    sound, get = dialog.sound, session.settings.get
    choose(sound.microphone, ("Interface", "Test"))
    assert [sound.channel.itemData(i) for i in range(sound.channel.count())] == [-1, *range(8)]
    choose(sound.channel, 7)
    assert (get(DEVICE), get(HOST_API), get(CHANNEL)) == ("Interface", "Test", 7)
    assert asked == [UseMicrophone()] * 2
    choose(sound.output, ("Phones", "Test"))
    assert get(OUTPUT) == "Phones"
    # Another microphone has other channels.
    choose(sound.microphone, ("Built-in", "Test"))
    assert get(CHANNEL) == -1
    assert not sound.channel.isEnabled()


def test_a_device_that_is_not_connected_stays_chosen(session: Session, qtbot: QtBot) -> None:
    session.settings.set(DEVICE, "Gone")
    session.settings.set(HOST_API, "Test")
    session.settings.set(CHANNEL, 3)
    dialog = Preferences(session, None)
    qtbot.addWidget(dialog)
    settle(qtbot)
    assert dialog.sound.microphone.currentText() == "Gone (not connected)"
    assert dialog.sound.channel.currentData() == 3
    assert session.settings.get(DEVICE) == "Gone"


def test_without_a_sound_system_the_reason_is_said(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "find_devices", gives(SoundDevices(problem="It is missing.")))
    dialog = Preferences(session, None)
    qtbot.addWidget(dialog)
    settle(qtbot)
    assert dialog.sound.note.text() == "It is missing."


def test_what_trainings_compute_on_and_why_no_gpu_is_used(
    dialog: Preferences, session: Session
) -> None:
    computing, get = dialog.computing, session.settings.get
    assert computing.gpu.text() == "No GPU: reason."
    choose(computing.device, "cpu")
    assert [computing.threads.itemData(i) for i in range(5)] == [0, 1, 2, 3, 4]
    choose(computing.threads, 3)
    assert (get(COMPUTE), get(THREADS)) == ("cpu", 3)
    computing.show_found(Processors("A GPU", "", 4))
    assert computing.gpu.text().startswith("A GPU is used.")
    assert get(THREADS) == computing.threads.currentData() == 3


def test_privacy_says_that_nothing_is_sent_and_forgets(
    dialog: Preferences, session: Session, tmp_path: Path
) -> None:
    privacy, get = dialog.privacy, session.settings.get
    words = " ".join(label.text() for label in privacy.findChildren(QLabel))
    assert "Nothing leaves this computer" in words
    assert "3 MB" in privacy.cache.text()
    session.opened(tmp_path / "a.wav")
    session.open_project(tmp_path)
    assert get(RECENT)
    assert get(PROJECTS) == [str(tmp_path)]
    privacy.remember.setChecked(False)
    assert not get(REMEMBER)
    assert (get(RECENT), get(PROJECTS)) == ([], [])
    session.opened(tmp_path / "b.wav")
    session.open_project(tmp_path / "b")
    assert (get(RECENT), get(PROJECTS)) == ([], [])


def test_error_reports_are_deleted(session: Session, qtbot: QtBot) -> None:
    reports_folder().mkdir(parents=True, exist_ok=True)
    report = reports_folder() / "report-1.txt"
    report.write_text("words")
    dialog = Preferences(session, None)
    qtbot.addWidget(dialog)
    assert "(1)" in dialog.privacy.errors.text()
    dialog.privacy.errors.click()
    assert not report.exists()
    assert not dialog.privacy.errors.isEnabled()
    settle(qtbot)


def test_the_listen_page_takes_the_microphone_and_the_channel(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_inputs() -> Generator[None, None, list[InputDevice]]:
        yield
        return [InputDevice(DeviceId("Interface", "Test"), 8, 48000, True, 0)]

    monkeypatch.setattr(microphone, "find_inputs", find_inputs)
    window.show_page("listen")
    settle(qtbot)
    bar = window.page("listen").bar  # type: ignore[attr-defined]
    assert bar.channel is None
    window.show_preferences()
    dialog = window.findChild(Preferences)
    assert dialog is not None
    settle(qtbot)
    choose(dialog.sound.microphone, ("Interface", "Test"))
    choose(dialog.sound.channel, 6)
    settle(qtbot)
    assert (bar.device, bar.channel) == (("Interface", "Test"), 6)
    bar.channels.setCurrentIndex(3)
    assert window._session.settings.get(CHANNEL) == 2
    dialog.close()
    settle(qtbot)
