"""What the cells of the database hold, checked: others may have written them."""

import math
from typing import Any

import numpy as np

from engine.bounded import parse_json
from engine.recognition.timeline import Timeline


def timeline_of(
    labels: tuple[str, ...],
    window_seconds: float,
    hop_seconds: float,
    times: bytes,
    *numbers: bytes,
) -> Timeline:
    """Rows of a classifier, from the bytes of their numbers.

    Raises:
        ValueError: they do not fit each other, or are not finite.
    """
    centres = np.frombuffer(times, "<f8").astype(np.float64)
    probabilities, presence, level_db = (
        np.frombuffer(values, "<f4").astype(np.float32) for values in numbers
    )
    if not all(np.isfinite(some).all() for some in (centres, probabilities, presence, level_db)):
        raise ValueError("there are invalid values (NaN or infinite)")
    return Timeline(
        labels=labels,
        times=centres,
        probabilities=probabilities.reshape(len(centres), len(labels)),
        presence=presence.reshape(len(centres)),
        level_db=level_db.reshape(len(centres)),
        window_seconds=finite(window_seconds),
        hop_seconds=finite(hop_seconds),
    )


def finite(value: Any) -> float:
    """A number; SQLite keeps anything in any column.

    Raises:
        ValueError: it is none.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a number")
    return number


def parsed(text: str) -> Any:
    """What a cell of JSON holds."""
    return parse_json(text, "the database")


def list_of(text: str) -> list[str]:
    """A cell of JSON that holds words."""
    return [str(each) for each in parsed(text)]
