"""A real window on a virtual screen, driven by keys and mouse as a person would."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.person import Person
from tests.end_to_end.screen import Screen
from tests.virtual_microphone import VirtualMicrophone


@pytest.fixture
def screen(tmp_path: Path, virtual_microphone: VirtualMicrophone) -> Iterator[Screen]:
    """A screen with the virtual microphone plugged in."""
    if not shutil.which("Xvfb") or not shutil.which("xdotool"):
        pytest.skip("Xvfb or xdotool is missing: packaging/system-packages test installs them")
    made = Screen(tmp_path, virtual_microphone.environment)
    yield made
    made.close()


@pytest.fixture
def person(screen: Screen) -> Iterator[Person]:
    made = Person(screen)
    yield made
    made.close()
