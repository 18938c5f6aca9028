"""Microphones that are refused, go, come back as others, change their rate, or sleep."""

import time
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from engine.audio import microphone as microphone_module
from engine.audio import playback, portaudio
from engine.audio.devices import (
    DeviceId,
    InputDevice,
    input_devices,
    output_devices,
    wait_for_device,
)
from engine.audio.microphone import Microphone
from engine.errors import AudioError
from resources import resource
from tests.fake_portaudio import FakeDevice, FakePortAudio


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(microphone_module, "time", made)
    return made


def play(system: FakePortAudio, clock: Clock, heard: Microphone, seconds: float, rate: int) -> None:
    """Let the device send at a rate for a while, seen to as often as the program does."""
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        system.streams[-1].send(np.full((rate // 10, 4), 0.1))
        heard.check()


def waited(waiting: Generator[Any, None, InputDevice], seconds: float = 120.0) -> InputDevice:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            next(waiting)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
    raise TimeoutError


def test_no_microphone_is_one_sentence_with_a_way_on(fake_portaudio: FakePortAudio) -> None:
    with pytest.raises(AudioError, match=r"^No microphone found\. Plug one in and try again"):
        Microphone()


def test_one_that_is_refused_is_one_sentence_with_a_way_on(fake_portaudio: FakePortAudio) -> None:
    fake_portaudio.devices.append(FakeDevice("Inner", refuses=True))
    portaudio.refresh()
    with pytest.raises(AudioError, match=r"^The microphone 'Inner' cannot be opened\. It may be"):
        Microphone().open()
    fake_portaudio.devices[0].refuses = False
    with Microphone() as heard:
        assert heard.device.id == DeviceId("Inner", "Fake")


def test_after_the_default_one_went_any_default_one_is_taken(
    fake_portaudio: FakePortAudio,
) -> None:
    fake_portaudio.devices.append(FakeDevice("Headset"))
    portaudio.refresh()
    with Microphone() as heard:
        fake_portaudio.devices.clear()
        fake_portaudio.streams[-1].end()
        with pytest.raises(AudioError, match=r"'Headset' was disconnected"):
            heard.check()
    # Closing it failed, as it does for what has gone: devices are searched for all the same.
    assert input_devices(renew=True) == []
    waiting = wait_for_device(None)
    assert next(waiting) == []
    fake_portaudio.devices.append(FakeDevice("Inner", refuses=True))
    for _ in range(15):  # it is listed before it can be opened
        next(waiting)
    fake_portaudio.devices[0].refuses = False
    assert waited(waiting).id == DeviceId("Inner", "Fake")
    with Microphone() as again:
        fake_portaudio.streams[-1].send(np.full((480, 1), 0.5))
        assert again.ring.end == 480


def test_one_that_was_chosen_is_waited_for_and_no_other(fake_portaudio: FakePortAudio) -> None:
    fake_portaudio.devices.append(FakeDevice("Inner"))
    portaudio.refresh()
    waiting = wait_for_device(DeviceId("Headset", "Fake"))
    for _ in range(15):
        next(waiting)
    fake_portaudio.devices.insert(0, FakeDevice("Headset"))
    assert waited(waiting).id.name == "Headset"


def test_one_that_changed_its_rate_since_it_was_listed_is_opened_at_the_new(
    fake_portaudio: FakePortAudio,
) -> None:
    fake_portaudio.devices.append(FakeDevice("Headset", rate_hz=48000))
    portaudio.refresh()
    fake_portaudio.devices[0].rate_hz = 16000
    with Microphone() as heard:
        assert heard.rate_hz == 16000


@pytest.mark.parametrize("rate", [44100, 16000, 96000])
def test_one_that_changes_its_rate_is_not_heard_too_high(
    fake_portaudio: FakePortAudio, clock: Clock, rate: int
) -> None:
    fake_portaudio.devices.append(FakeDevice("Headset"))
    portaudio.refresh()
    with Microphone() as heard:
        play(fake_portaudio, clock, heard, 20.0, 48000)
        play(fake_portaudio, clock, heard, 20.0, 48010)  # a clock of its own
        with pytest.raises(AudioError, match=rf"now runs at {rate} Hz instead of 48000 Hz\. Start"):
            play(fake_portaudio, clock, heard, 30.0, rate)


def test_sound_that_is_lost_for_a_moment_is_no_other_rate(
    fake_portaudio: FakePortAudio, clock: Clock
) -> None:
    fake_portaudio.devices.append(FakeDevice("Headset"))
    portaudio.refresh()
    with Microphone() as heard:
        for _ in range(10):
            play(fake_portaudio, clock, heard, 3.0, 48000)
            clock.now += 1.2
        assert heard.dropped > 48000


@pytest.mark.parametrize("counts", [True, False], ids=["clock goes on", "clock stands still"])
def test_a_computer_that_slept_hears_on(
    fake_portaudio: FakePortAudio, clock: Clock, counts: bool
) -> None:
    fake_portaudio.devices.append(FakeDevice("Inner"))
    portaudio.refresh()
    with Microphone() as heard:
        play(fake_portaudio, clock, heard, 5.0, 48000)
        clock.now += 8 * 3600 * counts
        heard.check()
        play(fake_portaudio, clock, heard, 5.0, 48000)
        assert heard.dropped == 0
        when = heard.capture_time(heard.ring.end)
        assert abs(clock.now - when) < 0.5
        clock.now += 2.0  # and one that does not come back is noticed as ever
        with pytest.raises(AudioError, match="has sent nothing for 2 s"):
            heard.check()


def test_an_input_on_the_third_channel_is_heard_or_said(
    fake_portaudio: FakePortAudio, clock: Clock
) -> None:
    fake_portaudio.devices.append(FakeDevice("Interface", channels=4))
    portaudio.refresh()
    block = np.zeros((4800, 4))
    block[:, 2] = 0.5
    with Microphone(channel=2) as heard:
        fake_portaudio.streams[-1].send(block)
        assert np.all(heard.ring.last(4800) == 0.5)
    with Microphone() as heard:
        for _ in range(25):
            clock.now += 0.1
            fake_portaudio.streams[-1].send(block)
            heard.level()
        assert "choose one of its 4 channels" in str(heard.advice())
    fake_portaudio.devices[-1] = FakeDevice("Interface", channels=32)  # as "default" of ALSA says
    portaudio.refresh()
    with Microphone() as heard:
        for _ in range(25):
            clock.now += 0.1
            fake_portaudio.streams[-1].send(np.zeros((4800, 2)))
            heard.level()
        assert "sends only silence" in str(heard.advice())
        assert "channels" not in str(heard.advice())
    fake_portaudio.devices[-1] = FakeDevice("Interface", channels=4)
    portaudio.refresh()
    with pytest.raises(AudioError, match=r"has 4 channels\. Choose another"):
        Microphone(channel=4)


def test_outputs_are_listed_by_name_and_found_again_by_the_player(
    fake_portaudio: FakePortAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_portaudio.devices += [
        FakeDevice("Inner", channels=0, output_channels=2),
        FakeDevice("Mic only"),
        FakeDevice("Headphones", channels=0, output_channels=2),
    ]
    found = output_devices(renew=True)
    assert [(d.id.name, d.is_default) for d in found] == [("Inner", True), ("Headphones", False)]
    given: list[dict[str, Any]] = []

    class Output:
        latency = 0.1

        def __init__(self, **arguments: Any) -> None:
            given.append(arguments)

        start = abort = close = stop = lambda self: None

    monkeypatch.setattr(FakePortAudio, "OutputStream", Output, raising=False)
    for module in (playback,):
        monkeypatch.setattr(module, "portaudio", lambda: fake_portaudio)
    for name, number in (("Headphones", 2), ("Gone", None)):
        player = playback.Player(resource("sounds", "demo.ogg"), DeviceId(name, "Fake"))
        player.play()
        player.close()
        assert given[-1]["device"] == number


def test_volume_scales_what_is_played() -> None:
    player = playback.Player(resource("sounds", "demo.ogg"))
    player.volume = 0.25
    block = np.ones((100, 2), dtype=np.float32)
    player._blocks.put((0.0, block))
    out = np.zeros((100, 2), dtype=np.float32)
    player._callback(out, 100, None, None)
    assert np.all(out == 0.25)
