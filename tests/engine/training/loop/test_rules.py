"""Stop rules, what is drawn, what is told, what is counted."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine.recipes.recipe import Training
from engine.training.events import EpochDone, Finished, Warned
from engine.training.loop import loop as loops
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.learner import Step
from engine.training.loop.loop import Loop, Progress
from engine.training.runs.run import Run
from tests.engine.training import toys
from tests.engine.training.loop.test_loop import history, same


def _loop(folder: Path, targets: list[int] | None = None, **fields: Any) -> Loop:
    """A loop around nothing that learns."""
    classes = np.array(targets or [0, 1] * 20)
    plan = SimpleNamespace(
        training=np.arange(len(classes)),
        validation=np.arange(0),
        targets=np.eye(2, dtype=np.float32)[classes],
        recordings=[f"{i}.wav" for i in range(len(classes))],
    )
    learner = SimpleNamespace(network=torch.nn.Linear(1, 1), device=torch.device("cpu"))
    folder.mkdir(exist_ok=True)
    training = Training.model_validate({"epochs": 30, "batch_size": 4} | fields)
    processes = ProcessGroup(torch.device("cpu"))
    return Loop(learner, plan, training, Run(folder), processes)  # type: ignore[arg-type]


def _epochs(accuracies: list[float], losses: list[float] | None = None) -> list[EpochDone]:
    least, found = math.inf, []
    for number, accuracy in enumerate(accuracies):
        loss = (losses or [1.0 / (n + 1) for n in range(len(accuracies))])[number]
        best, least = loss < least, min(loss, least)
        done = EpochDone(number + 1, loss, accuracy, loss, accuracy, 0.1, 1.0, None, best)
        found.append(done)
    return found


@pytest.mark.parametrize(
    ("accuracies", "stops"),
    [
        ([0.99, 0.99], False),
        ([0.99, 0.99, 0.99], True),
        ([0.99, 0.99, 0.5, 0.99], False),
        ([0.99, 0.5, 0.99, 0.99, 0.99], True),
        ([0.98, 0.98, 0.98], False),
    ],
)
def test_a_target_counts_when_exceeded_in_a_row(
    tmp_path: Path, accuracies: list[float], stops: bool
) -> None:
    loop = _loop(tmp_path, stop={"target_accuracy": 0.98, "target_epochs": 3})
    loop.progress = Progress(_epochs(accuracies))
    loop._judge_rules()
    assert ("in a row" in loop.progress.reason) == stops


@pytest.mark.parametrize("keep", ["best", "last"])
def test_patience_counts_from_the_best(tmp_path: Path, keep: str) -> None:
    for losses, stops in [([3, 2, 2.5], False), ([3, 2, 2.5, 2.1], True), ([3, 4, 2], False)]:
        loop = _loop(tmp_path, stop={"patience": 2}, keep=keep)
        loop.progress = Progress(_epochs([0.5] * len(losses), losses))
        loop._judge_rules()
        assert bool(loop.progress.reason) == stops


def test_training_stops_early_by_both_rules(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "d")
    recipe = toys.recipe(training__epochs=60, training__learning_rate=0.05)
    target = recipe.changed({"training.stop.target_accuracy": 0.9})
    run, events = toys.trained(target, dataset, toys.place(tmp_path, "target"))
    last = [epoch.validation_accuracy for epoch in run.history()]
    assert len(last) < 60
    assert min(last[-3:]) > 0.9 >= min(last[-4:])
    assert isinstance(events[-1], Finished)
    assert "for 3 epochs in a row" in events[-1].reason
    noisy = toys.features(tmp_path / "noisy", spread=3.0)
    patient = recipe.changed({"training.stop.patience": 2, "training.keep": "last"})
    run, _ = toys.trained(patient, noisy, toys.place(tmp_path, "patience"))
    losses = [epoch.validation_loss for epoch in run.history()]
    assert len(losses) < 60
    assert losses.index(min(losses)) == len(losses) - 3


def test_balanced_draws_every_class_equally_often(tmp_path: Path) -> None:
    targets = [0] * 900 + [1] * 100
    plain = _loop(tmp_path, targets)._order(1)
    assert sorted(plain) == list(range(1000))
    drawn = _loop(tmp_path, targets, balanced=True)._order(1)
    assert 0.43 < np.mean(drawn >= 900) < 0.57
    assert not np.array_equal(drawn, _loop(tmp_path, targets, balanced=True)._order(2))


def test_a_spike_is_told_with_its_files(tmp_path: Path) -> None:
    loop = _loop(tmp_path)
    losses = [1.0] * 25 + [30.0, 1.0]
    waiting = [
        (torch.tensor([2 * i, 2 * i + 1]) % 40, Step(torch.tensor(loss), torch.tensor(0)))
        for i, loss in enumerate(losses)
    ]
    found, remarks = loop._read(2, 27, waiting)
    assert found == losses
    (warned,) = remarks
    assert warned == Warned("Epoch 2, batch 26: the loss rose to 30, with 10.wav, 11.wav.")


def test_the_listeners_time_is_not_counted(tmp_path: Path) -> None:
    recipe, dataset = toys.recipe(training__epochs=3), toys.features(tmp_path / "d")
    begun = time.monotonic()
    for event in toys.started(recipe, dataset, toys.place(tmp_path)):
        if isinstance(event, EpochDone):
            time.sleep(0.7)
    whole = time.monotonic() - begun
    assert whole > 2.1
    assert Run(tmp_path / "run").history()[-1].seconds < whole - 2.0


def test_long_gradients_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[float] = []
    clip = torch.nn.utils.clip_grad_norm_

    def spy(parameters: Any, most: float) -> torch.Tensor:
        clip(parameters, most)
        grads = [p.grad for p in parameters if p.grad is not None]
        lengths.append(float(torch.cat([g.flatten() for g in grads]).norm()))
        return torch.zeros(())

    monkeypatch.setattr(loops.torch.nn.utils, "clip_grad_norm_", spy)
    recipe = toys.recipe(training__clip_norm=1e-3, training__epochs=1)
    toys.trained(recipe, toys.features(tmp_path / "d"), toys.place(tmp_path))
    assert len(lengths) == 5
    assert max(lengths) <= 1e-3 * 1.001


def test_class_weights_help_the_rare(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "d", rows=300, spread=2.5)
    rare = [i for i, e in enumerate(dataset.excerpts) if e.label != "class 0" or i % 10 == 0]
    recalls = []
    for weighted in (False, True):
        recipe = toys.recipe(training__class_weights=weighted, training__epochs=15)
        where = toys.place(tmp_path, str(weighted))
        run, _ = toys.trained(recipe, dataset.take(rare), where)
        with np.load(run.folder / "probabilities.npz") as kept:
            recalls.append(float(kept["probabilities"][:, 0].mean()))
    assert recalls[1] > 1.5 * recalls[0]


SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.engine.training import toys
from engine.training.events import BatchDone
folder = Path(sys.argv[1])
recipe = toys.recipe(training__epochs=5, network__arguments__dropout=0.3)
for event in toys.started(recipe, toys.features(folder / "data"), toys.place(folder, "killed")):
    if isinstance(event, BatchDone) and event.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_going_on_after_a_kill_equals_never_stopping(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = str(Path(__file__).parents[4])
    command = [sys.executable, str(script), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": root}
    found = subprocess.run(command, env=environment, check=False, timeout=600)
    assert found.returncode == -signal.SIGKILL
    recipe = toys.recipe(training__epochs=5, network__arguments__dropout=0.3)
    dataset = toys.features(tmp_path / "other")
    whole, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "whole"))
    killed = toys.existing(tmp_path / "data")
    resumed, _ = toys.trained(recipe, killed, toys.place(tmp_path, "killed", resume=True))
    assert len(resumed.history()) == 5
    assert same(whole, resumed)
    assert history(whole) == history(resumed)
    assert whole.batches_file.read_text() == resumed.batches_file.read_text()
