"""What kind of sound is heard at all: silence, speech, noise or music."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.recognition.decisions import Decision

# Before the first second: empty. "sound": no enabled classifier can tell music from the rest.
Situation = Literal["", "silence", "speech", "noise", "music", "sound"]
SITUATIONS: tuple[Situation, ...] = ("silence", "speech", "noise", "music")

_SILENCE_DBFS = -65.0
_HOLD_SECONDS = 1.0
_SEEN_SECONDS = 0.5  # so long another one has to be the case before it is told
_NOISE_SECONDS = 1.2  # speech is known as such after a second only
# Late answers are 4 s old at most; an older decision tells nothing of what is heard now.
_STALE_SECONDS = 6.0
_MUSIC = "music"  # what the gates of classifiers listen for
_SPEECH = 0.5


class SituationDecider:
    """Decides step by step; what is told holds for a second at least."""

    def __init__(self) -> None:
        self.current: Situation = ""
        self.since = 0.0
        self._seen: Situation = ""
        self._seen_since = 0.0

    def push(
        self,
        seconds: float,
        level_db: float,
        speech: float,
        decisions: "Mapping[str, Decision]",
        cards: "Mapping[str, Card]",
    ) -> Situation:
        """Take a step.

        Args:
            seconds: now, since the stream began.
            level_db: RMS of about the last half second, in dBFS.
            speech: how probable it is that it is speech, if it is neither silence nor music.
            decisions: the newest of each classifier.
            cards: of all classifiers.
        """
        fresh_ones = {n: d for n, d in decisions.items() if seconds - d.time <= _STALE_SECONDS}
        found = _situation(level_db, speech, fresh_ones, cards)
        if not found and self.current:
            return self.current  # the answers are late: what was heard last still holds
        if found != self._seen:
            self._seen, self._seen_since = found, seconds
        if found == self.current:
            return found
        fresh = not self.current and bool(found)
        stood = seconds - self.since >= _HOLD_SECONDS - 1e-6
        needed = _NOISE_SECONDS if found == "noise" else _SEEN_SECONDS
        if fresh or (stood and seconds - self._seen_since >= needed - 1e-6):
            self.current, self.since = found, seconds
        return self.current


def _situation(
    level_db: float,
    speech: float,
    decisions: "Mapping[str, Decision]",
    cards: "Mapping[str, Card]",
) -> Situation:
    silence = min((c.calibration.silence_dbfs for c in cards.values()), default=_SILENCE_DBFS)
    if level_db < silence:
        return "silence"
    gated = {name: c for name, c in cards.items() if c.calibration.gate == _MUSIC}
    told = [name for name in gated if name in decisions]
    if gated and not told:
        return ""
    if told:
        # The one with the shortest window: others still hear what was before.
        name = min(told, key=lambda name: gated[name].window_samples / gated[name].rate_hz)
        if decisions[name].presence >= gated[name].calibration.presence_threshold:
            return "music"
        return "speech" if speech >= _SPEECH else "noise"
    return "speech" if speech >= _SPEECH else "sound"
