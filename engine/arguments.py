"""Bounds of what a card or recipe may ask of a feature or network, before either is built."""

from collections.abc import Mapping
from typing import Any

from engine.errors import ModelError

MOST_BANK = 1 << 21  # numbers of a filter bank; while it is made, some forty bytes each
_MOST_DEPTH = 8
_MOST_ITEMS = 64  # of one list
_MOST_VALUES = 1000  # in all
_MOST_TABLES = 40  # a feature inside another is two
_MOST_TEXT = 200
_MOST = 1e9  # of what is not named here
_RANGES: dict[str, tuple[float, float]] = {
    "rate_hz": (1000, 384_000),
    "n_fft": (2, 1 << 17),
    "hop_length": (1, 1 << 22),
    "n_mels": (1, 1024),
    "n_mfcc": (1, 1024),
    "low_hz": (0, 192_000),
    "high_hz": (0, 192_000),
    "top_db": (0, 1000),
    "tuning": (-100, 100),
    "octaves": (1, 16),
    "quantile": (0, 1),
    "lowest": (0, 150),
    "highest": (0, 150),
    "per_semitone": (1, 100),
    "order": (1, 8),
    "bands": (1, 1 << 17),
    "frames": (1, 1 << 22),
    "classes": (1, 100_000),
    "width": (0, 10_000),
    "hidden": (1, 1 << 20),
    "units": (1, 1 << 16),
    "channels": (1, 1 << 16),
    "kernels": (1, 1 << 16),
    "pools": (1, 1 << 16),
    "dropout": (0, 1),
    "dropout_between": (0, 1),
    "trunks": (0, 16),
    "tags": (1, 100_000),
    "points": (0, 1 << 14),
    "sharpness": (0, 1000),
}


def check_arguments(arguments: object) -> None:
    """Refuse arguments that no feature or network can mean.

    Args:
        arguments: by name; features may lie inside.

    Raises:
        ModelError: an argument is out of its range, too long, or there are too many.
    """
    if not isinstance(arguments, Mapping):
        raise ModelError("The arguments of a feature or network must be a table.")
    level: list[tuple[str, object]] = [("arguments", arguments)]
    values = tables = 0
    for _ in range(_MOST_DEPTH):
        below: list[tuple[str, object]] = []
        for name, value in level:
            if isinstance(value, Mapping):
                tables += 1
                below += [(str(key), inner) for key, inner in value.items()]
            elif isinstance(value, list | tuple):
                _check_length(name, value)
                below += [(name, inner) for inner in value]
            else:
                _check_value(name, value)
        values += len(below)
        if values > _MOST_VALUES or tables > _MOST_TABLES:
            raise ModelError("A feature or network has too many arguments.")
        level = below
    if level:
        raise ModelError("The arguments of a feature or network are nested too deeply.")


def check_bank(bands: int, bins: int) -> None:
    """Refuse a filter bank that takes too much memory.

    Raises:
        ModelError: it does.
    """
    if bands * bins > MOST_BANK:
        raise ModelError(f"{bands} bands of {bins} bins each are too many for one feature.")


def _check_length(name: str, values: list[Any] | tuple[Any, ...]) -> None:
    if len(values) > _MOST_ITEMS:
        raise ModelError(f"'{_short(name)}' has more than {_MOST_ITEMS} entries.")


def _check_value(name: str, value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > _MOST_TEXT:
            raise ModelError(f"'{_short(name)}' is longer than {_MOST_TEXT} characters.")
        return
    low, high = _RANGES.get(name, (-_MOST, _MOST))
    if not isinstance(value, int | float):
        raise ModelError(f"'{_short(name)}' is neither a number nor a text.")
    if not low <= value <= high:  # also what is no number
        raise ModelError(f"'{_short(name)}' does not fit: it must be between {low:g} and {high:g}.")


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "..."
