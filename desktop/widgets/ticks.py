"""Round numbers for axes."""

import math
from collections.abc import Sequence


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most about ``most`` round values between two ends."""
    rough = (high - low) / max(1, most)
    if not (rough > 0 and math.isfinite(rough)):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def logarithmic(low: float, high: float) -> list[float]:
    """Powers of ten between two ends; with 2 and 5 times them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(found) >= 3:
        return found
    fine = [s * 10.0**power for power in powers for s in (1, 2, 5)]
    within = [value for value in fine if low * 0.999 <= value <= high * 1.001]
    return within if len(within) >= 2 else ticks(low, high, 3)


def spread(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    """The ends of an axis that shows these values, with room above and below."""
    low, high = min(values, default=0.1 if log else 0.0), max(values, default=1.0)
    if log:
        return low / 1.15, high * 1.15
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room
