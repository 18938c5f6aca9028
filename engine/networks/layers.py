"""Parts that several networks share."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.base import Network, Trunk

Activation = Literal["relu", "sigmoid", "tanh", "elu", "leaky_relu", "gelu"]
_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
}


def activation(name: str) -> nn.Module:
    """The layer of that name.

    Raises:
        ModelError: there is none.
    """
    if name not in _ACTIVATIONS:
        raise ModelError(f"There is no activation '{name}'. Available: {', '.join(_ACTIVATIONS)}.")
    return _ACTIVATIONS[name]()


class Standardise(nn.Module):
    """Subtracts a mean and divides by a deviation of each band; as made, it changes nothing.

    The figures are those of the training part, kept with the weights.
    """

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands, 1))
        self.register_buffer("deviation", torch.ones(bands, 1))
        self.mean: Tensor
        self.deviation: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames), kept."""
        return (features - self.mean) / self.deviation

    def learn(self, mean: Tensor, deviation: Tensor) -> None:
        """Take the figures, each of shape (bands,); bands that never change keep their scale."""
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, 1.0)[:, None])


class StandardisedTrunk(Trunk):
    """A trunk whose features are standardised first.

    Args:
        bands: rows of the features.
        frames: frames of a window.
    """

    def __init__(self, bands: int, frames: int) -> None:
        super().__init__()
        if bands < 1 or frames < 1:
            raise ModelError("A network needs at least one band and one frame.")
        self.bands = bands
        self.frames = frames
        self.standardise = Standardise(bands)

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`."""
        return self.embed(self.standardise(features))

    def embed(self, features: Tensor) -> Tensor:
        """From standardised features, shape (batch, bands, frames), to the embedding."""
        raise NotImplementedError


class Head(Network):
    """A linear output on a trunk; its subclasses only make the trunk."""

    trunk: StandardisedTrunk
    output: nn.Linear

    def _finish(self, trunk: StandardisedTrunk, classes: int) -> None:
        if classes < 1:
            raise ModelError("A network needs at least one class.")
        self.bands, self.classes = trunk.bands, classes
        self.trunk = trunk
        self.output = nn.Linear(trunk.embedding_size, classes)

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`."""
        return [self.trunk]

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        logits: Tensor = self.output(embedding)
        return logits


def dense_layers(
    inputs: int, hidden: Sequence[int], activation_name: str, dropout: float
) -> nn.Sequential:
    """Dense layers, each with its activation and dropout."""
    layers: list[nn.Module] = []
    for units in hidden:
        layers += [nn.Linear(inputs, units), activation(activation_name)]
        if dropout:
            layers.append(nn.Dropout(dropout))
        inputs = units
    return nn.Sequential(*layers)


class MaxPoolSame(nn.Module):
    """Max pooling that keeps ``ceil(size / stride)``, as Keras' "same" does.

    What has to be added at the edges goes to both sides, the odd one to the end, and never wins.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, images: Tensor) -> Tensor:
        """Shape (batch, channels, height, width) to smaller heights and widths."""
        padding = []
        for size in images.shape[-2:]:
            total = max(0, (-(-size // self.stride) - 1) * self.stride + self.kernel - size)
            padding.append(total // 2)
        # Rounding up adds the odd one at the end, and only where it is needed.
        return functional.max_pool2d(images, self.kernel, self.stride, padding, ceil_mode=True)
