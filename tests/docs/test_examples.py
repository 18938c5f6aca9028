"""The programs in examples/, as they are typed, on small real sounds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.recipes.recipe import find_recipe
from engine.recipes.toml import to_toml
from resources import resource
from tests import corpora
from tests.virtual_microphone import VirtualMicrophone

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def typed(name: str, *words: str, folder: Path) -> str:
    """What the program prints."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_is_in_the_guide_and_here() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    guide = (ROOT / "docs" / "guide" / "scripts.md").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    assert len(names) == 5
    for name in names:
        assert f"`{name} " in guide
        assert f'"{name}"' in here
        assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= 45


def test_classify_a_folder(tmp_path: Path) -> None:
    shutil.copy(resource("sounds", "flute.ogg"), tmp_path)
    (tmp_path / "broken.wav").write_text("no sound")
    said = typed("classify_folder.py", ".", folder=tmp_path).splitlines()
    assert said[0].startswith("broken.wav: ")
    assert said[1] == "flute.ogg: flute"


@pytest.mark.microphone
def test_listen(virtual_microphone: VirtualMicrophone, tmp_path: Path) -> None:
    playing = virtual_microphone.play(resource("sounds", "flute.ogg"))
    said = typed("listen_live.py", "2.5", folder=tmp_path).splitlines()
    playing.wait()
    assert len(said) > 3
    assert all(" s " in line and "%" in line for line in said[1:])


def test_train_and_evaluate(tmp_path: Path) -> None:
    corpora.folders(tmp_path / "sounds", files=6)
    corpora.folders(tmp_path / "others", files=2)
    small = {"data.split.official": False, "data.most_windows": 4, "deployment.gate": False}
    recipe = find_recipe("instrument-mlp").changed(small)
    (tmp_path / "small.toml").write_text(to_toml(recipe))
    said = typed("train_on_folder.py", "sounds", "run", "small.toml", folder=tmp_path)
    assert "epoch 1: validation accuracy" in said
    assert "test accuracy" in said
    classifier = "run/classifier.safetensors"
    figures = dict(
        line.split() for line in typed(
            "evaluate_classifier.py", classifier, "others", folder=tmp_path
        ).splitlines()
    )  # fmt: skip
    assert 0 <= float(figures["accuracy"]) <= 1


def test_export(tmp_path: Path) -> None:
    typed("export_onnx.py", "composer", "composer.onnx", folder=tmp_path)
    assert (tmp_path / "composer.onnx").stat().st_size > 1000
