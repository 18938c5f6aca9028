"""What every feature is: a module from waveform to frames."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn


class Feature(nn.Module, ABC):
    """Turns waveforms into frames; windows, filter banks and statistics are its buffers.

    Attributes:
        rate_hz: sample rate in Hz of the waveforms it takes.
        bands: rows of its output.
        frame_length: samples that one frame looks at.
        hop_length: samples from the start of one frame to the start of the next.
        center: whether frame k is centred on sample ``k * hop_length`` (the waveform is padded
            with zeros by half a frame on both sides) or starts there.
    """

    rate_hz: int
    bands: int
    frame_length: int
    hop_length: int
    center: bool

    @abstractmethod
    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the frames.

        Args:
            waveform: float32, shape (batch, samples), full scale [-1, 1].

        Returns:
            float32, shape (batch, bands, frames).
        """

    @property
    def local(self) -> bool:
        """True when a frame depends on nothing but its own ``frame_length`` samples.

        Only then can windows that overlap share frames. A centred feature, or one that is
        normalised over the whole clip, is not local.
        """
        return not self.center

    def frame_count(self, samples: int) -> int:
        """Frames that a waveform of this many samples gives."""
        if self.center:
            return 1 + samples // self.hop_length
        return max(0, 1 + (samples - self.frame_length) // self.hop_length)

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: what ``build_feature`` needs to remake it."""
