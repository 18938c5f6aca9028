"""What networks free stays with the process for their next step."""

import contextlib
import ctypes
import sys

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
