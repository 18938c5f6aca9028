"""Filter banks: mel, chroma and the cosine transform, as plain arrays."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MEL_HZ = 200.0 / 3  # width of a mel below the break, in Hz
_MEL_BREAK_HZ = 1000.0
_MEL_BREAK = _MEL_BREAK_HZ / _MEL_HZ
_MEL_STEP = np.log(6.4) / 27.0  # above the break: logarithmic


def hz_to_mel(hz: Array | float, *, htk: bool = False) -> Array:
    """Hz to mel, after Slaney's Auditory Toolbox (1998) or, with ``htk``, O'Shaughnessy (1987)."""
    hz = np.asarray(hz, dtype=np.float64)
    if htk:
        return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0))
    above = _MEL_BREAK + np.log(np.maximum(hz, _MEL_BREAK_HZ) / _MEL_BREAK_HZ) / _MEL_STEP
    return np.where(hz < _MEL_BREAK_HZ, hz / _MEL_HZ, above)


def mel_to_hz(mel: Array | float, *, htk: bool = False) -> Array:
    """The inverse of :func:`hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if htk:
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    above = _MEL_BREAK_HZ * np.exp(_MEL_STEP * (np.maximum(mel, _MEL_BREAK) - _MEL_BREAK))
    return np.where(mel < _MEL_BREAK, mel * _MEL_HZ, above)


def mel_bank(
    rate_hz: int, n_fft: int, bands: int, low_hz: float, high_hz: float, *, htk: bool = False
) -> Array:
    """Triangles of unit area, equally spaced in mel, over the bins of an FFT.

    Returns:
        float64, shape (bands, 1 + n_fft // 2).
    """
    edges = mel_to_hz(
        np.linspace(hz_to_mel(low_hz, htk=htk), hz_to_mel(high_hz, htk=htk), bands + 2), htk=htk
    )
    bins = np.linspace(0.0, rate_hz / 2, 1 + n_fft // 2)
    distance = edges[:, None] - bins[None, :]
    width = np.diff(edges)[:, None]
    rising = -distance[:-2] / width[:-1]
    falling = distance[2:] / width[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None])


def cosine_transform(count: int, bands: int) -> Array:
    """The first ``count`` rows of the orthonormal DCT-II of ``bands`` values."""
    row = np.arange(count)[:, None]
    matrix = np.cos(np.pi / bands * (np.arange(bands)[None, :] + 0.5) * row)
    matrix *= np.sqrt(2.0 / bands)
    matrix[0] /= np.sqrt(2.0)
    return np.asarray(matrix)


def chroma_bank(rate_hz: int, n_fft: int, *, classes: int = 12, tuning: float = 0.0) -> Array:
    """Gaussian bumps around each pitch class, weighted towards the middle octaves.

    After D. Ellis, "Chroma feature analysis and synthesis" (2007).

    Args:
        rate_hz: sample rate.
        n_fft: length of the FFT.
        classes: pitch classes an octave; the first is C.
        tuning: deviation from A440 in fractions of a class.

    Returns:
        float64, shape (classes, 1 + n_fft // 2).
    """
    a_zero = 440.0 * 2.0 ** (tuning / classes) / 16.0
    hz = np.arange(1, n_fft) * rate_hz / n_fft
    position = classes * np.log2(hz / a_zero)
    # The bin at 0 Hz has no pitch: it is put one and a half octaves below the next.
    position = np.concatenate([[position[0] - 1.5 * classes], position])
    width = np.concatenate([np.maximum(np.diff(position), 1.0), [1.0]])
    half = round(classes / 2)
    distance = position[None, :] - np.arange(classes)[:, None]
    distance = np.remainder(distance + half + 10 * classes, classes) - half
    bank = np.exp(-0.5 * (2.0 * distance / width) ** 2)
    bank /= np.linalg.norm(bank, axis=0, keepdims=True)
    octave = position / classes
    bank *= np.exp(-0.5 * ((octave - 5.0) / 2.0) ** 2)
    bank = np.roll(bank, -3 * (classes // 12), axis=0)  # from A to C
    return np.asarray(bank[:, : 1 + n_fft // 2])
