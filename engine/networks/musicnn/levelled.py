"""musicnn's trunk on windows that were brought to one level first."""

import math

import torch
from torch import Tensor

from engine.networks.base import Sliding, WindowByWindow
from engine.networks.musicnn.trunk import MusicnnTrunk

_SCALE = 1e4  # of musicnn's features, log10(1 + 10000 power)
_LEVEL = 0.5  # mean power of a mel band in music as loud as musicnn learned from
_MOST_GAIN = 1e5
FLOOR = 1e-10


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
    gain = (_LEVEL / power.mean((1, 2), keepdim=True).clamp(min=FLOOR)).clamp(max=_MOST_GAIN)
    return torch.log1p(_SCALE * gain * power) / math.log(10)


class LevelledMusicnnTrunk(MusicnnTrunk):
    """musicnn's trunk on windows that were brought to one level first."""

    def forward(self, features: Tensor) -> Tensor:
        """See :class:`Trunk`."""
        return super().forward(levelled(features))

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """See :meth:`Trunk.sliding`; each window has its own gain, so that none share answers."""
        return WindowByWindow(self, window_frames, hop_frames)
