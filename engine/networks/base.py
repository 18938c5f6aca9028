"""Base class of all networks: a module from features to logits, as trunk and head."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

WINDOWS_AT_ONCE = 16  # that are computed together


class Sliding(ABC):
    """A trunk drawn over a growing stretch of feature frames.

    Live and file analysis push frames as they come; what overlapping windows share need not be
    computed twice. The result is that of the trunk on each window alone.
    """

    @abstractmethod
    def push(self, frames: Tensor) -> Tensor:
        """Take new frames, give the embeddings of the windows they complete.

        Args:
            frames: float32, shape (bands, n), directly after those pushed before.

        Returns:
            float32, shape (windows, embedding_size); windows may be 0.
        """


class Trunk(nn.Module, ABC):
    """Features to an embedding: the part that several classifiers may share.

    Trunks of one class that hold equal tensors are computed once for all who use them.

    Attributes:
        bands: rows of the features it takes.
        embedding_size: numbers it gives for one window.
    """

    bands: int
    embedding_size: int

    @abstractmethod
    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames) to (batch, embedding_size)."""

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """A stateful form for windows of ``window_frames`` every ``hop_frames``."""
        return WindowByWindow(self, window_frames, hop_frames)


class Network(nn.Module, ABC):
    """Features to logits: a head on the joined embeddings of one or more trunks.

    Attributes:
        bands: rows of the features it takes.
        classes: logits it gives.
    """

    bands: int
    classes: int

    @property
    @abstractmethod
    def trunks(self) -> Sequence[Trunk]:
        """The trunks whose embeddings, joined in this order, the head takes."""

    @property
    def embedding_size(self) -> int:
        """Numbers that :meth:`embed` gives for one window."""
        return sum(trunk.embedding_size for trunk in self.trunks)

    def embed(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames) to (batch, embedding_size)."""
        return torch.cat([trunk(features) for trunk in self.trunks], dim=1)

    @abstractmethod
    def head(self, embedding: Tensor) -> Tensor:
        """Shape (batch, embedding_size) to logits (batch, classes)."""

    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames) to logits (batch, classes)."""
        return self.head(self.embed(features))

    def penalised(self, kinds: Sequence[str]) -> list[Tensor]:
        """Weights that an L1 or L2 penalty is for: those of the trunks' layers that are trained.

        Args:
            kinds: of layers: ``"dense"``, ``"convolutional"``, ``"recurrent"``.
        """
        return [weight for trunk in self.trunks for weight in weights_of(trunk, kinds)]

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: what ``build_network`` needs to remake it."""


def weights_of(module: nn.Module, kinds: Sequence[str]) -> list[Tensor]:
    """The weights, biases aside, of a module's layers of some kinds that are trained."""
    found: list[Tensor] = []
    for layer in module.modules():
        if isinstance(layer, nn.RNNBase):
            kind = "recurrent"
        elif isinstance(layer, nn.Linear):
            kind = "dense"
        elif isinstance(layer, nn.Conv1d | nn.Conv2d):
            kind = "convolutional"
        else:
            continue
        if kind in kinds:
            named = layer.named_parameters(recurse=False)
            found += [p for name, p in named if name.startswith("weight") and p.requires_grad]
    return found


class WindowByWindow(Sliding):
    """The plain way: cut each window out and embed it."""

    def __init__(self, trunk: Trunk, window_frames: int, hop_frames: int) -> None:
        self._trunk = trunk
        self._window = window_frames
        self._hop = hop_frames
        self._held = torch.zeros(trunk.bands, 0)
        self._skip = 0

    def push(self, frames: Tensor) -> Tensor:
        """See :meth:`Sliding.push`."""
        skipped = min(self._skip, frames.shape[1])
        self._skip -= skipped
        held = torch.cat([self._held.to(frames.device), frames[:, skipped:]], dim=1)
        count = max(0, 1 + (held.shape[1] - self._window) // self._hop)
        if count == 0:
            self._held = held
            return frames.new_zeros(0, self._trunk.embedding_size)
        windows = held.unfold(1, self._window, self._hop)[:, :count].transpose(0, 1)
        used = count * self._hop
        self._skip = max(0, used - held.shape[1])
        self._held = held[:, used:]
        # A short hop completes thousands at once: memory is what a few take.
        parts = [self._trunk(some) for some in torch.split(windows, WINDOWS_AT_ONCE)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)
