"""Where notes begin: the peaks of the spectral flux.

Flux over mel bands in decibels (Böck & Widmer, "Maximum filter vibrato suppression for onset
detection", DAFx 2013, without its filter) and peak picking with the settings of Böck, Krebs &
Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012. librosa does
the same and is what the tests compare with; it is not used here because it brings numba and LLVM,
210 MB, for nothing else.
"""

import numpy as np
from numpy.typing import NDArray

from engine.filters import mel_bank

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

_FLOOR_POWER = 1e-10
_RANGE_DB = 80.0  # what lies further below the loudest counts as silence
_BEFORE_SECONDS = 0.03  # a peak is the highest of these, and the next begins after as many
_AROUND_SECONDS = 0.1  # and higher than the mean of these before and after it,
_ABOVE = 0.07  # by this much of the whole range
_BLOCK = 512  # frames transformed at once, which bounds the memory


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
    hop = frame // 4
    if len(samples) < frame:
        return np.zeros(1, dtype=np.int64)
    rise = strength(samples, rate_hz, frame, hop)
    rise = rise - rise.min()
    highest = float(rise.max())
    # Besides silence, NaN and infinity end here: no comparison with them is true.
    if not 0 < highest < np.inf:
        return np.zeros(1, dtype=np.int64)
    found = _begun(_peaks(rise / highest, rate_hz / hop), rise)
    return np.unique(found) * hop if len(found) else np.zeros(1, dtype=np.int64)


def strength(samples: Samples, rate_hz: int, frame: int, hop: int) -> Numbers:
    """By how many decibels the mel bands rise on average from one frame to the next.

    Args:
        samples: float32, shape (n,).
        rate_hz: their rate in Hz.
        frame: samples a frame.
        hop: samples from frame to frame.

    Returns:
        Float64, shape (1 + n // hop,), zero or more; a frame's value stands where its sound begins.
    """
    levels = _levels(samples, rate_hz, frame, hop)
    rise = np.maximum(np.diff(levels, axis=0), 0.0).mean(axis=1)
    late = 1 + frame // (2 * hop)  # frames are centred, and see what is to come
    return np.concatenate([np.zeros(late), rise])[: len(levels)]


def _levels(samples: Samples, rate_hz: int, frame: int, hop: int) -> Numbers:
    """Mel bands of centred frames in decibels, shape (frames, bands)."""
    bands = max(8, min(128, frame // 16))  # more would lie empty between so few bins
    bank = mel_bank(rate_hz, frame, bands, 0.0, rate_hz / 2).T
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    padded = np.pad(samples, frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    power = [
        np.abs(np.fft.rfft(frames[first : first + _BLOCK] * window)) ** 2 @ bank
        for first in range(0, len(frames), _BLOCK)
    ]
    levels = 10 * np.log10(np.maximum(np.concatenate(power), _FLOOR_POWER))
    return np.asarray(np.maximum(levels, levels.max() - _RANGE_DB))


def _peaks(rise: Numbers, frames_per_second: float) -> Places:
    """Frames that are the highest of their past and stand out of their surroundings."""
    before = int(_BEFORE_SECONDS * frames_per_second)
    around = int(_AROUND_SECONDS * frames_per_second)
    sums = np.concatenate([[0.0], np.cumsum(rise)])
    found: list[int] = []
    free = 0  # the first frame at which another peak may be
    for here in np.flatnonzero(rise > 0).tolist():
        first, last = max(0, here - around), min(len(rise), here + around + 1)
        mean = (sums[last] - sums[first]) / (last - first)
        highest = rise[max(0, here - before) : here + 1].max()
        if here >= free and rise[here] == highest and rise[here] >= mean + _ABOVE:
            found.append(here)
            free = here + before + 1
    return np.asarray(found, dtype=np.int64)


def _begun(peaks: Places, rise: Numbers) -> Places:
    """Each peak traced back to the last frame from which the flux grew."""
    grows = (rise[1:-1] <= rise[:-2]) & (rise[1:-1] < rise[2:])
    begins = np.concatenate([[0], 1 + np.flatnonzero(grows)])
    return np.asarray(begins[np.searchsorted(begins, peaks, side="right") - 1], dtype=np.int64)
