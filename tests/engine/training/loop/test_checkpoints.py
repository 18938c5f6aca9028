"""A checkpoint that is not exactly right is refused in one sentence, whatever its state is like."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save
from torch import nn
from torch.optim import SGD, Adadelta, Adam

from engine.errors import DataError, ModelError
from engine.training.events import HISTORY, EpochDone
from engine.training.loop.checkpoints import load_checkpoint, save_checkpoint
from engine.training.runs.run import Run
from tests.engine.training import toys

Change = Callable[[dict[str, Any], dict[str, Any]], object]

WRONG: dict[str, Change] = {
    "no history": lambda state, tensors: state.pop("history"),
    "history of text": lambda state, tensors: state.update(history="x"),
    "history of numbers": lambda state, tensors: state.update(history=[1, 2]),
    "history is none": lambda state, tensors: state.update(history=None),
    "a field too many": lambda state, tensors: state["history"][0].update(more=1),
    "a field missing": lambda state, tensors: state["history"][0].pop("loss"),
    "loss of text": lambda state, tensors: state["history"][0].update(loss="0.5"),
    "epoch of text": lambda state, tensors: state["history"][0].update(epoch="1"),
    "epochs out of order": lambda state, tensors: state["history"][0].update(epoch=7),
    "best loss of text": lambda state, tensors: state.update(best_loss="x"),
    "best loss missing": lambda state, tensors: state.pop("best_loss"),
    "seconds are none": lambda state, tensors: state.update(seconds=None),
    "joules of a list": lambda state, tensors: state.update(joules=[1]),
    "best of another": lambda state, tensors: tensors.update(
        {"best.output.weight": torch.zeros(2, 2)}
    ),
    "best in part": lambda state, tensors: tensors.pop("best.output.weight"),
    "weights missing": lambda state, tensors: tensors.pop("network.output.weight"),
    "weights of another": lambda state, tensors: tensors.update(
        {"network.output.weight": torch.zeros(9, 9)}
    ),
    "optimiser's shape": lambda state, tensors: tensors.update(
        {"optimiser.0.exp_avg": torch.zeros(1)}
    ),
    "optimiser's step": lambda state, tensors: tensors.update({"optimiser.0.step": torch.ones(3)}),
    "optimiser's part": lambda state, tensors: tensors.pop("optimiser.0.exp_avg_sq"),
    "optimiser's number": lambda state, tensors: tensors.update(
        {"optimiser.99.exp_avg": torch.zeros(1)}
    ),
    "optimiser's name": lambda state, tensors: tensors.update({"optimiser.x.y": torch.zeros(1)}),
    "optimiser without name": lambda state, tensors: tensors.update({"optimiser.": torch.zeros(1)}),
    "negative number": lambda state, tensors: tensors.update(
        {"optimiser.-1.exp_avg": torch.zeros(1)}
    ),
}
STATES = ("[]", "5", "null", "[" * 100_000, "9" * 5000, '"x"', "{", "{}", '{"history": 1e999}')


def stored(path: Path, change: Change | None = None, text: str | None = None) -> Path:
    tensors: dict[str, Any] = load_file(path)
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    state = json.loads(header["__metadata__"]["state"])
    if change is not None:
        change(state, tensors)
    path.write_bytes(save(tensors, metadata={"state": text or json.dumps(state)}))
    return path


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    toys.broken_off(toys.recipe(), toys.features(folder), toys.place(folder), epoch=2)
    return folder


@pytest.mark.parametrize("name", [*WRONG, *STATES])
def test_a_wrong_checkpoint_is_one_clear_error(name: str, broken_off: Path) -> None:
    path = Run(broken_off / "run").checkpoint_file
    good = path.read_bytes()
    try:
        stored(path, WRONG.get(name), None if name in WRONG else name)
        steps = toys.started(
            toys.recipe(), toys.existing(broken_off), toys.place(broken_off, resume=True)
        )
        with pytest.raises(ModelError, match="cannot be used"):
            list(steps)
    finally:
        path.write_bytes(good)


def test_nothing_is_put_back_of_a_wrong_checkpoint(tmp_path: Path) -> None:
    for kind in (Adam, Adadelta, SGD):
        network = nn.Sequential(nn.Linear(3, 2))
        optimiser = kind(network.parameters(), 0.1, **({"momentum": 0.9} if kind is SGD else {}))
        network(torch.ones(1, 3)).sum().backward()
        optimiser.step()
        path = tmp_path / "checkpoint.safetensors"
        save_checkpoint(path, network, {}, optimiser, {"a": float("inf")})
        assert load_checkpoint(path, network, optimiser) == ({}, {"a": float("inf")})
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        stored(path, lambda state, tensors: tensors.update({"optimiser.0.step": torch.ones(4)}))
        with torch.no_grad():
            network[0].weight += 1
        with pytest.raises(ModelError):
            load_checkpoint(path, network, optimiser)
        assert torch.equal(network[0].weight, before["0.weight"] + 1)


HISTORIES = ("[1]", "5", '{"a": 1}', '[{"epoch": 1}]', "[" * 100_000, "[NaN]", "9" * 5000, "null")


@pytest.mark.parametrize("text", HISTORIES)
def test_a_damaged_history_is_one_clear_error(tmp_path: Path, text: str) -> None:
    run = Run(tmp_path)
    run.history_file.write_text(text)
    with pytest.raises(DataError, match="is damaged and cannot be read"):
        run.history()
    run.facts_file.write_text(text if text[0] != "{" else "[]")
    with pytest.raises(DataError, match="is damaged and cannot be read"):
        run.facts()
    run.results_file.write_text(text)
    with pytest.raises(DataError, match="is damaged and cannot be read"):
        run.figures()


def test_an_epoch_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    epoch = EpochDone(1, 0.5, 0.25, 0.75, 0.5, 1e-3, 2.0, None, True)
    run = Run(tmp_path)
    run.keep_history([epoch])
    assert run.history() == [epoch]
    assert set(epoch.kept()) == set(HISTORY)
