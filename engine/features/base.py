"""Base class of all features: a module from waveform to frames."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch.nn.functional as functional
from torch import Tensor, nn

from engine.errors import ModelError

Padding = Literal["constant", "reflect"]


class Feature(nn.Module, ABC):
    """Turns waveforms into frames; windows, filter banks and statistics are its buffers.

    Attributes:
        rate_hz: sample rate in Hz of the waveforms it takes.
        bands: rows of its output.
        frame_length: samples that one frame looks at.
        hop_length: samples from the start of one frame to the start of the next.
        center: whether frame k is centred on sample ``k * hop_length`` (the waveform is padded
            by half a frame on both sides) or starts there.
        padding: with what it is padded: zeros, or its own reflection, which can't be streamed.
        clip_wide: whether a frame depends on the whole clip (a floor under its loudest frame, a
            scaling to its range); such a feature cannot be streamed.
    """

    rate_hz: int
    bands: int
    frame_length: int
    hop_length: int
    center: bool
    padding: Padding = "constant"
    clip_wide: bool = False

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the frames.

        Args:
            waveform: float32, shape (batch, samples), full scale [-1, 1].

        Returns:
            float32, shape (batch, bands, frames); no frames when it is shorter than one.

        Raises:
            ModelError: it is too short to be reflected.
        """
        if self.center:
            half = self.frame_length // 2
            if self.padding == "reflect" and waveform.shape[-1] <= half:
                raise ModelError(f"Reflection by {half} samples needs a longer waveform.")
            waveform = functional.pad(waveform, (half, half), mode=self.padding)
        if waveform.shape[-1] < self.frame_length:
            return waveform.new_zeros(waveform.shape[0], self.bands, 0)
        return self.frames(waveform)

    @abstractmethod
    def frames(self, waveform: Tensor) -> Tensor:
        """The frames that lie wholly inside the waveform, of at least one frame's length.

        Shape (batch, samples) to (batch, bands, 1 + (samples - frame_length) // hop_length).
        """

    @property
    def local(self) -> bool:
        """True when frame k depends on samples from ``k * hop_length`` on and on nothing else.

        Only then can windows that overlap share frames.
        """
        return not (self.center or self.clip_wide)

    def frame_count(self, samples: int) -> int:
        """Frames that a waveform of this many samples gives."""
        if self.center:
            samples += 2 * (self.frame_length // 2)
        return max(0, 1 + (samples - self.frame_length) // self.hop_length)

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: what ``build_feature`` needs to remake it."""
