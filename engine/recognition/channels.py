"""Channels of a sound: heard together, or each by itself."""

import re
from typing import Literal

Channels = Literal["mixed", "each"]
_NAMED = re.compile(r"(.*) \(channel ([1-9]\d*)\)", re.DOTALL)


def named(classifier: str, channel: int) -> str:
    """What the results of a classifier on one channel are called; channel 0: all, mixed."""
    return f"{classifier} (channel {channel})" if channel else classifier


def apart(name: str, channels: Channels) -> tuple[str, int]:
    """The classifier and channel that :func:`named` was given.

    Examples:
        >>> from engine.recognition.channels import apart
        >>> apart("genre (channel 2)", "each")
        ('genre', 2)
        >>> apart("genre", "mixed")
        ('genre', 0)
    """
    found = _NAMED.fullmatch(name) if channels == "each" else None
    return (found[1], int(found[2])) if found else (name, 0)
