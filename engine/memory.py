"""How much memory there is, and that what networks free stays with the process."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # of glibc's mallopt, as in malloc.h
_LARGEST_BLOCK = 32 << 20  # the most that glibc takes
_KEPT = 256 << 20


def keep_freed_memory() -> None:
    """Keep up to 256 MB of freed memory rather than give it back at once, on Linux.

    A network asks for the same megabytes at each step. glibc returns what is free at the heap's end
    to the system, which hands it out again page by page, each filled with zeros first: half of the
    time of a small network's step. Elsewhere, and where the C library is another, nothing changes.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


def available_bytes() -> int | None:
    """Memory that a program can take now without swapping; None where the system does not say."""
    if sys.platform == "win32":
        return _of_windows()
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf(
            "SC_PAGE_SIZE"
        )  # macOS swaps by compressing
    return None


def _of_windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "available", *"abcde")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # mypy knows it on Windows only
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available)
