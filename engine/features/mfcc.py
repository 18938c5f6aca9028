"""Mel-frequency cepstral coefficients."""

from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Padding
from engine.features.log_mel import LogMel
from engine.filters import cosine_transform


class Mfcc(LogMel):
    """The first coefficients of the orthonormal DCT-II of the log-mel spectrum in dB.

    After Davis & Mermelstein (1980). Arguments as :class:`LogMel`, and ``n_mfcc``, 1 to ``n_mels``.
    """

    def __init__(
        self,
        *,
        rate_hz: int,
        n_mfcc: int = 20,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        low_hz: float = 0.0,
        high_hz: float | None = None,
        htk: bool = False,
        top_db: float | None = None,
        center: bool = True,
        padding: Padding = "constant",
    ) -> None:
        super().__init__(
            rate_hz=rate_hz,
            n_fft=n_fft,
            hop_length=hop_length,
            n_mels=n_mels,
            low_hz=low_hz,
            high_hz=high_hz,
            htk=htk,
            top_db=top_db,
            center=center,
            padding=padding,
        )
        if not 1 <= n_mfcc <= n_mels:
            raise ModelError(f"MFCCs come from {n_mels} mel bands: ask for 1 to {n_mels} of them.")
        self.bands = n_mfcc
        transform = torch.from_numpy(cosine_transform(n_mfcc, n_mels))
        self.register_buffer("transform", transform.float().T.contiguous(), persistent=False)
        self.transform: Tensor

    def from_squares(self, squares: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        mel = super().from_squares(squares)
        # With a floor under the loudest of the clip, the transform has to wait for all of it.
        return mel if self.clip_wide else mel @ self.transform

    def whole(self, features: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        if not self.clip_wide:
            return features
        mel = super().whole(features)
        return (mel.transpose(1, 2) @ self.transform).transpose(1, 2)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        arguments = super().arguments() | {"n_mfcc": self.bands}
        del arguments["log"]
        return arguments
