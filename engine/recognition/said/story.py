"""What follows what in a sound, as one sentence: "piano, then cello and flute, then voice"."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.recognition.decisions import Segment

# Shorter stretches are not told: a share of the sound, but of a long one no more than a phrase.
_LEAST_SHARE, _LEAST_SECONDS, _PHRASE_SECONDS = 0.03, 0.8, 4.0
_TOGETHER = 0.5  # of the shorter stretch: what overlaps by more sounds together
_MOST = 7  # parts; more would be no sentence


def in_time_order(
    lanes: Mapping[str, Sequence[Segment]],
    stretch: tuple[float, float],
) -> str:
    """The detected labels of a stretch, in the order of time.

    Args:
        lanes: stretches by classifier, the leading one first; where it heard nothing, what the next
            ones heard is told.
        stretch: from where to where, in seconds.

    Returns:
        Labels joined by "and" where they sound together and by "then" where they follow each
        other; empty where nothing was heard for long enough.

    Examples:
        >>> from engine.recognition.decisions import Segment
        >>> lane = [Segment(0, 8, "piano", 0.9), Segment(8, 16, "cello", 0.8),
        ...         Segment(8.5, 15, "flute", 0.7)]
        >>> in_time_order({"instrument": lane}, (0.0, 16.0))
        'piano, then cello and flute'
    """
    parts: list[tuple[float, float, list[str]]] = []
    share = _LEAST_SHARE * (stretch[1] - stretch[0])
    least = max(_LEAST_SECONDS, min(_PHRASE_SECONDS, share))
    taken: list[tuple[float, float]] = []
    for segments in lanes.values():
        covered = _Covered(taken)
        free = [s for s in _within(segments, stretch) if not covered.mostly(s)]
        taken += [(start, end) for start, end, _ in free]
        parts += _joined([s for s in free if s[1] - s[0] >= least])
    parts.sort(key=lambda part: part[0])
    told: list[str] = []
    for _, _, labels in parts:
        words = _listed(labels)
        if not told or told[-1] != words:
            told.append(words)
    if len(told) > _MOST:
        told = [*told[: _MOST - 1], f"{len(told) - _MOST + 1} more changes"]
    return ", then ".join(told)


def _within(
    segments: Sequence[Segment], stretch: tuple[float, float]
) -> list[tuple[float, float, str]]:
    first, last = stretch
    cut = [
        (max(first, s.start_seconds), min(last, s.end_seconds), s.label)
        for s in sorted(segments, key=lambda s: (s.start_seconds, s.label))
    ]
    return [part for part in cut if part[1] > part[0]]


class _Covered:
    """What classifiers that go before have told, counted as often as it is told.

    Args:
        taken: from where to where, each.
    """

    def __init__(self, taken: Sequence[tuple[float, float]]) -> None:
        self._starts = np.sort([start for start, _ in taken])
        self._ends = np.sort([end for _, end in taken])
        self._sums = [np.concatenate([[0.0], np.cumsum(x)]) for x in (self._starts, self._ends)]

    def _until(self, time: float) -> float:
        """Seconds told up to a time."""
        begun, ended = (int(np.searchsorted(x, time)) for x in (self._starts, self._ends))
        sums = self._sums
        return float(begun * time - sums[0][begun] - (ended * time - sums[1][ended]))

    def mostly(self, part: tuple[float, float, str]) -> bool:
        """Whether most of a stretch is told."""
        start, end, _ = part
        return self._until(end) - self._until(start) > _TOGETHER * (end - start)


def _joined(
    segments: Sequence[tuple[float, float, str]],
) -> list[tuple[float, float, list[str]]]:
    """Stretches that sound together as one part, those of one label that follow as one, too."""
    parts: list[tuple[float, float, list[str]]] = []
    for start, end, label in segments:
        if parts:
            before, until, labels = parts[-1]
            overlap = min(end, until) - max(start, before)
            if overlap > _TOGETHER * min(end - start, until - before):
                parts[-1] = (before, max(until, end), list(dict.fromkeys([*labels, label])))
                continue
            if labels == [label]:
                parts[-1] = (before, max(until, end), labels)
                continue
        parts.append((start, end, [label]))
    return parts


def _listed(labels: Sequence[str]) -> str:
    if len(labels) < 2:
        return "".join(labels)
    return f"{', '.join(labels[:-1])} and {labels[-1]}"
