"""The programs in examples/, as they are typed, on small real sounds."""

import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from engine.recipes.recipe import find_recipe
from engine.recipes.toml import to_toml
from resources import resource
from tests import corpora
from tests.virtual_microphone import VirtualMicrophone

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


Typed = Callable[..., str]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    """Runs a program as Python does, in a folder of its own; gives what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pytest.importorskip("tqdm").tqdm, "monitor_interval", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other on a busy machine

    def run(name: str, *words: str) -> str:
        monkeypatch.setattr("sys.argv", [name, *words])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    yield run
    torch.set_num_threads(before)


def test_each_is_in_the_guide_and_here() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    guide = (ROOT / "docs" / "guide" / "scripts.md").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    assert len(names) == 5
    for name in names:
        assert f"`{name} " in guide
        assert f'"{name}"' in here
        assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= 45


def test_classify_a_folder(typed: Typed, tmp_path: Path) -> None:
    shutil.copy(resource("sounds", "flute.ogg"), tmp_path)
    (tmp_path / "broken.wav").write_text("no sound")
    said = typed("classify_folder.py", ".").splitlines()
    assert said[0].startswith("broken.wav: ")
    assert said[1] == "flute.ogg: flute"


@pytest.mark.microphone
def test_listen(typed: Typed, virtual_microphone: VirtualMicrophone) -> None:
    playing = virtual_microphone.play(resource("sounds", "flute.ogg"))
    said = typed("listen_live.py", "2.5").splitlines()
    playing.wait()
    assert len(said) > 3
    assert all(" s " in line and "%" in line for line in said[1:])


def test_train_and_evaluate(typed: Typed, tmp_path: Path) -> None:
    corpora.folders(tmp_path / "sounds", files=6)
    corpora.folders(tmp_path / "others", files=2)
    small = {"data.split.official": False, "data.most_windows": 4, "deployment.gate": False}
    recipe = find_recipe("instrument-mlp").changed(small)
    (tmp_path / "small.toml").write_text(to_toml(recipe))
    said = typed("train_on_folder.py", "sounds", "run", "small.toml")
    assert "epoch 1: validation accuracy" in said
    assert "test accuracy" in said
    said = typed("evaluate_classifier.py", "run/classifier.safetensors", "others")
    figures = dict(line.split() for line in said.splitlines())
    assert 0 <= float(figures["accuracy"]) <= 1


def test_export(typed: Typed, tmp_path: Path) -> None:
    typed("export_onnx.py", "composer", "composer.onnx")
    assert (tmp_path / "composer.onnx").stat().st_size > 1000
