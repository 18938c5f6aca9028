"""What every network is: a module from features to logits, in two halves."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn


class Sliding(ABC):
    """A network's trunk drawn over a growing stretch of feature frames.

    Live and file analysis push frames as they come; nothing that overlapping windows share needs
    to be computed twice. The result is that of :meth:`Network.embed` on each window alone.
    """

    @abstractmethod
    def push(self, frames: Tensor) -> Tensor:
        """Take new frames, give the embeddings of the windows they complete.

        Args:
            frames: float32, shape (bands, n), directly after those pushed before.

        Returns:
            float32, shape (windows, embedding_size); windows may be 0.
        """


class Network(nn.Module, ABC):
    """Features to logits: ``head(embed(features))``.

    Attributes:
        bands: rows of the features it takes.
        classes: logits it gives.
        embedding_size: numbers that :meth:`embed` gives for one window.
    """

    bands: int
    classes: int
    embedding_size: int

    @abstractmethod
    def embed(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames) to (batch, embedding_size)."""

    @abstractmethod
    def head(self, embedding: Tensor) -> Tensor:
        """Shape (batch, embedding_size) to logits (batch, classes)."""

    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, bands, frames) to logits (batch, classes)."""
        return self.head(self.embed(features))

    def trunk_tensors(self) -> dict[str, Tensor]:
        """The tensors that :meth:`embed` depends on.

        Classifiers whose trunks are of one class and hold equal tensors share one computation.
        """
        return dict(self.state_dict())

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """A stateful trunk for windows of ``window_frames`` every ``hop_frames``."""
        return WindowByWindow(self, window_frames, hop_frames)

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: what ``build_network`` needs to remake it."""


class WindowByWindow(Sliding):
    """The plain way: cut each window out and embed it."""

    def __init__(self, network: Network, window_frames: int, hop_frames: int) -> None:
        self._network = network
        self._window = window_frames
        self._hop = hop_frames
        self._held = torch.zeros(network.bands, 0)
        self._skip = 0

    def push(self, frames: Tensor) -> Tensor:
        """See :meth:`Sliding.push`."""
        held = torch.cat([self._held.to(frames.device), frames], dim=1)
        skipped = min(self._skip, held.shape[1])
        held, self._skip = held[:, skipped:], self._skip - skipped
        count = max(0, 1 + (held.shape[1] - self._window) // self._hop)
        if count == 0:
            self._held = held
            return frames.new_zeros(0, self._network.embedding_size)
        windows = held.unfold(1, self._window, self._hop)[:, :count].permute(1, 0, 2)
        used = count * self._hop
        self._held, self._skip = held[:, used:], max(0, used - held.shape[1])
        return self._network.embed(windows)
