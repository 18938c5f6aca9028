"""What systems leave in folders beside what a person put there: nobody means it."""

_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"})


def passed_over(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or the system's own.

    Examples:
        >>> [name for name in ("flute.wav", "._flute.wav", "Thumbs.db") if passed_over(name)]
        ['._flute.wav', 'Thumbs.db']
    """
    return name.startswith(".") or name.casefold() in _NAMES
