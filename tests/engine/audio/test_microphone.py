"""The microphone, on a real sound server: heard exactly, and lost in every way it can be."""

import threading
import time

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.devices import (
    DeviceId,
    find_device,
    input_devices,
    supported_rates,
    wait_for_device,
)
from engine.audio.microphone import Microphone
from engine.audio.playback import Player, output_problem
from engine.errors import AudioError
from resources import resource
from tests.virtual_microphone import RATE, VirtualMicrophone

pytestmark = pytest.mark.microphone


def chirp(seconds: float) -> np.ndarray:
    time_axis = np.arange(round(seconds * RATE)) / RATE
    hz = 200 + 3000 * time_axis / seconds
    return (0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE)).astype(np.float32)


def until(condition: object, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def _watch(microphone: Microphone) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        microphone.check()
        time.sleep(0.05)


def test_devices_are_listed_by_name(virtual_microphone: VirtualMicrophone) -> None:
    devices = input_devices()
    assert devices
    assert devices[0].is_default
    assert devices[0].channels >= 1
    assert devices[0].rate_hz >= 4000
    assert find_device(devices[0].id) == devices[0]
    assert {44100, 48000} <= set(supported_rates(devices[0]))
    with pytest.raises(AudioError, match="not connected"):
        find_device(DeviceId("no such thing", "ALSA"))


def test_what_is_played_is_heard_sample_for_sample(virtual_microphone: VirtualMicrophone) -> None:
    played = chirp(3.0)
    # On a busy machine the player, or the server, may lose time: then nothing can be said.
    for left in reversed(range(5)):
        heard, dropped = _heard(virtual_microphone, played)
        start = int(np.argmax(np.abs(heard) > 1e-4)) - int(np.argmax(np.abs(played) > 1e-4))
        got = heard[start : start + len(played)]
        if not left or (dropped == 0 and np.allclose(got, played, atol=1e-6)):
            break
    assert dropped == 0
    np.testing.assert_allclose(got, played, atol=1e-6)


def _heard(
    virtual_microphone: VirtualMicrophone, played: NDArray[np.float32]
) -> tuple[NDArray[np.float32], int]:
    """All that the microphone took in while something was played, and how much it dropped."""
    with Microphone() as microphone:
        time.sleep(0.3)
        virtual_microphone.play(played, RATE, ahead_ms=1000).wait()
        time.sleep(0.4)
        microphone.check()
        assert microphone.rate_hz == RATE
        return microphone.ring.last(microphone.ring.end)[0], microphone.dropped


def test_level_and_advice(virtual_microphone: VirtualMicrophone) -> None:
    with Microphone() as microphone:
        time.sleep(0.5)
        microphone.level()
        player = virtual_microphone.play(np.full(RATE, 0.5, np.float32))
        assert until(lambda: microphone.level().peak > 0.4)
        assert microphone.advice() is None
        player.wait()
        assert until(lambda: microphone.advice() is not None)
        microphone.level()
        time.sleep(0.2)
        level = microphone.level()
        assert (level.peak, level.clipped) == (0.0, 0)
        assert level.peak_db == -120.0
        assert "muted" in str(microphone.advice())


def test_a_killed_server_is_one_message_and_the_device_comes_back(
    virtual_microphone: VirtualMicrophone,
) -> None:
    with Microphone() as microphone:
        wanted = microphone.device.id
        time.sleep(0.3)
        virtual_microphone.kill()
        begun = time.monotonic()
        with pytest.raises(AudioError, match=r"disconnected|nothing"):
            _watch(microphone)
        assert time.monotonic() - begun < 20  # 0.1 s on a machine with nothing else to do
    waiting = wait_for_device(wanted)
    for _ in range(3):
        next(waiting)
    virtual_microphone.start()
    device, end = None, time.monotonic() + 120
    while device is None and time.monotonic() < end:
        try:
            next(waiting)
        except StopIteration as stop:
            device = stop.value
    assert device is not None
    assert device.id == wanted
    with Microphone(wanted) as again:
        assert until(lambda: again.ring.end > 0)


def test_a_frozen_server_is_noticed_and_does_not_hang(
    virtual_microphone: VirtualMicrophone,
) -> None:
    microphone = Microphone()
    microphone.open()
    assert until(lambda: microphone.ring.end > 0)
    virtual_microphone.freeze()
    try:
        with pytest.raises(AudioError, match="nothing for"):
            _watch(microphone)
        begun = time.monotonic()
        microphone.close()
        assert time.monotonic() - begun < 20
    finally:
        virtual_microphone.thaw()
        left = [t for t in threading.enumerate() if t.name == "close sound device"]
        for thread in left:
            thread.join(120)


def test_lost_samples_are_counted(virtual_microphone: VirtualMicrophone) -> None:
    # On a busy machine the server may lose time of its own: then nothing can be said.
    for left in reversed(range(5)):
        before, after, rate_hz = _dropped()
        if not left or (before == 0 and after == pytest.approx(0.5 * rate_hz, rel=0.2)):
            break
    assert before == 0
    assert after == pytest.approx(0.5 * rate_hz, rel=0.2)


def _dropped() -> tuple[int, int, int]:
    """Samples counted as lost while none is, and after half a second of them was; their rate."""
    counts = []
    with Microphone() as microphone:
        assert until(lambda: microphone.ring.end > 0)
        for lost_seconds in (0.0, 0.5):
            # As a driver does it that loses half a second: later samples come, those never do.
            microphone._opened -= lost_seconds
            for _ in range(5):
                time.sleep(0.5)
                microphone.check()
            counts.append(microphone.dropped)
        return counts[0], counts[1], microphone.rate_hz


def test_without_any_device(no_sound_system: None) -> None:
    assert input_devices() == []
    with pytest.raises(AudioError, match="No microphone"):
        Microphone()
    assert "No loudspeaker" in str(output_problem())


def test_a_stream_that_does_not_start_is_closed(
    virtual_microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for a microphone tries every two seconds, for days."""
    import sounddevice

    made: list[sounddevice.InputStream] = []

    def start(stream: sounddevice.InputStream) -> None:
        made.append(stream)
        raise sounddevice.PortAudioError("busy")

    monkeypatch.setattr(sounddevice.InputStream, "start", start)
    with pytest.raises(AudioError, match="cannot be opened"):
        Microphone().open()
    assert made[0].closed


def test_too_high_a_channel(virtual_microphone: VirtualMicrophone) -> None:
    with pytest.raises(AudioError, match="channels"):
        Microphone(channel=500)


def test_playing_a_file_is_heard_from_the_right_place(
    virtual_microphone: VirtualMicrophone,
) -> None:
    assert output_problem() is None
    path = resource("sounds", "demo.ogg")
    samples, rate = soundfile.read(path, dtype="float32", start=20 * 44100, frames=44100)
    expected = np.abs(np.fft.rfft(samples.mean(axis=1) * np.hanning(len(samples))))
    player = Player(path)
    for _ in range(5):  # a busy machine may put pauses into it
        sounding = _played_from_20(player)
        found = np.abs(np.fft.rfft(sounding * np.hanning(len(sounding))))[: len(expected)]
        alike = np.corrcoef(found[50:3000], expected[50:3000])[0, 1]
        if alike > 0.8:
            break
    assert alike > 0.8
    player.seek(3.0)
    assert player.position_seconds == 3.0
    player.close()
    assert rate == 44100


def _played_from_20(player: Player) -> NDArray[np.float32]:
    """The first second that is heard of a file from its twentieth second on."""
    with Microphone() as microphone:
        assert until(lambda: microphone.ring.end > 0)
        begun = time.monotonic()
        player.play(20.0)
        assert player.playing
        assert until(lambda: player.position_seconds > 21.2)
        assert player.position_seconds - 20.0 < time.monotonic() - begun + 0.1  # in real time
        player.pause()
        assert not player.playing
        heard = microphone.ring.last(microphone.ring.end)[0]
    return heard[int(np.argmax(np.abs(heard) > 1e-3)) :][: microphone.rate_hz]


def test_sound_in_memory_is_played_as_it_is(virtual_microphone: VirtualMicrophone) -> None:
    draw = np.random.default_rng(4)
    noise = draw.uniform(-0.5, 0.5, (1, 44100)).astype(np.float32)
    player = Player(Audio(noise, 44100))
    with Microphone() as microphone:
        assert until(lambda: microphone.ring.end > 0)
        player.play(0.25, 0.75)
        assert until(lambda: not player.playing)
        assert until(lambda: not microphone.ring.last(RATE // 3).any())
        heard = microphone.ring.last(microphone.ring.end)[0]
    player.close()
    sounding = np.flatnonzero(np.abs(heard) > 1e-3)
    expected = noise[0, 11025:33075]
    first = int(sounding[0])
    found = heard[first : first + len(expected)]
    shift = int(np.argmax(np.correlate(expected, found[:4000], "valid")))
    assert np.corrcoef(found[:4000], expected[shift : shift + 4000])[0, 1] > 0.99
    assert shift < 50  # from its beginning
    # A busy machine may put pauses into it; what was not asked for would be another half second.
    assert len(sounding) == pytest.approx(len(expected), rel=0.3)


def test_a_stretch_ends_and_a_loop_does_not(virtual_microphone: VirtualMicrophone) -> None:
    player = Player(resource("sounds", "flute.ogg"))
    player.play(1.0, 1.4)
    assert until(lambda: not player.playing)
    player.play(1.0, 1.4, loop=True)
    time.sleep(2.0)
    assert player.playing
    player.close()


def test_a_vanished_loudspeaker_is_said(virtual_microphone: VirtualMicrophone) -> None:
    player = Player(resource("sounds", "demo.ogg"))
    player.play(0.0)
    assert until(lambda: player.position_seconds > 0.1)
    virtual_microphone.kill()
    assert until(lambda: not player.playing)
    assert "loudspeaker" in str(player.problem)
    player.close()
