"""Stretches in which labels are heard live, told as they end; memory is bounded."""

from collections.abc import Iterator, Sequence

from engine.recognition.decisions import Decision, Segment

_BRIDGE_SECONDS = 1.0  # as in files
_MOST_SECONDS = 600.0  # a longer one is told in parts: little is lost if the power goes


class Stretches:
    """Joins rows in which a label is heard."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], tuple[float, float, float, int]] = {}
        self._ended: list[tuple[str, Segment]] = []

    def push(self, classifier: str, decisions: Sequence[Decision], hop_seconds: float) -> None:
        """Take rows of a classifier that follow those before."""
        for decision in decisions:
            begin, end = decision.time - hop_seconds / 2, decision.time + hop_seconds / 2
            for candidate in decision.candidates:
                if not candidate.heard:
                    continue
                key = classifier, candidate.label
                start, last, total, rows = self._running.get(key, (max(0.0, begin), 0.0, 0.0, 0))
                if rows and (begin - last > _BRIDGE_SECONDS + 1e-9 or last - start > _MOST_SECONDS):
                    self._end(key)
                    start, total, rows = max(0.0, begin), 0.0, 0
                self._running[key] = (start, end, total + candidate.probability, rows + 1)

    def _end(self, key: tuple[str, str]) -> None:
        start, end, total, rows = self._running.pop(key)
        self._ended.append((key[0], Segment(start, end, key[1], total / rows)))

    def ended(self, seconds: float) -> Iterator[tuple[str, Segment]]:
        """Those that were over long enough at a time of the sound, each once."""
        for key, (_, end, _, _) in list(self._running.items()):
            # Windows are judged seconds after their centre: wait for what may still join.
            if seconds - end > 30.0:
                self._end(key)
        told, self._ended = self._ended, []
        yield from told

    def all(self) -> Iterator[tuple[str, Segment]]:
        """Those that are left, at the end."""
        for key in list(self._running):
            self._end(key)
        told, self._ended = self._ended, []
        yield from told
