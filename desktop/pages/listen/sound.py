"""The sound behind what the Listen page shows, as far back as it is kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.audio.audio import Audio
from engine.audio.ring import Ring

if TYPE_CHECKING:
    from engine.recognition.live import LiveUpdate


class Sound(Protocol):
    """Sound of a stream, by seconds since its start."""

    def between(self, begin: float, end: float) -> Audio | None:
        """A stretch as far as it is there; None: none of it is."""


class LiveSound:
    """What is in a ring: the last two minutes, also after its microphone was closed.

    Args:
        ring: that the microphone writes into; only read here.
        rate_hz: of its samples.
        start: index of the sample at 0 seconds.
    """

    def __init__(self, ring: Ring, rate_hz: int, start: int) -> None:
        self.ring: Ring | None = ring
        self._rate_hz, self._start = rate_hz, start

    @classmethod
    def of(cls, ring: Ring, rate_hz: int, update: "LiveUpdate") -> "LiveSound":
        """The sound of a stream, as any step of it tells."""
        newest = update.first + len(update.samples)  # heard after stats.seconds
        return cls(ring, rate_hz, newest - round(update.stats.seconds * rate_hz))

    def forget(self) -> None:
        """Let the ring go: it is large, and another one is in use."""
        self.ring = None

    def between(self, begin: float, end: float) -> Audio | None:
        held = self.hold()
        return None if held is None else held.between(begin, end)

    def hold(self) -> "HeldSound | None":
        """A copy that nothing overwrites; None: the ring is gone."""
        if self.ring is None:
            return None
        first, samples = self.ring.since(max(0, self._start))
        return HeldSound(Audio(samples, self._rate_hz), (first - self._start) / self._rate_hz)


@dataclass(frozen=True, eq=False)
class HeldSound:
    """A copy of what was kept at one moment.

    Attributes:
        audio: all of it.
        begins: second at which it begins.
    """

    audio: Audio
    begins: float

    def between(self, begin: float, end: float) -> Audio | None:
        first, last = (
            min(max(0, round((at - self.begins) * self.audio.rate_hz)), self.audio.length)
            for at in (begin, end)
        )
        if last <= first:
            return None
        return Audio(self.audio.samples[:, first:last], self.audio.rate_hz)
