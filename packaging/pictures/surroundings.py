"""A screen, a microphone and a home of their own: nothing of the user's is read or written."""

import argparse
import ctypes
import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.virtual_microphone import VirtualMicrophone

_NEEDED = ("Xvfb", "pulseaudio", "paplay")
_SCREEN = "3840x2160x24"  # room for the largest window at scale 2


@contextmanager
def own_home() -> Iterator[Path]:
    """A home that is removed at the end; of a fixed name, as pages show where things are.

    Raises:
        SystemExit: another run is using it, or was killed.
    """
    home = Path(tempfile.gettempdir()) / "earmark-pictures"
    try:
        home.mkdir()
    except FileExistsError:
        raise SystemExit(f"{home} is there: wait for the other run, or remove it.") from None
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def words_asked(about: str | None, folder: Path, root: Path) -> argparse.ArgumentParser:
    """What pictures and walks both ask for.

    Args:
        about: the docstring of the script.
        folder: where they go, if nothing else is said.
        root: of the project.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0] if about else "")
    parser.add_argument("folder", nargs="?", type=Path, default=folder)
    shared = root.parent / "shared" / "data"
    parser.add_argument("--recordings", type=Path, default=shared, help="where the shared ones are")
    return parser


def home_environment(home: Path) -> dict[str, str]:
    """Where programs look for what is the user's, all in one folder."""
    names = {"CONFIG": "config", "DATA": "data", "CACHE": "cache", "STATE": "state"}
    found = {f"XDG_{name}_HOME": str(home / f".{folder}") for name, folder in names.items()}
    return {"HOME": str(home), **found}


@contextmanager
def screen_and_microphone() -> Iterator[VirtualMicrophone]:
    """An X server and a virtual microphone; this process's environment leads to both."""
    for program in _NEEDED:
        if not shutil.which(program):
            raise SystemExit(f"{program} is missing: packaging/system-packages test installs it.")
    server, display = _serve()
    with tempfile.TemporaryDirectory(prefix="earmark-mic-") as folder:
        microphone = VirtualMicrophone(Path(folder))
        try:
            microphone.start()
            os.environ.update(microphone.environment, DISPLAY=display, QT_QPA_PLATFORM="xcb")
            os.environ.pop("WAYLAND_DISPLAY", None)
            yield microphone
        finally:
            microphone.kill()
            server.terminate()
            server.wait()


def _serve() -> tuple[subprocess.Popen[bytes], str]:
    """An X server that answers, and its name.

    Of a number drawn by chance: one that looks for a free number by itself takes another's socket
    away first.
    """
    for _ in range(20):
        display = f":{random.randrange(100, 30_000)}"
        read, write = os.pipe()
        words = ["Xvfb", display, "-displayfd", str(write), "-screen", "0", _SCREEN]
        server = subprocess.Popen(
            [*words, "-nolisten", "tcp"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            if answer.readline().strip():
                return server, display
        server.wait()
    raise SystemExit("no X server starts")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
