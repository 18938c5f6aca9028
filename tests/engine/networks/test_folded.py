"""Networks folded for hearing give what the original gives, each window its own numbers."""

import pytest
import torch
from torch import nn

from engine.classifier.catalog import Catalog
from engine.networks.folded import folded, in_equal_batches


def test_folding_changes_rounding_alone() -> None:
    mobile = Catalog().load("instrument").network.trunks[1]
    twin = folded(mobile)
    assert any(isinstance(part, nn.BatchNorm2d) for part in mobile.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in twin.modules())
    features = torch.rand(4, 96, 61, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        heard = mobile(features)
    taught = mobile(features.requires_grad_()).detach()
    torch.testing.assert_close(heard, taught, atol=1e-5, rtol=0)


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_how_many_come_together_changes_no_bit(count: int) -> None:
    sizes: list[int] = []

    def hear(windows: torch.Tensor) -> torch.Tensor:
        sizes.append(len(windows))
        return windows * 2

    windows = torch.arange(2.0 * count).view(count, 2)
    assert torch.equal(in_equal_batches(hear, windows), windows * 2)
    assert len(set(sizes)) == 1
    mobile = Catalog().load("instrument").network.trunks[1]
    features = torch.rand(count, 96, 61, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        alone = torch.cat([mobile(one) for one in torch.split(features, 1)])
        assert torch.equal(mobile(features), alone)


def test_dropout_that_is_on_in_a_test_is_not_folded_away() -> None:
    mobile = Catalog().load("instrument").network.trunks[1].eval()
    features = torch.rand(1, 96, 61, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        heard = mobile(features)
        for module in mobile.modules():
            if isinstance(module, nn.Dropout):
                module.train()
        assert not torch.equal(mobile(features), heard)
