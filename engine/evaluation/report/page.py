"""Pieces of the report's HTML: style, sections, tables, and figures in words."""

import math
from collections.abc import Mapping, Sequence

from engine.evaluation.report.svg import safe

_DASH = "\N{EN DASH}"
_LIGHT = """--ink:#1b1f27;--faint:#5c6675;--line:#d5d9e0;--paper:#ffffff;--page:#f4f5f7;
--accent:#2f6fde;--bad:#c2410c;--note:#fff1cf;--note-ink:#5b4300;--good:#14734a;
--series-1:#2f6fde;--series-2:#c2570c;--series-3:#1f8a5b;--series-4:#a03d9b;
--series-5:#8a6d00;--series-6:#5c6675"""
_DARK = """--ink:#e8eaef;--faint:#9aa3b2;--line:#343944;--paper:#16181d;--page:#101216;
--accent:#6ea3ff;--bad:#f08a5d;--note:#453712;--note-ink:#ffe1a0;--good:#3fc98a;
--series-1:#6ea3ff;--series-2:#f0a05d;--series-3:#55c795;--series-4:#d58ad0;
--series-5:#d8bd55;--series-6:#9aa3b2"""
_STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}}
main{{max-width:760px;margin:0 auto;padding:24px 16px 64px}}
h1{{font-size:26px;line-height:1.25;margin:0 0 4px}}
h2{{font-size:18px;margin:0 0 10px}}
h3{{font-size:15px;margin:18px 0 6px}}
p{{margin:6px 0}}
.faint,caption{{color:var(--faint)}}
nav{{margin:12px 0 0;font-size:13px;line-height:1.9}}
nav a{{margin-right:14px;white-space:nowrap}}
a{{color:var(--accent)}}
section{{background:var(--paper);border:1px solid var(--line);border-radius:8px;
padding:16px 18px;margin:16px 0;overflow-x:auto}}
section.note{{background:var(--note);color:var(--note-ink);border-color:transparent}}
section.note ul{{margin:0;padding-left:20px}}
table{{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}}
th,td{{padding:4px 10px 4px 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line);overflow-wrap:break-word}}
thead th{{color:var(--faint);font-weight:500}}
tbody th{{font-weight:500;overflow-wrap:anywhere}}
td.n,th.n{{text-align:right;white-space:nowrap}}
td:last-child,th:last-child{{padding-right:0}}
table+table,ul+table{{margin-top:14px}}
td small{{color:var(--faint)}}
svg{{display:block;max-width:100%;height:auto;margin:8px 0}}
pre{{margin:0;font:13px/1.45 ui-monospace,monospace;overflow-x:auto}}
.good{{color:var(--good)}} .bad{{color:var(--bad)}}
@media print{{body{{background:none}} section{{break-inside:avoid}}}}
"""

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


def document(title: str, sections: Sequence[str]) -> str:
    """A whole page that needs nothing beside it."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def section(key: str, title: str, body: str, *, note: bool = False) -> str:
    """A part of the page; ``body`` is HTML, ``key`` its anchor."""
    kind = ' class="note"' if note else ""
    return f'<section id="{key}"{kind}><h2>{safe(title)}</h2>{body}</section>\n'


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """A table.

    Args:
        header: words above the columns.
        rows: HTML of each cell; the first names its row.
        numbers: how many columns at the right hold numbers.
    """
    first = len(header) - numbers
    kinds = [' class="n"' if index >= first else "" for index in range(len(header))]
    head = "".join(
        f'<th scope="col"{kind}>{safe(words)}</th>'
        for words, kind in zip(header, kinds, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{k}>{cell}</td>" for cell, k in zip(row[1:], kinds[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def pairs(facts: Mapping[str, str]) -> str:
    """A table of words and what they are."""
    rows = "".join(
        f'<tr><th scope="row">{safe(key)}</th><td>{safe(value)}</td></tr>'
        for key, value in facts.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"


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
    return f"{words} <small>({' to '.join(ends)})</small>"


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
