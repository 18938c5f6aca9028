"""The figures of a card in words."""

from collections.abc import Mapping

# What a figure was measured on, by the beginning of its name.
_ON = {
    "left_out_": "collections left out",
    "gate_held_out_": "gate, sounds held out",
    "unseen_soundfont_piece_": "unheard instruments, whole pieces",
    "unseen_soundfont_": "unheard instruments",
    "piece_": "whole pieces",
    "recording_": "whole recordings",
    "open_set_": "known against unknown",
}
_TERMS = {
    "accuracy_worn": "accuracy through rooms and noise",
    "auroc": "AUROC",
    "brier": "Brier score",
    "ece": "calibration error",
    "family": "accuracy by family",
    "fpr_at_95_recall": "false-positive rate at 95 % recall",
    "gate_auroc": "music against nothing, AUROC",
    "known_recall": "known sounds that pass",
    "macro_auc": "macro AUC",
    "macro_f1": "macro F1",
    "said_aloud": "windows in which a label is named",
    "voted": "accuracy of whole sounds",
}
_SHARES = {
    "accuracy",
    "accuracy_worn",
    "balanced_accuracy",
    "false_alarms",
    "family",
    "fpr_at_95_recall",
    "known_recall",
    "misses",
    "said_aloud",
    "voted",
}


def figure_lines(metrics: Mapping[str, float]) -> list[str]:
    """A line for each figure: shares in percent, with the bounds of their interval.

    Args:
        metrics: as on a card; ``x_low`` and ``x_high`` bound ``x``.
    """
    bounds = {f"{name}_{end}" for name in metrics for end in ("low", "high")}
    return [f"{_named(name)}: {_value(name, metrics)}" for name in metrics if name not in bounds]


def _split(name: str) -> tuple[str, str]:
    for beginning, words in _ON.items():
        if name.startswith(beginning):
            return words, name.removeprefix(beginning)
    return "", name


def _named(name: str) -> str:
    on, term = _split(name)
    words = _TERMS.get(term, term.replace("_", " "))
    return f"{on}: {words}" if on else words


def _value(name: str, metrics: Mapping[str, float]) -> str:
    term = _split(name)[1]
    is_share = term in _SHARES or term.startswith("top_")
    factor, digits = (100, "{:.1f}") if is_share else (1, "{:.3g}")
    values = [factor * metrics[n] for n in (name, f"{name}_low", f"{name}_high") if n in metrics]
    words = digits.format(values[0]) + (" %" if is_share else "")
    if len(values) < 3:
        return words
    return f"{words} ({digits.format(values[1])} to {digits.format(values[2])})"
