"""Mobile networks: inverted residual blocks of depthwise convolutions, small and fast."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.layers import Head, StandardisedTrunk


@dataclass(frozen=True)
class _Plan:
    """One block: square kernel, channels inside and out, stride, squeeze-excitation, activation."""

    kernel: int
    inner: int
    out: int
    stride: int
    squeeze: bool
    swish: bool


# MobileNetV3-Large (Howard et al., "Searching for MobileNetV3", 2019, table 1).
_LARGE = (
    _Plan(3, 16, 16, 1, squeeze=False, swish=False),
    _Plan(3, 64, 24, 2, squeeze=False, swish=False),
    _Plan(3, 72, 24, 1, squeeze=False, swish=False),
    _Plan(5, 72, 40, 2, squeeze=True, swish=False),
    _Plan(5, 120, 40, 1, squeeze=True, swish=False),
    _Plan(5, 120, 40, 1, squeeze=True, swish=False),
    _Plan(3, 240, 80, 2, squeeze=False, swish=True),
    _Plan(3, 200, 80, 1, squeeze=False, swish=True),
    _Plan(3, 184, 80, 1, squeeze=False, swish=True),
    _Plan(3, 184, 80, 1, squeeze=False, swish=True),
    _Plan(3, 480, 112, 1, squeeze=True, swish=True),
    _Plan(3, 672, 112, 1, squeeze=True, swish=True),
    _Plan(5, 672, 160, 2, squeeze=True, swish=True),
    _Plan(5, 960, 160, 1, squeeze=True, swish=True),
    _Plan(5, 960, 160, 1, squeeze=True, swish=True),
)
_STEM, _LAST = 16, 960


def _eights(channels: float) -> int:
    """The multiple of eight next to it, not over a tenth below: what processors like."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class SqueezeExcitation(nn.Module):
    """Weighs channels by what the whole image holds (Hu et al., 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = _eights(channels // 4)
        self.down, self.up = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)

    def forward(self, images: Tensor) -> Tensor:
        """Shape (batch, channels, height, width), kept."""
        weight = functional.hardsigmoid(self.up(torch.relu(self.down(images.mean((2, 3))))))
        return images * weight[:, :, None, None]


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, groups: int, activation: nn.Module | None
) -> list[nn.Module]:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
    ]
    return layers if activation is None else [*layers, activation]


class _InvertedResidual(nn.Module):
    """Widen, filter each channel alone, weigh, narrow; with a shortcut where sizes allow."""

    def __init__(self, inputs: int, plan: _Plan, width: float) -> None:
        super().__init__()
        inner, outputs = _eights(plan.inner * width), _eights(plan.out * width)
        activation: nn.Module = nn.Hardswish() if plan.swish else nn.ReLU()
        layers: list[nn.Module] = []
        if inner != inputs:
            layers += _convolution(inputs, inner, 1, 1, 1, activation)
        layers += _convolution(inner, inner, plan.kernel, plan.stride, inner, activation)
        if plan.squeeze:
            layers.append(SqueezeExcitation(inner))
        layers += _convolution(inner, outputs, 1, 1, 1, None)
        self.path = nn.Sequential(*layers)
        self.shortcut = plan.stride == 1 and inputs == outputs
        self.outputs = outputs

    def forward(self, images: Tensor) -> Tensor:
        """Shape (batch, inputs, height, width) to (batch, outputs, height', width')."""
        out: Tensor = self.path(images)
        return out + images if self.shortcut else out


class MobileTrunk(StandardisedTrunk):
    """MobileNetV3's blocks, the mean over time and frequency, and one dense layer."""

    def __init__(
        self, bands: int, frames: int, width: float, hidden: int, dropout: float, relative: bool
    ) -> None:
        super().__init__(bands, frames)
        self.relative = relative
        inputs = _eights(_STEM * width)
        self.stem = nn.Sequential(*_convolution(1, inputs, 3, 2, 1, nn.Hardswish()))
        blocks = []
        for plan in _LARGE:
            block = _InvertedResidual(inputs, plan, width)
            inputs = block.outputs
            blocks.append(block)
        self.blocks = nn.Sequential(*blocks)
        last = _eights(6 * inputs)
        self.last = nn.Sequential(*_convolution(inputs, last, 1, 1, 1, nn.Hardswish()))
        self.dense = nn.Linear(last, hidden)
        self.drop = nn.Dropout(dropout)
        self.embedding_size = hidden

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`."""
        if self.relative:
            features = features - features.mean((1, 2), keepdim=True)
        return super().forward(features)

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        images = features[:, None].contiguous(memory_format=torch.channels_last)
        pooled = self.last(self.blocks(self.stem(images))).mean((2, 3))
        embedding: Tensor = self.drop(functional.hardswish(self.dense(pooled)))
        return embedding


class MobileCnn(Head):
    """MobileNetV3 on spectrograms, the family of EfficientAT (Schmid et al., 2023).

    Takes windows of any length; the image is halved five times on each side.

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        width: share of MobileNetV3-Large's channels.
        hidden: units of the dense layer, whose output is the embedding.
        dropout: after it.
        relative: take the window's mean from its (logarithmic) features, so that level is nothing.
    """

    def __init__(
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        width: float = 0.4,
        hidden: int = 256,
        dropout: float = 0.2,
        relative: bool = True,
    ) -> None:
        super().__init__()
        if not 0 < width <= 4 or hidden < 1:
            raise ModelError(
                "A mobile network's width is above 0 and at most 4, hidden at least 1."
            )
        self._chosen = {"width": width, "hidden": hidden, "dropout": dropout, "relative": relative}
        self._finish(MobileTrunk(bands, frames, width, hidden, dropout, relative), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen
