"""A part of a stream, and the stream that is heard now."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.pages.listen.sound import LiveSound, Sound
from desktop.pages.listen.worker import LiveFrame
from engine.audio.audio import Audio


@dataclass(frozen=True)
class Stretch:
    """A part of a stream, with the label that was detected in it.

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
    """

    def __init__(self) -> None:
        self.latest: LiveFrame | None = None
        self.sound: LiveSound | None = None
        self._begins: dict[LiveSound, datetime.datetime] = {}  # of all whose rings are kept

    @property
    def began(self) -> datetime.datetime:
        """When the newest stream began, in the time of day."""
        return self.began_at(self.sound)

    def began_at(self, sound: "LiveSound | None") -> datetime.datetime:
        """When a stream began, in the time of day."""
        now = datetime.datetime.now().astimezone()
        return now if sound is None else self._begins.get(sound, now)

    def take(self, frames: Sequence[LiveFrame]) -> None:
        """Take news, the oldest first."""
        now = datetime.datetime.now().astimezone()
        for frame in frames:
            self.latest, sound = frame, frame.sound
            if sound is not None and sound is not self.sound:
                self._begins[sound] = now - datetime.timedelta(seconds=frame.stats.seconds)
                self.sound = sound
        self._forget()

    def _forget(self) -> None:
        """One ring is kept: that of the newest stream, and of those before it in the same one."""
        for sound in list(self._begins):
            if self.sound is not None and sound.ring is not self.sound.ring:
                sound.forget()
                del self._begins[sound]

    def stretch(
        self, begin: float, end: float, label: str = "", classifier: str = ""
    ) -> Stretch | None:
        """A part of it; None: nothing was ever heard."""
        if self.sound is None:
            return None
        begin = max(0.0, begin)
        at = self.began + datetime.timedelta(seconds=begin)
        return Stretch(self.sound, begin, end, label, classifier, at)
