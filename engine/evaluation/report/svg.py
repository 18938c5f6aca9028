"""Pieces of SVG text: shapes that take their colours from the page, and axes with round ticks."""

import math
import re
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

WIDTH = 560
FONT = 12
CHARACTER = 6.6  # about as wide as one is at this size, in pixels
# The fallback after each name is for a picture that is saved on its own.
INK = "var(--ink,#1b1f27)"
FAINT = "var(--faint,#5c6675)"
LINE = "var(--line,#d5d9e0)"
PAPER = "var(--paper,#ffffff)"
ACCENT = "var(--accent,#2f6fde)"
BAD = "var(--bad,#c2410c)"
SERIES = (
    "var(--series-1,#2f6fde)",
    "var(--series-2,#c2570c)",
    "var(--series-3,#1f8a5b)",
    "var(--series-4,#a03d9b)",
    "var(--series-5,#8a6d00)",
    "var(--series-6,#5c6675)",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def safe(words: str) -> str:
    """Text for XML and HTML: escaped, and without characters that XML cannot hold."""
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", words), quote=True)


def short(words: str, most: int) -> str:
    """At most so many characters, the last an ellipsis if some were left out."""
    return words if len(words) <= most else words[: max(1, most - 1)].rstrip() + "…"


def document(height: float, title: str, parts: Sequence[str]) -> Markup:
    """An SVG picture 560 wide; the title is what a screen reader says."""
    name = safe(title)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label="{name}" '
        f'style="font-family:system-ui,sans-serif;font-size:{FONT}px">'
        f"{''.join(parts)}</svg>"
    )


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "start",
    colour: str = INK,
    size: float = FONT,
    turn: float = 0,
) -> str:
    """Words at a point; ``anchor`` is start, middle or end; ``turn`` in degrees clockwise."""
    place = f'x="{x:.1f}" y="{y:.1f}"'
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text {place}{turned} text-anchor="{anchor}" '
        f'style="fill:{colour};font-size:{size:g}px">{safe(words)}</text>'
    )


def line(start: tuple[float, float], end: tuple[float, float], colour: str = LINE) -> str:
    """A thin straight line."""
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'style="stroke:{colour};stroke-width:1"/>'
    )


def rectangle(
    corner: tuple[float, float],
    size: tuple[float, float],
    colour: str,
    opacity: float = 1.0,
    tip: str = "",
) -> str:
    """A filled rectangle; ``tip`` shows where the mouse rests on it."""
    inner = f"<title>{safe(tip)}</title>" if tip else ""
    return (
        f'<rect x="{corner[0]:.1f}" y="{corner[1]:.1f}" '
        f'width="{max(0.0, size[0]):.1f}" height="{max(0.0, size[1]):.1f}" '
        f'style="fill:{colour};fill-opacity:{opacity:.3f}">{inner}</rect>'
    )


def circle(x: float, y: float, radius: float, colour: str) -> str:
    """A filled dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" style="fill:{colour}"/>'


def path(points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> str:
    """A line through points."""
    way = " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points))
    dashed = f";stroke-dasharray:{dash}" if dash else ""
    return (
        f'<path d="{way}" style="fill:none;stroke:{colour};stroke-width:2;'
        f'stroke-linejoin:round{dashed}"/>'
    )


def nice_ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from ``low`` to ``high``.

    After Heckbert, *Nice numbers for graph labels*, Graphics Gems, 1990.
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two positive numbers, with 2 and 5 times them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    within = [10.0**power for power in powers if low <= 10.0**power * 1.0001 <= high * 1.001]
    if len(within) >= 3:
        return within[:: math.ceil(len(within) / 8)]
    finer = [times * 10.0**power for power in powers for times in (1, 2, 5)]
    found = [value for value in finer if low * 0.999 <= value <= high * 1.001]
    return found if len(found) >= 2 else [low, high] if high > low else [low]
