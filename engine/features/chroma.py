"""Chroma: how strong each pitch class is."""

from typing import Any

import torch
from torch import Tensor

from engine.features.spectrum import Spectral
from engine.filters import chroma_bank


class Chroma(Spectral):
    """Power by pitch class, C first, each frame scaled so that its strongest class is 1.

    Args:
        rate_hz: sample rate.
        n_fft: frame length.
        hop_length: samples between frames.
        tuning: deviation from A440 in fractions of a semitone.
        center: see :class:`Feature`.
    """

    def __init__(
        self,
        *,
        rate_hz: int,
        n_fft: int = 2048,
        hop_length: int = 512,
        tuning: float = 0.0,
        center: bool = True,
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center)
        self.bands = 12
        self._tuning = tuning
        bank = torch.from_numpy(chroma_bank(rate_hz, n_fft, tuning=tuning))
        self.register_buffer("bank", bank.float().T.contiguous(), persistent=False)
        self.bank: Tensor

    def from_power(self, power: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        classes = power @ self.bank
        strongest = classes.amax(1, keepdim=True)
        # A silent frame stays 0 rather than becoming noise.
        return classes / torch.where(strongest < 1e-30, 1.0, strongest)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return super().arguments() | {"tuning": self._tuning}
