"""One answer of two classifiers: `instrument` names who plays alone, `instruments-in-music` a band.

The one has nothing to say of most bands, the other is often wrong about players alone. So it is
the latter that answers where it hears two different instruments at once and the former is not sure
of one; else it is the former (measured on both: docs/accuracy.md).
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from engine.recognition.decisions import Segment
from engine.recognition.said.answer import RANKS, SURE, Answer, phrase

ALONE, TOGETHER = "instrument", "instruments-in-music"
# Labels that one player alone is often given at the same time are of one kind.
_KINDS = {
    **dict.fromkeys(("guitar", "piano", "harp", "harpsichord"), "plucked or struck"),
    **dict.fromkeys(("violin", "cello", "strings", "flute"), "bowed or blown"),
    **dict.fromkeys(("voice", "female voice", "male voice", "choir"), "voices"),
    "drums": "drums",
    "synth": "synth",
}  # the sitar is none: it is said of harpsichords alone
_GENERAL = {"voice": ("female voice", "male voice", "choir"), "strings": ("violin", "cello")}


def several(labels: Collection[str]) -> bool:
    """Whether they are of more than one kind.

    Examples:
        >>> from engine.recognition.said.together import several
        >>> several(["cello", "violin", "strings"]), several(["voice", "guitar"])
        (False, True)
    """
    return len({_KINDS[label] for label in labels if label in _KINDS}) > 1


def told_once(answer: Answer) -> Answer:
    """An answer without "voice" beside "choir"; or without "choir", where only "voice" is sure."""
    ranks = {one.label: RANKS[one.certainty] for one in answer.named}
    less: set[str] = set()
    for general in _GENERAL.keys() & ranks.keys():
        narrower = ranks.keys() & set(_GENERAL[general])
        surer = {label for label in narrower if ranks[label] <= ranks[general]}
        less |= (narrower - surer) | ({general} if surer else set())
    if not less:
        return answer
    named = tuple(one for one in answer.named if one.label not in less)
    return replace(answer, named=named, words=phrase(named))


def quiet(answers: Mapping[str, Answer], classifiers: Collection[str]) -> str:
    """Which of the two has no say now; empty: they are not both there.

    Args:
        answers: what classifiers say now, by name; one may have said nothing yet.
        classifiers: names of all that listen.
    """
    if ALONE not in classifiers or TOGETHER not in classifiers:
        return ""
    alone = answers[ALONE].named if ALONE in answers else ()
    together = answers[TOGETHER].named if TOGETHER in answers else ()
    sure = any(one.certainty == "sure" for one in alone)
    return ALONE if several([one.label for one in together]) and not sure else TOGETHER


def other(name: str) -> str:
    """Of the two the one that this one is not."""
    return ALONE if name == TOGETHER else TOGETHER


def as_one(lanes: Mapping[str, Sequence[Segment]]) -> dict[str, list[Segment]]:
    """Lanes of which the two are never heard at once.

    Args:
        lanes: stretches by classifier.

    Returns:
        The same, but where several are heard together and none surely alone, nothing of who plays
        alone; elsewhere nothing of who plays together.
    """
    found = {name: list(segments) for name, segments in lanes.items()}
    if ALONE not in found or TOGETHER not in found:
        return found
    sure = [(s.start_seconds, s.end_seconds) for s in found[ALONE] if s.mean_probability >= SURE]
    together = [part for s in found[TOGETHER] for part in _outside(s, sure)]
    crowded = _crowded(together)
    found[TOGETHER] = [part for s in found[TOGETHER] for part in _inside(s, crowded)]
    found[ALONE] = [part for s in found[ALONE] for part in _outside(s, crowded)]
    return found


def _crowded(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Where labels of more than one kind are heard."""
    edges = sorted({x for s in segments for x in (s.start_seconds, s.end_seconds)})
    found: list[tuple[float, float]] = []
    for start, end in itertools.pairwise(edges):
        here = [s.label for s in segments if s.start_seconds <= start and s.end_seconds >= end]
        if several(here):
            joined = bool(found) and found[-1][1] == start
            found[-1:] = [(found[-1][0], end)] if joined else [*found[-1:], (start, end)]
    return found


def _inside(segment: Segment, spans: Sequence[tuple[float, float]]) -> list[Segment]:
    cut = [(max(segment.start_seconds, a), min(segment.end_seconds, b)) for a, b in spans]
    return [replace(segment, start_seconds=a, end_seconds=b) for a, b in cut if b > a]


def _outside(segment: Segment, spans: Sequence[tuple[float, float]]) -> list[Segment]:
    starts = [segment.start_seconds, *(b for _, b in spans)]
    ends = [*(a for a, _ in spans), segment.end_seconds]
    cut = [
        (max(segment.start_seconds, a), min(segment.end_seconds, b))
        for a, b in zip(starts, ends, strict=True)
    ]
    return [replace(segment, start_seconds=a, end_seconds=b) for a, b in cut if b > a]
