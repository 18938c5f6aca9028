"""How loud it is."""

import math
from dataclasses import dataclass

FLOOR_DB = -120.0


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
