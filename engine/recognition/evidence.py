"""Evidence added over windows: a phrase is named even where each second of it is doubtful."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.classifier.rules import Evidence, Rules
from engine.recognition.timeline import Timeline

_SURE_LOGIT = 4.0  # of presence: a window says no more than this
_RECENT = 4  # windows in which another label may take over
Array = NDArray[np.float64]


class EvidenceAdder:
    """Adds up the windows of a stream; goes on where it stopped, as ``Smoother`` does.

    Args:
        rules: with how evidence adds up, what is silence, and how much presence is enough.
    """

    def __init__(self, rules: Rules) -> None:
        assert rules.evidence is not None
        self._rules, self._how = rules, rules.evidence
        self._sums: Array | None = None
        self._weight = 0.0
        self._presence = self._presence_weight = 0.0
        self._recent: deque[tuple[Array, float]] = deque(maxlen=_RECENT)

    def push(self, timeline: Timeline) -> Timeline:
        """Rows that follow those pushed before, with what all of them say by then.

        Returns:
            The same rows; presence is the mean of the last seconds, and a label's probability that
            of the evidence, less where there is not enough presence; both are 0 in silence.
        """
        if len(timeline) == 0:
            return timeline
        logs, weights, silent = _read(timeline, self._rules)
        gates = _logits(timeline.presence)
        keep = np.exp(-timeline.hop_seconds / self._how.seconds)
        slow = self._how.presence_seconds
        keep_presence = np.exp(-timeline.hop_seconds / slow) if slow > 0 else 0.0
        most = self._how.seconds / timeline.hop_seconds
        probabilities, presence = np.zeros_like(logs), np.zeros(len(logs))
        for row in range(len(logs)):
            self._presence *= keep_presence
            self._presence_weight *= keep_presence
            self._add(logs[row], weights[row], keep)
            if silent[row]:
                continue
            self._presence += gates[row]
            self._presence_weight += 1.0
            presence[row] = _sigmoid(self._presence / self._presence_weight)
            assert self._sums is not None
            said = posterior(self._sums, self._weight, self._how, most)
            probabilities[row] = said * self._enough(presence[row])
        return replace(
            timeline,
            probabilities=probabilities.astype(np.float32),
            presence=presence.astype(np.float32),
        )

    def _add(self, logs: Array, weight: float, keep: float) -> None:
        before = np.zeros_like(logs) if self._sums is None else self._sums
        self._sums = keep * before + weight * logs
        self._weight = keep * self._weight + weight
        self._recent.append((logs, weight))
        lead = int(self._sums.argmax())
        recent = np.sum([w * (values - values[lead]) for values, w in self._recent], axis=0)
        if recent.max() >= self._how.change:
            self._sums = np.sum([w * values for values, w in self._recent], axis=0)
            self._weight = float(sum(w for _, w in self._recent))

    def _enough(self, presence: float) -> float:
        """1 where there is enough presence; less under that."""
        wanted = self._rules.presence_threshold
        return min(1.0, presence / wanted) if wanted > 0 else 1.0


def total(timeline: Timeline, rules: Rules) -> tuple[Array, float]:
    """What all rows of a stretch say together.

    Returns:
        Probabilities of the labels, whatever the presence, and the presence of all that is not
        silent; 0 where everything is.
    """
    assert rules.evidence is not None
    logs, weights, silent = _read(timeline, rules)
    if silent.all():
        return np.zeros(len(timeline.labels)), 0.0
    most = rules.evidence.seconds / timeline.hop_seconds
    sums = (weights[:, None] * logs).sum(0)
    chances = posterior(sums, float(weights.sum()), rules.evidence, most)
    return chances, _sigmoid(float(_logits(timeline.presence)[~silent].mean()))


def posterior(sums: Array, weight: float, how: Evidence, most: float) -> Array:
    """Probabilities by summed log-probabilities.

    Args:
        sums: of the logarithms, each times its window's weight.
        weight: the sum of these weights.
        how: they add up.
        most: windows that count as many.
    """
    count = min(max(1.0, weight), max(1.0, most))
    logits = how.weight * count**how.growth * sums / max(weight, 1e-9)
    raised = np.exp(logits - logits.max())
    chances: Array = raised / raised.sum()
    return chances


def _read(timeline: Timeline, rules: Rules) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Logarithms of the probabilities as if all were present, weights, and what is silent."""
    assert rules.evidence is not None
    presence = timeline.presence.astype(np.float64)
    silent = (timeline.level_db < rules.silence_dbfs) | (presence <= 0)
    chances = timeline.probabilities / np.where(silent, 1.0, presence)[:, None]
    weights = np.where(silent, 0.0, np.maximum(presence, 1e-3))
    return np.log(chances + rules.evidence.floor), weights, silent


def _logits(presence: NDArray[np.float32]) -> Array:
    values = np.clip(presence.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.clip(np.log(values / (1 - values)), -_SURE_LOGIT, _SURE_LOGIT)


def _sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
