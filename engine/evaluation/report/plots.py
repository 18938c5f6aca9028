"""Plots as SVG text: no fonts, no scripts; colours are CSS variables that the page defines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from engine.evaluation.report.svg import (
    ACCENT,
    BAD,
    CHARACTER,
    FAINT,
    FONT,
    INK,
    LINE,
    PAPER,
    SERIES,
    WIDTH,
    circle,
    document,
    line,
    log_ticks,
    nice_ticks,
    path,
    rectangle,
    short,
    text,
)
from engine.evaluation.scores import ReliabilityBin

_DASHES = ("", "6 3", "2 3", "9 3 2 3", "", "6 3")  # told apart without colour, too
_MOST_LABEL = 18
_LEGEND_ROW = 18.0


@dataclass(frozen=True)
class _Scale:
    """From values to pixels along one axis."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, here = ((math.log(x) if self.log else x) for x in (self.low, self.high, value))
        return self.start + (here - low) / (high - low) * (self.end - self.start)


def curves(
    series: Mapping[str, Sequence[float]], x_label: str, y_label: str, *, log: bool = False
) -> Markup:
    """Lines over 1, 2, 3, ..., such as a loss over epochs.

    Args:
        series: values of each line, by name; what is not finite (with ``log`` not positive) leaves
            a gap.
        x_label: under the horizontal axis.
        y_label: beside the vertical one.
        log: whether the vertical axis is logarithmic.

    Returns:
        An SVG picture, 560 by about 270, higher where the legend has several rows.
    """
    shown = [value for values in series.values() for value in values if _drawable(value, log)]
    title = f"{', '.join(series)} over {x_label}"
    if not shown:
        return _nothing(title)
    low, high = _range(shown, log)
    ticks = log_ticks(low, high) if log else nice_ticks(low, high)
    left, right = 34 + CHARACTER * max(len(f"{tick:g}") for tick in ticks), WIDTH - 16.0
    places = _legend_places(list(series), left, right)
    top = 34.0 + places[-1][1]
    bottom = top + 192.0
    longest = max(2, *(len(values) for values in series.values()))
    y = _Scale(low, high, bottom, top, log)
    x = _Scale(1, longest, left, right)
    parts = _y_axis(y, ticks, left, right)
    parts += [
        text(x(tick), bottom + 18, f"{tick:g}", "middle", FAINT)
        for tick in sorted({1.0, *nice_ticks(1, longest, 8)})
        if tick == int(tick) and (tick == 1 or x(tick) - left > 20)
    ]
    parts += _axis_names(x_label, y_label, (left, right), (top, bottom))
    parts += _legend(list(series), places)
    for index, values in enumerate(series.values()):
        parts += _stretches(values, x, y, index)
    return document(bottom + 44, title, parts)


def _drawable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _range(values: Sequence[float], log: bool) -> tuple[float, float]:
    """Lowest and highest, a little apart even if all are equal."""
    low, high = min(values), max(values)
    if log:
        return (low / 1.15, high * 1.15) if high > low * 1.01 else (low / 2, high * 2)
    if high - low < 1e-9 * max(1.0, abs(high)):
        spread = abs(high) * 0.1 or 1.0
        return low - spread, high + spread
    margin = 0.04 * (high - low)
    return (0.0 if 0 <= low < 0.25 * high else low - margin), high + margin


def _y_axis(y: _Scale, ticks: Sequence[float], left: float, right: float) -> list[str]:
    parts = []
    for tick in ticks:
        parts.append(line((left, y(tick)), (right, y(tick))))
        parts.append(text(left - 6, y(tick) + 4, f"{tick:g}", "end", FAINT))
    return parts


def _axis_names(
    x_label: str, y_label: str, across: tuple[float, float], down: tuple[float, float]
) -> list[str]:
    middle = sum(down) / 2
    return [
        text(sum(across) / 2, down[1] + 38, x_label, "middle"),
        text(14, middle, y_label, "middle", turn=-90),
    ]


def _legend_places(
    names: Sequence[str], left: float, right: float
) -> Sequence[tuple[float, float]]:
    """Where each name of the legend begins, in as many rows as it takes; from the first row on."""
    places, x, y = [], left, 0.0
    for name in names:
        wide = 28 + CHARACTER * len(name)
        if x > left and x + wide > right:
            x, y = left, y + _LEGEND_ROW
        places.append((x, y))
        x += wide + 20
    return places


def _legend(names: Sequence[str], places: Sequence[tuple[float, float]]) -> list[str]:
    parts = []
    for index, (name, (x, y)) in enumerate(zip(names, places, strict=True)):
        colour = SERIES[index % len(SERIES)]
        dash = _DASHES[index % len(_DASHES)]
        parts.append(path([(x, 16 + y), (x + 22, 16 + y)], colour, dash))
        parts.append(text(x + 28, 20 + y, name))
    return parts


def _stretches(values: Sequence[float], x: _Scale, y: _Scale, index: int) -> list[str]:
    """One line, broken where values are missing; lone values are dots."""
    colour, dash = SERIES[index % len(SERIES)], _DASHES[index % len(_DASHES)]
    parts: list[str] = []
    run: list[tuple[float, float]] = []
    for place, value in enumerate([*values, math.nan], start=1):
        if _drawable(value, y.log):
            run.append((x(place), y(value)))
            continue
        if len(run) > 1:
            parts.append(path(run, colour, dash))
        elif run:
            parts.append(circle(*run[0], 3, colour))
        run = []
    return parts


def bars(  # what they show, all by name
    values: Mapping[str, float],
    unit: str,
    *,
    title: str,
    unknown: str = "\N{EN DASH}",
    words: Mapping[str, str] | None = None,
    fits: bool = False,
) -> Markup:
    """Horizontal bars with their values written beside them.

    Args:
        values: zero or more, by name, in the order to show.
        unit: written after each value; "%" makes 100 the full width.
        title: above.
        unknown: written where a value is not finite.
        words: written beside some, by name, instead of their values.
        fits: whether the axis begins near the lowest value, which is said in the title.

    Returns:
        An SVG picture 560 wide.
    """
    known = [value for value in values.values() if math.isfinite(value)]
    names = {name: short(name, 26) for name in values}
    left = 12 + CHARACTER * max((len(name) for name in names.values()), default=0)
    most = 100.0 if unit == "%" else max(known, default=0.0)
    said = dict(words or {})
    longest = max([len(w) for w in said.values()] + [len(unknown) * (len(known) < len(values))])
    gap = max(84.0, 20 + CHARACTER * longest)
    low = fitting_low(known, most) if fits else 0.0
    x = _Scale(low, most if most > low else low + 1.0, left, WIDTH - gap)
    parts = [text(0, 16, f"{title} (bars begin at {low:g} {unit})" if low else title)]
    y = 30.0
    for name, value in values.items():
        finite = math.isfinite(value)
        shown = said.get(name) or f"{_figure(value, unit)} {unit}".strip()
        shown = shown if finite else unknown
        end = max(left, x(min(max(low, value), x.high))) if finite else left
        parts.append(text(left - 8, y + 13, names[name], "end"))
        parts.append(rectangle((left, y), (x.end - left, 17), LINE, 0.45))
        parts.append(rectangle((left, y), (end - left, 17), ACCENT, tip=f"{name}: {shown}"))
        parts.append(text(x.end + 8, y + 13, shown))
        y += 23
    return document(y + 4, title, parts)


def fitting_low(values: Sequence[float], most: float) -> float:
    """Where an axis up to ``most`` begins so that its values differ visibly; 0 where they do."""
    low = min(values, default=0.0)
    room = 2 * (most - low)
    if room <= 0 or room > 0.8 * most:
        return 0.0
    step = 10.0 ** math.floor(math.log10(room))
    return max(0.0, math.floor((most - room) / step) * step)


def _figure(value: float, unit: str) -> str:
    whole = abs(value) >= 1000 or (unit == "" and value == round(value))
    return f"{value:.0f}" if whole else f"{value:.1f}"


def confusion(matrix: NDArray[np.int64], labels: Sequence[str]) -> Markup:
    """A confusion matrix: counts, shaded by their share of the row.

    Args:
        matrix: int64, shape (classes, classes); rows true, columns predicted.
        labels: names of the classes.

    Returns:
        An SVG picture 560 wide; counts are left out of cells too small for them.
    """
    names = [short(label, _MOST_LABEL) for label in labels]
    count = max(1, len(labels))
    size = min(float(FONT), max(6.0, 380 / count))
    widest = CHARACTER * size / FONT * max((len(name) for name in names), default=0)
    left = widest + 32
    cell = min(64.0, (WIDTH - left - 8) / count)
    slanted = widest > cell - 4
    if slanted:  # the last name leans out to the right
        cell = min(64.0, (WIDTH - left - 0.72 * widest) / count)
    top = 26 + (0.72 * widest + 12 if slanted else 20)
    width = cell * len(labels)
    parts = [
        text(left + width / 2, 14, "predicted", "middle", FAINT),
        text(14, top + width / 2, "true", "middle", FAINT, turn=-90),
    ]
    turn, anchor = (-45.0, "start") if slanted else (0.0, "middle")
    for index, name in enumerate(names):
        middle = (index + 0.5) * cell
        parts.append(text(left - 6, top + middle + size / 3, name, "end", size=size))
        parts.append(text(left + middle, top - 6, name, anchor, size=size, turn=turn))
    parts += _cells(matrix, labels, (left, top), cell)
    return document(top + width + 8, "confusion matrix", parts)


def _cells(
    matrix: NDArray[np.int64], labels: Sequence[str], corner: tuple[float, float], cell: float
) -> list[str]:
    digits = len(str(int(matrix.max())))
    size = min(float(FONT), 0.5 * cell, (cell - 2) / (0.6 * digits))
    parts = []
    for row, column in np.ndindex(matrix.shape):
        count, total = int(matrix[row, column]), int(matrix[row].sum())
        share = count / total if total else 0.0
        x, y = corner[0] + column * cell, corner[1] + row * cell
        tip = f"{labels[row]} predicted as {labels[column]}: {count} of {total} ({share:.0%})"
        colour = ACCENT if row == column else BAD
        parts.append(rectangle((x, y), (cell - 1, cell - 1), LINE, 0.35))
        parts.append(rectangle((x, y), (cell - 1, cell - 1), colour, share, tip))
        if count and size >= 6:
            ink = PAPER if share > 0.75 else INK
            words = text(x + cell / 2, y + cell / 2 + size / 3, str(count), "middle", ink, size)
            # The tip belongs to the rectangle under the number.
            parts.append(words.replace("<text ", '<text pointer-events="none" ', 1))
    return parts


def reliability(bins: Sequence[ReliabilityBin]) -> Markup:
    """A reliability diagram: accuracy over confidence, and how many windows are where.

    Args:
        bins: from ``reliability_bins``.

    Returns:
        An SVG picture, 560 by about 370.
    """
    if not any(one.count for one in bins):
        return _nothing("reliability")
    left, right = 64.0, WIDTH - 16.0
    x, y = _Scale(0, 1, left, right), _Scale(0, 1, 240, 34)
    most = max(one.count for one in bins)
    counts = _Scale(0, most, 322, 266)
    parts = _y_axis(y, nice_ticks(0, 1), left, right)
    parts += [line((left, 322), (right, 322)), text(left - 6, 326, "0", "end", FAINT)]
    parts.append(text(left - 6, 270, str(most), "end", FAINT))
    for one in bins:
        if not one.count:
            continue
        start, width = x(one.low) + 1, x(one.high) - x(one.low) - 2
        tip = f"{one.count} windows: confidence {one.confidence:.2f}, accuracy {one.accuracy:.2f}"
        height = y(0) - y(one.accuracy)
        parts.append(rectangle((start, y(one.accuracy)), (width, height), ACCENT, 0.55, tip))
        parts.append(circle(x(one.confidence), y(one.accuracy), 3, INK))
        high = counts(one.count)
        parts.append(rectangle((start, high), (width, 322 - high), FAINT, 0.6, tip))
    parts.append(path([(x(0), y(0)), (x(1), y(1))], FAINT, "4 4"))
    parts.append(text(left, 20, "dashed: perfect calibration", colour=FAINT))
    parts += [text(x(tick), 340, f"{tick:g}", "middle", FAINT) for tick in nice_ticks(0, 1)]
    parts += _axis_names("confidence", "accuracy", (left, right), (34, 240))[1:]
    parts.append(text((left + right) / 2, 360, "confidence", "middle"))
    parts.append(text(14, 294, "windows", "middle", turn=-90))
    return document(368, "reliability diagram", parts)


def _nothing(title: str) -> Markup:
    return document(40, title, [text(0, 24, "Nothing to draw.", colour=FAINT)])
