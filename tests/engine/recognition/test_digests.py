"""Trunks with equal tensors are told by a digest, computed once as long as they stay the same."""

import pytest
import torch
from torch import nn

from engine.recognition import analysis


def test_it_is_computed_once_and_again_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[nn.Module] = []
    real = analysis._computed_digest

    def counted(module: nn.Module) -> str:
        computed.append(module)
        return real(module)

    monkeypatch.setattr(analysis._digests, "_compute", counted)
    torch.manual_seed(0)
    module = nn.Linear(3, 2)
    twin = nn.Linear(3, 2)
    twin.load_state_dict(module.state_dict())
    first = analysis._digest(module)
    assert analysis._digest(module) == first == analysis._digest(twin)
    assert computed == [module, twin]
    with torch.no_grad():
        module.weight.add_(1.0)
    assert analysis._digest(module) != first
    assert len(computed) == 3
    module.load_state_dict(twin.state_dict())
    assert analysis._digest(module) == first
