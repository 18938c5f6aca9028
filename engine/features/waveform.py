"""The samples themselves, plain or as one of sixteen levels."""

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from engine.features.base import Feature

LEVELS = 16


class Waveform(Feature):
    """The waveform as a feature of one band and a frame a sample."""

    bands = 1
    frame_length = 1
    hop_length = 1
    center = False

    def __init__(self, *, rate_hz: int) -> None:
        super().__init__()
        self.rate_hz = rate_hz

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        return waveform[:, None]

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {"rate_hz": self.rate_hz}


class OneHot(Waveform):
    """Samples quantised to 4 bits, one band a level, as EpyNN's author_music has it.

    Each clip is scaled to [0, 1] by its own minimum and maximum, so a frame depends on all of it.
    A clip of equal samples takes the lowest level.
    """

    bands = LEVELS
    clip_wide = True

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        lowest = waveform.amin(1, keepdim=True)
        span = waveform.amax(1, keepdim=True) - lowest
        unit = (waveform - lowest) / torch.where(span == 0, 1.0, span)
        level = (unit * LEVELS).long().clamp(max=LEVELS - 1)
        return functional.one_hot(level, LEVELS).transpose(1, 2).to(waveform.dtype)
