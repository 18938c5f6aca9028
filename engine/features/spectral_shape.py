"""Numbers that describe the shape of a spectrum: centroid and contrast."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Padding
from engine.features.spectrum import Spectral, above_floor, decibels, magnitude


class SpectralCentroid(Spectral):
    """Mean frequency in Hz, weighted by magnitude; 0 for silence. One band."""

    def __init__(
        self,
        *,
        rate_hz: int,
        n_fft: int = 2048,
        hop_length: int = 512,
        center: bool = True,
        padding: Padding = "constant",
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center, padding)
        self.bands = 1
        hz = torch.linspace(0.0, rate_hz / 2, self.bins)
        self.register_buffer("frequencies", hz, persistent=False)
        self.frequencies: Tensor

    def from_power(self, power: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        weight = magnitude(power)
        total = weight.sum(1, keepdim=True)
        heard = total > 2e-15 * self.bins  # magnitudes are 1e-15 at least
        return torch.where(heard, (weight @ self.frequencies[:, None]) / total, 0.0)


class SpectralContrast(Spectral):
    """Peak over valley in dB, in octave bands.

    After Jiang et al., "Music type classification by spectral contrast feature" (2002): the mean of
    the largest and of the smallest magnitudes of each octave, ``octaves + 1`` bands.

    Args:
        rate_hz: sample rate.
        n_fft: frame length.
        hop_length: samples between frames.
        octaves: number of octaves above ``low_hz``; what lies below it is a band of its own.
        low_hz: upper edge of the lowest band.
        quantile: share of an octave's bins that counts as peak and as valley.
        top_db: floor in dB under the clip's loudest peak, and valley; makes it clip-wide.
        center: see :class:`Feature`.
        padding: see :class:`Feature`.
    """

    precise = True

    def __init__(
        self,
        *,
        rate_hz: int,
        n_fft: int = 2048,
        hop_length: int = 512,
        octaves: int = 6,
        low_hz: float = 200.0,
        quantile: float = 0.02,
        top_db: float | None = None,
        center: bool = True,
        padding: Padding = "constant",
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center, padding)
        self.bands = octaves + 1
        self.clip_wide = top_db is not None
        self._chosen = {
            "octaves": octaves,
            "low_hz": low_hz,
            "quantile": quantile,
            "top_db": top_db,
        }
        if low_hz * 2.0 ** (octaves - 1) >= rate_hz / 2:
            raise ModelError("Spectral contrast: its highest octave begins over half the rate.")
        self._ranges = _octave_bins(rate_hz, n_fft, octaves, low_hz, quantile)

    def from_power(self, power: Tensor) -> Tensor:
        """Peaks and valleys: shape (frames, bins) to (frames, 2 * bands)."""
        values = magnitude(power)
        peaks, valleys = [], []
        for first, last, count in self._ranges:
            ordered = values[:, first:last].sort(dim=1).values
            valleys.append(ordered[:, :count].mean(1))
            peaks.append(ordered[:, -count:].mean(1))
        return decibels(torch.stack(peaks + valleys, dim=1))

    def whole(self, features: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        peaks, valleys = features.chunk(2, dim=1)
        return above_floor(peaks, self._chosen["top_db"]) - above_floor(
            valleys, self._chosen["top_db"]
        )

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return super().arguments() | self._chosen


def _octave_bins(
    rate_hz: int, n_fft: int, octaves: int, low_hz: float, quantile: float
) -> list[tuple[int, int, int]]:
    """First bin, end bin, and bins that make a peak or valley, of each band.

    A band borrows the bin below it, and gives its own highest bin to none: as librosa has it, so
    that the figures can be compared.
    """
    hz = np.linspace(0.0, rate_hz / 2, 1 + n_fft // 2)
    edges = [0.0, *(low_hz * 2.0**octave for octave in range(octaves + 1))]
    ranges = []
    for band in range(octaves + 1):
        inside = np.flatnonzero((hz >= edges[band]) & (hz <= edges[band + 1]))
        if len(inside) == 0:
            raise ModelError("Spectral contrast: the frame is too short for its lowest octave.")
        first = int(inside[0]) - (1 if band else 0)
        end = len(hz) if band == octaves else int(inside[-1]) + 1
        count = max(1, round(quantile * (end - first)))
        ranges.append((first, end if band == octaves else end - 1, count))
    return ranges
