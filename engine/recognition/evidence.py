"""Evidence added over windows: a phrase is named even where each second of it is doubtful."""

from collections import deque
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from engine.classifier.rules import Crowd, Evidence, Rules
from engine.recognition.timeline import Timeline

_SURE_LOGIT = 4.0  # of presence: a window says no more than this
_RECENT = 4  # windows in which another label may take over
# Around their number, a label's probability goes from that of one alone to that of one of several.
_WIDTH = 0.15
# Who joins and who leaves is told by so much of the time for which evidence counts.
_JOINING = 1 / 2
Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Added:
    """What windows say, each times its weight; sums of windows, or a row each.

    Attributes:
        logs: logarithms of the probabilities' shares, (..., labels).
        weight: of the windows, (..., 1).
        chances: the probabilities, (..., labels).
        powers: the probabilities to the power of a crowd, (..., labels).
        crowd_weight: of the windows, as the last two forget them, (..., 1).
    """

    logs: Array
    weight: Array
    chances: Array
    powers: Array
    crowd_weight: Array

    def row(self, number: int) -> "_Added":
        """One window."""
        return _Added(*(part[number] for part in self._parts))

    def summed(self) -> "_Added":
        """All windows."""
        return _Added(*(part.sum(0) for part in self._parts))

    def followed_by(self, other: "_Added", keep: float) -> "_Added":
        """With another window, this being left to so large a share by then."""
        sooner = keep ** (1 / _JOINING)
        shares = (keep, keep, sooner, sooner, sooner)
        pairs = zip(shares, self._parts, other._parts, strict=True)
        return _Added(*(share * mine + new for share, mine, new in pairs))

    @property
    def _parts(self) -> tuple[Array, ...]:
        return self.logs, self.weight, self.chances, self.powers, self.crowd_weight


class EvidenceAdder:
    """Adds up the windows of a stream; goes on where it stopped, as ``Smoother`` does.

    Args:
        rules: with how evidence adds up, what is silence, and how much presence is enough.
    """

    def __init__(self, rules: Rules) -> None:
        assert rules.evidence is not None
        self._rules, self._how = rules, rules.evidence
        self._sums: _Added | None = None
        self._presence = self._presence_weight = 0.0
        self._recent: deque[_Added] = deque(maxlen=_RECENT)

    def push(self, timeline: Timeline) -> Timeline:
        """Rows that follow those pushed before, with what all of them say by then.

        Returns:
            The same rows; presence is the mean of the last seconds, and a label's probability that
            of the evidence, less where there is not enough presence; both are 0 in silence.
        """
        if len(timeline) == 0:
            return timeline
        windows, silent = _read(timeline, self._rules)
        gates = _logits(timeline.presence)
        keep = float(np.exp(-timeline.hop_seconds / self._how.seconds))
        slow = self._how.presence_seconds
        keep_presence = np.exp(-timeline.hop_seconds / slow) if slow > 0 else 0.0
        most = self._how.seconds / timeline.hop_seconds
        probabilities = np.zeros(timeline.probabilities.shape)
        presence = np.zeros(len(timeline))
        for row in range(len(timeline)):
            self._presence *= keep_presence
            self._presence_weight *= keep_presence
            sums = self._add(windows.row(row), keep)
            if silent[row]:
                continue
            self._presence += gates[row]
            self._presence_weight += 1.0
            presence[row] = _sigmoid(self._presence / self._presence_weight)
            probabilities[row] = _said(sums, self._how, most) * self._enough(presence[row])
        return replace(
            timeline,
            probabilities=probabilities.astype(np.float32),
            presence=presence.astype(np.float32),
        )

    def _add(self, window: _Added, keep: float) -> _Added:
        sums = window if self._sums is None else self._sums.followed_by(window, keep)
        self._recent.append(window)
        lead = int(sums.logs.argmax())
        recent = np.sum([one.logs - one.logs[lead] for one in self._recent], axis=0)
        if recent.max() >= self._how.change:
            sums = reduce(lambda before, new: before.followed_by(new, 1.0), self._recent)
        self._sums = sums
        return sums

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
    windows, silent = _read(timeline, rules)
    if silent.all():
        return np.zeros(len(timeline.labels)), 0.0
    most = rules.evidence.seconds / timeline.hop_seconds
    chances = _said(windows.summed(), rules.evidence, most)
    return chances, _sigmoid(float(_logits(timeline.presence)[~silent].mean()))


def _said(sums: _Added, how: Evidence, most: float) -> Array:
    """Probabilities of what is heard alone, or of what is heard together."""
    alone = posterior(sums.logs, float(sums.weight[0]), how, most)
    if how.crowd is None:
        return alone
    weight = max(float(sums.crowd_weight[0]), 1e-9)
    share = _sigmoid((float(sums.chances.sum()) / weight - how.crowd.number) / _WIDTH)
    mixed: Array = (1 - share) * alone + share * together(sums.powers / weight, how.crowd)
    return mixed


def together(powers: Array, crowd: Crowd) -> Array:
    """Probabilities of labels that are heard with others.

    Args:
        powers: means of their windows' probabilities to the power of the crowd.
        crowd: how they become probabilities.
    """
    means = np.clip(powers ** (1 / crowd.power), 1e-6, 1 - 1e-6)
    chances: Array = 1 / (1 + np.exp(-crowd.scale * np.log(means / (1 - means)) - crowd.bias))
    return chances


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


def _read(timeline: Timeline, rules: Rules) -> tuple[_Added, NDArray[np.bool_]]:
    """What each window adds, as if all were present, and which are silent."""
    assert rules.evidence is not None
    how, presence = rules.evidence, timeline.presence.astype(np.float64)
    silent = (timeline.level_db < rules.silence_dbfs) | (presence <= 0)
    chances = timeline.probabilities / np.where(silent, 1.0, presence)[:, None]
    weights = np.where(silent, 0.0, np.maximum(presence, 1e-3))[:, None]
    shares, power = chances, 1.0
    if how.crowd is not None:  # they need not add up to one
        shares = chances / np.maximum(chances.sum(1, keepdims=True), 1e-6)
        power = how.crowd.power
    logs = np.log(shares + how.floor)
    added = _Added(weights * logs, weights, weights * chances, weights * chances**power, weights)
    return added, silent


def _logits(presence: NDArray[np.float32]) -> Array:
    values = np.clip(presence.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.clip(np.log(values / (1 - values)), -_SURE_LOGIT, _SURE_LOGIT)


def _sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
