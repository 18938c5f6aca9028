"""Explanations on the Listen page: the window to explain, its sound, and the job."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton

from desktop.pages.listen.rolling import Rolling
from desktop.plots.clock import clock
from desktop.session import Session
from desktop.shared.explanation import Why
from desktop.shared.tracks import Tracks
from engine.audio.audio import Audio
from engine.explain.explanation import Explanation
from engine.recognition.decisions import Decision

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

_MARGIN_SECONDS = 0.1


class ListenWhy(QObject):
    """Freezes the picture while the evidence for the latest predictions is shown.

    Args:
        rolling: the picture, whose view it explains.
        tracks: it is shown on.
        freeze: the button that holds it.
        session: knows the classifiers.
        ask_stretch: asks for the sound from one second to another; False when nothing listens.
            It comes by :meth:`take`.
    """

    def __init__(
        self,
        rolling: Rolling,
        tracks: Tracks,
        freeze: QAbstractButton,
        session: Session,
        ask_stretch: Callable[[float, float], bool],
    ) -> None:
        super().__init__(tracks)
        self._tracks, self._freeze, self._session = tracks, freeze, session
        self._ask_stretch = ask_stretch
        self._shown: dict[str, Decision] = {}
        self._meant: tuple[Classifier, float, str] | None = None  # and the window's begin, label
        self._froze = False
        self.why = Why(tracks, lambda: rolling.view, session.settings)
        self.why.closed.connect(self._let_go)

    def show_decisions(self, decisions: dict[str, Decision]) -> None:
        """What the panels show: that is what is asked about."""
        self._shown = dict(decisions)

    def forget(self) -> None:
        """Another stream begins: times and windows of the last one mean nothing any more."""
        self.why.close()  # which may let the picture, and what is said, go on
        self._shown, self._meant = {}, None

    def ask(self) -> None:
        """Why the leading prediction: of those heard, if any are."""
        ranked = [
            (candidate.heard, candidate.probability, lane, candidate.label)
            for lane, decision in self._shown.items()
            if not self._gives_values(lane)
            for candidate in decision.candidates
        ]
        if ranked:
            _, _, lane, label = max(ranked)
            self.ask_label(lane, label)
        else:
            self.why.say(self.tr("There are no predictions yet. Listen for a few seconds first."))

    def _gives_values(self, lane: str) -> bool:
        """Which of several values leads has no meaning: click one of them."""
        classifier = self._session.classifiers.get(lane)
        return classifier is not None and classifier.card.is_regression

    def ask_label(self, lane: str, label: str) -> None:
        """Why a label, in the newest window that is shown."""
        decision = self._shown.get(lane)
        classifier = self._session.classifiers.get(lane)
        if decision is None or classifier is None:
            return
        seconds = classifier.card.window_samples / classifier.card.rate_hz
        start = max(0.0, decision.time - seconds / 2)
        if not self._ask_stretch(start - _MARGIN_SECONDS, start + seconds + _MARGIN_SECONDS):
            return
        self._meant = (classifier, start, label)
        self._froze = self._froze or not self._freeze.isChecked()
        self._freeze.setChecked(True)
        self.why.prepare(self._words(label, decision.time))

    def take(self, stretch: tuple[Audio, float]) -> None:
        """The sound that was wished for."""
        if self._meant is None:
            return
        (classifier, start, label), (sound, begins) = self._meant, stretch
        self._meant = None
        seconds = classifier.card.window_samples / classifier.card.rate_hz

        def work() -> Generator[float | Explanation, None, Explanation]:
            """A coarse explanation first, then the exact one."""
            from engine.explain.integrated_gradients import COARSE_STEPS, explain_stretch

            asked = classifier, sound, begins, start, label
            yield (yield from explain_stretch(*asked, steps=COARSE_STEPS))
            return (yield from explain_stretch(*asked))

        self.why.ask(work, self._words(label, start + seconds / 2))

    def stop(self) -> None:
        """The microphone is closed: sound that was still wished for will not come."""
        if self._meant is not None:
            self.why.close()

    def tidy(self) -> None:
        """Take away what has left the picture."""
        found = self.why.explanation
        if found is not None and found.window_seconds[1] < self._tracks.time.begin:
            self.why.close()

    def _words(self, label: str, seconds: float) -> str:
        return self.tr("Computing the evidence for {} at {}...").format(label, clock(seconds, 0.1))

    def _let_go(self) -> None:
        """The picture runs on, if it was held for this."""
        self._meant = None
        if self._froze:
            self._froze = False
            self._freeze.setChecked(False)
