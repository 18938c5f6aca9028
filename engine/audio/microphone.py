"""A microphone that records into a ring buffer."""

import contextlib
import sys
import threading
import time
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.devices import USUAL_RATES, DeviceId, InputDevice, ready_device
from engine.audio.level import Level, LevelMeter
from engine.audio.mixing import Mixer
from engine.audio.portaudio import close_stream, opening
from engine.audio.ring import Ring
from engine.errors import AudioError

LATENCY_SECONDS = 0.1
STALLED_SECONDS = 1.5
_ZERO_SECONDS = 2.0
# Checked a few times a second: after a longer silence of our own, the computer has slept.
_SLEPT_SECONDS = 5.0
_RATE_SECONDS = 4.0  # over which the rate of what comes is measured
_RATE_TIMES = 3  # so often in a row it has to be another one
_RATE_SHARE = 0.02  # the clocks of devices and computers differ by a hundredth of that
# Frames that come this much later than any before, and stay late, were lost on the way.
_LOST_SECONDS = 0.1
_MADE_UP_CHANNELS = 32  # what "default" of ALSA says it has, whatever stands behind it


class Microphone:
    """Records into a ring, at the device's own rate, from ``open`` to ``close``.

    The callback copies, and counts how late the frames come: a driver that loses some often says
    nothing, but then every later frame is late for good. Levels are read from the ring.

    Args:
        device: which one, None: the default.
        channel: number of one channel, from 0; None: the mean of all.
        ring_seconds: how much is kept.

    Attributes:
        ring: the newest samples, one channel.
        rate_hz: their rate.
        device: the device in use.

    Raises:
        AudioError: there is no such device or channel.

    Examples:
        >>> import time
        >>> from engine import Microphone
        >>> with Microphone() as microphone:
        ...     time.sleep(1)
        ...     first, samples = microphone.ring.since(0)
        >>> samples.dtype, len(samples)
        (dtype('float32'), 1)
    """

    def __init__(
        self,
        device: DeviceId | None = None,
        *,
        channel: int | None = None,
        ring_seconds: float = 120.0,
    ) -> None:
        self.device: InputDevice = ready_device(device)
        self.rate_hz = self.device.rate_hz
        # Virtual devices offer up to 128 channels; what is played into them has two at most.
        self._channels = min(self.device.channels, 2 if channel is None else channel + 1)
        if channel is not None and channel >= self.device.channels:
            raise AudioError(
                f"'{self.device.id.name}' has {self.device.channels} channels. Choose "
                "another channel."
            )
        self._channel = channel
        self.ring = Ring(round(ring_seconds * self.rate_hz))
        self._mixer = Mixer(self._channels, self.rate_hz)
        self._meter = LevelMeter(self.ring)
        self._stream: Any = None
        self._ended = threading.Event()
        self._reset()

    def _reset(self) -> None:
        self._opened = self._heard = time.monotonic()
        self._meter.restart()
        self._late_least = float("inf")  # of the last second or so, in seconds
        self._late_base: float | None = None
        self._late_checked = self._checked = self._opened
        self._delay = LATENCY_SECONDS
        self._rate_from: tuple[float, int] | None = None  # when, and how many had come by then
        self._rates: list[int] = []  # other than its own, as last measured

    def open(self) -> None:
        """Begin to record.

        Raises:
            AudioError: the device cannot be opened.
        """
        self._ended.clear()
        self._reset()
        name = self.device.id.name
        try:
            with opening() as sounddevice:
                self._stream = sounddevice.InputStream(
                    samplerate=self.rate_hz,
                    device=self.device.index,
                    channels=self._channels,
                    dtype="float32",
                    latency=LATENCY_SECONDS,
                    callback=self._callback,
                    finished_callback=self._ended.set,
                )
                self._stream.start()
        except sounddevice.PortAudioError as error:
            # One that opened but did not start was not counted; who waits for it tries for days.
            stream, self._stream = self._stream, None
            if stream is not None:
                with contextlib.suppress(sounddevice.PortAudioError):
                    stream.close()
            raise AudioError(
                f"The microphone '{name}' cannot be opened. It may be unplugged or in use "
                "by another "
                "program, or Earmark has no permission. Check that, or choose another."
            ) from error

    def close(self) -> None:
        """Stop recording; returns within a second even when the sound system is stuck."""
        stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)

    def __enter__(self) -> "Microphone":
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check(self) -> None:
        """See that sound still comes; call it a few times a second.

        Raises:
            AudioError: the device has gone or is stuck.
        """
        name = self.device.id.name
        if self._ended.is_set():
            raise AudioError(
                f"The microphone '{name}' was disconnected: it was unplugged or the sound "
                "system stopped."
            )
        now = time.monotonic()
        if now - self._checked > _SLEPT_SECONDS:
            self._wake(now)
        self._checked = now
        if now - self._heard > STALLED_SECONDS:
            raise AudioError(
                f"The microphone '{name}' has sent nothing for {now - self._heard:.0f} s: "
                "unplug it and plug it in again, or choose another."
            )
        if now - self._late_checked > 1.0:
            self._count_late(now)
        self._check_rate()

    @property
    def dropped(self) -> int:
        """Samples that the system lost before they came here."""
        return self.ring.lost

    def level(self) -> Level:
        """Level since the last call, which the same thread must make."""
        return self._meter.level()

    def advice(self) -> str | None:
        """The likely cause when there is nothing but exact zeros, else None."""
        if self._meter.zeros() < _ZERO_SECONDS * self.rate_hz:
            return None
        where = {
            "darwin": "System Settings > Privacy & Security > Microphone",
            "win32": "Settings > Privacy & security > Microphone",
        }.get(sys.platform, "the system's sound settings")
        return (
            f"'{self.device.id.name}' sends only silence. It may be muted, or Earmark "
            "may not be allowed to use it. "
            f"Look at its mute switch and at {where}.{self._other_channels()}"
        )

    def _other_channels(self) -> str:
        if self.device.channels >= _MADE_UP_CHANNELS:
            return ""
        count = self.device.channels
        if self._channel is not None and count > 1:
            return f" Or choose another of its {count} channels."
        if self._channel is None and count > self._channels:
            return f" Or choose one of its {count} channels: only the first two are heard now."
        return ""

    def capture_time(self, index: int) -> float:
        """When the sample of that index was heard, as ``time.monotonic()`` tells time."""
        base = self._late_base if self._late_base is not None else self._late_least
        base = 0.0 if base == float("inf") else base
        return self._opened + base + index / self.rate_hz - self._delay

    def _callback(
        self, block: NDArray[np.float32], frames: int, clock: Any, status: object
    ) -> None:
        now = time.monotonic()
        one = self._channel
        mono = self._mixer.push(block.T) if one is None else block[:, one]
        self.ring.write(mono[None])
        self._heard = now
        late = now - self._opened - self.ring.end / self.rate_hz
        self._late_least = min(self._late_least, late)
        self._delay = (
            min(1.0, max(0.0, clock.currentTime - clock.inputBufferAdcTime)) or self._delay
        )

    def _wake(self, now: float) -> None:
        """The computer has slept: nothing that came late since then was lost on the way."""
        self._heard = now
        self._late_least, self._late_base, self._late_checked = float("inf"), None, now
        self._rate_from, self._rates = None, []

    def _check_rate(self) -> None:
        """Notice a device that has changed its rate: all would be heard too high or too low.

        Raises:
            AudioError: it sends another of the usual rates, again and again.
        """
        heard, count = self._heard, self.ring.end
        if self._rate_from is None:
            self._rate_from = (heard, count)
            return
        seconds = heard - self._rate_from[0]
        if seconds < _RATE_SECONDS:
            return
        rate = (count - self._rate_from[1]) / seconds
        self._rate_from = (heard, count)
        nearest = min(USUAL_RATES, key=lambda usual: abs(usual - rate))
        if abs(rate - nearest) > _RATE_SHARE * nearest or nearest == self.rate_hz:
            self._rates = []
            return
        self._rates.append(nearest)
        if self._rates[-_RATE_TIMES:] == [nearest] * _RATE_TIMES:
            raise AudioError(
                f"The microphone '{self.device.id.name}' now runs at {nearest} Hz instead of "
                f"{self.rate_hz} Hz. Start again to use the new rate."
            )

    def _count_late(self, now: float) -> None:
        """Frames that did not come, seen by all later ones being late.

        The least lateness of the last second is compared with that of the second before, so that
        neither the jitter of single blocks nor the drift of the device's clock counts.
        """
        least, self._late_least = self._late_least, float("inf")
        self._late_checked = now
        if least == float("inf"):
            return
        if self._late_base is not None and least - self._late_base > _LOST_SECONDS:
            self.ring.count_lost(round((least - self._late_base) * self.rate_hz))
        self._late_base = least
