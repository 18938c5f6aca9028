"""Corrections on the Listen page: of the answer, a lane or a row of the log, while it listens."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QWidget

from desktop.pages.listen.answer import AnswerBar
from desktop.pages.listen.heard.menu import Offers
from desktop.pages.listen.heard.replay import Replay
from desktop.pages.listen.heard.stretch import Stretch
from desktop.pages.listen.sound import LiveSound
from desktop.pages.listen.worker import LiveFrame
from desktop.session import Session
from desktop.shared.correcting import AROUND_SECONDS, Correcting, Fetch, of_file
from desktop.shared.page import Page
from engine.audio.audio import Audio

if TYPE_CHECKING:
    from engine.classifier.personal.stretch import Stretch as EngineStretch

_STEADY_SECONDS, _LATE_SECONDS = 10.0, 1.0
_MOST_SECONDS = 20.0  # of a stretch: more of the same teaches nothing


class ListenCorrecting(QObject):
    """Every menu on a label offers it; a key and an answer without a name lead here too.

    Args:
        offers: the menus.
        replay: finds the sound of a stretch.
        answer: the large one.
        session: knows the classifiers.
        page: the popup opens over it.
    """

    def __init__(
        self,
        offers: Offers,
        replay: Replay,
        answer: AnswerBar,
        session: Session,
        page: Page,
    ) -> None:
        super().__init__(page)
        self._offers, self._replay, self._answer = offers, replay, answer
        self.correcting = Correcting(session, page)
        words = self.tr("It is not {}...")
        offers.corrections.append((words, lambda stretch: self.correct(stretch, QCursor.pos())))
        answer.line.menu_wanted.connect(self._name)

    def ask(self, over: QWidget | None = None) -> None:
        """Correct what the large answer says now, or name what it does not.

        Args:
            over: what shows the answer; None: the page.
        """
        speaker, line = self._answer.speaker, over or self._answer.line
        stretch = self._offers.answered(speaker) or self._offers.latest(speaker)
        if stretch is not None:
            place = line.mapToGlobal(line.rect().bottomLeft())
            self.correct(stretch, place, line)

    def watch(self, frame: LiveFrame) -> None:
        """Once listening is steady, the first correction is made ready: else it takes long."""
        stats = frame.stats
        in_time = stats.latency_seconds < _LATE_SECONDS
        if stats.seconds >= _STEADY_SECONDS and in_time:
            self.correcting.stand_by(self._answer.leader)

    def correct(self, stretch: Stretch, place: QPoint, over: QWidget | None = None) -> None:
        """Ask what a stretch is, in the window of ``over``."""
        source = self._replay.source(stretch)
        if source is not None:
            said = [stretch.label] if stretch.label else []
            name, fetch = stretch.classifier or self._answer.speaker, _fetch(stretch, *source)
            self.correcting.ask(name, said, fetch, place, over)

    def _name(self, place: QPoint) -> None:
        """The menu of an answer that names nothing is the question itself."""
        speaker = self._answer.speaker
        stretch = self._offers.latest(speaker)
        if stretch is not None and self._offers.answered(speaker) is None:
            self.correct(stretch, place)


def _fetch(stretch: Stretch, source: Audio | Path, begin: float) -> Fetch:
    """The sound of a stretch; out of memory it is taken now, before newer sound is in its place."""
    seconds = min(stretch.end - stretch.begin, _MOST_SECONDS)
    if isinstance(source, Path):
        last = begin + stretch.end - stretch.begin
        return of_file(source, last - seconds, last)
    # A copy: what is kept goes on to be overwritten.
    held = stretch.sound.hold() if isinstance(stretch.sound, LiveSound) else stretch.sound
    assert held is not None  # it was found a moment ago
    first = stretch.end - seconds - AROUND_SECONDS
    sound, whole = held.between(first, stretch.end + AROUND_SECONDS), held.between(0.0, stretch.end)
    assert sound is not None
    # It may begin later than asked for: counted from the end of the stretch, which is there.
    end = min(stretch.end - max(0.0, first), whole.duration_seconds if whole else 0.0)

    def fetch() -> "EngineStretch":
        from engine.classifier.personal import stretch as engine

        return engine.Stretch(sound, max(0.0, end - seconds), end)

    return fetch
