"""A music tagger's trunk and a small network of its own, heard side by side."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.base import Network, Trunk
from engine.networks.derived import Derived
from engine.networks.folded import folded, in_equal_batches
from engine.networks.mobile import MobileTrunk
from engine.networks.musicnn.levelled import FLOOR, LevelledMusicnnTrunk, powers
from engine.networks.musicnn.trunk import MusicnnTrunk, piecemeal


def decibels(features: Tensor) -> Tensor:
    """10 log10 of the power, at least -100 dB, from musicnn's features; shape kept."""
    return 10 * torch.log10(powers(features).clamp(min=FLOOR))


class DecibelMobileTrunk(MobileTrunk):
    """A mobile trunk that takes musicnn's features."""

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`; always so many at once on a CPU that is not training.

        So how many windows there are changes no bit. Dropout may be on without training, to see
        what it does.
        """
        heard = decibels(features)
        if not piecemeal(heard):
            return self.hear(heard)
        if self.training or self.drop.training:
            return torch.cat([self.hear(one) for one in torch.split(heard, 1)])
        return in_equal_batches(_folded.of(self).hear, heard)

    def hear(self, features: Tensor) -> Tensor:
        """As :meth:`forward`, from features that are in decibels already."""
        return super().forward(features)


_folded: Derived[DecibelMobileTrunk, DecibelMobileTrunk] = Derived(folded)


class MusicnnMobile(Network):
    """One linear output on the musicnn trunk and a mobile trunk beside it.

    The first brings what it knows of recorded music, the second what it was taught for the task.

    Args:
        frames: frames of a window, of musicnn's features (96 bands, 16 kHz, hop 256).
        classes: logits.
        width: share of MobileNetV3-Large's channels in the mobile trunk.
        hidden: numbers of the mobile trunk's embedding.
        dropout: of that embedding.
        second: a second mobile trunk, beside the first.
        singers: let those pass too who sing alone, whom a gate of music takes for speakers: read is
            by how much their logit is over the gate's, and presence is that of either.
    """

    bands = MusicnnTrunk.bands

    def __init__(
        self,
        *,
        frames: int,
        classes: int,
        width: float = 0.35,
        hidden: int = 256,
        dropout: float = 0.2,
        second: bool = False,
        singers: bool = False,
    ) -> None:
        super().__init__()
        if classes < 1:
            raise ModelError("A network needs at least one class.")
        self.classes = classes
        self._chosen: dict[str, Any] = {
            "frames": frames,
            "width": width,
            "hidden": hidden,
            "dropout": dropout,
        }
        if second:
            self._chosen["second"] = True
        if singers:
            self._chosen["singers"] = True
        self.music = LevelledMusicnnTrunk()
        own = (self.bands, frames, width, hidden, dropout)
        self.mobile = DecibelMobileTrunk(*own, relative=True)
        self.second = DecibelMobileTrunk(*own, relative=True) if second else None
        size = self.music.embedding_size + hidden * (2 if second else 1)
        self.output = nn.Linear(size, classes)
        self.singers = nn.Linear(size, 1) if singers else None

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`."""
        both: list[Trunk] = [self.music, self.mobile]
        return both if self.second is None else [*both, self.second]

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        logits: Tensor = self.output(embedding)
        return logits

    def presence(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`: the logit of either is log(exp(gate) + exp(singers))."""
        if self.singers is None:
            return super().presence(embedding)
        return functional.softplus(self.singers(embedding)[:, 0])

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        return {"classes": self.classes} | self._chosen
