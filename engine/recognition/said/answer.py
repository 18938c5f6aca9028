"""What is said at this moment, in words that hold: decisions come four times a second, people read.

A label that is named stays for a second at least, pauses between notes don't take it away, and what
the bars show is marked where it follows from that, so that words and bars say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from engine.classifier.rules import Rules
from engine.recognition.decisions import UNCERTAIN, Candidate, Decision

Certainty = Literal["sure", "probable", "doubtful"]

HOLD_SECONDS = 1.0  # a name, its certainty and what is said without any stay for so long
# Without a label after which its name goes: where nothing can be heard, and where another may come.
_PAUSE_SECONDS, _PATIENT_SECONDS = 0.6, 1.2
_MEAN_SECONDS = 0.7  # time constant of the probability that certainty goes by
# Calibrated probabilities from which a label is said as it is, and as probable.
SURE, _PROBABLE = 0.8, 0.5
_AT_EDGE = 0.05  # so far beyond it before other words are used
_LEAST_MAYBE = 0.1
_MOST_NAMED = 4
_FIRST = 8  # candidates that are kept in a calm order
_CALM = 0.01  # a candidate passes another when it is so much more probable

# A family stands for what is not known of it: said with an article.
_FAMILIES = {
    "plucked strings": "a plucked string",
    "bowed strings": "a bowed string",
    "woodwind": "a woodwind",
    "brass": "a brass instrument",
    "keyboards": "a keyboard instrument",
    "voice": "a voice",
}
RANKS: dict[Certainty, int] = {"sure": 0, "probable": 1, "doubtful": 2}


@dataclass(frozen=True)
class Named:
    """One label that is said.

    Attributes:
        label: its name, or a family's.
        certainty: how it is said.
        probability: mean of about the last second.
        since: second at which it was first said.
        last: second at which it was last heard; later ones are a pause.
    """

    label: str
    certainty: Certainty
    probability: float
    since: float
    last: float

    @property
    def words(self) -> str:
        """As it is said by itself."""
        name = _spoken(self.label)
        return {"sure": name, "probable": f"probably {name}", "doubtful": f"{name}?"}[
            self.certainty
        ]


@dataclass(frozen=True)
class Line:
    """A candidate as its bar shows it.

    Attributes:
        candidate: with its probability and threshold, and why it is not heard.
        said: whether it is among what is said.
        holds: whether it is said although its probability is below its threshold.
        coming: whether it is over its threshold and will be said if it stays there.
    """

    candidate: Candidate
    said: bool
    holds: bool
    coming: bool


@dataclass(frozen=True)
class Answer:
    """What one classifier says.

    Attributes:
        time: of the newest row, in seconds.
        named: labels that are said, in the order in which they are.
        words: all of it; empty: nothing can be said yet.
        maybe: labels that it might be, where the words are "unknown".
        lines: of the bars: what is said first, the others by their probability.
        absent: why nothing can be heard at all; empty when something can.
    """

    time: float
    named: tuple[Named, ...]
    words: str
    maybe: tuple[str, ...]
    lines: tuple[Line, ...]
    absent: str

    @property
    def guess(self) -> str:
        """What it might be, in words; empty: that is known, or nothing is likely."""
        return f"maybe {_joined(self.maybe, 'or')}" if self.maybe else ""


@dataclass
class _Name:
    since: float
    last: float
    certainty: Certainty
    certain_since: float
    probability: float


@dataclass
class _Empty:
    """What is said where no label is."""

    words: str = ""
    since: float = 0.0
    begun: float | None = None  # when the last name went


@dataclass
class Answerer:
    """Turns decisions into words that hold; goes on where it stopped.

    Args:
        rules: that the decisions were made by.
    """

    rules: Rules
    _names: dict[str, _Name] = field(default_factory=dict)
    _means: dict[str, float] = field(default_factory=dict)
    _order: list[str] = field(default_factory=list)
    _empty: _Empty = field(default_factory=_Empty)
    _time: float | None = None

    def push(self, decisions: Sequence[Decision]) -> Answer | None:
        """Take decisions that follow those before; None: there are none."""
        answer = None
        for decision in decisions:
            answer = self._step(decision)
        return answer

    def _step(self, decision: Decision) -> Answer:
        now = decision.time
        self._average(decision)
        self._rename(decision)
        for label, name in self._names.items():
            self._judge(name, label, now)
        ranked = sorted(
            self._names.items(), key=lambda item: (RANKS[item[1].certainty], item[1].since)
        )
        named = tuple(Named(x, n.certainty, n.probability, n.since, n.last) for x, n in ranked)
        lines = self._lines(decision, named)
        if named:
            self._empty.words = ""
        words = phrase(named) or self._without(decision, lines)
        likely = [x.candidate.label for x in lines if x.candidate.probability >= _LEAST_MAYBE]
        maybe = tuple(likely[:2]) if words == UNCERTAIN else ()
        return Answer(now, named, words, maybe, lines, decision.absent)

    def _average(self, decision: Decision) -> None:
        """Means of the probabilities, each label's and each family's that is heard."""
        passed = 0.0 if self._time is None else decision.time - self._time
        self._time = decision.time
        new = 1.0 - float(np.exp(-max(0.0, passed) / _MEAN_SECONDS))
        for candidate in decision.candidates:
            before = self._means.get(candidate.label, candidate.probability)
            self._means[candidate.label] = before + new * (candidate.probability - before)

    def _rename(self, decision: Decision) -> None:
        """Let names go that have stood long enough, and take those that are new."""
        now, heard = decision.time, decision.heard
        pause = _PAUSE_SECONDS if decision.absent else _PATIENT_SECONDS
        for label in heard:
            if label in self._names:
                self._names[label].last = now
        for label, name in list(self._names.items()):
            stood = now - name.since >= HOLD_SECONDS - 1e-6
            other = not self.rules.several and bool(heard) and label not in heard
            if stood and (other or now - name.last >= pause - 1e-6):
                del self._names[label]
                self._empty.begun = now
        most = _MOST_NAMED if self.rules.several else 1
        for label in heard:
            if label not in self._names and len(self._names) < most:
                mean = self._means[label]
                self._names[label] = _Name(now, now, self._certainty(mean), now, mean)

    def _judge(self, name: _Name, label: str, now: float) -> None:
        """How sure a name is; other words only when it is clearly surer or less sure for long."""
        name.probability = self._means.get(label, name.probability)
        found = self._certainty(name.probability)
        if found == name.certainty or now - name.certain_since < HOLD_SECONDS - 1e-6:
            return
        lower = RANKS[found] > RANKS[name.certainty]
        beyond = name.probability + (_AT_EDGE if lower else -_AT_EDGE)
        clear = self._certainty(beyond)
        if clear != name.certainty:
            name.certainty, name.certain_since = clear, now

    def _certainty(self, probability: float) -> Certainty:
        sure = SURE if self.rules.evidence is None else self.rules.evidence.sure
        if probability >= sure:
            return "sure"
        return "probable" if probability >= min(_PROBABLE, sure) else "doubtful"

    def _lines(self, decision: Decision, named: Sequence[Named]) -> tuple[Line, ...]:
        by_label = {candidate.label: candidate for candidate in decision.candidates}
        for name in named:  # a family that is not heard now is none of the candidates
            missing = Candidate(name.label, name.probability, False, "", threshold=0.0)
            by_label.setdefault(name.label, missing)
        said = [name.label for name in named]
        others = [label for label in by_label if label not in said]
        self._order = _calm(others[:_FIRST], self._order, by_label) + others[_FIRST:]
        absent = bool(decision.absent)
        return tuple(
            _line(by_label[label], label in said, absent=absent) for label in [*said, *self._order]
        )

    def _without(self, decision: Decision, lines: Sequence[Line]) -> str:
        """What is said without a name: why there is none, once that has been so for a while."""
        now, empty = decision.time, self._empty
        if empty.begun is None:
            empty.begun = now
        if decision.absent:
            words = decision.absent
        elif any(line.coming for line in lines) or now - empty.begun < HOLD_SECONDS - 1e-6:
            words = "" if empty.words != UNCERTAIN else UNCERTAIN  # a label may be about to come
        else:
            words = UNCERTAIN
        if words != empty.words and (not empty.words or now - empty.since >= HOLD_SECONDS - 1e-6):
            empty.words, empty.since = words, now
        return empty.words


def _line(candidate: Candidate, said: bool, *, absent: bool) -> Line:
    over = candidate.probability >= candidate.threshold
    reason = "" if said else candidate.reason or "another label is said for a moment longer"
    return Line(
        replace(candidate, heard=said, reason=reason),
        said=said,
        holds=said and (not candidate.heard or not over),
        coming=not said and over and not absent and candidate.threshold > 0,
    )


def _calm(
    labels: Sequence[str], before: Sequence[str], by_label: dict[str, Candidate]
) -> list[str]:
    """Labels by probability, but as they stood before where they hardly differ."""
    places = {label: place for place, label in enumerate(before)}
    order = sorted(labels, key=lambda label: places.get(label, len(places)))
    for end in range(len(order) - 1, 0, -1):
        for at in range(end):
            first, second = order[at], order[at + 1]
            if by_label[second].probability > by_label[first].probability + _CALM:
                order[at], order[at + 1] = second, first
    return order


def phrase(named: Sequence[Named]) -> str:
    """Names in one phrase: "probably" and "maybe" are said once for all that they hold for."""
    parts: list[str] = []
    for name in named:
        if name.certainty == "doubtful" and len(named) > 1:
            again = any(part.startswith("maybe ") for part in parts)
            parts.append(("" if again else "maybe ") + _spoken(name.label))
            continue
        again = name.certainty == "probable" and any(p.startswith("probably ") for p in parts)
        parts.append(name.words.removeprefix("probably ") if again else name.words)
    return _joined(parts, "and")


def _spoken(label: str) -> str:
    return _FAMILIES.get(label, label)


def _joined(parts: Sequence[str], word: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
