"""Evaluation of classifiers: metrics, calibration, open-set behaviour, significance, reports."""

from engine.evaluation.bootstrap import Interval
from engine.evaluation.calibration import best_thresholds, fit_temperature, none_threshold
from engine.evaluation.dimensions import DimensionScores, ValueEvaluation, evaluate_values
from engine.evaluation.metrics import Evaluation, evaluate
from engine.evaluation.open_set import OpenSet, evaluate_open_set
from engine.evaluation.report.report import RunReport, html, write_html, write_json
from engine.evaluation.results import Results, ValueResults
from engine.evaluation.scores import ClassScores, Mistake, ReliabilityBin
from engine.evaluation.significance import Comparison, McNemar, compare, mcnemar
from engine.evaluation.tags import TagEvaluation, TagScores, evaluate_tags

__all__ = [
    "Results",
    "Evaluation",
    "ClassScores",
    "Mistake",
    "ReliabilityBin",
    "Interval",
    "evaluate",
    "TagEvaluation",
    "TagScores",
    "evaluate_tags",
    "ValueResults",
    "ValueEvaluation",
    "DimensionScores",
    "evaluate_values",
    "fit_temperature",
    "none_threshold",
    "best_thresholds",
    "OpenSet",
    "evaluate_open_set",
    "McNemar",
    "mcnemar",
    "Comparison",
    "compare",
    "RunReport",
    "html",
    "write_html",
    "write_json",
]
