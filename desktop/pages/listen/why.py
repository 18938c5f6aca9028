"""Why the Listen page says what it says: the window that is meant, its sound, and the work."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.pages.listen.rolling import Rolling
from desktop.plots.clock import clock
from desktop.session import Session
from desktop.shared.explanation import Why
from engine.audio.audio import Audio
from engine.explain.explanation import Explanation
from engine.recognition.decisions import Decision

if TYPE_CHECKING:
    from desktop.pages.listen.page import ListenPage
    from engine.classifier.classifier import Classifier

_MARGIN_SECONDS = 0.1


class ListenWhy(QObject):
    """Holds the picture while one looks at what spoke for the newest window's predictions."""

    def __init__(self, page: "ListenPage", session: Session, rolling: Rolling) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._shown: dict[str, Decision] = {}
        self._meant: tuple[Classifier, float, str] | None = None  # and the window's begin, label
        self._froze = False
        self.why = Why(page.tracks, lambda: rolling.view, session.settings)
        self.why.closed.connect(self._let_go)

    def show_decisions(self, decisions: dict[str, Decision]) -> None:
        """What the panels show: that is what is asked about."""
        self._shown = dict(decisions)

    def forget(self) -> None:
        """Another stream begins: times and windows of the last one mean nothing any more."""
        self._shown, self._meant = {}, None
        self.why.close()

    def ask(self) -> None:
        """Why the leading prediction: of those heard, if any are."""
        ranked = [
            (candidate.heard, candidate.probability, lane, candidate.label)
            for lane, decision in self._shown.items()
            for candidate in decision.candidates
        ]
        if ranked:
            _, _, lane, label = max(ranked)
            self.ask_label(lane, label)
        else:
            self.why.say(self.tr("Nothing was heard yet: listen for a few seconds."))

    def ask_label(self, lane: str, label: str) -> None:
        """Why a label, in the newest window that is shown."""
        page, decision = self._page, self._shown.get(lane)
        classifier = self._session.classifiers.get(lane)
        if decision is None or classifier is None or not page.is_listening:
            return
        seconds = classifier.card.window_samples / classifier.card.rate_hz
        start = max(0.0, decision.time - seconds / 2)
        self._meant = (classifier, start, label)
        self._froze = self._froze or not page.bar.freeze.isChecked()
        page.bar.freeze.setChecked(True)
        page.wishes.stretch = (start - _MARGIN_SECONDS, start + seconds + _MARGIN_SECONDS)
        self.why.prepare(self._words(label, decision.time))

    def take(self, stretch: tuple[Audio, float]) -> None:
        """The sound that was wished for."""
        if self._meant is None:
            return
        (classifier, start, label), (sound, begins) = self._meant, stretch
        self._meant = None
        seconds = classifier.card.window_samples / classifier.card.rate_hz

        def work() -> Generator[float, None, Explanation]:
            from engine.explain.integrated_gradients import explain_stretch

            return (yield from explain_stretch(classifier, sound, begins, start, label))

        self.why.ask(work, self._words(label, start + seconds / 2))

    def stop(self) -> None:
        """The microphone is closed: sound that was still wished for will not come."""
        if self._meant is not None:
            self.why.close()

    def tidy(self) -> None:
        """Take away what has left the picture."""
        found = self.why.explanation
        if found is not None and found.window_seconds[1] < self._page.tracks.time.begin:
            self.why.close()

    def _words(self, label: str, seconds: float) -> str:
        return self.tr("Looking for what spoke for {} at {}...").format(label, clock(seconds, 0.1))

    def _let_go(self) -> None:
        """The picture runs on, if it was held for this."""
        self._meant = None
        if self._froze:
            self._froze = False
            self._page.bar.freeze.setChecked(False)
