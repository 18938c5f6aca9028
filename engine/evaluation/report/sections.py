"""The report's sections, each from the results it shows."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from markupsafe import Markup

from engine.evaluation.dimensions import ValueEvaluation
from engine.evaluation.metrics import Evaluation
from engine.evaluation.open_set import OpenSet
from engine.evaluation.report import plots
from engine.evaluation.report.page import (
    DASH,
    Section,
    clock,
    decimal,
    explained,
    figure,
    figure_keys,
    part,
    percent,
    table,
)
from engine.evaluation.scores import Mistake
from engine.evaluation.tags import TagEvaluation
from engine.recipes.published import Beside

History = Sequence[Mapping[str, float | None]]
_LINKED = ("file:", "http:", "https:")  # nothing a name could smuggle in


def facts(words: Mapping[str, str]) -> Section:
    """What was trained on what, and how long."""
    return Section("facts", "Data and training", part("pairs", facts=words))


def warnings(sentences: Sequence[str]) -> Section:
    """What limits the results."""
    if not sentences:
        return Section("warnings", "Warnings", part("words", text="None."))
    return Section("warnings", "Warnings", part("bullets", sentences=sentences), note=True)


def figures(evaluation: Evaluation | TagEvaluation | ValueEvaluation | None) -> Section:
    """Our figures."""
    if evaluation is None:
        words = part("words", text="Not evaluated: there was no test part.")
        return Section("figures", "Results", words)
    text = (
        f"{evaluation.windows} windows of {evaluation.recordings} recordings. "
        "In brackets: 95 % confidence intervals "
    )
    if isinstance(evaluation, ValueEvaluation):
        text += f"(bootstrap over the {evaluation.groups} groups)."
    else:
        text += "(bootstrap over recordings; of few recordings at least Wilson's interval)."
    note = part("words", text=text, kind="faint")
    return Section("figures", "Results", _columns([("this run", evaluation.figures())]) + note)


def published(runs: Sequence[tuple[str, Sequence[Beside]]]) -> list[Section]:
    """Every published figure beside what each run has there; nothing where there are none."""
    rows = published_rows(runs)
    if not rows:
        return []
    header = ["", "note", "published", *(name for name, _ in runs)]
    body = table(header, rows, 1 + len(runs))
    return [Section("published", "Published and reached", body)]


def published_rows(runs: Sequence[tuple[str, Sequence[Beside]]]) -> list[list[str]]:
    """Name, note, published figure, and what each run reached; a row for each figure."""
    found: dict[tuple[str, float, int], list[str]] = {}
    for index, (_, figures) in enumerate(runs):
        for place, one in enumerate(figures):
            name, known, reached, note = one.words()
            dashes = [DASH] * len(runs)
            row = found.setdefault((name, one.published, place), [name, note, known, *dashes])
            row[3 + index] = reached
    return list(found.values())


def comparison(
    variants: Sequence[tuple[str, Mapping[str, float]]], verdicts: Sequence[str]
) -> list[Section]:
    """Variants side by side; nothing when there are none."""
    if not variants and not verdicts:
        return []
    body = _columns(variants) if variants else Markup("")
    words = [part("words", text=verdict) for verdict in verdicts]
    return [Section("comparison", "Comparison of the variants", _joined(body, *words))]


def _joined(*parts: Markup) -> Markup:
    return Markup("").join(parts)


def _columns(columns: Sequence[tuple[str, Mapping[str, float]]]) -> Markup:
    keys = figure_keys([values for _, values in columns])
    keys = [key for key in keys if ":" not in key]  # dimensions have a table of their own
    rows = [[explained(key), *(figure(v, key) for _, v in columns)] for key in keys]
    return table(["", *(name for name, _ in columns)], rows, len(columns))


def history(epochs: History) -> Section:
    """Curves over the epochs."""
    if not epochs:
        return Section("history", "Training", part("words", text="No epoch was trained."))
    loss = {"training": _series(epochs, "loss"), "validation": _series(epochs, "validation_loss")}
    accuracy = {
        "training": _series(epochs, "accuracy"),
        "validation": _series(epochs, "validation_accuracy"),
    }
    measure, shown = "accuracy", _known(accuracy)
    concordance = _known({"validation": _series(epochs, "validation_concordance")})
    if not shown and concordance:
        measure, shown = "concordance", concordance
    rate = _series(epochs, "learning_rate")
    positive = [value for value in rate if value > 0]
    wide = bool(positive) and max(positive) >= 10 * min(positive)
    drawn = [
        plots.curves(_known(loss), "epoch", "loss"),
        plots.curves(shown, "epoch", measure),
        plots.curves({"learning rate": rate}, "epoch", "learning rate", log=wide),
    ]
    return Section("history", "Training", _joined(*drawn))


def _series(epochs: History, key: str) -> list[float]:
    values = (epoch.get(key) for epoch in epochs)
    return [math.nan if value is None else float(value) for value in values]


def _known(series: dict[str, list[float]]) -> dict[str, list[float]]:
    """Without lines that have no value at all, such as those of a missing validation part."""
    return {
        name: values for name, values in series.items() if any(math.isfinite(v) for v in values)
    }


def classes(evaluation: Evaluation) -> Section:
    """Each class, in a table and as bars."""
    header = ["class", "precision", "recall", "F1", "AUROC", "windows", "predicted"]
    rows = [
        [
            one.label,
            decimal(one.precision) if one.predicted else "not predicted",
            decimal(one.recall) if one.support else "no windows",
            decimal(one.f1),
            decimal(one.auc),
            str(one.support),
            str(one.predicted),
        ]
        for one in evaluation.classes
    ]
    drawn = plots.bars(
        {one.label: 100 * one.f1 for one in evaluation.classes}, "%", title="F1 of each class"
    )
    return Section("classes", "Classes", table(header, rows, 6) + drawn)


def tags(evaluation: TagEvaluation) -> Section:
    """Each tag of a multi-label task, in a table and as bars."""
    header = [
        "tag", "average precision", "AUROC", "threshold", "precision", "recall", "F1",
        "windows", "predicted",
    ]  # fmt: skip
    rows = [
        [
            one.label,
            decimal(one.average_precision),
            decimal(one.auc),
            decimal(one.threshold),
            decimal(one.precision) if one.predicted else "not predicted",
            decimal(one.recall) if one.support else "no windows",
            decimal(one.f1),
            str(one.support),
            str(one.predicted),
        ]
        for one in evaluation.tags
    ]
    shares = {one.label: 100 * one.average_precision for one in evaluation.tags}
    drawn = plots.bars(shares, "%", title="Average precision of each tag")
    return Section("classes", "Tags", table(header, rows, 8) + drawn)


def confusion(evaluation: Evaluation) -> Section:
    """Confusion matrices of windows and of recordings."""
    about = (
        "Rows are the true classes, columns the predicted ones; the shade shows "
        "the share of the row."
    )
    body = [
        part("words", text=about, kind="faint"),
        part("subtitle", text="Windows"),
        plots.confusion(evaluation.confusion, evaluation.labels),
    ]
    if evaluation.recordings < evaluation.windows:
        drawn = plots.confusion(evaluation.recording_confusion, evaluation.labels)
        body += [part("subtitle", text="Recordings (by the vote of their windows)"), drawn]
    return Section("confusion", "Confusion matrix", _joined(*body))


def calibration(evaluation: Evaluation) -> Section:
    """The reliability diagram."""
    text = (
        f"Calibration error (ECE): {percent(evaluation.ece)}. A well-calibrated classifier is "
        "correct in 80 % of the windows for which its confidence is 80 %."
    )
    body = part("words", text=text) + plots.reliability(evaluation.bins)
    return Section("calibration", "Reliability (confidence against accuracy)", body)


def mistakes(found: Sequence[Mistake], link: Callable[[str], str] | None) -> Section:
    """The most confident mistakes, with links to the sounds."""
    if not found:
        words = part("words", text="None: every window is classified correctly.")
        return Section("mistakes", "Worst mistakes", words)
    rows = [
        [
            _linked(one, link),
            one.truth,
            one.predicted,
            clock(one.start),
            percent(one.probability),
            percent(one.truth_probability),
        ]
        for one in found
    ]
    header = [
        "recording",
        "true",
        "predicted",
        "time",
        "probability",
        "probability of the true class",
    ]
    return Section("mistakes", "Worst mistakes", table(header, rows, 3))


def _linked(mistake: Mistake, link: Callable[[str], str] | None) -> Markup:
    where = link(mistake.recording) if link is not None else ""
    if not where.lower().startswith(_LINKED):
        where = ""
    elif "#" not in where:  # a media fragment (W3C, 2012): browsers start to play there
        where = f"{where}#t={mistake.start:g}"
    name = PurePath(mistake.recording).name or mistake.recording
    return part("recording", name=name, path=mistake.recording, link=where)


def open_set(found: OpenSet | None) -> Section:
    """What happens without any of the classes."""
    title = "Unknown sounds"
    if found is None:
        return Section("open-set", title, part("words", text="Not tested on background sounds."))
    if found.ready_for_live:
        verdict = part("words", text="Ready for live listening.", kind="good")
    else:
        verdict = part("words", text="Not ready for live listening:", kind="bad")
        verdict += part("bullets", sentences=found.reasons)
    plain = {
        key: value for key, value in found.figures().items() if not key.endswith("_alarms_per_hour")
    }
    rows = [
        [kind, f"{rate:.1f}", f"{60 * found.hours[kind]:.1f} min"]
        for kind, rate in found.alarms_per_hour.items()
    ]
    heard = (
        table(["background", "false alarms per hour", "duration tested"], rows, 2)
        if rows
        else Markup("")
    )
    body = _joined(verdict, _columns([("this run", plain)]), heard)
    return Section("open-set", title, body)


def recipe(toml: str) -> Section:
    """The recipe, so that the training can be repeated."""
    return Section("recipe", "Recipe", part("code", text=toml))
