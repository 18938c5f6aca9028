"""Convolutions over time and frequency."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.layers import Head, MaxPoolSame, StandardisedTrunk, dense_layers


class CnnTrunk(StandardisedTrunk):
    """Convolution, pooling and normalisation in turns, then dense layers on all that is left."""

    def __init__(
        self,
        bands: int,
        frames: int,
        blocks: Sequence[tuple[int, int, int]],
        hidden: Sequence[int],
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__(bands, frames)
        layers: list[nn.Module] = []
        inputs, height, width = 1, bands, frames
        for channels, kernel, pool in blocks:
            height, width = (-(-(size - kernel + 1) // 2) for size in (height, width))
            if min(height, width) < 1:
                raise ModelError(f"{frames} frames of {bands} bands are too few for this network.")
            layers += [
                nn.Conv2d(inputs, channels, kernel),
                # The same as ReLU first, on a quarter of the numbers.
                MaxPoolSame(pool, 2),
                nn.ReLU(),
                # Keras' figures: running statistics move by a hundredth, epsilon is a thousandth.
                nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01),
            ]
            inputs = channels
        self.blocks = nn.Sequential(*layers)
        self.layers = dense_layers(inputs * height * width, hidden, activation, dropout)
        self.embedding_size = hidden[-1] if hidden else inputs * height * width

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        # Time along the rows, unlike Keras users' images: kernels are square, so that it is the
        # same network, and long rows are convolved a fifth faster.
        images = features[:, None].contiguous(memory_format=torch.channels_last)
        embedding: Tensor = self.layers(self.blocks(images).flatten(1))
        return embedding


class Cnn(Head):
    """A convolutional network as Keras users build it, but for its image: bands high, frames wide.

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        channels: of each convolution ("valid": edges are lost).
        kernels: sides of their square kernels.
        pools: sides of the max pooling after each, with stride 2 and "same" edges.
        hidden: units of the dense layers.
        activation: of those.
        dropout: after each of those.
    """

    def __init__(  # noqa: PLR0913  # the recipe's fields, all by name
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        channels: Sequence[int] = (32, 32, 32),
        kernels: Sequence[int] = (3, 3, 2),
        pools: Sequence[int] = (3, 3, 2),
        hidden: Sequence[int] = (64,),
        activation: str = "relu",
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if not len(channels) == len(kernels) == len(pools):
            raise ModelError("A CNN needs as many kernels and pools as channels.")
        blocks = list(zip(channels, kernels, pools, strict=True))
        self._chosen = {
            "channels": list(channels),
            "kernels": list(kernels),
            "pools": list(pools),
            "hidden": list(hidden),
            "activation": activation,
            "dropout": dropout,
        }
        self._finish(CnnTrunk(bands, frames, blocks, hidden, activation, dropout), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen


class _Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al., 2016), here with ReLU before the sum."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.short: nn.Module = nn.Identity()
        if stride != 1 or inputs != channels:
            self.short = nn.Sequential(
                nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, images: Tensor) -> Tensor:
        """Shape (batch, inputs, height, width) to (batch, channels, height', width')."""
        return torch.relu(self.path(images) + self.short(images))


class ResidualTrunk(StandardisedTrunk):
    """Residual blocks, then mean and maximum over what is left of time and frequency."""

    def __init__(self, bands: int, frames: int, channels: Sequence[int], dropout: float) -> None:
        super().__init__(bands, frames)
        first = channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 5, 2, 2, bias=False), nn.BatchNorm2d(first), nn.ReLU()
        )
        inputs = [first, *channels[:-1]]
        blocks = [
            _Residual(i, o, 1 if index == 0 else 2)
            for index, (i, o) in enumerate(zip(inputs, channels, strict=True))
        ]
        self.blocks = nn.Sequential(*blocks)
        self.drop = nn.Dropout(dropout)
        self.embedding_size = 2 * channels[-1]

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        images = features[:, None].contiguous(memory_format=torch.channels_last)
        images = self.blocks(self.stem(images))
        pooled = torch.cat([images.mean((2, 3)), images.amax((2, 3))], dim=1)
        embedding: Tensor = self.drop(pooled)
        return embedding


class ResidualCnn(Head):
    """A small residual network; takes windows of any length.

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        channels: of each block; each but the first halves height and width.
        dropout: before the output.
    """

    def __init__(
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        channels: Sequence[int] = (16, 32, 64, 128),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if not channels:
            raise ModelError("A residual network needs at least one block.")
        self._chosen = {"channels": list(channels), "dropout": dropout}
        self._finish(ResidualTrunk(bands, frames, channels, dropout), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen
