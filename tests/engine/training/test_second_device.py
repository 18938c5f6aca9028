"""No step of a training mixes devices: tried on one that is played, as there is no GPU in CI."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.datasets import open_dataset
from engine.recipes.recipe import find_recipe
from engine.training.events import EpochDone
from engine.training.finish import background
from engine.training.loop.learner import Learner
from tests import corpora
from tests.engine.training import toys

SHORT = {"data.window_samples": 11025, "data.hop_samples": 11025}
ALL_OF_SOUND = {
    "augmentation.gain_db": 6,
    "augmentation.noise_snr_db": [0, 20],
    "augmentation.pitch_semitones": 3,
    "augmentation.reverb_seconds": [0.2, 0.8],
    "augmentation.shift": 0.5,
    "augmentation.stretch": 0.1,
}
CASES: dict[str, dict[str, Any]] = {
    "genre-mlp": SHORT | ALL_OF_SOUND,
    "cnn-mel": SHORT,  # masks and mixup
    "genre-lstm": SHORT,
    "author-gru": {"data.window_samples": 500, "data.hop_samples": 500, "data.most_windows": 5},
    "tagger-head": {"data.window_samples": 6000, "data.hop_samples": 6000},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the trainings on the played device came to."""
    folder = tmp_path_factory.mktemp("second device")
    data = corpora.folders(folder / "sounds", files=4, seconds=0.6)
    always = {"training.epochs": 2, "data.allow_leak": True}
    cases = json.dumps({name: changes | always for name, changes in CASES.items()})
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.training.second_device", folder, data, cases],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_played_device_notices_a_mix(told: dict[str, Any]) -> None:
    assert told["mixing"] == "aten.add.Tensor was given tensors of two devices"


@pytest.mark.parametrize("preset", CASES)
def test_trains_and_judges_on_one_device(told: dict[str, Any], preset: str) -> None:
    assert told[preset]["device"] == "cuda:0"
    assert len(told[preset]["losses"]) == 2
    assert all(math.isfinite(loss) for loss in told[preset]["losses"])
    assert told[preset]["judged"] > 0


@pytest.mark.parametrize("preset", CASES)
def test_learns_in_bf16(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on CUDA, where networks compute in bfloat16; here the processor does."""
    half = torch.autocast("cpu", dtype=torch.bfloat16)
    monkeypatch.setattr(Learner, "_precision", lambda self: half)
    monkeypatch.setattr(background, "_SYNTHETIC", 10)
    data = open_dataset(corpora.folders(tmp_path / "sounds", files=4, seconds=0.6))
    recipe = find_recipe(preset).changed(
        CASES[preset] | {"training.epochs": 2, "data.allow_leak": True}
    )
    _, events = toys.trained(recipe, data, toys.place(tmp_path))
    losses = [event.loss for event in events if isinstance(event, EpochDone)]
    assert len(losses) == 2
    assert all(math.isfinite(loss) for loss in losses)
