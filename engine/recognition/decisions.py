"""From probabilities to labels: thresholds, hysteresis, confirmation and rejection."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.classifier.rules import Rules
from engine.recognition.evidence import EvidenceAdder
from engine.recognition.timeline import Smoother, Timeline

SILENCE = "silence"
UNCERTAIN = "unknown"
# Pauses of a label up to this long are closed wherever its stretches are shown or exported.
_BRIDGE_SECONDS = 1.0


# With slots: a long file has a million of these.
@dataclass(frozen=True, slots=True)
class Candidate:
    """One label in one row.

    Attributes:
        label: its name; a family's where only that is sure; of a regression a dimension's.
        probability: smoothed, or by the evidence of the last seconds; of a dimension its value.
        heard: whether it counts as heard.
        reason: why not, in words; empty when heard.
        sure: whether it is said without "probably".
        threshold: probability from which it may begin; 0: it has none of its own.
    """

    label: str
    probability: float
    heard: bool
    reason: str
    sure: bool = True
    threshold: float = 0.0

    @property
    def words(self) -> str:
        """As it is said."""
        return self.label if self.sure else f"probably {self.label}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one row says.

    Attributes:
        time: centre of the window in seconds.
        heard: labels heard, most probable first.
        verdict: in words: the labels, or why there are none.
        candidates: the labels, most probable first, with why each was rejected.
        absent: why nothing can be heard at all, in words; empty when something can.
        presence: how probable it is that the row holds what the classifier knows about.
    """

    time: float
    heard: tuple[str, ...]
    verdict: str
    candidates: tuple[Candidate, ...]
    absent: str = ""
    presence: float = 1.0


@dataclass(frozen=True)
class Segment:
    """A stretch in which one label was heard."""

    start_seconds: float
    end_seconds: float
    label: str
    mean_probability: float


class Decider:
    """Decides row by row; live and whole files go through it, so they agree.

    Args:
        labels: of the timeline.
        rules: when a label counts as heard.
    """

    def __init__(self, labels: Sequence[str], rules: Rules) -> None:
        if not rules.ranges and len(rules.thresholds) != len(labels):
            raise ValueError("one threshold a label is needed")
        if rules.families and len(rules.families) != len(labels):
            raise ValueError("one family a label is needed")
        if rules.evidence is not None and rules.several:
            raise ValueError("evidence adds up where only one label is heard at a time")
        self._labels = tuple(labels)
        self._rules = rules
        self._thresholds = np.asarray(rules.thresholds)
        self._smoother: EvidenceAdder | Smoother = (
            EvidenceAdder(rules) if rules.evidence else Smoother(rules.smoothing_seconds)
        )
        self._on = np.zeros(len(labels), dtype=bool)
        self._recent: deque[np.ndarray[tuple[int], np.dtype[np.bool_]]] = deque(maxlen=rules.of)
        self._families: deque[str] = deque(maxlen=rules.of)

    def push(self, timeline: Timeline) -> list[Decision]:
        """Decide on rows that follow those pushed before."""
        smooth = self._smoother.push(timeline)
        return [
            self._row(
                float(smooth.times[index]),
                smooth.probabilities[index].astype(np.float64),
                float(smooth.presence[index]),
                float(timeline.level_db[index]),
            )
            for index in range(len(smooth))
        ]

    def _row(
        self,
        time: float,
        probabilities: np.ndarray[tuple[int], np.dtype[np.float64]],
        presence: float,
        level_db: float,
    ) -> Decision:
        rules = self._rules
        absent = self._absent(presence, level_db)
        if rules.ranges:
            return values_told((time, presence), self._labels, probabilities, absent)
        over = (probabilities >= self._thresholds) & (absent == "")
        self._recent.append(over)
        confirmed = np.sum(list(self._recent), axis=0) >= rules.needed
        stays = self._on & (probabilities >= rules.release * self._thresholds) & (absent == "")
        on = stays | (over & confirmed)
        if not rules.several and on.any():
            best = int(np.argmax(np.where(on, probabilities, -1.0)))
            on = np.arange(len(on)) == best
        self._on = on
        order = np.argsort(-probabilities, kind="stable")
        candidates = tuple(
            self._candidate(index, float(probabilities[index]), bool(on[index]), absent, over)
            for index in order
        )
        family = None if absent else leading_family(self._labels, rules, probabilities)
        self._families.append(family.label if family else "")
        if family and not on.any() and self._families.count(family.label) >= rules.needed:
            candidates = (family, *candidates)
        heard = [candidate for candidate in candidates if candidate.heard]
        words = ", ".join(candidate.words for candidate in heard) or absent or UNCERTAIN
        labels = tuple(candidate.label for candidate in heard)
        return Decision(time, labels, words, candidates, absent, presence)

    def _absent(self, presence: float, level_db: float) -> str:
        """Why nothing can be heard in a row at all; empty when something can."""
        if level_db < self._rules.silence_dbfs:
            return SILENCE
        if presence < self._rules.presence_threshold:
            return f"not {self._rules.gate}" if self._rules.gate else UNCERTAIN
        return ""

    def _candidate(
        self,
        index: int,
        probability: float,
        heard: bool,
        absent: str,
        over: np.ndarray[tuple[int], np.dtype[np.bool_]],
    ) -> Candidate:
        threshold = self._thresholds[index]
        if heard:
            reason = ""
        elif absent:
            reason = absent
        elif not over[index]:
            reason = below(float(threshold))
        elif not self._rules.several and self._on.any():
            reason = "another label is more probable"
        else:
            reason = f"not yet in {self._rules.needed} of {self._rules.of} windows"
        sure = is_sure(probability, self._rules)
        return Candidate(self._labels[index], probability, heard, reason, sure, float(threshold))


def below(threshold: float) -> str:
    """Why a label is not heard whose probability is too low."""
    return f"below its threshold of {100 * threshold:.0f} %"


def values_told(
    row: tuple[float, float],
    dimensions: Sequence[str],
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    absent: str,
) -> Decision:
    """What a regression says: no label, but the value of each dimension, in their order.

    Args:
        row: centre of the window in seconds, and presence.
        dimensions: their names.
        values: of each.
        absent: why they mean nothing, in words; empty: they do.
    """
    pairs = list(zip(dimensions, values.tolist(), strict=True))
    words = absent or ", ".join(f"{name} {value_words(value)}" for name, value in pairs)
    candidates = tuple(Candidate(name, value, False, absent) for name, value in pairs)
    return Decision(row[0], (), words, candidates, absent, row[1])


def value_words(value: float) -> str:
    """A dimension's value as it is read: three digits, or two decimals.

    >>> [value_words(value) for value in (0.123, -0.5, 61.25, 1234.5)]
    ['0.12', '-0.50', '61.2', '1234']
    """
    size = abs(value)
    return f"{value:.{2 if size < 10 else 1 if size < 100 else 0}f}"


def is_sure(probability: float, rules: Rules) -> bool:
    """Whether a label of this probability is said without "probably"."""
    return rules.evidence is None or probability >= rules.evidence.sure


def leading_family(
    labels: Sequence[str],
    rules: Rules,
    probabilities: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> Candidate | None:
    """The family that is sure even where none of its labels is.

    Args:
        labels: of the timeline.
        rules: with their families.
        probabilities: of the labels.

    Returns:
        None: there are no families, or none is over its threshold. A family of one label is none.
    """
    sums: dict[str, float] = {}
    for family, probability in zip(rules.families, probabilities, strict=False):
        sums[family] = sums.get(family, 0.0) + float(probability)
    if not sums:
        return None
    best = max(sums, key=lambda family: sums[family])
    if sums[best] < rules.family_threshold or best in labels:
        return None
    return Candidate(best, min(1.0, sums[best]), True, "", threshold=rules.family_threshold)


def decide(timeline: Timeline, rules: Rules) -> list[Decision]:
    """Decide on all rows of a timeline.

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline, decide
        >>> from engine.classifier.rules import Rules
        >>> rows = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32)
        >>> ones, level = np.ones(3, dtype=np.float32), np.full(3, -20, dtype=np.float32)
        >>> timeline = Timeline(("flute", "cello"), np.arange(3) + 0.5, rows, ones, level, 1.0, 1.0)
        >>> rules = Rules(thresholds=(0.5, 0.5), smoothing_seconds=0)
        >>> [decision.heard for decision in decide(timeline, rules)]
        [(), ('flute',), ()]
    """
    return Decider(timeline.labels, rules).push(timeline)


def lane(
    decisions: Sequence[Decision], *, hop_seconds: float, duration_seconds: float | None = None
) -> list[Segment]:
    """The stretches of one classifier as window, command line and exports show them.

    Args:
        decisions: in order of time.
        hop_seconds: of the timeline.
        duration_seconds: length of the sound, once all of it was heard.
    """
    return segments(
        decisions,
        hop_seconds=hop_seconds,
        duration_seconds=duration_seconds,
        bridge_seconds=_BRIDGE_SECONDS,
    )


def segments(
    decisions: Sequence[Decision],
    *,
    hop_seconds: float,
    duration_seconds: float | None = None,
    bridge_seconds: float = 0.0,
    least_seconds: float = 0.0,
) -> list[Segment]:
    """Join rows into stretches, in order of their start.

    A row stands for one hop around its centre; the first also for what lies before it, the last for
    what lies after it, if the duration is given.

    Args:
        decisions: in order of time.
        hop_seconds: of the timeline.
        duration_seconds: length of the sound.
        bridge_seconds: pauses of one label up to this long are closed.
        least_seconds: shorter stretches are dropped, after closing pauses.

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline, decide, segments
        >>> from engine.classifier.rules import Rules
        >>> rows = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32)
        >>> ones, level = np.ones(3, dtype=np.float32), np.full(3, -20, dtype=np.float32)
        >>> timeline = Timeline(("flute", "cello"), np.arange(3) + 0.5, rows, ones, level, 1.0, 1.0)
        >>> rules = Rules(thresholds=(0.5, 0.5), smoothing_seconds=0)
        >>> for part in segments(decide(timeline, rules), hop_seconds=1.0):
        ...     print(part.label, part.start_seconds, part.end_seconds)
        flute 1.0 2.0
    """
    found: list[Segment] = []
    running: dict[str, tuple[float, float, list[float]]] = {}
    for index, decision in enumerate(decisions):
        start, end = _span(decisions, index, hop_seconds, duration_seconds)
        for candidate in decision.candidates:
            if not candidate.heard:
                continue
            before = running.get(candidate.label)
            if before is not None and start - before[1] <= bridge_seconds + 1e-9:
                running[candidate.label] = (before[0], end, [*before[2], candidate.probability])
                continue
            if before is not None:
                found.append(_segment(candidate.label, before))
            running[candidate.label] = (start, end, [candidate.probability])
    found += [_segment(label, state) for label, state in running.items()]
    long = [s for s in found if s.end_seconds - s.start_seconds >= least_seconds - 1e-9]
    return sorted(long, key=lambda segment: (segment.start_seconds, segment.label))


def _span(
    decisions: Sequence[Decision], index: int, hop_seconds: float, duration_seconds: float | None
) -> tuple[float, float]:
    time = decisions[index].time
    start = 0.0 if index == 0 else time - hop_seconds / 2
    end = time + hop_seconds / 2
    if index == len(decisions) - 1 and duration_seconds is not None:
        end = duration_seconds
    return max(0.0, start), end


def _segment(label: str, state: tuple[float, float, list[float]]) -> Segment:
    start, end, probabilities = state
    return Segment(start, end, label, float(np.mean(probabilities)))
