"""What cannot be added to an installed program is not advised there."""

import sys
from pathlib import Path

import pytest

from engine.classifier.catalog import Catalog
from engine.classifier.onnx import export_onnx
from engine.errors import ModelError


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)


@pytest.mark.usefixtures("frozen")
def test_onnx_in_the_installed_application(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not part of the installed application") as caught:
        export_onnx(Catalog().load("instrument"), tmp_path / "model.onnx")
    assert "pip install earmark[" not in str(caught.value)
    assert "pip install '.[export]' in the folder of its source" in str(caught.value)
