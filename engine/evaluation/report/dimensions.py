"""The report's section on a regression: each dimension beside the mean predictor."""

from collections.abc import Sequence

from markupsafe import Markup

from engine.evaluation.bootstrap import Interval
from engine.evaluation.dimensions import DimensionScores, ValueEvaluation
from engine.evaluation.report import plots
from engine.evaluation.report.page import Section, explained, figure, part, table

_SHOWN = ("rmse", "mean_rmse", "gain", "r2", "concordance")


def dimensions(evaluation: ValueEvaluation) -> Section:
    """Tables of windows and recordings, and the concordance as bars."""
    better = [one.name for one in evaluation.dimensions if one.beats_mean]
    count = len(evaluation.dimensions)
    text = (
        f"{len(better)} of {count} dimensions are predicted better than by always saying the mean "
        "of the training data (the interval of the error removed lies above 0)."
    )
    body = [part("words", text=text), _table(evaluation.dimensions)]
    if evaluation.recordings < evaluation.windows:
        body += [
            part("subtitle", text="Recordings (mean of their windows)"),
            _table(evaluation.by_recording),
        ]
    shares = {one.name: 100 * one.gain for one in evaluation.dimensions}
    body.append(plots.bars(shares, "%", title="Squared error of the mean predictor removed"))
    return Section("classes", "Dimensions", Markup("").join(body))


def _table(scores: Sequence[DimensionScores]) -> Markup:
    rows = [[one.name, *(figure(_figures(one), name) for name in _SHOWN)] for one in scores]
    return table(["dimension", *map(explained, _SHOWN)], rows, len(_SHOWN))


def _figures(one: DimensionScores) -> dict[str, float]:
    found = {name: float(getattr(one, name)) for name in _SHOWN}
    for name in _SHOWN:
        ends = one.intervals.get(name, Interval())
        found |= {f"{name}_low": ends.low, f"{name}_high": ends.high}
    return found
