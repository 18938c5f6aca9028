"""Times and shares in words, and the round times at which an axis has its ticks."""

import math

_FINE = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_STEPS = (*_FINE, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds in words: 1:02:03, 2:05 or 2:05.25 where the step asks for it."""
    sign = "-" if seconds < -1e-9 else ""
    seconds = abs(seconds)
    digits = next((d for d in range(3) if step >= 10.0**-d), 3)
    whole, rest = divmod(round(seconds * 10**digits), 60 * 10**digits)
    text = f"{rest / 10**digits:0{3 + digits if digits else 2}.{digits}f}"
    hours, minutes = divmod(whole, 60)
    return f"{sign}{hours}:{minutes:02d}:{text}" if hours else f"{sign}{minutes}:{text}"


def percent(share: float) -> str:
    """A share of 1, as it is written everywhere: 81 %."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def length(seconds: float) -> str:
    """How long something is: 12 ms, 1.25 s, 2:05."""
    if seconds < 1.0:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60.0 else clock(seconds)


def time_step(span: float, most: float) -> float:
    """From tick to tick, so that at most about so many stand in a span of seconds."""
    return next((step for step in _STEPS if span / step <= most), 7200.0)


def time_ticks(start: float, end: float, step: float) -> list[float]:
    """The round times between two moments; none before 0."""
    first = max(0, math.ceil(start / step - 1e-6))
    return [index * step for index in range(first, math.floor(end / step + 1e-6) + 1)]
