"""The short-time Fourier transform, and the two features that are little more."""

from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature, Padding

# Frames transformed at once: their spectra stay in the processor's cache.
_CHUNK_FRAMES = 384


class Spectral(Feature):
    """Base of all that starts from the power spectrum of Hann-windowed frames.

    Args:
        rate_hz: sample rate.
        n_fft: frame length in samples.
        hop_length: samples between frames.
        center: see :class:`Feature`.
        padding: see :class:`Feature`.

    Attributes:
        precise: compute in float64: for what looks at the weakest bins of a frame, which the
            rounding of a float32 transform buries 140 dB under the strongest.
    """

    precise = False

    def __init__(
        self,
        rate_hz: int,
        n_fft: int,
        hop_length: int,
        center: bool,
        padding: Padding = "constant",
    ) -> None:
        super().__init__()
        if n_fft < 2 or hop_length < 1:
            raise ModelError("A frame needs at least 2 samples and a hop of at least 1.")
        self.rate_hz = rate_hz
        self.frame_length = n_fft
        self.hop_length = hop_length
        if padding not in ("constant", "reflect"):
            raise ModelError(f"A waveform is padded by 'constant' or 'reflect', not {padding!r}.")
        self.center = center
        self.padding = padding
        window = torch.hann_window(n_fft, periodic=True, dtype=torch.float64)
        self.register_buffer("window", window.float(), persistent=False)
        self.window: Tensor
        # Not a buffer: it stays in float64 where the module is moved to.
        self._precise_window = window

    @property
    def bins(self) -> int:
        """Bins of the spectrum, 0 Hz and the Nyquist frequency included."""
        return 1 + self.frame_length // 2

    def frames(self, waveform: Tensor) -> Tensor:
        """See :meth:`Feature.frames`."""
        cut = waveform.unfold(-1, self.frame_length, self.hop_length)
        batch, count = cut.shape[:2]
        clips_at_once = max(1, _CHUNK_FRAMES // count)
        parts = [
            self._rows(frames)
            for clips in torch.split(cut, clips_at_once)
            for frames in torch.split(clips, _CHUNK_FRAMES, dim=1)
        ]
        rows = parts[0] if len(parts) == 1 else torch.cat(parts)
        return self.whole(rows.view(batch, count, -1).transpose(1, 2))

    def _rows(self, frames: Tensor) -> Tensor:
        """Bands of overlapping frames, (clips, frames, frame_length): a row each."""
        window = self.window
        if self.precise and frames.device.type != "mps":  # which has no float64
            frames, window = frames.double(), self._precise_window.to(frames.device)
        spectra = torch.fft.rfft((frames * window).flatten(0, 1))
        pairs = torch.view_as_real(spectra)
        # In place where no gradient needs them: memory is what many frames wait for.
        squares = (pairs.square() if torch.is_grad_enabled() else pairs.square_()).flatten(1)
        return self.from_squares(squares).to(self.window.dtype)

    def from_squares(self, squares: Tensor) -> Tensor:
        """What becomes of each frame's squared real and imaginary parts, which lie in turns.

        Shape (frames, 2 * bins) to (frames, bands).
        """
        return self.from_power(squares[:, 0::2] + squares[:, 1::2])

    def from_power(self, power: Tensor) -> Tensor:
        """What becomes of each frame's power: shape (frames, bins) to (frames, bands)."""
        raise NotImplementedError

    def whole(self, features: Tensor) -> Tensor:
        """What is done to the clip as a whole: shape (batch, bands, frames), kept."""
        return features

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {
            "rate_hz": self.rate_hz,
            "n_fft": self.frame_length,
            "hop_length": self.hop_length,
            "center": self.center,
        } | ({} if self.padding == "constant" else {"padding": self.padding})


class Stft(Spectral):
    """Magnitude of the short-time Fourier transform: ``1 + n_fft // 2`` bands."""

    def __init__(
        self, *, rate_hz: int, n_fft: int = 2048, hop_length: int = 512, center: bool = True
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center)
        self.bands = self.bins

    def from_power(self, power: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        return magnitude(power)


class PowerSpectrogram(Spectral):
    """Squared magnitude of the short-time Fourier transform: ``1 + n_fft // 2`` bands."""

    def __init__(
        self, *, rate_hz: int, n_fft: int = 2048, hop_length: int = 512, center: bool = True
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center)
        self.bands = self.bins

    def from_power(self, power: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        return power


def magnitude(power: Tensor) -> Tensor:
    """Square root of the power, with a gradient of 0 rather than infinity at silence."""
    return power.clamp(min=1e-30).sqrt()


def decibels(power: Tensor, smallest: float = 1e-10) -> Tensor:
    """Power to dB re 1, not below ``10 * log10(smallest)``."""
    return 10.0 * power.clamp(min=smallest).log10()


def above_floor(features: Tensor, top_db: float | None) -> Tensor:
    """Raise what lies more than ``top_db`` under each clip's loudest value to that floor."""
    if top_db is None or features.shape[-1] == 0:
        return features
    return features.maximum(features.amax(dim=(1, 2), keepdim=True) - top_db)
