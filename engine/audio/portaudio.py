"""Access to PortAudio: loaded on first use, without its messages, with a fresh device list."""

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from engine.errors import AudioError

_lock = threading.RLock()
_open_streams = 0
_CLOSE_SECONDS = 1.0


def portaudio() -> ModuleType:
    """The module sounddevice.

    Raises:
        AudioError: PortAudio is not installed.
    """
    try:
        with _lock, _quiet():
            import sounddevice  # here: it needs a system library that may be missing
    except OSError as error:
        raise AudioError(
            "Sound devices cannot be used because the library PortAudio is missing. "
            "On Debian or Ubuntu type: sudo apt install libportaudio2."
        ) from error
    module: ModuleType = sounddevice
    return module


def refresh() -> None:
    """Search for devices again: PortAudio lists them once, when it starts.

    Does nothing while a stream is open, which starting anew would end.
    """
    sounddevice = portaudio()
    with _lock:
        if _open_streams == 0:
            with _quiet():
                sounddevice._terminate()
                with contextlib.suppress(sounddevice.PortAudioError):
                    sounddevice._initialize()


@contextlib.contextmanager
def opening() -> Iterator[ModuleType]:
    """Hold PortAudio while a stream is opened; counts it as open unless that fails."""
    global _open_streams
    sounddevice = portaudio()
    with _lock, _quiet():
        yield sounddevice
        _open_streams += 1


@contextlib.contextmanager
def asking() -> Iterator[ModuleType]:
    """Hold PortAudio while devices are asked what they can do."""
    sounddevice = portaudio()
    with _lock, _quiet():
        yield sounddevice


def close_stream(stream: Any) -> None:
    """Close a stream opened under :func:`opening`; returns within a second.

    Closing hangs for ever when the sound server does: then a thread is left to it, and PortAudio is
    not ended with the program, which would wait for the same server.
    """
    sounddevice = portaudio()

    def end() -> None:
        global _open_streams
        try:
            # Of a device that has gone, even closing may fail: it is as good as closed.
            with contextlib.suppress(sounddevice.PortAudioError):
                stream.abort()
            with contextlib.suppress(sounddevice.PortAudioError):
                stream.close()
        finally:
            with _lock:  # or devices would never be searched for again
                _open_streams -= 1

    closer = threading.Thread(target=end, name="close sound device", daemon=True)
    closer.start()
    closer.join(_CLOSE_SECONDS)
    if closer.is_alive():
        atexit.unregister(sounddevice._exit_handler)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep PortAudio's and ALSA's chatter off the terminal: they write to file descriptor 2."""
    if not sys.platform.startswith("linux"):
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error: a window started without a terminal
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
