"""Training beside Keras, in one run: genre-cnn and genre-lstm on 5991 x (130, 13), batch 32.

The peer needs a scratch environment with tensorflow-cpu (measured with Keras 3.15 on TensorFlow
2.21); its Python is named by EARMARK_KERAS_PYTHON. Runs of both take turns on the same two cores.
"""

import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from engine.datasets.leaks import Leaks
from engine.networks import build_network
from engine.recipes.recipe import find_recipe
from engine.training.data.plan import Plan, SealedTest
from engine.training.data.prepare import PreparedData, feature_of
from engine.training.events import EpochDone
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.learner import Learner
from engine.training.loop.loop import Loop
from engine.training.loop.optimisers import initialise_as_keras
from engine.training.runs.run import Run

PEER = Path(__file__).with_name("keras_peer.py")
SAMPLES = 5991
ROUNDS = 3


def ours(name: str, folder: Path, epochs: int) -> float:
    """Samples a second of our trainer, after an epoch to warm up."""
    recipe = find_recipe(name).as_published().changed({"training.epochs": epochs + 1})
    rng = np.random.default_rng(0)
    values = rng.standard_normal((SAMPLES, 13, 130), dtype=np.float32)
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, SAMPLES)]
    rows = np.arange(SAMPLES)
    levels = np.zeros(SAMPLES, dtype=np.float32)
    prepared = PreparedData(values, False, rows, np.zeros(SAMPLES), levels, {})
    nothing = np.zeros(0, dtype=np.int64)
    plan = Plan(
        labels=tuple("abcdefghij"),
        targets=targets,
        training=rows,
        validation=nothing,
        test=SealedTest(nothing),
        used=rows,
        recordings=["x"] * SAMPLES,
        starts=np.zeros(SAMPLES),
        leaks=Leaks((), {}),
    )
    sizes = {"bands": 13, "frames": 130, "classes": 10}
    network = build_network(recipe.network.name, recipe.network.arguments | sizes)
    initialise_as_keras(network)
    cpu = torch.device("cpu")
    learner = Learner(network, feature_of(recipe), prepared, plan, recipe, cpu)
    ends = [
        time.perf_counter()
        for event in Loop(learner, plan, recipe.training, Run(folder), ProcessGroup(cpu)).epochs()
        if isinstance(event, EpochDone)
    ]
    return SAMPLES * epochs / (ends[-1] - ends[0])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["genre-cnn", "genre-lstm"])
def test_training_beside_keras(name: str, benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    peer = os.environ.get("EARMARK_KERAS_PYTHON")
    torch.set_num_threads(2)
    mine, theirs = [], []
    for turn in range(ROUNDS):
        folder = tmp_path / str(turn)
        folder.mkdir()
        mine.append(ours(name, folder, 2))
        if peer:
            command = [peer, str(PEER), name, "2"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            theirs.append(float(done.stdout))
    benchmark.extra_info["samples a second"] = round(statistics.median(mine))
    benchmark.pedantic(lambda: None, rounds=1)
    if not peer:
        pytest.skip("the ratio needs EARMARK_KERAS_PYTHON")
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    benchmark.extra_info["Keras samples a second"] = round(statistics.median(theirs))
    benchmark.extra_info["times Keras"] = round(ratio, 2)
    assert ratio > 1.0
