"""Each public name of the engine has an example in its docstring, and the examples are true."""

import doctest
import importlib
import shutil
from pathlib import Path

import pytest

import engine
from resources import resource
from tests.virtual_microphone import VirtualMicrophone

NEED_A_MICROPHONE = {"Microphone", "listen"}


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the examples run in."""
    shutil.copy(resource("sounds", "flute.ogg"), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(name: str) -> None:
    """The examples in the docstring of a public name, from nothing: what they need, they import."""
    thing = getattr(engine, name)
    source = importlib.import_module(thing.__module__).__file__
    test = doctest.DocTestParser().get_doctest(thing.__doc__ or "", {}, name, source, 0)
    assert test.examples, f"engine.{name} has no example"
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert not result.failed, "".join(said)


@pytest.mark.usefixtures("sounds")
@pytest.mark.parametrize("name", sorted({*engine.__all__} - NEED_A_MICROPHONE))
def test_the_example_is_true(name: str) -> None:
    _run(name)


@pytest.mark.microphone
@pytest.mark.parametrize("name", sorted(NEED_A_MICROPHONE))
def test_the_example_with_a_microphone_is_true(
    name: str, virtual_microphone: VirtualMicrophone, sounds: Path
) -> None:
    playing = virtual_microphone.play(sounds / "flute.ogg")
    _run(name)
    playing.wait()
