"""What every test gets: no display, no user settings, nothing left running."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engine.threads import wait_without_spinning

# As the programs do, before torch is loaded: tests run beside each other.
wait_without_spinning()
# What one process has compiled the next one reads: hundreds are started.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# What librosa has compiled is kept from run to run: each test has a home of its own.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache" / "earmark" / "numba"))

# How long an example takes says nothing on a busy machine.
settings.register_profile("earmark", deadline=None)
settings.load_profile("earmark")

pytest_plugins = ["tests.virtual_microphone", "tests.fake_portaudio"]

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared recordings, which are not part of the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared recordings are not on this machine")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, caches and user classifiers of a test stay with the test."""
    home = tmp_path_factory.mktemp("home")
    for name, folder in {
        "HOME": "",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
    }.items():
        monkeypatch.setenv(name, str(home / folder))


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 60.0  # of a machine that does other things as well
    while left := [thread for thread in _mine() if thread not in before]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {', '.join(thread.name for thread in left)}")
        time.sleep(0.02)


def _mine() -> list[threading.Thread]:
    # Threads that Python did not start (Qt's, PortAudio's) show up as dummies and never leave; nor
    # does tqdm's watch over progress bars, which torch's export shows, nor fsspec's loop.
    return [
        thread
        for thread in threading.enumerate()
        if thread.is_alive()
        and not isinstance(thread, threading._DummyThread)
        and thread.name not in ("tqdm_monitor", "fsspecIO")
    ]
