"""Log-mel spectrogram."""

import math
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.arguments import check_bank
from engine.errors import ModelError
from engine.features.base import Padding
from engine.features.spectrum import Spectral, above_floor, decibels
from engine.filters import mel_bank

_BANDS_AT_ONCE = 16


class LogMel(Spectral):
    """Power in mel bands on a logarithmic scale.

    Mel filters have unit area and Slaney's scale unless ``htk`` is set.

    Args:
        rate_hz: sample rate.
        n_fft: frame length.
        hop_length: samples between frames.
        n_mels: bands.
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest, None: half the rate.
        htk: use the HTK mel scale.
        log: ``"db"``: 10 log10(power), at least -100 dB; ``"compress"``: log10(1 + 10000 power),
            which is 0 for silence, as the musicnn networks take it.
        top_db: floor under the clip's loudest value in dB; makes the feature clip-wide.
        center: see :class:`Feature`.
        padding: see :class:`Feature`.
    """

    def __init__(
        self,
        *,
        rate_hz: int,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        low_hz: float = 0.0,
        high_hz: float | None = None,
        htk: bool = False,
        log: Literal["db", "compress"] = "db",
        top_db: float | None = None,
        center: bool = True,
        padding: Padding = "constant",
    ) -> None:
        super().__init__(rate_hz, n_fft, hop_length, center, padding)
        if log not in ("db", "compress"):
            raise ModelError(f"A log-mel spectrogram's log is 'db' or 'compress', not {log!r}.")
        highest = rate_hz / 2 if high_hz is None else high_hz
        if not 0 <= low_hz < highest <= rate_hz / 2:
            raise ModelError(f"Mel bands must lie between 0 and {rate_hz / 2:g} Hz.")
        check_bank(n_mels, self.bins)
        self.bands = n_mels
        self.clip_wide = top_db is not None
        self._chosen = {
            "n_mels": n_mels,
            "low_hz": low_hz,
            "high_hz": high_hz,
            "htk": htk,
            "log": log,
            "top_db": top_db,
        }
        self._log, self._top_db = log, top_db
        self._bins: list[tuple[int, int]] = []
        self._keep(mel_bank(rate_hz, n_fft, n_mels, low_hz, highest, htk=htk))

    def _keep(self, bank: NDArray[np.float64]) -> None:
        """Keep the bank, shape (mels, bins), as blocks of neighbouring bands.

        Triangles are narrow: block by block, the product costs a small part of that with the whole
        bank, nearly all of which is zeros.
        """
        for block in range(0, len(bank), _BANDS_AT_ONCE):
            rows = bank[block : block + _BANDS_AT_ONCE]
            used = np.flatnonzero(rows.sum(axis=0))
            first, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
            # Each bin twice: its squared real and imaginary parts are summed by the product.
            both = rows[:, first:end].T.repeat(2, axis=0).astype(np.float32)
            piece = torch.from_numpy(np.ascontiguousarray(both))
            self.register_buffer(f"bank_{len(self._bins)}", piece, persistent=False)
            self._bins.append((2 * first, 2 * end))

    def from_squares(self, squares: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        mel = torch.cat(
            [
                squares[:, first:end] @ self.get_buffer(f"bank_{index}")
                for index, (first, end) in enumerate(self._bins)
            ],
            dim=1,
        )
        if self._log == "db":
            return decibels(mel)
        return torch.log1p(10_000.0 * mel) / math.log(10)  # keeps what is far below 1 / 10000

    def whole(self, features: Tensor) -> Tensor:
        """See :class:`Spectral`."""
        return above_floor(features, self._top_db)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return super().arguments() | self._chosen
