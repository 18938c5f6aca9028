"""Rates against values by hand, losses and penalties by their definition, first weights."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from engine.networks import build_network
from engine.recipes.recipe import Training
from engine.training.loop.optimisers import (
    clip_recurrent,
    initialise_as_keras,
    learning_rate,
    loss_of,
    make_optimiser,
    penalty,
)


def _training(**fields: Any) -> Training:
    return Training.model_validate({"learning_rate": 0.1, "epochs": 10} | fields)


@pytest.mark.parametrize(
    ("fields", "step", "rate"),
    [
        ({}, 77, 0.1),
        ({"schedule": "step", "schedule_epochs": 2, "schedule_factor": 0.5}, 19, 0.1),
        ({"schedule": "step", "schedule_epochs": 2, "schedule_factor": 0.5}, 20, 0.05),
        ({"schedule": "step", "schedule_epochs": 2, "schedule_factor": 0.5}, 45, 0.025),
        ({"schedule": "exponential", "schedule_epochs": 2, "schedule_factor": 0.25}, 10, 0.05),
        ({"schedule": "exponential", "schedule_epochs": 2, "schedule_factor": 0.25}, 29, 0.025),
        ({"schedule": "cosine"}, 0, 0.1),
        ({"schedule": "cosine"}, 50, 0.05),
        ({"schedule": "cosine"}, 25, 0.1 * 0.5 * (1 + math.sqrt(0.5))),
        ({"schedule": "one-cycle"}, 0, 0.004),
        ({"schedule": "one-cycle"}, 15, 0.1 * 0.52),
        ({"schedule": "one-cycle"}, 30, 0.1),
        ({"schedule": "one-cycle"}, 65, 0.1 * (0.0001 + 0.9999 * 0.5)),
        ({"schedule": "one-cycle"}, 100, 1e-5),
    ],
)
def test_rates_by_hand(fields: dict[str, Any], step: int, rate: float) -> None:
    assert learning_rate(_training(**fields), step, 10, []) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ([], 0.1),
        ([3.0, 2.0, 1.0], 0.1),
        ([1.0, 1.0], 0.1),
        ([1.0, 1.0, 1.5], 0.02),
        ([1.0, 2.0, 0.5, 0.6], 0.1),
        ([1.0, 1.1, 1.2, 1.3, 1.4], 0.004),
        ([1.0, math.nan, math.nan], 0.02),
    ],
)
def test_plateaus_by_hand(losses: list[float], rate: float) -> None:
    training = _training(schedule="plateau", schedule_epochs=2, schedule_factor=0.2)
    assert learning_rate(training, 99, 10, losses) == pytest.approx(rate)


def test_optimisers_take_the_recipes_figures() -> None:
    weights = [nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2), requires_grad=False)]
    made = {
        name: make_optimiser(weights, _training(optimiser=name, weight_decay=0.3, momentum=0.8))
        for name in ("adam", "adamw", "sgd", "adadelta")
    }
    assert [type(o).__name__ for o in made.values()] == ["Adam", "AdamW", "SGD", "Adadelta"]
    for optimiser in made.values():
        (group,) = optimiser.param_groups
        assert len(group["params"]) == 1
        assert (group["lr"], group["weight_decay"]) == (0.1, 0.3)
    assert made["sgd"].param_groups[0]["momentum"] == 0.8
    assert made["adam"].param_groups[0]["betas"] == (0.9, 0.999)
    assert made["adadelta"].param_groups[0]["rho"] == 0.9


def test_losses_by_their_definition() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.0, 0.0]])
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    logs = logits.log_softmax(1)
    plain = -(logs * targets).sum(1).mean()
    assert loss_of(logits, targets, _training(), None) == pytest.approx(float(plain))
    smooth = -(logs * (0.9 * targets + 0.1 / 3)).sum(1).mean()
    found = loss_of(logits, targets, _training(label_smoothing=0.1), None)
    assert found == pytest.approx(float(smooth))
    hot = -((logits / 4).log_softmax(1) * targets).sum(1).mean()
    assert loss_of(logits, targets, _training(temperature=4.0), None) == pytest.approx(float(hot))
    errors = (logits.softmax(1) - targets).square().mean()
    assert loss_of(logits, targets, _training(loss="mse"), None) == pytest.approx(float(errors))
    weights = torch.tensor([2.0, 1.0, 0.5])
    weighted = -(logs * targets * weights).sum(1).mean()
    assert loss_of(logits, targets, _training(), weights) == pytest.approx(float(weighted))
    tags = -(targets * logits.sigmoid().log() + (1 - targets) * (-logits).sigmoid().log()).mean()
    several = _training(loss="binary-cross-entropy")
    assert loss_of(logits, targets, several, None) == pytest.approx(float(tags))


def test_penalties_are_keras_sums() -> None:
    weights = [torch.tensor([[1.0, -2.0]]), torch.tensor([3.0])]
    assert penalty(weights, _training(l2=0.01)) == pytest.approx(0.01 * (1 + 4 + 9))
    assert penalty(weights, _training(l1=0.1)) == pytest.approx(0.1 * (1 + 2 + 3))
    assert penalty(weights, _training(l1=0.1, l2=0.01)) == pytest.approx(0.74)
    assert penalty(weights, _training()) == 0.0


def test_dense_layers_begin_as_in_keras() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(200, 100), nn.Conv2d(8, 16, 3))
    initialise_as_keras(network)
    for layer, bound in zip(network, (6 / 300, 6 / (72 + 144)), strict=True):
        weight = layer.weight.detach()
        assert 0.97 * math.sqrt(bound) < weight.abs().max() <= math.sqrt(bound)
        assert float(weight.var()) == pytest.approx(bound / 3, rel=0.1)
        assert torch.equal(layer.bias, torch.zeros_like(layer.bias))


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent_layers_begin_as_in_keras(kind: str, gates: int) -> None:
    sizes = {"bands": 12, "frames": 5, "classes": 3}
    network = build_network("recurrent", {"kind": kind, "units": [20], **sizes})
    initialise_as_keras(network)
    layer = next(module for module in network.modules() if isinstance(module, nn.RNNBase))
    inner = layer.get_parameter("weight_hh_l0").detach()
    # One orthogonal matrix of all gates: a gate's block has norm sqrt(20 / gates), not sqrt(20).
    torch.testing.assert_close(inner.T @ inner, torch.eye(20), rtol=0, atol=1e-5)
    norm = float(sum(gate.norm() ** 2 for gate in inner.split(20)) / gates) ** 0.5
    assert norm == pytest.approx(math.sqrt(20 / gates), rel=1e-4)
    outer = layer.get_parameter("weight_ih_l0").detach()
    bound = math.sqrt(6 / (12 + 20 * gates))
    assert 0.97 * bound < outer.abs().max() <= bound
    bias = layer.get_parameter("bias_ih_l0") + layer.get_parameter("bias_hh_l0")
    expected = torch.zeros(20 * gates)
    if kind == "lstm":
        expected[20:40] = 1.0
    assert torch.equal(bias, expected)


def test_keras_lstm_of_64_units_has_gates_of_norm_4() -> None:
    sizes = {"bands": 13, "frames": 4, "classes": 2}
    network = build_network("recurrent", {"kind": "lstm", "units": [64], **sizes})
    initialise_as_keras(network)
    inner = network.get_parameter("trunk.recurrent.0.weight_hh_l0").detach()
    norms = [float(gate.norm()) for gate in inner.split(64)]
    assert norms == pytest.approx([4.0] * 4, rel=0.15)
    assert sum(n * n for n in norms) == pytest.approx(64.0, rel=1e-4)


@pytest.mark.parametrize(("optimiser", "epsilon"), [("adam", 1e-8), ("adadelta", 1e-6)])
def test_epsilon_is_the_optimisers_own(optimiser: str, epsilon: float) -> None:
    weight = nn.Parameter(torch.zeros(2))
    made = make_optimiser([weight], _training(optimiser=optimiser, rho=0.8))
    assert made.defaults["eps"] == epsilon
    assert made.defaults.get("rho", 0.8) == 0.8
    chosen = make_optimiser([weight], _training(optimiser=optimiser, epsilon=0.5))
    assert chosen.defaults["eps"] == 0.5


def test_penalties_are_of_the_kinds_chosen() -> None:
    sizes = {"bands": 6, "frames": 5, "classes": 2}
    network = build_network("recurrent", {"kind": "lstm", "units": [3], "hidden": [4], **sizes})
    both = network.penalised(["dense", "recurrent"])
    assert [tuple(w.shape) for w in both] == [(12, 6), (12, 3), (4, 3)]  # no bias, no output
    assert [tuple(w.shape) for w in network.penalised(["dense"])] == [(4, 3)]
    assert network.penalised(["convolutional"]) == []
    crnn = build_network("crnn", {"channels": [2], "units": 3, **sizes})
    assert len(crnn.penalised(["recurrent"])) == 4  # two directions
    assert len(crnn.penalised(["convolutional"])) == 1
    head = build_network("embedding_head", {"bands": 96, "frames": 20, "classes": 2, "trunks": 1})
    assert [tuple(w.shape) for w in head.penalised(["dense"])] == [(2, head.embedding_size)]
    assert head.penalised(["convolutional"]) == []  # the trunk is frozen


def test_only_recurrent_layers_are_clipped() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.RNN(3, 2))
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 5.0)
    clip_recurrent(network, 0.25, 16)
    whole = sum(float(p.grad.square().sum()) for p in network[1].parameters() if p.grad is not None)
    assert 16 * math.sqrt(whole) == pytest.approx(0.25, rel=1e-3)
    assert float(network[0].weight.grad.max()) == 5.0  # type: ignore[union-attr]
