"""The rows of each classifier for the last minute of live sound: settings are tried out on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.recognition.timeline import Timeline

SECONDS = 60.0


class LastMinute:
    """Only in memory; new rows take the place of the oldest.

    Attributes:
        version: counts up whenever rows came.
    """

    def __init__(self) -> None:
        self._rows: dict[str, Timeline] = {}
        self.version = 0

    def push(self, new: "Mapping[str, Timeline]") -> None:
        """Add new rows of classifiers, by name.

        Where the time begins anew, or a classifier has other labels, what was before is forgotten.
        """
        from engine.recognition.timeline import concatenate, rows

        for name, timeline in new.items():
            if not len(timeline):
                continue
            old = self._rows.get(name)
            if old is not None and _goes_on(old, timeline):
                timeline = concatenate([old, timeline])
            recent = timeline.times > timeline.times[-1] - SECONDS
            self._rows[name] = rows(timeline, recent)
            self.version += 1

    def of(self, name: str) -> "Timeline | None":
        """The rows of a classifier; None: it has heard nothing."""
        return self._rows.get(name)


def _goes_on(old: "Timeline", new: "Timeline") -> bool:
    return old.labels == new.labels and bool(new.times[0] > old.times[-1])
