"""What the Listen page's worker does, from microphone to pictures; runs in a job."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.level import Level
from engine.pictures.view import View, ViewStream
from engine.recognition.decisions import Decider, Decision, Segment, lane

if TYPE_CHECKING:
    from engine.audio.microphone import Microphone
    from engine.audio.recording import Recorder
    from engine.classifier.classifier import Classifier
    from engine.recognition.live import LiveStats, LiveUpdate

_ENVELOPE_SECONDS = 0.01
_HEARD_SECONDS = 120.0


@dataclass
class Wishes:
    """What the page asks of a running worker; read at every step."""

    view: View | None = None
    record_to: Path | None = None
    keep_to: Path | None = None
    keep_seconds: float = 30.0
    stretch: tuple[float, float] | None = None  # of the sound, in seconds since the start


@dataclass(frozen=True)
class Heard:
    """One step's news for the page."""

    device: tuple[str, str]
    view: View
    columns: NDArray[np.float32]
    restarted: bool
    envelope: NDArray[np.float32]
    level: Level
    advice: str | None
    decisions: dict[str, Decision]
    lanes: dict[str, list[Segment]] | None
    stats: "LiveStats"
    recorded_seconds: float | None
    kept: Path | None
    stretch: tuple[Audio, float] | None = None  # what was wished for, and when it begins


@dataclass
class _Memory:
    """What was decided in the last minutes, for the lanes."""

    deciders: dict[str, Decider] = field(default_factory=dict)
    decisions: dict[str, list[Decision]] = field(default_factory=dict)
    hops: dict[str, float] = field(default_factory=dict)

    def push(self, classifiers: "Mapping[str, Classifier]", update: "LiveUpdate") -> bool:
        """Decide on new rows; tells whether there were any."""
        new = False
        for name, timeline in update.rows.items():
            if len(timeline) == 0:
                continue
            new = True
            card = classifiers[name].card
            decider = self.deciders.setdefault(name, Decider(card.labels, card.rules()))
            self.hops[name] = timeline.hop_seconds
            kept = self.decisions.setdefault(name, [])
            kept += decider.push(timeline)
            oldest = kept[-1].time - _HEARD_SECONDS
            self.decisions[name] = [d for d in kept if d.time >= oldest]
        return new

    def lanes(self, names: Iterable[str]) -> dict[str, list[Segment]]:
        """A lane for each classifier in their order, whether it has said something yet or not."""
        found: dict[str, list[Segment]] = {}
        for name in names:
            kept = self.decisions.get(name, [])
            if not kept:
                found[name] = []
                continue
            # The first row kept is not the first there was: it does not reach back to 0.
            late = [d for d in kept if d.time > kept[0].time or len(kept) == 1]
            whole = lane(late, hop_seconds=self.hops[name])
            found[name] = [s for s in whole if s.end_seconds > 0]
        return found


def hear(
    open_microphone: "Callable[[], Microphone]",
    classifiers: "Callable[[], Mapping[str, Classifier]]",
    wishes: Wishes,
) -> Generator[Heard, None, None]:
    """Listen until closed. Classifiers that are loaded meanwhile join in, others leave.

    Raises:
        AudioError: the microphone cannot be opened, is gone or is stuck.
    """
    from engine.recognition.live import listen  # brings torch along

    with contextlib.ExitStack() as stack:
        microphone = stack.enter_context(open_microphone())
        recording = _Recording(microphone, wishes)
        stack.callback(recording.close)
        while True:
            # What has just been loaded begins at a time of 0, and the picture with it.
            memory, picture = _Memory(), None
            loaded = dict(classifiers())
            updates = listen(microphone, loaded)
            stack.callback(updates.close)
            for update in updates:
                view = wishes.view or View("stft", microphone.rate_hz)
                restarted = picture is None or picture.view != view
                if picture is None or restarted:
                    picture = ViewStream(view)
                new = memory.push(loaded, update)
                yield Heard(
                    device=(microphone.device.id.name, microphone.device.id.host_api),
                    view=view,
                    columns=picture.push(update.samples),
                    restarted=restarted,
                    envelope=_envelope(update.samples, microphone.rate_hz),
                    level=microphone.level(),
                    advice=microphone.advice(),
                    decisions={name: d[-1] for name, d in memory.decisions.items() if d},
                    lanes=memory.lanes(loaded) if new else None,
                    stats=update.stats,
                    kept=recording.step(update.samples),
                    recorded_seconds=recording.seconds,
                    stretch=_stretch(microphone, update, wishes),
                )
                if _differ(loaded, classifiers()):
                    break


def _stretch(
    microphone: "Microphone", update: "LiveUpdate", wishes: Wishes
) -> tuple[Audio, float] | None:
    """The stretch that is wished for, out of the ring."""
    wanted, wishes.stretch = wishes.stretch, None
    if wanted is None:
        return None
    rate = microphone.rate_hz
    now = update.first + len(update.samples)  # heard after stats.seconds
    begin, end = (now + round((seconds - update.stats.seconds) * rate) for seconds in wanted)
    first, samples = microphone.ring.since(max(0, begin))
    begins = update.stats.seconds + (first - now) / rate
    return Audio(samples[:, : max(0, end - first)], rate), begins


def _differ(loaded: "Mapping[str, Classifier]", now: "Mapping[str, Classifier]") -> bool:
    return list(loaded) != list(now) or any(now[name] is not c for name, c in loaded.items())


class _Recording:
    """Writes what comes while the page wishes it."""

    def __init__(self, microphone: "Microphone", wishes: Wishes) -> None:
        self._microphone, self._wishes = microphone, wishes
        self._recorder: Recorder | None = None

    @property
    def seconds(self) -> float | None:
        return None if self._recorder is None else self._recorder.seconds

    def step(self, samples: NDArray[np.float32]) -> Path | None:
        """Record new samples; gives the file when the last seconds were kept."""
        from engine.audio.recording import Recorder

        wanted = self._wishes.record_to
        if self._recorder is not None and self._recorder.path != wanted:
            self.close()
        if wanted is not None and self._recorder is None:
            self._recorder = Recorder(wanted, rate_hz=self._microphone.rate_hz)
        if self._recorder is not None:
            self._recorder.write(samples[None])
        keep, self._wishes.keep_to = self._wishes.keep_to, None
        if keep is not None:
            rate = self._microphone.rate_hz
            with Recorder(keep, rate_hz=rate) as recorder:
                recorder.write(self._microphone.ring.last(round(self._wishes.keep_seconds * rate)))
        return keep

    def close(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()


def _envelope(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Lowest and highest value of every hundredth of a second or so, shape (2, n)."""
    count = max(1, round(len(samples) / (rate_hz * _ENVELOPE_SECONDS))) if len(samples) else 0
    if count == 0:
        return np.zeros((2, 0), dtype=np.float32)
    edges = np.linspace(0, len(samples), count, endpoint=False).astype(int)
    lows = np.minimum.reduceat(samples, edges)
    return np.stack([lows, np.maximum.reduceat(samples, edges)])


def open_chosen(name: str, host_api: str, channel: int | None) -> "Microphone":
    """The microphone of that name, the default one for no name."""
    from engine.audio.devices import DeviceId
    from engine.audio.microphone import Microphone

    return Microphone(DeviceId(name, host_api) if name else None, channel=channel)


def find_inputs() -> Generator[None, None, list[Any]]:
    """All microphones, looked for anew."""
    from engine.audio.devices import input_devices

    yield
    return input_devices(renew=True)


def wait_for(name: str, host_api: str) -> Generator[Any, None, Any]:
    """Wait until a microphone is there again."""
    from engine.audio.devices import DeviceId, wait_for_device

    return (yield from wait_for_device(DeviceId(name, host_api)))
