"""Where words go: data to standard output, everything else to standard error."""

import sys

from rich.console import Console


def fail(message: str) -> int:
    """Say why nothing could be done; gives the exit code."""
    sys.stderr.write(f"earmark: {message}\n")
    return 2


def data() -> Console:
    """For tables: as wide as they need when nobody looks."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def notes() -> Console:
    """For progress and remarks."""
    return Console(stderr=True, highlight=False)
