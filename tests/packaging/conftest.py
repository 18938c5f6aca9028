"""Scripts of packaging/ are no package: their folders are put on the path for one test."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def runner() -> ModuleType:
    """packaging/models/run.py, not run."""
    path = ROOT / "packaging" / "models" / "run.py"
    spec = importlib.util.spec_from_file_location("runner", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def on_path(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What run.py does before it runs a script."""
    for place in reversed(runner.PLACES):
        monkeypatch.syspath_prepend(place)
