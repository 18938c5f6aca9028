"""The report's sections, each from the results it shows."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from engine.evaluation.metrics import Evaluation
from engine.evaluation.open_set import OpenSet
from engine.evaluation.report import plots
from engine.evaluation.report.page import (
    clock,
    decimal,
    figure,
    figure_keys,
    figure_name,
    pairs,
    percent,
    section,
    table,
)
from engine.evaluation.report.svg import safe
from engine.evaluation.scores import Mistake
from engine.evaluation.tags import TagEvaluation

History = Sequence[Mapping[str, float | None]]
_LINKED = ("file:", "http:", "https:")  # nothing a name could smuggle in


def facts(words: Mapping[str, str]) -> str:
    """What was trained on what, and how long."""
    return section("facts", "Data and training", pairs(words))


def warnings(sentences: Sequence[str]) -> str:
    """What one should know before believing the figures."""
    if not sentences:
        return section("warnings", "Warnings", "<p>None.</p>")
    items = "".join(f"<li>{safe(sentence)}</li>" for sentence in sentences)
    return section("warnings", "Warnings", f"<ul>{items}</ul>", note=True)


def figures(evaluation: Evaluation | TagEvaluation | None, published: Mapping[str, float]) -> str:
    """Our figures, beside the published ones."""
    if evaluation is None and not published:
        return section("figures", "Results", "<p>Not judged: there was no test part.</p>")
    ours = evaluation.figures() if evaluation is not None else {}
    columns = [("this run", ours)] + ([("published", published)] if published else [])
    note = ""
    if evaluation is not None:
        note = (
            f'<p class="faint">{evaluation.windows} windows of {evaluation.recordings} '
            "recordings. In brackets: 95 % intervals, from resampling whole recordings.</p>"
        )
    return section("figures", "Results", _columns(columns) + note)


def comparison(
    variants: Sequence[tuple[str, Mapping[str, float]]],
    published: Mapping[str, float],
    verdicts: Sequence[str],
) -> str:
    """Variants side by side; nothing when there are none."""
    if not variants and not verdicts:
        return ""
    columns = [*variants] + ([("published", published)] if published else [])
    words = "".join(f"<p>{safe(verdict)}</p>" for verdict in verdicts)
    body = _columns(columns) if variants else ""
    return section("comparison", "Variants side by side", body + words)


def _columns(columns: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    keys = figure_keys([values for _, values in columns])
    rows = [[safe(figure_name(key)), *(figure(v, key) for _, v in columns)] for key in keys]
    return table(["", *(name for name, _ in columns)], rows, len(columns))


def history(epochs: History) -> str:
    """Curves over the epochs."""
    if not epochs:
        return section("history", "Training", "<p>No epoch was trained.</p>")
    loss = {"training": _series(epochs, "loss"), "validation": _series(epochs, "validation_loss")}
    accuracy = {
        "training": _series(epochs, "accuracy"),
        "validation": _series(epochs, "validation_accuracy"),
    }
    rate = _series(epochs, "learning_rate")
    positive = [value for value in rate if value > 0]
    wide = bool(positive) and max(positive) >= 10 * min(positive)
    drawn = [
        plots.curves(_known(loss), "epoch", "loss"),
        plots.curves(_known(accuracy), "epoch", "accuracy"),
        plots.curves({"learning rate": rate}, "epoch", "learning rate", log=wide),
    ]
    return section("history", "Training", "".join(drawn))


def _series(epochs: History, key: str) -> list[float]:
    values = (epoch.get(key) for epoch in epochs)
    return [math.nan if value is None else float(value) for value in values]


def _known(series: dict[str, list[float]]) -> dict[str, list[float]]:
    """Without lines that have no value at all, such as those of a missing validation part."""
    return {
        name: values for name, values in series.items() if any(math.isfinite(v) for v in values)
    }


def classes(evaluation: Evaluation) -> str:
    """Each class, in a table and as bars."""
    header = ["class", "precision", "recall", "F1", "ROC-AUC", "windows", "predicted"]
    rows = [
        [
            safe(one.label),
            percent(one.precision) if one.predicted else "not predicted",
            percent(one.recall) if one.support else "no windows",
            percent(one.f1),
            decimal(one.auc),
            str(one.support),
            str(one.predicted),
        ]
        for one in evaluation.classes
    ]
    drawn = plots.bars(
        {one.label: 100 * one.f1 for one in evaluation.classes}, "%", title="F1 of each class"
    )
    return section("classes", "Classes", table(header, rows, 6) + drawn)


def tags(evaluation: TagEvaluation) -> str:
    """Each tag of a multi-label task, in a table and as bars."""
    header = [
        "tag", "average precision", "ROC-AUC", "threshold", "precision", "recall", "F1",
        "windows", "predicted",
    ]  # fmt: skip
    rows = [
        [
            safe(one.label),
            decimal(one.average_precision),
            decimal(one.auc),
            decimal(one.threshold),
            percent(one.precision) if one.predicted else "not predicted",
            percent(one.recall) if one.support else "no windows",
            percent(one.f1),
            str(one.support),
            str(one.predicted),
        ]
        for one in evaluation.tags
    ]
    shares = {one.label: 100 * one.average_precision for one in evaluation.tags}
    drawn = plots.bars(shares, "%", title="Average precision of each tag")
    return section("classes", "Tags", table(header, rows, 8) + drawn)


def confusion(evaluation: Evaluation) -> str:
    """Confusion matrices of windows and of recordings."""
    body = (
        '<p class="faint">Rows are what it was, columns what it was taken for; '
        "shades are shares of the row.</p>"
        "<h3>Windows</h3>" + plots.confusion(evaluation.confusion, evaluation.labels)
    )
    if evaluation.recordings < evaluation.windows:
        drawn = plots.confusion(evaluation.recording_confusion, evaluation.labels)
        body += "<h3>Recordings, by the vote of their windows</h3>" + drawn
    return section("confusion", "What is taken for what", body)


def calibration(evaluation: Evaluation) -> str:
    """The reliability diagram."""
    body = (
        f"<p>Expected calibration error: {percent(evaluation.ece)}. Of windows it is 80 % sure of, "
        "a calibrated classifier has 80 % right.</p>" + plots.reliability(evaluation.bins)
    )
    return section("calibration", "Can its confidence be believed?", body)


def mistakes(found: Sequence[Mistake], link: Callable[[str], str] | None) -> str:
    """The most confident mistakes, with links to the sounds."""
    if not found:
        return section("mistakes", "Worst mistakes", "<p>None: every window is right.</p>")
    rows = [
        [
            _linked(one, link),
            safe(one.truth),
            safe(one.predicted),
            clock(one.start),
            percent(one.probability),
            percent(one.truth_probability),
        ]
        for one in found
    ]
    header = ["recording", "it is", "taken for", "at", "probability", "of the truth"]
    return section("mistakes", "Worst mistakes", table(header, rows, 3))


def _linked(mistake: Mistake, link: Callable[[str], str] | None) -> str:
    name = safe(PurePath(mistake.recording).name or mistake.recording)
    where = link(mistake.recording) if link is not None else ""
    if not where.lower().startswith(_LINKED):
        return f'<span title="{safe(mistake.recording)}">{name}</span>'
    # A media fragment (W3C, 2012): browsers start to play there.
    place = where if "#" in where else f"{where}#t={mistake.start:g}"
    return f'<a href="{safe(place)}" title="{safe(mistake.recording)}">{name}</a>'


def open_set(found: OpenSet | None) -> str:
    """What happens without any of the classes."""
    title = "Sounds that are none of these"
    if found is None:
        return section("open-set", title, "<p>Not tried on background sounds.</p>")
    if found.ready_for_live:
        verdict = '<p class="good">Ready for live listening.</p>'
    else:
        reasons = "".join(f"<li>{safe(reason)}</li>" for reason in found.reasons)
        verdict = f'<p class="bad">Not ready for live listening:</p><ul>{reasons}</ul>'
    plain = {
        key: value for key, value in found.figures().items() if not key.endswith("_alarms_per_hour")
    }
    rows = [
        [safe(kind), f"{rate:.1f}", f"{60 * found.hours[kind]:.1f} min"]
        for kind, rate in found.alarms_per_hour.items()
    ]
    heard = table(["background", "false alarms an hour", "judged"], rows, 2) if rows else ""
    return section("open-set", title, verdict + _columns([("this run", plain)]) + heard)


def recipe(toml: str) -> str:
    """The recipe, so that the training can be repeated."""
    return section("recipe", "Recipe", f"<pre>{safe(toml)}</pre>")
