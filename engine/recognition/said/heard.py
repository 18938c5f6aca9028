"""The log of detected labels: one entry for each, from when it was said until it was not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.recognition.said.answer import Answer, Named


@dataclass(frozen=True)
class Heard:
    """One label from one moment to another, as it was said.

    Attributes:
        number: counts the entries of a log, from 0.
        classifier: that heard it.
        label: what.
        start_seconds: when, since the stream began.
        end_seconds: up to when; up to now where it still goes on.
        probability: mean while it was said.
        goes_on: whether it is still heard.
    """

    number: int
    classifier: str
    label: str
    start_seconds: float
    end_seconds: float
    probability: float
    goes_on: bool

    @property
    def seconds(self) -> float:
        """How long it was heard."""
        return self.end_seconds - self.start_seconds


class HeardLog:
    """Collects entries while answers come; told are those that changed."""

    def __init__(self) -> None:
        self._going: dict[tuple[str, str], tuple[Heard, int]] = {}  # and rows in its mean
        self._count = 0

    def push(self, answers: Mapping[str, Answer], hops: Mapping[str, float]) -> list[Heard]:
        """Take what each classifier says now.

        Args:
            answers: new ones, by classifier.
            hops: seconds from row to row, of each classifier.

        Returns:
            Entries that are new, went on or have ended, in order of their number.
        """
        changed: list[Heard] = []
        for name, answer in answers.items():
            said = {named.label: named for named in answer.named}
            for key, (entry, _) in list(self._going.items()):
                if entry.classifier == name and entry.label not in said:
                    del self._going[key]
                    changed.append(replace(entry, goes_on=False))
            changed += [
                self._on(name, named, hops[name])
                for named in said.values()
                if named.last >= answer.time or (name, named.label) not in self._going
            ]
        return sorted(changed, key=lambda entry: entry.number)

    def _on(self, name: str, named: Named, hop: float) -> Heard:
        """An entry that begins or goes on: a pause is none of it, unless it is heard again."""
        key, end = (name, named.label), named.last + hop / 2
        if key in self._going:
            entry, rows = self._going[key]
            mean = (entry.probability * rows + named.probability) / (rows + 1)
            entry = replace(entry, end_seconds=end, probability=mean)
        else:
            start = max(0.0, named.since - hop / 2)
            entry = Heard(self._count, name, named.label, start, end, named.probability, True)
            rows = 0
            self._count += 1
        self._going[key] = (entry, rows + 1)
        return entry
