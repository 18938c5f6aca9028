"""State of the File page: the open file and its results."""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop.pages.file.worker import AnalysisUpdate
from desktop.plots.tracks.time_range import TimeRange
from desktop.session import Session
from engine.recognition.decisions import Decision
from engine.recognition.said.story import in_time_order
from engine.recognition.said.together import as_one
from engine.recognition.verdict import FileResult, verdict_on

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo


_AROUND = 5.0  # seconds shown before and after a stretch that is asked for


class FileState:
    """One file at a time.

    Attributes:
        path: None before the first.
        info: about it.
        found: what was heard so far; None: nothing yet.
        wanted: a stretch in seconds that the file is opened for; None: all of it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.path: Path | None = None
        self.info: AudioInfo | None = None
        self.found: AnalysisUpdate | None = None
        self.wanted: tuple[float, float] | None = None

    def select_wanted(self, time: TimeRange) -> None:
        """Select the stretch that the file was opened for, with some of what is round it."""
        wanted, self.wanted = self.wanted, None
        if wanted is not None:
            start, end = wanted
            around = max(_AROUND, end - start)
            time.show(start - around, end + around)
            time.select(start, end)

    def verdicts(self, stretch: tuple[float, float] | None) -> dict[str, Decision]:
        """What each classifier says of a stretch; None: of all that was heard."""
        if self.found is None:
            return {}
        found, classifiers = self.found, self._session.classifiers
        return {
            name: verdict_on(
                timeline, found.decisions[name], classifiers[name].card.rules(), stretch
            )
            for name, timeline in found.timelines.items()
        }

    def sentence(self, stretch: tuple[float, float] | None) -> str:
        """What follows what in a stretch, or in all that was heard; instruments go before."""
        if self.found is None:
            return ""
        classifiers = self._session.classifiers
        labelling = [n for n in self.found.lanes if not classifiers[n].card.is_regression]
        names = sorted(labelling, key=lambda n: classifiers[n].card.task != "instrument")
        lanes = {name: self.found.lanes[name] for name in names}
        return in_time_order(as_one(lanes), stretch or (0.0, self.found.seconds))

    def result(self) -> FileResult | None:
        """As it is exported; None: there is nothing to export yet."""
        if self.found is None or self.info is None:
            return None
        found = self.found
        return FileResult(
            self.info, found.timelines, found.lanes, self.verdicts(None), found.remark
        )
