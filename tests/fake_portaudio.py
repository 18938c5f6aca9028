"""PortAudio as machines have it that are not at hand: devices come and go, refuse, change rates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest


class PortAudioError(Exception):
    """As sounddevice raises it."""


@dataclass
class FakeDevice:
    """One input, or an output."""

    name: str
    channels: int = 1
    output_channels: int = 0
    rate_hz: int = 48000
    refuses: bool = False  # no permission, or in use


class Stream:
    """An open input; :meth:`send` is what the device would do."""

    def __init__(self, system: "FakePortAudio", source: FakeDevice, given: dict[str, Any]) -> None:
        self.device, self.channels = source, given["channels"]
        self._callback: Callable[..., None] = given["callback"]
        self._finished: Callable[[], None] = given["finished_callback"]
        self._system = system

    def start(self) -> None:
        pass

    def send(self, block: np.ndarray) -> None:
        """Sound of shape (frames, channels)."""
        clock = SimpleNamespace(currentTime=1.0, inputBufferAdcTime=0.9)
        self._callback(block[:, : self.channels].astype(np.float32), len(block), clock, None)

    def end(self) -> None:
        """What PortAudio does when the device has gone."""
        self._finished()

    def abort(self) -> None:
        if self.device not in self._system.devices:
            raise PortAudioError("the device has gone")

    close = abort


@dataclass
class FakePortAudio:
    """Stands in for the module sounddevice; its list is made when PortAudio starts, as there."""

    devices: list[FakeDevice] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    PortAudioError = PortAudioError

    def __post_init__(self) -> None:
        self._listed: list[FakeDevice] = []
        self._rates: list[int] = []
        self._initialize()

    def _initialize(self) -> None:
        self._listed = list(self.devices)
        self._rates = [device.rate_hz for device in self.devices]

    def _terminate(self) -> None:
        self._listed = []

    def _exit_handler(self) -> None:
        pass

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "Fake"}]

    def query_devices(self, kind: str | None = None) -> Any:
        if kind is not None:
            if not self._listed:
                raise PortAudioError("no device")
            return {"index": 0}
        return [
            {
                "name": device.name,
                "hostapi": 0,
                "max_input_channels": device.channels,
                "max_output_channels": device.output_channels,
                "default_samplerate": float(rate),
            }
            for device, rate in zip(self._listed, self._rates, strict=True)
        ]

    def check_input_settings(self, index: int, samplerate: int) -> None:
        device = self._listed[index]
        if device not in self.devices or device.refuses or samplerate != device.rate_hz:
            raise PortAudioError("it cannot be opened like this")

    def InputStream(self, **given: Any) -> Stream:
        self.check_input_settings(given["device"], given["samplerate"])
        self.streams.append(Stream(self, self._listed[given["device"]], given))
        return self.streams[-1]


@pytest.fixture
def fake_portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    """A sound system without a device yet."""
    from engine.audio import devices, portaudio

    system = FakePortAudio()
    for module in (portaudio, devices):
        monkeypatch.setattr(module, "portaudio", lambda: system)
    monkeypatch.setattr(portaudio, "_open_streams", 0)
    return system
