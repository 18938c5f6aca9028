"""The samples themselves, plain or as one of sixteen levels."""

from typing import Any, Literal

import torch
import torch.nn.functional as functional
from torch import Tensor

from engine.errors import ModelError
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

    A clip of equal samples takes the lowest level when each clip is scaled.

    Args:
        rate_hz: sample rate.
        scaling: ``"clip"``: each clip's own minimum and maximum become 0 and 1, so a frame depends
            on all of it; ``"full"``: full scale, -1 to 1, does.
    """

    bands = LEVELS

    def __init__(self, *, rate_hz: int, scaling: Literal["clip", "full"] = "clip") -> None:
        super().__init__(rate_hz=rate_hz)
        if scaling not in ("clip", "full"):
            raise ModelError(f"One-hot levels are scaled by 'clip' or 'full', not {scaling!r}.")
        self._scaling = scaling
        self.clip_wide = scaling == "clip"

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        if self._scaling == "full":
            unit = (waveform + 1) / 2
        else:
            lowest = waveform.amin(1, keepdim=True)
            span = waveform.amax(1, keepdim=True) - lowest
            unit = (waveform - lowest) / torch.where(span == 0, 1.0, span)
        level = (unit * LEVELS).long().clamp(0, LEVELS - 1)
        return functional.one_hot(level, LEVELS).transpose(1, 2).to(waveform.dtype)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {"rate_hz": self.rate_hz, "scaling": self._scaling}
