"""Features that came finished in a file: Earmark cannot compute them from a sound."""

from typing import Any

from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature

_MOST = 60_000_000


class Given(Feature):
    """Stands in a classifier for the features of others that it was trained on.

    It takes their numbers in place of a waveform, band by band, so that such a classifier is a
    file as any other; nothing gives it a sound.

    Args:
        rate_hz: as the recipe has it; it means nothing.
        bands: rows of the features.
        frames: frames of an example.
    """

    center = False
    clip_wide = True

    def __init__(self, *, rate_hz: int, bands: int, frames: int) -> None:
        super().__init__()
        if not (bands >= 1 and frames >= 1 and bands * frames <= _MOST):
            raise ModelError("Given features need at least one band and one frame.")
        self.rate_hz, self.bands, self._frames = rate_hz, bands, frames
        self.frame_length = self.hop_length = bands * frames

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`; of the first example's numbers."""
        example = waveform[:, : self.frame_length]
        return example.reshape(len(waveform), self.bands, self._frames)

    def frame_count(self, samples: int) -> int:
        """See :class:`Feature`."""
        return self._frames if samples >= self.frame_length else 0

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {"rate_hz": self.rate_hz, "bands": self.bands, "frames": self._frames}
