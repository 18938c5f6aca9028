"""A music tagger's trunk and a small network of its own, heard side by side."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.base import Network, Sliding, Trunk, WindowByWindow
from engine.networks.mobile import MobileTrunk
from engine.networks.musicnn import MusicnnTrunk, piecemeal

_SCALE = 1e4  # of musicnn's features, log10(1 + 10000 power)
_LEVEL = 0.5  # mean power of a mel band in music as loud as musicnn learned from
_MOST_GAIN = 1e5
_FLOOR = 1e-10


def powers(features: Tensor) -> Tensor:
    """Mel powers, at least 0, from musicnn's features; shape kept."""
    return torch.expm1(features * math.log(10)).clamp(min=0) / _SCALE


def levelled(features: Tensor) -> Tensor:
    """Features of the same windows at the level of mastered music.

    musicnn's logarithm is none for what is quiet: without this a microphone far away changes
    what it hears. Amplifies by 50 dB at most, so that silence stays silence.

    Args:
        features: musicnn's, shape (batch, 96, frames).
    """
    power = powers(features)
    gain = (_LEVEL / power.mean((1, 2), keepdim=True).clamp(min=_FLOOR)).clamp(max=_MOST_GAIN)
    return torch.log1p(_SCALE * gain * power) / math.log(10)


def decibels(features: Tensor) -> Tensor:
    """10 log10 of the power, at least -100 dB, from musicnn's features; shape kept."""
    return 10 * torch.log10(powers(features).clamp(min=_FLOOR))


class LevelledMusicnnTrunk(MusicnnTrunk):
    """musicnn's trunk on windows that were brought to one level first."""

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`."""
        return super().forward(levelled(features))

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """See :meth:`Trunk.sliding`; each window has its own gain, so that none share answers."""
        return WindowByWindow(self, window_frames, hop_frames)


class DecibelMobileTrunk(MobileTrunk):
    """A mobile trunk that takes musicnn's features."""

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`; window by window on a CPU: how many there are changes no bit."""
        heard = decibels(features)
        if not piecemeal(heard):
            return self.hear(heard)
        return torch.cat([self.hear(one) for one in torch.split(heard, 1)])

    def hear(self, features: Tensor) -> Tensor:
        """As :meth:`forward`, from features that are in decibels already."""
        return super().forward(features)


class MusicnnMobile(Network):
    """One linear output on the musicnn trunk and a mobile trunk beside it.

    The first brings what it knows of recorded music, the second what it was taught for the task.

    Args:
        frames: frames of a window, of musicnn's features (96 bands, 16 kHz, hop 256).
        classes: logits.
        width: share of MobileNetV3-Large's channels in the mobile trunk.
        hidden: numbers of the mobile trunk's embedding.
        dropout: of that embedding.
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
    ) -> None:
        super().__init__()
        if classes < 1:
            raise ModelError("A network needs at least one class.")
        self.classes = classes
        self._chosen = {"frames": frames, "width": width, "hidden": hidden, "dropout": dropout}
        self.music = LevelledMusicnnTrunk()
        self.mobile = DecibelMobileTrunk(self.bands, frames, width, hidden, dropout, relative=True)
        self.output = nn.Linear(self.music.embedding_size + hidden, classes)

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`."""
        return [self.music, self.mobile]

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        logits: Tensor = self.output(embedding)
        return logits

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        return {"classes": self.classes} | self._chosen
