"""Level of a sound: peak and RMS."""

import math
from dataclasses import dataclass

import numpy as np

from engine.audio.ring import Ring

FLOOR_DB = -120.0
_FULL_SCALE = 0.999


@dataclass(frozen=True)
class Level:
    """Level of a stretch of sound.

    Attributes:
        peak: largest magnitude, 1 is full scale.
        rms: root of the mean square.
        clipped: samples at full scale.
    """

    peak: float = 0.0
    rms: float = 0.0
    clipped: int = 0

    @property
    def peak_db(self) -> float:
        """Peak in dBFS, at least -120."""
        return decibels(self.peak)

    @property
    def rms_db(self) -> float:
        """RMS in dBFS, at least -120."""
        return decibels(self.rms)


def decibels(amplitude: float) -> float:
    """An amplitude in dBFS, at least -120."""
    return max(FLOOR_DB, 20 * math.log10(amplitude)) if amplitude > 0 else FLOOR_DB


class LevelMeter:
    """Measures what comes into a ring, by index: whoever writes into it does nothing but that.

    One thread reads it. Nothing between two calls is passed over, as long as the ring holds it.

    Args:
        ring: mono; what it holds already is not measured.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self.restart()

    def restart(self) -> None:
        """Forget the measurements so far; start with the next samples."""
        self._measured = self._told = self._sounding = self._ring.end

    def level(self) -> Level:
        """Level since the last call; without new samples all zeros."""
        first, new = self._ring.since(self._told)
        self._told = first + new.shape[1]
        samples = new[0]
        if not len(samples):
            return Level()
        magnitudes = np.abs(samples)
        return Level(
            peak=float(magnitudes.max()),
            rms=math.sqrt(float(samples @ samples) / len(samples)),
            clipped=int(np.count_nonzero(magnitudes >= _FULL_SCALE)),
        )

    def zeros(self) -> int:
        """How many of the newest samples are exactly 0."""
        first, new = self._ring.since(self._measured)
        self._measured = first + new.shape[1]
        sounding = np.flatnonzero(new[0])
        if len(sounding):
            self._sounding = first + int(sounding[-1]) + 1
        return self._measured - self._sounding
