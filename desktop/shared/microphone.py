"""Microphones as pages use them: found, opened by name and waited for, in jobs."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.audio.microphone import Microphone


def open_chosen(name: str, host_api: str, channel: int | None = None) -> "Microphone":
    """The microphone of that name, the default one for no name; all channels or one of them."""
    from engine.audio.devices import DeviceId
    from engine.audio.microphone import Microphone

    return Microphone(DeviceId(name, host_api) if name else None, channel=channel)


def find_inputs() -> Generator[None, None, list[Any]]:
    """All microphones, searched for again."""
    from engine.audio.devices import input_devices

    yield
    return input_devices(renew=True)


def wait_for(name: str, host_api: str) -> Generator[Any, None, Any]:
    """Wait until the microphone of that name is there again; for no name, any default one."""
    from engine.audio.devices import DeviceId, wait_for_device

    return (yield from wait_for_device(DeviceId(name, host_api) if name else None))
