"""musicnn's trunk as it hears: without the filters that faded in training, norms folded in.

Of the 561 filters of the first layer, 397 answer in the network of one collection and 163 in that
of the other; of the rest nothing is left but a constant, and of what the next layer makes of it a
constant but for the edges of a window.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.networks.musicnn.convolution import PooledConvolution
from engine.networks.musicnn.products import MelFilters, TimeFilters, living


def _scale_and_shift(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """What a batch norm multiplies by and adds; each of shape (channels, 1)."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    scale = norm.weight * (variance + norm.eps).rsqrt()
    return scale[:, None], (norm.bias - mean * scale)[:, None]


class LivingBlock:
    """The filters of a first layer's block that answer at all.

    Args:
        block: as it was trained.
        bands: of the spectrogram.

    Attributes:
        alive: which of the block's filters these are.
        constant: what each of the block's filters answers to nothing, shape (filters,).
    """

    def __init__(self, block: PooledConvolution, bands: int) -> None:
        weight, sign, bias = block.flipped(), block.sign()[:, None], block.bias()[:, None]
        scale, shift = _scale_and_shift(block.norm)
        self.alive = alive = living(weight)
        self.constant = (functional.relu(bias) * scale + shift)[:, 0]
        self._sign, self._bias, self._scale, self._shift = (
            some[alive] for some in (sign, bias, scale, shift)
        )
        self._over_mel = MelFilters(weight[alive], bands) if weight.shape[2] > 1 else None
        self._over_time = TimeFilters(weight[alive, :, 0])

    def __call__(self, image: Tensor, blank: tuple[int, int]) -> Tensor:
        """Shape (batch, frames, bands) to (batch, living filters, frames left), no padding.

        Args:
            image: the input.
            blank: how many frames at its begin and its end are zeros.
        """
        over_mel = self._over_mel
        found = self._over_time(image, blank) if over_mel is None else over_mel(image)
        return functional.relu(found * self._sign + self._bias) * self._scale + self._shift


class LivingTrunk:
    """What a trunk computes, of its living filters.

    Args:
        blocks: of the first layer, in order.
        middle: the convolutions in time that follow.
        norms: of each of them.
        bands: of the spectrogram.
    """

    def __init__(
        self,
        blocks: Iterable[PooledConvolution],
        middle: Iterable[nn.Conv1d],
        norms: Iterable[nn.BatchNorm1d],
        bands: int,
    ) -> None:
        self.blocks = [LivingBlock(block, bands) for block in blocks]
        sizes = [len(block.constant) for block in self.blocks]
        firsts = [sum(sizes[:number]) for number in range(len(sizes))]
        pairs = zip(self.blocks, firsts, strict=True)
        self._front = torch.cat([block.alive + first for block, first in pairs])
        constant = torch.cat([block.constant for block in self.blocks])
        first, *self._later = middle
        self._norms = [_scale_and_shift(norm) for norm in norms]
        self._alive = living(first.weight)
        self._weight = first.weight[self._alive][:, self._front]
        dead = torch.ones(len(constant), dtype=torch.bool)
        dead[self._front] = False
        faded = first.weight[:, dead] * constant[dead, None]
        self._faded, self._bias = faded.sum(1, keepdim=True), first.bias
        channels = len(constant) + sum(layer.out_channels for layer in (first, *self._later))
        self._empty = constant.new_zeros(channels, 2)
        self._empty[: len(constant)] = constant[:, None]
        self._places = torch.cat([self._front, torch.arange(len(constant), channels)])

    def finish(self, front: Tensor) -> Tensor:
        """From the first layer's living answers, (1, living, frames), to the (1, numbers)."""
        hidden = self._normed(0, self._first(front))
        layers = [front, hidden]
        for number, layer in enumerate(self._later, start=1):
            hidden = hidden + self._normed(number, layer(hidden))
            layers.append(hidden)
        pooled = self._empty.clone()
        strongest = torch.cat([layer[0].amax(1) for layer in layers])
        mean = torch.cat([layer[0].mean(1) for layer in layers])
        pooled[self._places] = torch.stack([strongest, mean], dim=1)
        return pooled.view(1, -1)

    def _first(self, front: Tensor) -> Tensor:
        """The first convolution in time; of the constant part, only the edges need computing."""
        always = functional.conv1d(
            front.new_ones(1, 1, front.shape[2]), self._faded, self._bias, padding="same"
        )
        always[:, self._alive] += functional.conv1d(front, self._weight, padding="same")
        return always

    def _normed(self, number: int, answer: Tensor) -> Tensor:
        scale, shift = self._norms[number]
        return functional.relu(answer) * scale + shift
