"""Note onsets by librosa: peaks of the spectral flux, traced back to their start."""

import numpy as np
from numpy.typing import NDArray

from engine.librosa_loading import load_librosa

Samples = NDArray[np.float32]
Places = NDArray[np.int64]


def onsets(samples: Samples, rate_hz: int) -> Places:
    """Find where notes begin, each traced back to where its rise began.

    Args:
        samples: float32, shape (n,).
        rate_hz: their rate in Hz.

    Returns:
        Samples, ascending, none twice, resolved to about 12 ms; the beginning if nothing is found.
    """
    # Frames of about 50 ms: an onset is found that much too early at most, at any rate.
    frame = 1 << max(6, round(float(np.log2(rate_hz / 22050))) + 10)
    if len(samples) < frame or not np.isfinite(samples).all():
        return np.zeros(1, dtype=np.int64)
    librosa = load_librosa()
    settings = {"sr": rate_hz, "hop_length": frame // 4}
    bands = max(8, min(128, frame // 16))  # more would lie empty between so few bins
    rise = librosa.onset.onset_strength(y=samples, n_fft=frame, n_mels=bands, **settings)
    found = librosa.onset.onset_detect(
        onset_envelope=rise, backtrack=True, units="samples", **settings
    )
    return np.unique(found).astype(np.int64) if len(found) else np.zeros(1, dtype=np.int64)
