"""Round numbers on an axis, and how they are written."""

import math
from collections.abc import Sequence

_MOST_DECIMALS, _MOST = 4, 1e6


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most about ``most`` values between two ends, in steps of 1, 2 or 5 times a power of 10."""
    step = step_of(low, high, most)
    if step is None:
        return []
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def step_of(low: float, high: float, most: int) -> float | None:
    """From one tick to the next: 1, 2 or 5 times a power of 10; None where there is no stretch."""
    rough = (high - low) / max(1, most)
    if not (rough > 0 and math.isfinite(rough)):
        return None
    power = 10.0 ** math.floor(math.log10(rough))
    return next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)


def logarithmic(low: float, high: float) -> list[float]:
    """Powers of ten between two ends; with 2 and 5 times them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(found) >= 3:
        return found
    fine = [s * 10.0**power for power in powers for s in (1, 2, 5)]
    within = [value for value in fine if low * 0.999 <= value <= high * 1.001]
    return within if len(within) >= 2 else ticks(low, high, 3)


def number(value: float, step: float | None = None) -> str:
    """A number as on an axis: as many decimals as ``step`` needs, without it four digits.

    What would take many zeros is written with a power of ten: 2e-5, not 0.00002.
    """
    if not math.isfinite(value):
        return "-"
    if step is None:
        return _short(f"{value:.4g}")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if value and (decimals > _MOST_DECIMALS or abs(value) >= _MOST):
        digits = math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(step) + 1e-9)
        return _short(f"{value:.{max(0, digits)}e}")
    text = f"{value:.{decimals if decimals <= _MOST_DECIMALS else 0}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _short(text: str) -> str:
    """1.0e-05 as 1e-5."""
    mantissa, mark, exponent = text.partition("e")
    if mark and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if mark else text


def fitting_low(values: Sequence[float], most: float) -> float:
    """Where an axis up to ``most`` begins so that its values differ visibly; 0 where they do."""
    low = min(values, default=0.0)
    room = 2 * (most - low)
    if room <= 0 or room > 0.8 * most:
        return 0.0
    step = 10.0 ** math.floor(math.log10(room))
    return max(0.0, math.floor((most - room) / step) * step)
