"""JSON and TOML that others wrote, read within limits: no file of text can take the machine.

A hundred thousand brackets, a number of five thousand digits or a key of a hundred kilobytes end
in RecursionError, ValueError or minutes of work, often long after reading. Whatever Earmark reads
as JSON or TOML is read here; what comes back is shallow, and each number in it is one.
"""

import json
import math
import re
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from engine.errors import DataError, EarmarkError

MOST_BYTES = 10_000_000
MOST_DEPTH = 64
MOST_KEY = 2000  # characters
MOST_INTEGER = 2**64  # beyond, neither numpy nor torch takes them
_BYTES_A_VALUE = 5  # what is denser is refused: each value takes some 60 bytes in memory
MOST_DOTS = 32  # in one key of TOML: tomllib takes minutes for a hundred kilobytes of a.a.a

_PART = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_DOTTED = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MOST_DOTS}}}")


class _Refused(ValueError):
    """Says in a few words what is wrong."""


class _Rules(NamedTuple):
    kind: str
    most_bytes: int
    finite: bool
    file_names: bool = False


def parse_json(
    data: bytes | str,
    name: str,
    error: type[EarmarkError] = DataError,
    *,
    most_bytes: int = MOST_BYTES,
    finite: bool = True,
    file_names: bool = False,
) -> Any:
    """JSON as plain values.

    Args:
        data: UTF-8, with or without a byte order mark, or text.
        name: what the message calls it, such as ``classes.json``.
        error: what is raised.
        most_bytes: what is longer is refused.
        finite: refuse NaN and Infinity; without, they are floats.
        file_names: take what Python writes for bytes of a file's name that are not UTF-8.

    Raises:
        EarmarkError: the class given as ``error``: it is no JSON, or beyond a limit.

    Examples:
        >>> from engine.bounded import parse_json
        >>> parse_json('{"rate": 16000}', "an example")
        {'rate': 16000}
    """

    def loads(text: str) -> Any:
        if not finite:
            return json.loads(text, parse_int=_integer)
        return json.loads(text, parse_int=_integer, parse_constant=_no_constant)

    return _parsed(data, name, error, loads, _Rules("JSON", most_bytes, finite, file_names))


def parse_toml(
    data: bytes | str,
    name: str,
    error: type[EarmarkError] = DataError,
    *,
    most_bytes: int = MOST_BYTES,
    finite: bool = True,
) -> dict[str, Any]:
    """TOML as plain values.

    Args:
        data: UTF-8, with or without a byte order mark, or text.
        name: what the message calls it.
        error: what is raised.
        most_bytes: what is longer is refused.
        finite: refuse ``inf`` and ``nan``; without, they are floats.

    Raises:
        EarmarkError: the class given as ``error``: it is no TOML, or beyond a limit.
    """

    def loads(text: str) -> Any:
        if _DOTTED.search(text):
            raise _Refused(f"a key has more than {MOST_DOTS} parts")
        return tomllib.loads(text)

    found: dict[str, Any] = _parsed(data, name, error, loads, _Rules("TOML", most_bytes, finite))
    return found


def read_json(
    path: Path,
    error: type[EarmarkError] = DataError,
    *,
    most_bytes: int = MOST_BYTES,
    finite: bool = True,
) -> Any:
    """As :func:`parse_json`, of a plain file.

    Raises:
        EarmarkError: the class given as ``error``; also where the file cannot be read.
    """
    data = read_bytes(path, error, most_bytes=most_bytes)
    return parse_json(data, path.name, error, most_bytes=most_bytes, finite=finite)


def read_toml(
    path: Path, error: type[EarmarkError] = DataError, *, most_bytes: int = MOST_BYTES
) -> dict[str, Any]:
    """As :func:`parse_toml`, of a plain file.

    Raises:
        EarmarkError: the class given as ``error``; also where the file cannot be read.
    """
    data = read_bytes(path, error, most_bytes=most_bytes)
    return parse_toml(data, path.name, error, most_bytes=most_bytes)


def read_bytes(path: Path, error: type[EarmarkError] = DataError, *, most_bytes: int) -> bytes:
    """All of a plain file; no pipe or device, which might never end.

    Raises:
        EarmarkError: the class given as ``error``: it is no plain file, cannot be read, or is
            longer than ``most_bytes``.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise error(f"{path.name} is not a file that can be read.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as problem:  # ValueError: a path with a zero byte
        words = getattr(problem, "strerror", None) or "its name is not valid"
        raise error(f"{path.name} cannot be read: {words}.") from problem
    if len(data) > most_bytes:
        raise error(f"{path.name} is too large: more than {_megabytes(most_bytes)}.")
    return data


def _parsed(
    data: bytes | str,
    name: str,
    error: type[EarmarkError],
    loads: Callable[[str], Any],
    rules: _Rules,
) -> Any:
    if len(data) > rules.most_bytes:
        raise error(f"{name} is too large: more than {_megabytes(rules.most_bytes)}.")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        found = loads(text.removeprefix("\ufeff"))
        _check(found, rules)
    except RecursionError as problem:
        raise error(f"{name} cannot be read: {_deep()}.") from problem
    except _Refused as problem:
        raise error(f"{name} cannot be read: {problem}.") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{name} cannot be read: it is not text in UTF-8.") from problem
    except ValueError as problem:
        words = shortened(str(problem))
        if "integer string conversion" in words:  # Python's own limit, of 4300 digits
            raise error(f"{name} cannot be read: a number in it is too large.") from problem
        raise error(f"{name} is not valid {rules.kind}: {words}.") from problem
    return found


def _check(found: Any, rules: _Rules) -> None:
    """Depth, keys, numbers and characters of what was parsed, without recursion."""
    level, depth, values = [found], 0, 0
    most = rules.most_bytes // _BYTES_A_VALUE
    while level:
        depth, values, below = depth + 1, values + len(level), list[Any]()
        if depth > MOST_DEPTH:
            raise _Refused(_deep())
        if values > most:
            raise _Refused(f"it holds more than {most} values")
        for value in level:
            if isinstance(value, dict):
                for key in value:
                    _check_text(key, MOST_KEY, rules)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            else:
                _check_value(value, rules)
        level = below


def _check_value(value: Any, rules: _Rules) -> None:
    if isinstance(value, str):
        _check_text(value, MOST_BYTES, rules)
    elif isinstance(value, float):
        if rules.finite and not math.isfinite(value):
            raise _Refused("a number in it is not finite")
    elif isinstance(value, int) and abs(value) >= MOST_INTEGER:
        raise _Refused("a number in it is too large")


def _check_text(text: str, most: int, rules: _Rules) -> None:
    if len(text) > most:
        raise _Refused(f"a key in it has more than {most} characters")
    if "\0" in text:
        raise _Refused("a text in it has a zero byte")
    halves = [] if text.isascii() else [char for char in text if "\ud800" <= char <= "\udfff"]
    if any(not (rules.file_names and "\udc80" <= char <= "\udcff") for char in halves):
        raise _Refused("a text in it has half a character")


def _integer(digits: str) -> int:
    if len(digits) > 21:  # of 2**64 with its sign
        raise _Refused("a number in it is too large")
    return int(digits)


def _no_constant(word: str) -> NoReturn:
    raise _Refused(f"{word} is not a number")


def _deep() -> str:
    return f"it is nested deeper than {MOST_DEPTH} levels"


def shortened(words: str) -> str:
    """Words of a file, as a message quotes them: 200 characters at most."""
    return words if len(words) <= 200 else words[:200] + "..."


def _megabytes(most: int) -> str:
    return f"{most / 1e6:g} MB"
