"""The samples themselves, plain or as one of sixteen levels."""

from typing import Any, Literal

import torch
import torch.nn.functional as functional
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature

LEVELS = 16
_ROUNDING = 1e-5


class Waveform(Feature):
    """The waveform as a feature of one band and a frame a sample.

    Args:
        rate_hz: sample rate.
        full_scale: the value of full scale; 32768 gives the integers of a 16-bit file.
    """

    bands = 1
    frame_length = 1
    hop_length = 1
    center = False

    def __init__(self, *, rate_hz: int, full_scale: float = 1.0) -> None:
        super().__init__()
        if not full_scale > 0:
            raise ModelError("The value of full scale must be above 0, such as 1 or 32768.")
        self.rate_hz = rate_hz
        self._full_scale = float(full_scale)

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        return waveform[:, None] * self._full_scale

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {"rate_hz": self.rate_hz, "full_scale": self._full_scale}


class OneHot(Waveform):
    """Samples quantised to 4 bits, one band a level, as EpyNN's author_music has it.

    A clip of equal samples takes the lowest level when each clip is scaled.

    Args:
        rate_hz: sample rate.
        scaling: ``"clip"``: each clip's own minimum and maximum become 0 and 1, so a frame depends
            on all of it; ``"full"``: full scale, -1 to 1, does.
        rounding: ``"down"``: sixteen steps of one width; ``"up"``: ``ceil(15 x)``, which is what
            EpyNN's ``numpy.digitize`` gives: the lowest level is the very minimum alone.
    """

    bands = LEVELS

    def __init__(
        self,
        *,
        rate_hz: int,
        scaling: Literal["clip", "full"] = "clip",
        rounding: Literal["down", "up"] = "down",
    ) -> None:
        super().__init__(rate_hz=rate_hz)
        if rounding not in ("down", "up"):
            raise ModelError(f"One-hot levels are rounded 'down' or 'up', not {rounding!r}.")
        self._rounding = rounding
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
        if self._rounding == "up":
            # 16 bits are 0.0002 apart here; what rounding adds must not reach the next level.
            level = (unit * (LEVELS - 1) - _ROUNDING).ceil().long().clamp(0, LEVELS - 1)
        else:
            level = (unit * LEVELS).long().clamp(0, LEVELS - 1)
        return functional.one_hot(level, LEVELS).transpose(1, 2).to(waveform.dtype)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {"rate_hz": self.rate_hz, "scaling": self._scaling, "rounding": self._rounding}
