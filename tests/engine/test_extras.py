"""What cannot be added to an installed program is not advised there."""

import sys
from pathlib import Path

import pytest

from engine.classifier.catalog import Catalog
from engine.classifier.onnx import export_onnx
from engine.datasets import open_dataset
from engine.errors import DataError, ModelError


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    for library in ("onnx", "pyarrow"):
        monkeypatch.setitem(sys.modules, library, None)


@pytest.mark.usefixtures("frozen")
def test_onnx_in_the_installed_application(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not part of the installed application") as caught:
        export_onnx(Catalog().load("instrument"), tmp_path / "model.onnx")
    assert "pip install earmark[" not in str(caught.value)
    assert "pip install '.[export]' in the folder of its source" in str(caught.value)


@pytest.mark.usefixtures("frozen")
def test_parquet_in_the_installed_application(tmp_path: Path) -> None:
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="not part of the installed application") as caught:
        open_dataset(tmp_path)
    assert "save the table as CSV" in str(caught.value)
    assert "pip install earmark[" not in str(caught.value)
