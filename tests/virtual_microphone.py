"""A microphone without a sound card: what is played into it is what PortAudio records.

A private PulseAudio server with a null sink whose monitor is the default source, offered to
PortAudio through ALSA's "pulse" plug-in. ``norewinds=1`` keeps the sink from playing ahead and then
taking back what the microphone should have heard. It runs at 44.1 kHz, which PortAudio takes
for the plug-in's own rate, so that nothing resamples on the way.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

RATE = 44100
_ALSA = """</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Virtual microphone" } }
ctl.!default { type pulse }
"""
_SINK = "norewinds=1 format=float32le rate=44100 channels=2"


class VirtualMicrophone:
    """The server and what one can do to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PULSE_SERVER": f"unix:{folder}/native",
            "PULSE_COOKIE": f"{folder}/cookie",
            "ALSA_CONFIG_PATH": f"{folder}/alsa.conf",
        }
        (folder / "alsa.conf").write_text(_ALSA)
        (folder / "server.pa").write_text(
            f".fail\nload-module module-native-protocol-unix socket={folder}/native "
            f"auth-anonymous=1\nload-module module-null-sink sink_name=speaker {_SINK}\n"
            "load-module module-remap-source source_name=microphone master=speaker.monitor "
            "format=float32le rate=44100 channels=1 master_channel_map=front-left "
            "channel_map=mono remix=no\n"
            "set-default-sink speaker\nset-default-source microphone\n"
        )
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        (self.folder / "native").unlink(missing_ok=True)
        own = {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        command += ["--disable-shm=yes", "--high-priority=no", "--realtime=no"]
        command += ["-F", str(self.folder / "server.pa")]
        self._server = subprocess.Popen(
            [*command, f"--log-target=file:{self.folder}/log"],
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._tell("info").returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"PulseAudio did not start: {(self.folder / 'log').read_text()}")

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """Stop the server from running."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def play(
        self, sound: Path | NDArray[np.float32], rate: int = RATE, ahead_ms: int = 20
    ) -> subprocess.Popen[bytes]:
        """Play a file, or mono samples, into the microphone; returns at once.

        ``ahead_ms`` is what the server holds: more of it gets over a busy machine without a gap.
        """
        if not isinstance(sound, Path):
            path = self.folder / f"{time.monotonic_ns()}.wav"
            soundfile.write(path, sound, rate, subtype="FLOAT")
            sound = path
        command = ["paplay", f"--latency-msec={ahead_ms}", str(sound)]
        return subprocess.Popen(command, env={**os.environ, **self.environment})

    def _tell(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["pactl", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            check=False,
            timeout=120,
        )


def _die_with_parent() -> None:
    """Linux ends the server when the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@pytest.fixture(scope="session")
def _server() -> Iterator[VirtualMicrophone]:
    if not shutil.which("pulseaudio") or not shutil.which("paplay"):
        pytest.skip("PulseAudio is not installed: packaging/system-packages test installs it")
    with tempfile.TemporaryDirectory(prefix="earmark-mic-") as folder:
        microphone = VirtualMicrophone(Path(folder))
        microphone.start()
        yield microphone
        microphone.kill()


@pytest.fixture
def virtual_microphone(
    _server: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualMicrophone]:
    """The virtual microphone, running, and PortAudio looking at it."""
    from engine.audio.portaudio import refresh

    for name, value in _server.environment.items():
        monkeypatch.setenv(name, value)
    if _server._server is None:
        _server.start()
    refresh()
    yield _server
    if _server._server is None:
        _server.start()


@pytest.fixture
def no_sound_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without microphone and loudspeaker."""
    from engine.audio.portaudio import refresh

    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    refresh()
    yield
    monkeypatch.undo()
    refresh()
