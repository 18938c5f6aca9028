"""Runs first in the frozen program: the bundled PortAudio is found.

sounddevice asks `ctypes.util.find_library`, which asks the system's compiler, linker and cache:
they know nothing of our folder, and a user has no compiler.
"""

import ctypes.util
import os
import sys
from typing import Any


def _install() -> None:
    if not sys.platform.startswith("linux"):
        return  # sounddevice brings its own there, and finds it
    ours = os.path.join(sys._MEIPASS, "libportaudio.so.2")  # type: ignore[attr-defined]
    usual = ctypes.util.find_library

    def find_library(name: str) -> Any:
        return ours if name == "portaudio" and os.path.exists(ours) else usual(name)

    ctypes.util.find_library = find_library


_install()
