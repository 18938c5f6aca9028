"""The overall result for a file or a part of it, as window, command line and exports show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.classifier.rules import Rules
from engine.recognition.decisions import (
    SILENCE,
    UNCERTAIN,
    Candidate,
    Decider,
    Decision,
    Segment,
    below,
    is_sure,
    lane,
    leading_family,
    values_told,
)
from engine.recognition.evidence import total
from engine.recognition.timeline import Timeline, between, rows, summary

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo

_ONLY_PART = "only in part of the sound"
# Heard for so much of the time that anything was, and for so long, or for as long as a phrase, a
# label is one of several that follow each other; where only one is heard at a time, and far less
# than another one: misheard.
_PART, _PART_SECONDS, _PHRASE_SECONDS, _OF_LONGEST = 0.2, 2.0, 4.0, 0.6
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class FileResult:
    """The result for a file, as it is shown and exported.

    Attributes:
        info: about the file.
        timelines: by classifier.
        lanes: the stretches that each classifier heard.
        verdicts: what each classifier says of all of it.
        remark: a sentence about what is missing of the file; empty if nothing is.
    """

    info: "AudioInfo"
    timelines: Mapping[str, Timeline]
    lanes: Mapping[str, Sequence[Segment]]
    verdicts: Mapping[str, Decision]
    remark: str = ""


def conclude(
    info: "AudioInfo",
    timelines: Mapping[str, Timeline],
    rules: Mapping[str, Rules],
    remark: str = "",
) -> FileResult:
    """Decide the overall result of a completely analysed file.

    Args:
        info: about the file.
        timelines: by classifier.
        rules: of the same classifiers.
        remark: about what is missing of the file.

    Examples:
        >>> from engine import Catalog, analyse, conclude
        >>> instrument = Catalog().load("instrument")
        >>> steps = analyse("flute.ogg", {"instrument": instrument})
        >>> while True:
        ...     try:
        ...         step = next(steps)
        ...     except StopIteration as end:
        ...         analysis = end.value
        ...         break
        >>> rules = {"instrument": instrument.card.rules()}
        >>> conclude(analysis.info, analysis.timelines, rules).verdicts["instrument"].heard
        ('flute',)
    """
    decisions = {name: _decided(timeline, rules[name]) for name, timeline in timelines.items()}
    lanes = {
        name: lane(
            decisions[name],
            hop_seconds=timeline.hop_seconds,
            duration_seconds=info.duration_seconds,
        )
        for name, timeline in timelines.items()
    }
    verdicts = {
        name: verdict_on(timeline, decisions[name], rules[name])
        for name, timeline in timelines.items()
    }
    return FileResult(info, timelines, lanes, verdicts, remark)


def _decided(timeline: Timeline, rules: Rules) -> list[Decision]:
    """The decisions; of all but the last only what was heard, or a day of sound takes gigabytes."""
    decider, found, last = Decider(timeline.labels, rules), list[Decision](), list[Decision]()
    for first in range(0, len(timeline), _ROWS_AT_ONCE):
        last = decider.push(rows(timeline, slice(first, first + _ROWS_AT_ONCE)))
        found += [
            replace(one, candidates=tuple(c for c in one.candidates if c.heard)) for one in last
        ]
    return [*found[:-1], *last[-1:]]


def verdict_on(
    timeline: Timeline,
    decisions: Sequence[Decision],
    rules: Rules,
    stretch: tuple[float, float] | None = None,
) -> Decision:
    """The overall result of a timeline or a part of it.

    A label counts as heard if some row heard it and its mean over the rows (weighted by presence,
    as in ``summary``) reaches its threshold times the release. Where no label does, the family
    whose means are sure and that some row heard. Of a regression the means of the dimensions over
    the rows that are neither silent nor something it knows nothing of.

    Args:
        timeline: all rows.
        decisions: on each of them.
        rules: they were decided by.
        stretch: start and end in seconds; None: all. It takes the rows whose centres it holds; if
            it holds none, the nearest one whose window it touches.

    Returns:
        A decision whose candidates carry their means, in falling order, with why each was rejected;
        its words say why where nothing is heard. Without rows: one without words and candidates.

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline, decide, verdict_on
        >>> from engine.classifier.rules import Rules
        >>> rows = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32)
        >>> ones, level = np.ones(3, dtype=np.float32), np.full(3, -20, dtype=np.float32)
        >>> timeline = Timeline(("flute", "cello"), np.arange(3) + 0.5, rows, ones, level, 1.0, 1.0)
        >>> rules = Rules(thresholds=(0.5, 0.5), smoothing_seconds=0)
        >>> verdict_on(timeline, decide(timeline, rules), rules).heard
        ('flute',)
    """
    part = timeline if stretch is None else between(timeline, *stretch)
    if len(part) == 0:
        return Decision(0.0, (), "", ())
    first = int(np.searchsorted(timeline.times, part.times[0]))
    decided = decisions[first : first + len(part)]
    if rules.ranges:
        return _means(part, decided)
    last, heard_in = decided[-1], {label for decision in decided for label in decision.heard}
    if rules.evidence is None:
        candidates = _candidates(part, last, heard_in, rules)
        absent = ""
    else:
        candidates, absent = _by_evidence(part, decided, rules)
    heard = [candidate for candidate in candidates if candidate.heard]
    alike = all(decision.verdict == last.verdict for decision in decided)
    words = ", ".join(candidate.words for candidate in heard) or absent
    words = words or (last.verdict if alike and not last.heard else "no clear label")
    return Decision(last.time, tuple(c.label for c in heard), words, tuple(candidates))


def _means(part: Timeline, decided: Sequence[Decision]) -> Decision:
    """Each dimension's mean over the rows that mean something; over all where none does."""
    absent = [decision.absent for decision in decided]
    told = rows(part, np.asarray([reason == "" for reason in absent]))
    means = dict(summary(told if len(told) else part))
    values = np.asarray([means[name] for name in part.labels])
    reasons = set(absent)
    missing = "" if len(told) else absent[-1] if len(reasons) == 1 else UNCERTAIN
    return values_told((decided[-1].time, decided[-1].presence), part.labels, values, missing)


def _candidates(
    part: Timeline, last: Decision, heard_in: set[str], rules: Rules
) -> list[Candidate]:
    """The labels by their means, and the family where only that is sure."""
    means = dict(summary(part))
    by_label = {candidate.label: candidate for candidate in last.candidates}
    thresholds = dict(zip(part.labels, rules.thresholds, strict=True))
    found = []
    for label, mean in means.items():
        heard = mean >= thresholds[label] * rules.release and label in heard_in
        reason = "" if heard else by_label[label].reason or _ONLY_PART
        found.append(replace(by_label[label], probability=mean, heard=heard, reason=reason))
    family = leading_family(part.labels, rules, np.asarray([means[x] for x in part.labels]))
    if family and family.label in heard_in and not any(c.heard for c in found):
        found.insert(0, family)
    return found


def _by_evidence(
    part: Timeline, decided: Sequence[Decision], rules: Rules
) -> tuple[list[Candidate], str]:
    """The labels by the evidence of all rows together, and why none can be heard at all.

    What follows each other is not added: labels that were each heard for long are all heard.
    """
    chances, presence = total(part, rules)
    parts = _parts(part, decided)
    absent = ""
    if not parts and presence < rules.presence_threshold:
        silent = all(decision.verdict == SILENCE for decision in decided)
        absent = SILENCE if silent else f"not {rules.gate}" if rules.gate else UNCERTAIN
    found = []
    for index in np.argsort(-chances, kind="stable"):
        label, chance = part.labels[index], float(chances[index])
        threshold = rules.thresholds[index]
        leads = len(parts) < 2 and index == chances.argmax() and chance >= threshold
        heard = not absent and (leads or (len(parts) > 1 and label in parts))
        chance = parts[label] if heard and label in parts and len(parts) > 1 else chance
        reason = absent or below(threshold)
        if chance >= threshold and not absent:
            reason = _ONLY_PART if len(parts) > 1 else "another label is more probable"
        sure = is_sure(chance, rules)
        found.append(Candidate(label, chance, heard, "" if heard else reason, sure, threshold))
    family = leading_family(part.labels, rules, chances)
    if family and not absent and not any(c.heard for c in found):
        found.insert(0, family)
    return found, absent


def _parts(part: Timeline, decided: Sequence[Decision]) -> dict[str, float]:
    """Labels that were heard for long, and how probable each was then."""
    rows: dict[str, list[float]] = {}
    for decision in decided:
        for candidate in decision.candidates:
            if candidate.heard and candidate.label in part.labels:
                rows.setdefault(candidate.label, []).append(candidate.probability)
    count = sum(any(x in part.labels for x in decision.heard) for decision in decided)
    longest = max(map(len, rows.values()), default=0)
    share = min(_PART * count, _PHRASE_SECONDS / part.hop_seconds)
    least = max(share, _PART_SECONDS / part.hop_seconds, _OF_LONGEST * longest)
    return {label: float(np.mean(v)) for label, v in rows.items() if len(v) >= least}
