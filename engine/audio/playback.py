"""Playing files, with a cursor that tells where the loudspeaker is."""

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.files import probe, stream
from engine.audio.portaudio import close_stream, opening, portaudio
from engine.errors import AudioError

_BLOCK_SECONDS = 0.1
_QUEUED_BLOCKS = 8

_Block = tuple[float, NDArray[np.float32]]  # where it begins in the file, samples (n, channels)


def output_problem() -> str | None:
    """The reason why playback is impossible, as a sentence; None if it is possible."""
    try:
        sounddevice = portaudio()
        sounddevice.query_devices(kind="output")
    except AudioError as error:
        return str(error)
    except (ValueError, sounddevice.PortAudioError):
        return "No loudspeaker or headphones found."
    return None


class Player:
    """Plays one file, or sound in memory: all of it or a part, once or in a loop.

    A thread decodes ahead into a short queue; the callback only copies from it.

    Args:
        path: the file, or the sound.

    Raises:
        AudioError: the file cannot be read.
    """

    def __init__(self, path: Path | str | Audio) -> None:
        self._path = path if isinstance(path, Audio) else Path(path)
        self._info = path if isinstance(path, Audio) else probe(path)
        self._blocks: queue.Queue[_Block | None] = queue.Queue(_QUEUED_BLOCKS)
        self._stream: Any = None
        self._stop = threading.Event()
        self._feeder: threading.Thread | None = None
        self._left: NDArray[np.float32] = np.zeros((0, 1), dtype=np.float32)
        self._left_at = 0.0
        self._mark = (0.0, 0.0)  # a place in the file, and when it is heard
        self._latency = 0.0
        self._position = 0.0
        self._ended = threading.Event()
        self._played = False  # to the end
        self.problem: str | None = None

    @property
    def playing(self) -> bool:
        """Whether sound comes out, or is about to."""
        return self._stream is not None and not self._ended.is_set()

    @property
    def position_seconds(self) -> float:
        """What is heard at this moment, as a place in the file."""
        if not self.playing:
            return self._position
        place, when = self._mark
        return max(0.0, min(self._info.duration_seconds, place + time.monotonic() - when))

    def play(
        self,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
        *,
        loop: bool = False,
    ) -> None:
        """Play from a place (None: where it was paused) up to an end (None: the file's).

        Raises:
            AudioError: there is nothing to play on.
        """
        first = self._position if start_seconds is None else start_seconds
        self.pause()
        self._stop.clear()
        self._ended.clear()
        self._played, self.problem = False, None
        self._blocks = queue.Queue(_QUEUED_BLOCKS)
        self._left = np.zeros((0, min(2, self._info.channels)), dtype=np.float32)
        self._mark = (first, time.monotonic())
        self._feeder = threading.Thread(
            target=self._feed, args=(first, end_seconds, loop), name="player", daemon=True
        )
        self._feeder.start()
        try:
            with opening() as sounddevice:
                self._stream = sounddevice.OutputStream(
                    samplerate=self._info.rate_hz,
                    channels=self._left.shape[1],
                    dtype="float32",
                    latency=0.1,
                    callback=self._callback,
                    finished_callback=self._finished,
                )
                self._latency = float(self._stream.latency)
                self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self._end_feeder()
            raise AudioError(
                "Playback is not possible: there is no loudspeaker, or another program is using it."
            ) from error

    def pause(self) -> None:
        """Stop; :meth:`play` continues from here."""
        self._stop.set()
        self._position = self.position_seconds
        stream, self._stream = self._stream, None
        self._end_feeder()
        if stream is not None:
            close_stream(stream)

    def seek(self, seconds: float) -> None:
        """Seek to a position; playback continues from there."""
        if self.playing:
            self.play(seconds)
        else:
            self._position = seconds

    def close(self) -> None:
        """Stop and let go of the loudspeaker."""
        self.pause()

    def _finished(self) -> None:
        if not self._stop.is_set() and not self._played:
            self._position = self.position_seconds
            self.problem = (
                "The loudspeaker was disconnected. Plug it in or choose another one in "
                "your system's "
                "settings, then play again."
            )
        self._ended.set()

    def _end_feeder(self) -> None:
        self._stop.set()
        if self._feeder is not None:
            self._feeder.join()
            self._feeder = None

    def _feed(self, first: float, end: float | None, loop: bool) -> None:
        begin = first
        try:
            while True:
                length = None if end is None else max(0.0, end - begin)
                blocks = _stream(self._path, begin, length)
                at = begin
                for block in blocks:
                    if not self._put((at, _stereo(block.samples))):
                        return
                    at += block.duration_seconds
                if not loop:
                    break
                begin = first
        except AudioError as error:
            self.problem = str(error)
        self._put(None)

    def _put(self, block: _Block | None) -> bool:
        while not self._stop.is_set():
            try:
                self._blocks.put(block, timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def _callback(
        self, out: NDArray[np.float32], frames: int, clock: object, status: object
    ) -> None:
        done = 0
        while done < frames:
            if len(self._left) == 0:
                try:
                    block = self._blocks.get_nowait()
                except queue.Empty:
                    out[done:] = 0.0
                    return
                if block is None:
                    out[done:] = 0.0
                    self._position, self._played = self._left_at, True
                    raise _stop_playing()
                self._left_at, self._left = block
            if done == 0:
                self._mark = (self._left_at, time.monotonic() + self._latency)
            count = min(frames - done, len(self._left))
            out[done : done + count] = self._left[:count]
            self._left = self._left[count:]
            self._left_at += count / self._info.rate_hz
            done += count


def _stream(source: Path | Audio, begin: float, length: float | None) -> Iterator[Audio]:
    """Blocks of a file or of sound in memory, from a place on."""
    if isinstance(source, Path):
        yield from stream(
            source,
            block_seconds=_BLOCK_SECONDS,
            start_seconds=begin,
            duration_seconds=length,
        )
        return
    rate, step = source.rate_hz, round(_BLOCK_SECONDS * source.rate_hz)
    last = source.length if length is None else min(source.length, round((begin + length) * rate))
    for first in range(round(begin * rate), last, step):
        yield Audio(source.samples[:, first : min(first + step, last)], rate)


def _stop_playing() -> Exception:
    stop: Exception = portaudio().CallbackStop()
    return stop


def _stereo(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most two channels, as PortAudio takes them: shape (n, channels)."""
    if samples.shape[0] > 2:
        samples = samples.mean(axis=0, keepdims=True).repeat(2, axis=0)
    return np.ascontiguousarray(samples.T)
