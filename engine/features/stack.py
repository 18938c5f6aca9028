"""Several features of one waveform, one above the other."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.features.base import Feature


class Stack(Feature):
    """Joins features along their bands.

    Args:
        parts: features with one rate, hop and centring. Without centring they need one frame length
            too, or their frames would not look at the same moments.
    """

    def __init__(self, parts: Sequence[Feature]) -> None:
        super().__init__()
        if not parts:
            raise ModelError("A stack needs at least one feature.")
        first = parts[0]
        for part in parts[1:]:
            if _grid(part) != _grid(first):
                raise ModelError(
                    "Stacked features need the same rate, frame length, hop and centring."
                )
        self.parts = nn.ModuleList(parts)
        self.rate_hz, self.hop_length, self.center = first.rate_hz, first.hop_length, first.center
        self.frame_length, self.padding = first.frame_length, first.padding
        self.bands = sum(part.bands for part in parts)
        self.clip_wide = any(part.clip_wide for part in parts)

    @property
    def features(self) -> list[Feature]:
        """The parts, typed."""
        return [part for part in self.parts if isinstance(part, Feature)]

    @property
    def local(self) -> bool:
        """True when every part is."""
        return all(part.local for part in self.features)

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        return torch.cat([part.frames(waveform) for part in self.features], dim=1)

    def arguments(self) -> dict[str, Any]:
        """None of its own: the parts aside."""
        return {}


def _grid(part: Feature) -> tuple[object, ...]:
    """What has to be equal for frames to look at the same moments."""
    return part.rate_hz, part.hop_length, part.center, part.padding, part.frame_length
