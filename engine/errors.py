"""Errors shown to the user: each message says what happened and what to do."""

import sys
from pathlib import Path


class EarmarkError(Exception):
    """Base class of all errors of the engine whose text is meant for the user.

    Examples:
        >>> from engine import EarmarkError, read
        >>> try:
        ...     read("missing.wav")
        ... except EarmarkError as error:
        ...     print(type(error).__name__)
        AudioError
    """


class AudioError(EarmarkError):
    """A sound file, microphone or loudspeaker cannot be used."""


class DataError(EarmarkError):
    """A data set, label file or exported result cannot be used."""


class ModelError(EarmarkError):
    """A classifier file cannot be used."""


class ClusterError(EarmarkError):
    """A cluster of machines cannot be used."""


class RecipeError(EarmarkError):
    """A recipe is invalid."""


def problem_of(path: Path, error: Exception) -> str:
    """Why a file has no result, as a sentence, whatever was raised: for one of many files."""
    if isinstance(error, EarmarkError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{path.name} needs more memory than there is. Split it into shorter files."
    reason = f"{type(error).__name__}: {error}".strip().rstrip(".:")
    return f"{path.name} could not be analysed ({reason}). Convert it to WAV or FLAC and try again."


def extra_needed(what: str, extra: str) -> str:
    """What to say where a library of an extra is missing; an installed program can add none."""
    if getattr(sys, "frozen", False):
        return (
            f"{what} is not part of the installed application. It works if you install Earmark "
            f"with Python: type pip install '.[{extra}]' in the folder of its source."
        )
    return f"{what} needs the extra '{extra}': pip install earmark[{extra}]."
