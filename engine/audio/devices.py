"""The available microphones, identified by name and never by number."""

import contextlib
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.audio.portaudio import asking, portaudio, refresh
from engine.errors import AudioError

USUAL_RATES = (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, order=True)
class DeviceId:
    """What a device is known by: numbers change when something is plugged in."""

    name: str
    host_api: str


@dataclass(frozen=True)
class InputDevice:
    """A microphone or other input.

    Attributes:
        id: what it is known by.
        channels: how many it has.
        rate_hz: the rate it runs at.
        is_default: whether the system offers it first.
        index: PortAudio's number, good until the list is renewed.
    """

    id: DeviceId
    channels: int
    rate_hz: int
    is_default: bool
    index: int


@dataclass(frozen=True, order=True)
class OutputDevice:
    """A loudspeaker, headphones or other output.

    Attributes:
        id: what it is known by.
        is_default: whether the system plays there unless told otherwise.
        index: PortAudio's number, good until the list is renewed.
    """

    id: DeviceId
    is_default: bool
    index: int


def output_devices(*, renew: bool = False) -> list[OutputDevice]:
    """All outputs, the default first; none when there is no sound system.

    Args:
        renew: look for devices plugged in or out since the last time. Has no effect while a
            microphone or loudspeaker is in use.

    Raises:
        AudioError: PortAudio is missing.
    """
    return [
        OutputDevice(id=name, is_default=default, index=index)
        for name, index, default, _ in _devices("output", renew=renew)
    ]


def input_devices(*, renew: bool = False) -> list[InputDevice]:
    """All inputs, the default first; none when there is no sound system.

    Args:
        renew: as for :func:`output_devices`.

    Raises:
        AudioError: PortAudio is missing.
    """
    return [
        InputDevice(
            id=name,
            channels=int(told["max_input_channels"]),
            rate_hz=round(told["default_samplerate"]),
            is_default=default,
            index=index,
        )
        for name, index, default, told in _devices("input", renew=renew)
    ]


def _devices(
    kind: Literal["input", "output"], *, renew: bool
) -> list[tuple[DeviceId, int, bool, Mapping[str, Any]]]:
    """Name, number, whether it is the default, and what PortAudio tells of each."""
    sounddevice = portaudio()
    if renew:
        refresh()
    try:
        apis = sounddevice.query_hostapis()
        devices = list(sounddevice.query_devices())
        default = _default(sounddevice, kind)
    except sounddevice.PortAudioError:
        return []
    found: dict[DeviceId, tuple[DeviceId, int, bool, Mapping[str, Any]]] = {}
    for index, told in enumerate(devices):
        if told[f"max_{kind}_channels"] > 0:
            name = DeviceId(told["name"], apis[told["hostapi"]]["name"])
            found.setdefault(name, (name, index, index == default, told))
    return sorted(found.values(), key=lambda device: (not device[2], device[0]))


def supported_rates(device: InputDevice) -> list[int]:
    """Which of the usual sample rates, in Hz, a device can be opened at."""
    found = []
    with asking() as sounddevice:
        for rate in USUAL_RATES:
            with contextlib.suppress(sounddevice.PortAudioError):
                sounddevice.check_input_settings(device.index, samplerate=rate)
                found.append(rate)
    return found


def find_device(wanted: DeviceId | None) -> InputDevice:
    """The device of that name, or the default one.

    Raises:
        AudioError: it is not there.
    """
    devices = input_devices()
    if not devices:
        raise AudioError("No microphone found. Plug one in and try again.")
    if wanted is None:
        return devices[0]
    for device in devices:
        if device.id == wanted:
            return device
    raise AudioError(
        f"The microphone '{wanted.name}' is not connected. Plug it in or choose another one."
    )


def ready_device(wanted: DeviceId | None) -> InputDevice:
    """As :func:`find_device`; if it cannot be opened as listed, the list is renewed first.

    A device may have changed its rate since PortAudio made its list, or be another by now.

    Raises:
        AudioError: it is not there.
    """
    device = find_device(wanted)
    if not can_open(device):
        refresh()
        device = find_device(wanted)
    return device


def can_open(device: InputDevice) -> bool:
    """Whether the system would open it now, at its rate."""
    with asking() as sounddevice:
        try:
            sounddevice.check_input_settings(device.index, samplerate=device.rate_hz)
        except (sounddevice.PortAudioError, ValueError):
            return False
    return True


def wait_for_device(wanted: DeviceId | None) -> Generator[list[InputDevice], None, InputDevice]:
    """Wait until a device is there again and can be opened.

    Args:
        wanted: which; None: whatever is the default by then.

    Yields:
        What is there now, ten times a second.
    """
    devices: list[InputDevice] = []
    # Not at once: what has just gone is still in the list for a moment.
    looked = time.monotonic()
    while True:
        if time.monotonic() - looked > _LOOK_SECONDS:
            devices = input_devices(renew=True)
            looked = time.monotonic()
            for device in devices if wanted is not None else devices[:1]:
                if wanted in (None, device.id) and can_open(device):
                    return device
        yield devices
        time.sleep(0.1)


def _default(sounddevice: object, kind: str) -> int:
    try:
        return int(sounddevice.query_devices(kind=kind)["index"])  # type: ignore[attr-defined]
    except (ValueError, sounddevice.PortAudioError):  # type: ignore[attr-defined]
        return -1
