"""Explanations on the File page: which prediction to explain, and the job that does it."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.pages.file.state import FileState
from desktop.plots.clock import clock
from desktop.session import Session
from desktop.shared.explanation import Why
from desktop.shared.tracks import Tracks
from desktop.shared.wording import SAY_WHY
from engine.explain.explanation import Explanation
from engine.pictures.view import View
from engine.recognition.timeline import between

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier


class FileWhy(QObject):
    """The page's button, key and clicks on its predictions lead here."""

    def __init__(
        self,
        state: FileState,
        tracks: Tracks,
        view: Callable[[], View],
        session: Session,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._state, self._tracks, self._session = state, tracks, session
        self.why = Why(tracks, view, session.settings)
        self.why.found.connect(self._uncover)

    def ask(self) -> None:
        """Why what is chosen in the lanes; else the leading label at the cursor, or of it all."""
        time = self._tracks.time
        chosen, cursor = self._tracks.lanes.chosen, time.cursor
        if chosen is not None and self._state.found is not None:
            lane, stretch = chosen
            inside = cursor is not None and stretch.start <= cursor <= stretch.end
            if inside and cursor is not None:
                self.explain(lane, stretch.label, cursor)
            else:
                self.explain(lane, stretch.label, self._peak(lane, stretch.label))
            return
        at = cursor if time.selection is None else None
        leading = self._leading() if at is None else self._leading_at(at)
        if leading is not None:
            self.explain(*leading, self._peak(*leading) if at is None else at)
        else:
            words = self.tr("There are no predictions yet. Open a file, or try again in a moment.")
            self.why.say(self.refused() or words)

    def ask_label(self, lane: str, label: str) -> None:
        """Why a label of the summary: where it is most probable in what is summed up."""
        if self._state.found is not None and lane in self._state.found.timelines:
            self.explain(lane, label, self._peak(lane, label))

    def explain(self, lane: str, label: str, seconds: float) -> None:
        """Why a label at a moment."""
        path, classifier = self._state.path, self._session.classifiers.get(lane)
        if path is None or classifier is None:
            return
        if refused := classifier.card.refusal(SAY_WHY):
            self.why.say(refused)
            return
        words = self.tr("Computing the evidence for {} at {}...")
        self.why.ask(
            lambda: _work(classifier, path, seconds, label),
            words.format(label, clock(seconds, 0.1)),
        )

    def refused(self) -> str:
        """Why no classifier can show any evidence; empty: one can."""
        cards = [classifier.card for classifier in self._session.classifiers.values()]
        words = [card.refusal(SAY_WHY) for card in cards]
        return "" if not all(words) else "\n".join(words)

    def _explains(self, lane: str) -> bool:
        classifier = self._session.classifiers.get(lane)
        if classifier is None:
            return False
        # Which of several values leads has no meaning: click one of them.
        return not classifier.card.files_only and not classifier.card.is_regression

    def _leading_at(self, seconds: float) -> tuple[str, str] | None:
        """Lane and label that lead at a moment: of those heard, if any are."""
        found = self._state.found
        ranked = []
        for lane, decisions in (found.decisions if found else {}).items():
            # None where the sound is shorter than this classifier's window.
            if not decisions or not self._explains(lane):
                continue
            nearest = min(decisions, key=lambda decision: abs(decision.time - seconds))
            ranked += [(c.heard, c.probability, lane, c.label) for c in nearest.candidates]
        if not ranked:
            return self._leading()
        _, _, lane, label = max(ranked)
        return lane, label

    def _leading(self) -> tuple[str, str] | None:
        """The same of the selection or the whole file; None: nothing can be explained."""
        ranked = [
            (candidate.heard, candidate.probability, lane, candidate.label)
            for lane, decision in self._state.verdicts(self._tracks.time.selection).items()
            if self._explains(lane)
            for candidate in decision.candidates
        ]
        if not ranked:
            return None
        _, _, lane, label = max(ranked)
        return lane, label

    def _peak(self, lane: str, label: str) -> float:
        """Where a label or family is most probable, in the selection if there is one."""
        found, selection = self._state.found, self._tracks.time.selection
        classifier = self._session.classifiers.get(lane)
        if found is None or classifier is None:
            return 0.0
        timeline = found.timelines[lane]
        part = timeline if selection is None else between(timeline, *selection)
        part = part if len(part) else timeline  # the selection is not analysed yet
        best = int(part.probabilities[:, classifier.card.members(label)].sum(axis=1).argmax())
        return min(float(part.times[best]), found.total_seconds)

    def _uncover(self) -> None:
        """Move the view to what was found, if it lies outside."""
        explanation, time = self.why.explanation, self._tracks.time
        if explanation is None:
            return
        first, last = explanation.window_seconds
        if last <= time.start or first >= time.end:
            half = (time.end - time.start) / 2
            time.show((first + last) / 2 - half, (first + last) / 2 + half)


def _work(
    classifier: "Classifier", path: Path, seconds: float, label: str
) -> Generator[float, None, Explanation]:
    from engine.explain.integrated_gradients import explain_file

    return (yield from explain_file(classifier, path, seconds, label))
