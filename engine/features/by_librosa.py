"""Features as courses computed them: by librosa itself, one clip at a time."""

from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature
from engine.features.mfcc import Mfcc
from engine.features.spectral_shape import SpectralCentroid, SpectralContrast
from engine.features.stack import Stack
from engine.librosa_loading import load_librosa

Array = NDArray[np.float32]

CALLS = ("mfcc", "spectral_centroid", "spectral_contrast")
PADDINGS = ("constant", "reflect", "edge", "symmetric", "wrap")
_CONTRASTS = 7  # bands of librosa's spectral contrast by default
_FLOOR_DB = 80.0  # librosa's own, under the clip's loudest
_MOST_SAMPLES = 1 << 17  # of a frame


class ByLibrosa(Feature):
    """What functions of ``librosa.feature`` give, one above the other, with their own defaults.

    This is for recipes as published, whose figures mean librosa's numbers: computed by numpy, on
    the CPU, of whole clips; no gradient passes through, ONNX can't express it, and it does not
    stream. What Earmark's own features say of the same clip is :meth:`own`'s.

    Args:
        rate_hz: sample rate.
        calls: functions of ``librosa.feature``: "mfcc", "spectral_centroid", "spectral_contrast".
        n_mfcc: coefficients of "mfcc".
        n_fft: frame length.
        hop_length: samples between frames.
        center: whether frames are centred on their samples.
        pad_mode: what lies outside the clip when they are, as numpy names it. librosa took
            "reflect" before its version 0.10, and takes "constant" (silence) since.
    """

    clip_wide = True

    def __init__(
        self,
        *,
        rate_hz: int,
        calls: list[str],
        n_mfcc: int = 20,
        n_fft: int = 2048,
        hop_length: int = 512,
        center: bool = True,
        pad_mode: str = "constant",
    ) -> None:
        super().__init__()
        unknown = [call for call in calls if call not in CALLS]
        if unknown or not calls:
            raise ModelError(f"Features by librosa are {', '.join(CALLS)}; asked for {calls}.")
        if pad_mode not in PADDINGS:
            raise ModelError(f"Clips are padded by {', '.join(PADDINGS)}, not {pad_mode!r}.")
        if not 16 <= n_fft <= _MOST_SAMPLES or hop_length < 1:
            raise ModelError(f"A frame has 16 to {_MOST_SAMPLES} samples and a hop of at least 1.")
        if not 1 <= n_mfcc <= 128:
            raise ModelError("MFCCs come from 128 mel bands: ask for 1 to 128 of them.")
        bands = {"mfcc": n_mfcc, "spectral_centroid": 1, "spectral_contrast": _CONTRASTS}
        self.rate_hz, self.frame_length, self.hop_length = rate_hz, n_fft, hop_length
        self.center = center
        self.bands = sum(bands[call] for call in calls)
        self._calls, self._n_mfcc, self._pad_mode = list(calls), n_mfcc, pad_mode

    def forward(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`; the result is on the waveform's device."""
        return self._of(waveform, center=self.center)

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        return self._of(waveform, center=False)

    def _of(self, waveform: Tensor, *, center: bool) -> Tensor:
        half = self.frame_length // 2 if center else 0
        if waveform.shape[0] == 0 or waveform.shape[1] + 2 * half < self.frame_length:
            count = self.frame_count(waveform.shape[1])
            return waveform.new_zeros(waveform.shape[0], self.bands, count)
        clips = waveform.detach().cpu().numpy()
        # librosa would fill it up as well, but warns of clips that are shorter than a frame.
        if half:
            clips = np.pad(clips, ((0, 0), (half, half)), mode=self._pad_mode)  # type: ignore[call-overload]
        librosa = load_librosa()
        shape = {"n_fft": self.frame_length, "hop_length": self.hop_length}
        spectra = np.abs(librosa.stft(clips, center=False, **shape))
        found = np.stack([self._clip(librosa, spectrum) for spectrum in spectra])
        return torch.from_numpy(found).to(waveform.device)

    def _clip(self, librosa: Any, spectrum: Array) -> Array:
        """Of one clip's magnitudes: floors in decibels lie under the loudest of each clip."""
        rows = []
        for call in self._calls:
            if call == "mfcc":
                mel = librosa.feature.melspectrogram(S=spectrum**2, sr=self.rate_hz)
                levels = librosa.power_to_db(mel)
                rows.append(librosa.feature.mfcc(S=levels, n_mfcc=self._n_mfcc))
            else:
                rows.append(getattr(librosa.feature, call)(S=spectrum, sr=self.rate_hz))
        return np.concatenate(rows).astype(np.float32)

    def own(self) -> Feature:
        """Earmark's own feature of the same settings: equal but for rounding.

        Clips can be padded by silence or by reflection only: of other paddings, frames at a clip's
        ends differ.
        """
        shape: dict[str, Any] = {
            "rate_hz": self.rate_hz,
            "n_fft": self.frame_length,
            "hop_length": self.hop_length,
            "center": self.center,
            "padding": "reflect" if self._pad_mode == "reflect" else "constant",
        }
        makes: dict[str, tuple[type[Feature], dict[str, Any]]] = {
            "mfcc": (Mfcc, {"n_mfcc": self._n_mfcc, "top_db": _FLOOR_DB}),
            "spectral_centroid": (SpectralCentroid, {}),
            "spectral_contrast": (SpectralContrast, {"top_db": _FLOOR_DB}),
        }
        parts = [make(**shape, **more) for make, more in map(makes.__getitem__, self._calls)]
        return parts[0] if len(parts) == 1 else Stack(parts)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Feature`."""
        return {
            "rate_hz": self.rate_hz,
            "calls": self._calls,
            "n_mfcc": self._n_mfcc,
            "n_fft": self.frame_length,
            "hop_length": self.hop_length,
            "center": self.center,
            "pad_mode": self._pad_mode,
        }


def library() -> str:
    """What computes them, as cards and caches name it: the library and its version."""
    return f"librosa {version('librosa')}"
