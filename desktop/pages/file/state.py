"""State of the File page: the open file and its results."""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop.pages.file.worker import AnalysisUpdate
from desktop.session import Session
from engine.recognition.decisions import Decision
from engine.recognition.verdict import FileResult, verdict_on

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo


class FileState:
    """One file at a time.

    Attributes:
        path: None before the first.
        info: about it.
        found: what was heard so far; None: nothing yet.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.path: Path | None = None
        self.info: AudioInfo | None = None
        self.found: AnalysisUpdate | None = None

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

    def result(self) -> FileResult | None:
        """As it is exported; None: there is nothing to export yet."""
        if self.found is None or self.info is None:
            return None
        found = self.found
        return FileResult(
            self.info, found.timelines, found.lanes, self.verdicts(None), found.remark
        )
