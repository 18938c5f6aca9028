"""One answer of two classifiers: `instrument` names who plays alone, `instruments-in-music` a band.

Of a band the one names only what stands out, the other is often wrong about players alone. So it is
the latter that answers where it hears two different instruments at once and the former is not sure
of one; else it is the former (measured on both: docs/accuracy.md).
"""

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from engine.recognition.decisions import Segment
from engine.recognition.said.answer import HOLD_SECONDS, RANKS, SURE, Answer, phrase

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
    sure = _times([s for s in found[ALONE] if s.mean_probability >= SURE], bool)
    together = _cut(found[TOGETHER], sure, inside=False)
    crowded = _long(_times(together, several))
    found[TOGETHER] = _cut(together, crowded, inside=True)
    found[ALONE] = _cut(found[ALONE], crowded, inside=False)
    return found


def _times(segments: Sequence[Segment], wanted: Callable[[Collection[str]], bool]) -> list[float]:
    """When the labels that are heard are what is wanted: from, to, from, to..., in their order."""
    changes = [(s.start_seconds, s.label, 1) for s in segments]
    changes += [(s.end_seconds, s.label, -1) for s in segments]
    heard: Counter[str] = Counter()
    found: list[float] = []
    for time, these in itertools.groupby(sorted(changes), key=lambda change: change[0]):
        for _, label, step in these:
            heard[label] += step
        if wanted(+heard) != bool(len(found) % 2):
            found.append(time)
    return found


def _long(times: Sequence[float]) -> list[float]:
    """Without what is over at once: where one instrument follows another, both are heard."""
    pairs = zip(times[::2], times[1::2], strict=True)
    return [time for pair in pairs if pair[1] - pair[0] >= HOLD_SECONDS for time in pair]


def _cut(segments: Sequence[Segment], times: Sequence[float], *, inside: bool) -> list[Segment]:
    """The parts of stretches that lie in such times, or outside."""
    found = []
    for one in segments:
        first = bisect_right(times, one.start_seconds)
        last = bisect_left(times, one.end_seconds)
        edges = [one.start_seconds, *times[first:last], one.end_seconds]
        for place, (start, end) in enumerate(itertools.pairwise(edges), first):
            if end > start and place % 2 == inside:
                found.append(replace(one, start_seconds=start, end_seconds=end))
    return found
