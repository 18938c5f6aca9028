"""Power by pitch: one band for each semitone, or finer."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.arguments import check_bank
from engine.errors import ModelError
from engine.features.spectrum import Spectral, decibels


class Pitch(Spectral):
    """Power in bands of equal width in pitch, in dB, at least -100.

    Bands as in the constant-Q transform of J. C. Brown (1991), but from one Fourier transform of
    fixed length: a transposed piece is the same picture moved up or down.

    Args:
        rate_hz: sample rate.
        n_fft: frame length; semitones down to 90 Hz need about 0.4 s.
        hop_length: samples between frames.
        lowest: MIDI number of the lowest note, 69 being 440 Hz.
        highest: MIDI number of the highest.
        per_semitone: bands of a semitone.
        center: see :class:`Feature`.
    """

    def __init__(
        self,
        *,
        rate_hz: int,
        n_fft: int = 8192,
        hop_length: int = 2048,
        lowest: int = 36,
        highest: int = 96,
        per_semitone: int = 1,
        center: bool = True,
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center)
        if not 0 <= lowest < highest or per_semitone < 1 or _hz(highest + 1) > rate_hz / 2:
            raise ModelError(
                "Pitches go up from the lowest to the highest, which stays under half the rate."
            )
        self._chosen = {"lowest": lowest, "highest": highest, "per_semitone": per_semitone}
        check_bank((highest - lowest + 1) * per_semitone, self.bins)
        bank = pitch_bank(rate_hz, n_fft, lowest, highest, per_semitone)
        self.bands = len(bank)
        self.register_buffer("bank", torch.from_numpy(bank.T.copy()).float(), persistent=False)
        self.bank: Tensor

    def from_power(self, power: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        return decibels(power @ self.bank)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return super().arguments() | self._chosen


def _hz(note: float) -> float:
    return 440.0 * float(2.0 ** ((note - 69.0) / 12.0))


def pitch_bank(
    rate_hz: int, n_fft: int, lowest: int, highest: int, per_semitone: int
) -> NDArray[np.float64]:
    """Triangles over pitch, scaled so that a full-scale sine is near 1 whatever the FFT's length.

    A triangle reaches to the centres of its neighbours, or one bin where bins are wider.

    Returns:
        float64, shape ((highest - lowest + 1) * per_semitone, 1 + n_fft // 2).
    """
    count = (highest - lowest + 1) * per_semitone
    centres = _hz(lowest) * 2.0 ** (np.arange(count) / (12.0 * per_semitone))
    bin_hz = rate_hz / n_fft
    bins = np.arange(1 + n_fft // 2) * bin_hz
    half = np.maximum(centres * (2.0 ** (1 / (12.0 * per_semitone)) - 1.0), bin_hz)
    bank = np.maximum(0.0, 1.0 - np.abs(bins[None, :] - centres[:, None]) / half[:, None])
    # A sine of amplitude 1 has n_fft / 4 in its strongest bin under a Hann window.
    return np.asarray(bank * (4.0 / n_fft) ** 2)
