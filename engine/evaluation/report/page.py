"""The report's pages: made from templates that escape whatever is put into them."""

import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

_DASH = "\N{EN DASH}"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# The key, its words, and whether it is a share shown in percent.
_FIGURES: dict[str, tuple[str, bool]] = {
    "accuracy": ("Accuracy", True),
    "balanced_accuracy": ("Balanced accuracy", True),
    "recording_accuracy": ("Accuracy by recording (vote of its windows)", True),
    "macro_f1": ("F1, mean over classes", True),
    "macro_precision": ("Precision, mean over classes", True),
    "macro_recall": ("Recall, mean over classes", True),
    "macro_auc": ("ROC-AUC, mean over classes", False),
    "macro_average_precision": ("Average precision, mean over classes", False),
    "top_2": ("Right among the two most probable", True),
    "top_3": ("Right among the three most probable", True),
    "log_loss": ("Log loss (nats)", False),
    "brier": ("Brier score (0 to 2)", False),
    "ece": ("Expected calibration error", True),
    "open_set_auroc": ("ROC-AUC of known against background", False),
    "fpr_at_95_recall": ("Background accepted at 95 % recall", True),
    "known_recall": ("Known windows over the threshold", True),
}


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
    """A whole page that needs nothing beside it.

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
    return f"{100 * share:.1f} %" if math.isfinite(share) else _DASH


def decimal(value: float) -> str:
    """Three decimals; a dash when it is not defined."""
    return f"{value:.3f}" if math.isfinite(value) else _DASH


def clock(seconds: float) -> str:
    """Minutes and seconds, such as 1:05.2."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def figure_name(key: str) -> str:
    """A figure's name in words."""
    alarms = "_alarms_per_hour"
    if key.endswith(alarms):
        return f"False alarms an hour: {key.removesuffix(alarms)}"
    return _FIGURES[key][0] if key in _FIGURES else key.replace("_", " ").capitalize()


def figure(figures: Mapping[str, float], key: str) -> str:
    """A figure with its interval, as HTML; a dash when it is not there."""
    value = figures.get(key, math.nan)
    if not math.isfinite(value):
        return _DASH
    share = _FIGURES.get(key, ("", False))[1]
    low, high = figures.get(f"{key}_low", math.nan), figures.get(f"{key}_high", math.nan)
    words = percent(value) if share else f"{value:.3f}"
    if not (math.isfinite(low) and math.isfinite(high)):
        return words
    ends = (f"{100 * end:.1f}" if share else f"{end:.3f}" for end in (low, high))
    return part("interval", value=words, ends=" to ".join(ends))


def figure_keys(every: Sequence[Mapping[str, float]]) -> list[str]:
    """The figures that appear in any, ends of intervals aside, in the order of the report."""
    found = dict.fromkeys(key for figures in every for key in figures)
    ends = {
        key for key in found if key.endswith(("_low", "_high")) and key.rsplit("_", 1)[0] in found
    }
    order = {key: place for place, key in enumerate(_FIGURES)}
    return sorted(
        (key for key in found if key not in ends), key=lambda key: order.get(key, len(order))
    )
