"""A part of a stream, and the stream that is heard now."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.pages.listen.sound import Sound
from desktop.pages.listen.worker import LiveFrame
from engine.audio.audio import Audio


@dataclass(frozen=True)
class Stretch:
    """A part of a stream, with what was heard in it.

    Attributes:
        sound: of its stream.
        begin: second of the stream.
        end: second of the stream.
        label: what was heard; empty: that is not asked.
        classifier: that heard it; empty: none in particular.
        at: when it began, in the time of day.
    """

    sound: Sound
    begin: float
    end: float
    label: str = ""
    classifier: str = ""
    at: datetime.datetime | None = None

    def audio(self) -> Audio | None:
        """Its sound, as far as it is still kept; None: none of it."""
        return self.sound.between(self.begin, self.end)


class Stream:
    """What has come from the microphone: the newest step, and where its sound is.

    Attributes:
        latest: the newest step; None: nothing has come since the microphone was opened.
        sound: of the newest stream, also after its end; None: nothing was ever heard.
        began: when that stream began, in the time of day.
    """

    def __init__(self) -> None:
        self.latest: LiveFrame | None = None
        self.sound: Sound | None = None
        self.began = datetime.datetime.now().astimezone()

    def take(self, frames: Sequence[LiveFrame]) -> None:
        """Take news, the oldest first."""
        self.latest = last = frames[-1]
        if last.sound is not None and last.sound != self.sound:
            self.sound = last.sound
            passed = datetime.timedelta(seconds=last.stats.seconds)
            self.began = datetime.datetime.now().astimezone() - passed

    def stretch(
        self, begin: float, end: float, label: str = "", classifier: str = ""
    ) -> Stretch | None:
        """A part of it; None: nothing was ever heard."""
        if self.sound is None:
            return None
        begin = max(0.0, begin)
        at = self.began + datetime.timedelta(seconds=begin)
        return Stretch(self.sound, begin, end, label, classifier, at)
