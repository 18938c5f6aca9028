"""The background job of the Listen page, from microphone to pictures."""

import contextlib
import queue
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from desktop.pages.listen.memory import Memory, Said
from desktop.pages.listen.sound import LiveSound
from desktop.plots.values.track import ValueCurves
from desktop.shared.values import curves_of
from engine.audio.audio import Audio
from engine.audio.level import Level
from engine.errors import AudioError
from engine.leftovers import DAY, sweep
from engine.pictures.view import View, ViewStream
from engine.recognition.decisions import Decision, Segment

if TYPE_CHECKING:
    from engine.audio.microphone import Microphone
    from engine.audio.recording import Recorder
    from engine.classifier.classifier import Classifier
    from engine.recognition.live import LiveStats, LiveUpdate
    from engine.recognition.timeline import Timeline

_ENVELOPE_SECONDS = 0.01


@dataclass(frozen=True)
class ShowView:
    """Compute another picture."""

    view: View


@dataclass(frozen=True)
class Record:
    """Record to a new file from now on; None: no longer."""

    path: Path | None


@dataclass(frozen=True)
class KeepLast:
    """Write the last seconds to a new file."""

    path: Path
    seconds: float = 30.0


@dataclass(frozen=True)
class GiveStretch:
    """Give a stretch of the sound, in seconds since the start."""

    begin: float
    end: float


Request = ShowView | Record | KeepLast | GiveStretch


class LiveRequests:
    """What the page asks of a running worker: put in by the page, taken out at every step."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Request] = queue.SimpleQueue()

    def put(self, request: Request) -> None:
        """Ask for one more thing; nothing that was asked is lost."""
        self._queue.put(request)

    def take(self) -> list[Request]:
        """All that was asked since the last time, in order."""
        taken = []
        with contextlib.suppress(queue.Empty):
            while True:
                taken.append(self._queue.get_nowait())
        return taken


@dataclass(frozen=True)
class Recorded:
    """A recording that has ended.

    Attributes:
        path: its file.
        lost_seconds: of sound that are missing in it.
        problem: why it ended unasked; empty: it did not.
    """

    path: Path
    lost_seconds: float
    problem: str = ""


@dataclass(frozen=True)
class LiveFrame:
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
    unheard: dict[str, list[tuple[float, float]]]  # what was skipped, of each lane
    stats: "LiveStats"
    recorded_seconds: float | None
    kept: tuple[Path, ...]  # files with the last seconds, as asked
    stretches: tuple[tuple[Audio, float], ...] = ()  # as asked, each with when it begins
    curves: dict[str, ValueCurves] = field(default_factory=dict)  # of what gives values
    recorded: tuple[Recorded, ...] = ()  # recordings that have ended
    said: Said = field(default_factory=Said)
    sound: LiveSound | None = None  # as far back as it is kept
    rows: "Mapping[str, Timeline]" = field(default_factory=dict)  # that are new


def hear(
    open_microphone: "Callable[[], Microphone]",
    classifiers: "Callable[[], Mapping[str, Classifier]]",
    requests: LiveRequests,
) -> Generator[LiveFrame, None, None]:
    """Listen until closed. Classifiers that are loaded meanwhile join in, others leave.

    Raises:
        AudioError: the microphone cannot be opened, is gone or is stuck.
    """
    from engine.recognition.live import listen  # brings torch along

    with contextlib.ExitStack() as stack:
        microphone = stack.enter_context(open_microphone())
        desk = _Desk(microphone, requests)
        stack.callback(desk.close)
        while True:
            # What has just been loaded begins at a time of 0, and the picture with it.
            memory = Memory(microphone.rate_hz)
            picture, restarted = ViewStream(desk.view), True
            # It ends where other classifiers are loaded; corrected ones go on with what they hear.
            updates, sound = listen(microphone, classifiers), None
            for update in stack.enter_context(contextlib.closing(updates)):
                desk.step(update)
                if picture.view != desk.view:
                    picture, restarted = ViewStream(desk.view), True
                columns = picture.push(update.samples)
                sound = sound or LiveSound.of(microphone.ring, microphone.rate_hz, update)
                frame = _frame(desk, memory, update, columns, restarted=restarted)
                yield replace(frame, sound=sound)
                restarted = False


def _frame(
    desk: "_Desk",
    memory: Memory,
    update: "LiveUpdate",
    columns: NDArray[np.float32],
    *,
    restarted: bool,
) -> LiveFrame:
    microphone, news, classifiers = desk.microphone, desk.news, update.classifiers
    new = memory.push(classifiers, update)
    return LiveFrame(
        device=desk.device,
        view=desk.view,
        columns=columns,
        restarted=restarted,
        envelope=_envelope(update.samples, microphone.rate_hz),
        level=microphone.level(),
        advice=microphone.advice(),
        decisions={name: kept[-1] for name, kept in memory.decisions.items() if kept},
        lanes=memory.lanes(classifiers) if new else None,
        unheard=memory.unheard(classifiers) if new else {},
        curves=curves_of(memory.decisions, memory.hops, classifiers) if new else {},
        stats=update.stats,
        kept=tuple(news.kept),
        recorded_seconds=desk.recorded_seconds,
        stretches=tuple(news.stretches),
        recorded=tuple(news.recorded),
        said=memory.say(classifiers, update),
        rows=update.rows,
    )


@dataclass
class _DeskNews:
    """What became of what was asked for."""

    kept: list[Path] = field(default_factory=list)
    stretches: list[tuple[Audio, float]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)


class _Desk:
    """Does what is asked of the worker, and writes what comes while it is recorded."""

    def __init__(self, microphone: "Microphone", requests: LiveRequests) -> None:
        self.microphone, self._requests = microphone, requests
        self.news = _DeskNews()  # of the last step
        self._recorder: Recorder | None = None
        self._lost_before = 0  # samples, when the recording began
        self.view = View("stft", microphone.rate_hz)
        self.device = microphone.device.id.name, microphone.device.id.host_api

    @property
    def recorded_seconds(self) -> float | None:
        return None if self._recorder is None else self._recorder.seconds

    def step(self, update: "LiveUpdate") -> None:
        """Do what was asked, then record what is new."""
        news = self.news = _DeskNews()
        lost = update.stats.dropped_samples
        for request in self._requests.take():
            match request:
                case ShowView(view):
                    self.view = view
                case Record(path):
                    news.recorded += self._end(lost)
                    news.recorded += self._begin(path, lost) if path is not None else []
                case KeepLast(path, seconds):
                    self._keep(path, seconds)
                    news.kept.append(path)
                case GiveStretch(begin, end):
                    news.stretches.append(self._stretch(update, begin, end))
        if self._recorder is not None:
            try:
                self._recorder.write(update.samples[None])
            except AudioError as error:  # a full disk ends the recording, not the listening
                news.recorded += self._end(lost, str(error))

    def _begin(self, path: Path, lost: int) -> list[Recorded]:
        from engine.audio.recording import Recorder

        sweep(path.parent, older_than=DAY)  # what a kill left of sounds that were being written
        try:
            self._recorder = Recorder(path, rate_hz=self.microphone.rate_hz)
        except AudioError as error:
            return [Recorded(path, 0.0, str(error))]
        self._lost_before = lost
        return []

    def _end(self, lost: int, problem: str = "") -> list[Recorded]:
        """End the recording, if there is one."""
        recorder = self._recorder
        if recorder is None:
            return []
        try:
            self.close()
        except AudioError as error:
            problem = problem or str(error)
        missing = (lost - self._lost_before) / self.microphone.rate_hz
        return [Recorded(recorder.path, missing, problem)]

    def _keep(self, path: Path, seconds: float) -> None:
        from engine.audio.recording import Recorder

        rate = self.microphone.rate_hz
        with Recorder(path, rate_hz=rate) as recorder:
            recorder.write(self.microphone.ring.last(round(seconds * rate)))

    def _stretch(self, update: "LiveUpdate", begin: float, end: float) -> tuple[Audio, float]:
        """A stretch out of the ring, and when it begins."""
        rate = self.microphone.rate_hz
        now = update.first + len(update.samples)  # heard after stats.seconds
        start, stop = (now + round((at - update.stats.seconds) * rate) for at in (begin, end))
        first, samples = self.microphone.ring.since(max(0, start))
        begins = update.stats.seconds + (first - now) / rate
        return Audio(samples[:, : max(0, stop - first)], rate), begins

    def close(self) -> None:
        """Finish the file that is recorded to."""
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
