"""Figures in words: one name and one explanation for each, wherever it is shown."""

from collections.abc import Mapping
from typing import NamedTuple


class Term(NamedTuple):
    """What a figure is called and what it means.

    Attributes:
        name: the field's word for it, as in the middle of a sentence.
        is_share: whether text shows it in percent.
        meaning: one sentence that explains it; empty where there is none.
    """

    name: str
    is_share: bool
    meaning: str


_ECE = (
    "Expected calibration error: mean difference between confidence and accuracy; "
    "0 means that predictions with 80 % confidence are correct in 80 % of the cases."
)
_CCC = (
    "Concordance correlation coefficient (Lin 1989), mean of the dimensions: agreement of "
    "predicted and true values; 1 is perfect, 0 is what a constant reaches."
)
_R2 = (
    "Coefficient of determination, mean of the dimensions: 1 is perfect, 0 is as good as the mean "
    "of the true values, below 0 is worse."
)
_GAIN = "Share of the squared error of the mean predictor that is removed, mean of the dimensions."
# What a figure was measured on, by the beginning of its name.
_ON = {
    "left_out_": "collections not used in training",
    "artists_left_out_": "recordings by artists not used in training",
    "gate_held_out_": "rejection gate, held-out sounds",
    "unseen_soundfont_piece_": "unseen instruments, whole pieces",
    "unseen_soundfont_": "unseen instruments",
    "piece_": "whole pieces",
}
_TERMS = {
    "accuracy": Term("accuracy", True, "Share of the test windows that are classified correctly."),
    "balanced_accuracy": Term(
        "balanced accuracy", True, "Mean recall of the classes: every class counts the same."
    ),
    "positive_recall": Term(
        "recall of the positive class",
        True,
        "Share of the positive windows that are found: tp / (tp + fn).",
    ),
    "positive_precision": Term(
        "precision of the positive class",
        True,
        "Share of the windows predicted positive that are: tp / (tp + fp).",
    ),
    "recording_accuracy": Term(
        "accuracy by recording",
        True,
        "Share of the recordings that are classified correctly by the vote of their windows.",
    ),
    "concordance": Term("concordance (CCC)", False, _CCC),
    "r2": Term("R²", False, _R2),
    "gain": Term("error removed", True, _GAIN),
    "recording_concordance": Term("concordance (CCC) by recording", False, _CCC),
    "recording_r2": Term("R² by recording", False, _R2),
    "recording_gain": Term("error removed by recording", True, _GAIN),
    "rmse": Term("RMSE", False, "Root of the mean squared error, in the dimension's own units."),
    "mean_rmse": Term(
        "RMSE of the mean predictor",
        False,
        "That of a predictor which always says the mean of the training data.",
    ),
    "macro_f1": Term(
        "macro F1",
        True,
        "F1 is the harmonic mean of precision and recall; this is its mean over the classes.",
    ),
    "macro_precision": Term(
        "macro precision",
        True,
        "Precision is the share of a class's predictions that are correct; "
        "this is its mean over the classes.",
    ),
    "macro_recall": Term(
        "macro recall",
        True,
        "Recall is the share of a class's windows that are found; "
        "this is its mean over the classes.",
    ),
    "macro_auc": Term(
        "macro AUROC",
        False,
        "Probability that a window of a class gets a higher score for it than a window of another "
        "class, averaged over the classes; 0.5 is chance, 1 is perfect.",
    ),
    "macro_average_precision": Term(
        "mean average precision (mAP)",
        False,
        "Area under the precision-recall curve, averaged over the classes; 1 is perfect.",
    ),
    "top_2": Term(
        "top-2 accuracy", True, "How often the true class is among the two most probable ones."
    ),
    "top_3": Term(
        "top-3 accuracy", True, "How often the true class is among the three most probable ones."
    ),
    "log_loss": Term(
        "log loss",
        False,
        "Mean negative log-probability of the true class, in nats; lower is better.",
    ),
    "brier": Term(
        "Brier score",
        False,
        "Mean squared error of the probabilities, from 0 (perfect) to 2.",
    ),
    "ece": Term("calibration error (ECE)", True, _ECE),
    "open_set_auroc": Term(
        "known/unknown AUROC",
        False,
        "Probability that a sound of a known class scores higher than a background sound; "
        "0.5 is chance, 1 is perfect.",
    ),
    "fpr_at_95_recall": Term(
        "false alarms at 95 % recall",
        True,
        "Share of background sounds that are accepted when 95 % of the known sounds are.",
    ),
    "known_recall": Term(
        "known windows accepted",
        True,
        "Share of the windows of known classes whose score reaches the threshold.",
    ),
    "accuracy_worn": Term(
        "accuracy with room sound and noise",
        True,
        "Accuracy on the same sounds with reverberation and noise added.",
    ),
    "auroc": Term(
        "AUROC",
        False,
        "Probability that a sound of music scores higher than another sound; "
        "0.5 is chance, 1 is perfect.",
    ),
    "calibration_error": Term("calibration error (ECE)", True, _ECE),
    "false_alarms": Term(
        "false alarms", True, "Share of the other sounds that are accepted as music."
    ),
    "family": Term(
        "accuracy by family", True, "Share of the windows whose instrument family is correct."
    ),
    "gate_auroc": Term(
        "music/other sounds AUROC",
        False,
        "Probability that a sound of music scores higher than another sound; "
        "0.5 is chance, 1 is perfect.",
    ),
    "misses": Term("music rejected", True, "Share of the music that is rejected by mistake."),
    "said_aloud": Term(
        "windows with a label", True, "Share of the windows for which a label is reported."
    ),
    "voted": Term(
        "accuracy of whole sounds",
        True,
        "Share of the sounds that are classified correctly by the vote of their windows.",
    ),
}
_ALARMS = "_alarms_per_hour"


def term(key: str) -> Term:
    """What a figure is called; an unknown one by its key in words.

    >>> term("rmse:valence").name
    'RMSE of valence'
    """
    figure, colon, dimension = key.partition(":")
    if colon:
        found = term(figure)
        meaning = found.meaning.replace(", mean of the dimensions", "")
        return Term(f"{found.name} of {dimension}", found.is_share, meaning)
    if key.endswith(_ALARMS):
        kind = key.removesuffix(_ALARMS).replace("_", " ")
        meaning = f"How often per hour a label is reported during {kind}."
        return Term(f"false alarms per hour: {kind}", False, meaning)
    return _TERMS.get(key, Term(key.replace("_", " "), False, ""))


def figure_name(key: str) -> str:
    """A figure's name as the beginning of a line.

    >>> figure_name("ece")
    'Calibration error (ECE)'
    >>> figure_name("speech_alarms_per_hour")
    'False alarms per hour: speech'
    """
    name = term(key).name
    return name[:1].upper() + name[1:]


def place_in_order(key: str) -> int:
    """Where a report lists a figure; unknown ones come last."""
    figure = key.partition(":")[0]
    return list(_TERMS).index(figure) if figure in _TERMS else len(_TERMS)


def figure_lines(metrics: Mapping[str, float]) -> list[str]:
    """A line for each figure: shares in percent, with the bounds of their interval.

    Args:
        metrics: as on a card; ``x_low`` and ``x_high`` bound ``x``.
    """
    return [f"{_named(name)}: {_value(name, metrics)}" for name in without_bounds(metrics)]


def meanings(metrics: Mapping[str, float]) -> list[str]:
    """A line for each kind of figure that says what it means.

    Args:
        metrics: as on a card.
    """
    found = dict.fromkeys(term(_split(name)[1]) for name in without_bounds(metrics))
    return [f"{one.name}: {one.meaning}" for one in found if one.meaning]


def with_bounds(metrics: Mapping[str, float], name: str) -> str:
    """A figure with the bounds of its interval, as for a table.

    >>> with_bounds({"accuracy": 0.8, "accuracy_low": 0.7, "accuracy_high": 0.9}, "accuracy")
    '0.8000 (0.700 to 0.900)'
    """
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    spread = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{metrics[name]:.4f}{spread}"


def without_bounds(metrics: Mapping[str, float]) -> list[str]:
    """The names of the figures, without the bounds of their intervals."""
    bounds = {f"{name}_{end}" for name in metrics for end in ("low", "high")}
    return [name for name in metrics if name not in bounds]


def _split(name: str) -> tuple[str, str]:
    for beginning, words in _ON.items():
        if name.startswith(beginning):
            return words, name.removeprefix(beginning)
    return "", name


def _named(name: str) -> str:
    on, key = _split(name)
    return f"{on}: {term(key).name}" if on else term(key).name


def _value(name: str, metrics: Mapping[str, float]) -> str:
    is_share = term(_split(name)[1]).is_share
    factor, digits = (100, "{:.1f}") if is_share else (1, "{:.3g}")
    values = [factor * metrics[n] for n in (name, f"{name}_low", f"{name}_high") if n in metrics]
    words = digits.format(values[0]) + (" %" if is_share else "")
    if len(values) < 3:
        return words
    return f"{words} ({digits.format(values[1])} to {digits.format(values[2])})"
