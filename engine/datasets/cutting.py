"""Cutting an excerpt into training windows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.datasets.onsets import onsets
from engine.windows import Windows

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Cutting:
    """How windows are cut.

    Attributes:
        windows: length and hop, in samples.
        at: ``"hop"``: one after another; ``"onsets"``: where notes begin; ``"start"``: one, at the
            excerpt's beginning.
        short: what fills an excerpt or end that is shorter than a window: ``"silence"``, the sound
            again (``"repeat"``), or nothing: it is left out (``"drop"``).
        quietest_db: windows whose RMS level lies lower, in dBFS, are left out; None: none are.
        most: windows taken of one excerpt, evenly spread among the loud enough; 0: all.
    """

    windows: Windows
    at: Literal["hop", "onsets", "start"] = "hop"
    short: Literal["silence", "repeat", "drop"] = "silence"
    quietest_db: float | None = None
    most: int = 0


def cut(samples: Samples, rate_hz: int, how: Cutting) -> tuple[Samples, NDArray[np.int64]]:
    """Cut windows out of one excerpt.

    Args:
        samples: float32, shape (n,).
        rate_hz: their rate.
        how: the rule.

    Returns:
        Windows, float32, shape (count, length), possibly views of ``samples``, and the sample
        where each begins.
    """
    length = how.windows.length
    starts = _starts(samples, rate_hz, how)
    if how.short == "drop":
        starts = starts[starts + length <= len(samples)]
    windows = _windows(samples, starts, how)
    if how.quietest_db is not None and len(windows):
        power = np.square(windows, dtype=np.float64).mean(axis=1)
        loud = 10 * np.log10(np.maximum(power, 1e-12)) >= how.quietest_db
        windows, starts = windows[loud], starts[loud]
    if how.most and len(starts) > how.most:
        chosen = np.linspace(0, len(starts) - 1, how.most).round().astype(int)
        windows, starts = windows[chosen], starts[chosen]
    return windows, starts


def _starts(samples: Samples, rate_hz: int, how: Cutting) -> NDArray[np.int64]:
    if len(samples) == 0:
        return np.zeros(0, dtype=np.int64)
    if how.at == "start":
        return np.zeros(1, dtype=np.int64)
    if how.at == "onsets":
        return onsets(samples, rate_hz)
    return np.arange(how.windows.count(len(samples)), dtype=np.int64) * how.windows.hop


def _windows(samples: Samples, starts: NDArray[np.int64], how: Cutting) -> Samples:
    length, hop = how.windows.length, how.windows.hop
    if len(starts) == 0:
        return np.zeros((0, length), dtype=np.float32)
    if how.at == "hop" and starts[-1] + length <= len(samples):
        return sliding_window_view(samples, length, writeable=True)[: starts[-1] + 1 : hop]
    return np.stack([_filled(samples[s : s + length], length, how.short) for s in starts])


def _filled(part: Samples, length: int, short: str) -> Samples:
    if len(part) >= length:
        return part
    if short == "repeat" and len(part):
        return np.resize(part, length)
    return np.pad(part, (0, length - len(part)))
