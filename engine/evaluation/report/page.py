"""The HTML pages of reports, rendered from templates that escape all values."""

import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from engine.classifier.figures import figure_name, place_in_order, term
from resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

DASH = "\N{EN DASH}"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        key: its anchor.
        title: its heading.
        body: HTML.
        note: whether it stands out.
    """

    key: str
    title: str
    body: Markup
    note: bool = False


@functools.cache
def _templates() -> "Environment":
    """All that is put into a template is escaped, but for what is marked as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 0.1 s: not at the start

    return Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_possible,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _possible(value: Any) -> Any:
    """Without characters that HTML and XML can't hold, such as names of files may have."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def document(title: str, head: Markup, sections: Sequence[Section], *, contents: bool) -> str:
    """A complete, self-contained page.

    Args:
        title: of the page.
        head: HTML above the sections.
        sections: in their order.
        contents: whether links to the sections stand above them.
    """
    page = _templates().get_template("page.html")
    return page.render(title=title, head=head, sections=sections, contents=contents)


def part(name: str, /, **values: Any) -> Markup:
    """HTML by a macro of ``parts.html``."""
    module: Any = _templates().get_template("parts.html").module
    return Markup(getattr(module, name)(**values))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> Markup:
    """A table.

    Args:
        header: words above the columns.
        rows: each cell, as words or HTML; the first names its row.
        numbers: how many columns at the right hold numbers.
    """
    first = len(header) - numbers
    kinds = ["n" if index >= first else "" for index in range(len(header))]
    return part("table", header=header, rows=rows, kinds=kinds)


def percent(share: float) -> str:
    """A share in percent; a dash when it is not defined."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else DASH


def decimal(value: float) -> str:
    """Three decimals; a dash when it is not defined."""
    return f"{value:.3f}" if math.isfinite(value) else DASH


def clock(seconds: float) -> str:
    """Minutes and seconds, such as 1:05.2."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def figure(figures: Mapping[str, float], key: str) -> str:
    """A figure with its interval, as HTML; a dash when it is not there."""
    value = figures.get(key, math.nan)
    if not math.isfinite(value):
        return DASH
    low, high = figures.get(f"{key}_low", math.nan), figures.get(f"{key}_high", math.nan)
    if not (math.isfinite(low) and math.isfinite(high)):
        return decimal(value)
    return part("interval", value=decimal(value), ends=f"{low:.3f} to {high:.3f}")


def explained(key: str) -> Markup:
    """A figure's name, as HTML that says at the pointer what it means."""
    return part("explained", name=figure_name(key), meaning=term(key).meaning)


def figure_keys(every: Sequence[Mapping[str, float]]) -> list[str]:
    """The figures that appear in any, ends of intervals aside, in the order of the report."""
    found = dict.fromkeys(key for figures in every for key in figures)
    ends = {
        key for key in found if key.endswith(("_low", "_high")) and key.rsplit("_", 1)[0] in found
    }
    return sorted((key for key in found if key not in ends), key=place_in_order)
