"""Results as plain values for JSON, which knows no NaN: it becomes null and comes back."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def json_value(value: Any) -> Any:
    """Dataclasses to dicts, arrays and tuples to lists, numbers that are not finite to None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return json_value(value.tolist())
    if isinstance(value, (list, tuple)):
        return [json_value(inner) for inner in value]
    if isinstance(value, np.generic):
        return json_value(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def number(value: Any) -> float:
    """A number back from JSON; None is NaN.

    Raises:
        TypeError: it is neither.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with None as NaN; what is not a number stays as it is."""
    return {key: number(value) if value is None else value for key, value in values.items()}


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Only the finite numbers."""
    return {key: float(value) for key, value in values.items() if math.isfinite(value)}
