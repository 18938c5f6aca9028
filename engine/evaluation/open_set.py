"""Open-set evaluation: how a classifier treats sounds of no class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.json_values import finite, json_value, number
from engine.evaluation.ranking import Ranking

NEEDED = ("silence", "noise", "speech")
MOST_ALARMS_AN_HOUR = 30.0
_RECALL = 0.95


@dataclass(frozen=True)
class OpenSet:
    """How known windows and background differ in score.

    Attributes:
        threshold: score at or over which the classifier hears something.
        auroc: area under the ROC curve of known against all background, 0 to 1, or NaN.
        false_positive_rate: share of background accepted by the threshold that accepts 95 % of the
            known windows (FPR95), 0 to 1, or NaN without background.
        known_recall: share of known windows at or over ``threshold``, 0 to 1.
        hours: of background that were judged, by kind.
        alarms_per_hour: windows of background at or over ``threshold`` in an hour, by kind.
        ready_for_live: whether it may listen to a microphone without crying wolf.
        reasons: why not, in sentences; empty when ready.
    """

    threshold: float
    auroc: float
    false_positive_rate: float
    known_recall: float
    hours: dict[str, float]
    alarms_per_hour: dict[str, float]
    ready_for_live: bool
    reasons: tuple[str, ...]

    def figures(self) -> dict[str, float]:
        """The figures by name; only finite ones."""
        found = {
            "open_set_auroc": self.auroc,
            "fpr_at_95_recall": self.false_positive_rate,
            "known_recall": self.known_recall,
        }
        alarms = self.alarms_per_hour.items()
        return finite(found | {f"{kind}_alarms_per_hour": rate for kind, rate in alarms})

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        fields: dict[str, Any] = json_value(self)
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "OpenSet":
        """Back from plain values.

        Raises:
            DataError: they are not those of an open-set evaluation.
        """
        names = ("threshold", "auroc", "false_positive_rate", "known_recall")
        try:
            alarms = fields["alarms_per_hour"].items()
            return cls(
                hours={kind: number(hours) for kind, hours in fields["hours"].items()},
                alarms_per_hour={kind: number(rate) for kind, rate in alarms},
                ready_for_live=bool(fields["ready_for_live"]),
                reasons=tuple(str(reason) for reason in fields["reasons"]),
                **{name: number(fields[name]) for name in names},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"Not open-set results: {error}.") from error


def evaluate_open_set(
    known: NDArray[np.floating],
    background: Mapping[str, NDArray[np.floating]],
    *,
    threshold: float,
    hop_seconds: float,
    needed: Sequence[str] = NEEDED,
) -> OpenSet:
    """Evaluate how well a classifier rejects unknown sounds.

    A window's score is its highest probability times the gate's presence (the maximum softmax
    probability of Hendrycks & Gimpel, *A baseline for detecting misclassified and
    out-of-distribution examples*, ICLR 2017). It is ready for live listening if it never hears
    anything in silence and at most 30 windows an hour in noise and in speech; a kind it was never
    tried on counts against it, as nothing is known then.

    Args:
        known: scores of windows of the known classes, 0 to 1, shape (windows,).
        background: scores of other windows by kind ("silence", "speech", "noise", ...), 0 to 1.
        threshold: score at or over which a window counts as heard.
        hop_seconds: from window to window.
        needed: the kinds that readiness depends on.

    Raises:
        DataError: there are no known windows, a score is not finite, or the hop is not positive.
    """
    _check(known, background, hop_seconds)
    tried = {kind: scores for kind, scores in background.items() if len(scores)}
    hours = {kind: len(scores) * hop_seconds / 3600 for kind, scores in tried.items()}
    alarms = {kind: _over(scores, threshold) for kind, scores in tried.items()}
    rates = {kind: alarms[kind] / hours[kind] for kind in tried}
    reasons = _reasons(rates, needed)
    auroc, false_positive_rate = _separation(known, list(tried.values()))
    return OpenSet(
        threshold=threshold,
        auroc=auroc,
        false_positive_rate=false_positive_rate,
        known_recall=_over(known, threshold) / len(known),
        hours=hours,
        alarms_per_hour=rates,
        ready_for_live=not reasons,
        reasons=tuple(reasons),
    )


def _check(
    known: NDArray[np.floating],
    background: Mapping[str, NDArray[np.floating]],
    hop_seconds: float,
) -> None:
    if len(known) == 0 or not hop_seconds > 0:
        raise DataError("Open-set results need known windows and a positive hop.")
    if not all(np.isfinite(scores).all() for scores in (known, *background.values())):
        raise DataError("Some scores are NaN or infinite.")


def _over(scores: NDArray[np.floating], threshold: float) -> int:
    return int((scores >= threshold).sum())


def _separation(
    known: NDArray[np.floating], background: Sequence[NDArray[np.floating]]
) -> tuple[float, float]:
    """AUROC, and false-positive rate at 95 % recall."""
    if not background:
        return math.nan, math.nan
    other = np.concatenate(background)
    truth = np.arange(len(known) + len(other)) < len(known)
    auroc = Ranking(np.concatenate([known, other]), truth).auc()
    lost = math.floor((1 - _RECALL) * len(known) + 1e-9)
    return auroc, float((other >= np.sort(known)[lost]).mean())


def _reasons(rates: Mapping[str, float], needed: Sequence[str]) -> list[str]:
    reasons = []
    for kind in needed:
        rate = rates.get(kind)
        if rate is None:
            reasons.append(f"It was not tested on {kind}.")
        elif kind == "silence" and rate > 0:
            reasons.append(f"It reports labels in silence ({rate:.0f} false alarms per hour).")
        elif rate > MOST_ALARMS_AN_HOUR:
            reasons.append(
                f"It raises {rate:.0f} false alarms per hour in {kind}; "
                f"{MOST_ALARMS_AN_HOUR:.0f} is the maximum for live use."
            )
    return reasons
