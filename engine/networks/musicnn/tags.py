"""Tags read from one or two musicnn trunks."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.networks.base import Network, Trunk
from engine.networks.musicnn.convolution import EPSILON
from engine.networks.musicnn.trunk import MusicnnTrunk

HIDDEN = 200


class TagReader(nn.Module):
    """musicnn's dense layers: one trunk's 1506 numbers to the logits of its tags."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm1d(MusicnnTrunk.embedding_size, eps=EPSILON)
        self.hidden = nn.Linear(MusicnnTrunk.embedding_size, HIDDEN)
        self.hidden_norm = nn.BatchNorm1d(HIDDEN, eps=EPSILON)
        self.output = nn.Linear(HIDDEN, tags)

    def forward(self, embedding: Tensor) -> Tensor:
        """Shape (batch, 1506) to logits (batch, tags)."""
        hidden = self.hidden_norm(functional.relu(self.hidden(self.input_norm(embedding))))
        logits: Tensor = self.output(hidden)
        return logits


class MusicnnTags(Network):
    """Labels as weighted means of the tags of one or more musicnn networks.

    Each network keeps its own trunk and dense layers; ``mix`` (shape (classes, all tags)) then
    says how much of each tag's logit makes up each label's: what people tagged "rnb" in one
    collection and "soul" in the other can be one label here.

    Args:
        tags: number of tags of each network.
        classes: number of labels.
    """

    bands = MusicnnTrunk.bands

    def __init__(self, tags: Sequence[int], classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.tags = list(tags)
        self.trunk = nn.ModuleList(MusicnnTrunk() for _ in tags)
        self.reader = nn.ModuleList(TagReader(count) for count in tags)
        self.register_buffer("mix", torch.zeros(classes, sum(tags)))
        self.mix: Tensor

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`."""
        return [trunk for trunk in self.trunk if isinstance(trunk, Trunk)]

    def tag_logits(self, embedding: Tensor) -> Tensor:
        """Shape (batch, 1506 * networks) to the logits of all tags, (batch, sum of tags)."""
        parts = torch.split(embedding, MusicnnTrunk.embedding_size, dim=1)
        logits = [read(part) for read, part in zip(self.reader, parts, strict=True)]
        return torch.cat(logits, dim=1)

    def head(self, embedding: Tensor) -> Tensor:
        """Shape (batch, 1506 * networks) to logits (batch, classes)."""
        return self.tag_logits(embedding) @ self.mix.T

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        return {"tags": self.tags, "classes": self.classes}
