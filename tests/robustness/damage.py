"""Ways to break bytes, texts and values, drawn from a seeded ``Random``."""

import random
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 7, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1),
    *(2**53, 2**63, 2**64, 10**30, 10**400, -(2**63), 0.0, -0.0, 0.5, -1.5, 1e-300, 1e30, 1e300),
    *(float("nan"), float("inf"), float("-inf")),
)
WORDS: tuple[str, ...] = (
    *("", " ", "\t", "\n", "a\nb", "a\r\nb", "\0", "\x1b[31mred", "\u2028", "\ufeff", "\ud7ff"),
    *(
        "é" * 5,
        "日本語",
        "🎻",
        "../../etc/passwd",
        "/dev/zero",
        "C:\\x",
        "con",
        ".",
        "..",
        "~",
        "%s",
    ),
    *("{0}", "$(touch ran-code)", "`touch ran-code`", "__import__('os').system('touch ran-code')"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "<script>", "&amp;", '"', "'", ",", ";", "null", "None"),
    *("x" * 5000, "a" * 100_000, "nan", "inf", "1e999", "-0", "0x10", "1_000", "1,5", "true"),
)


def nasty(rng: random.Random) -> Any:
    """A value that is seldom expected."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 5:
        return rng.choice(WORDS)
    if kind == 5:
        return rng.choice((None, True, False, [], {}, [[]], {"": None}, [None], {"a": {"b": {}}}))
    if kind == 6:
        return [rng.choice((*NUMBERS, *WORDS)) for _ in range(rng.choice((1, 3, 50, 5000)))]
    return rng.choice(NUMBERS) if rng.random() < 0.5 else {rng.choice(WORDS): rng.choice(NUMBERS)}


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside a value of dicts and lists."""
    found = [at] if at else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:4]):
            found += places(inner, (*at, index))
    return found


def broken_value(rng: random.Random, value: Any) -> str:
    """Change a place or two inside a value, in place; says what."""
    said = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        path = rng.choice(places(value) or [()])
        if not path:
            continue
        here = value
        for step in path[:-1]:
            here = here[step]
        key, kind = path[-1], rng.randrange(6)
        if kind == 0:
            del here[key]
            said.append(f"without {path}")
        elif kind == 1 and isinstance(here, dict):
            new = rng.choice(WORDS)
            here[new] = here.pop(key)
            said.append(f"{path} called {new[:20]!r}")
        elif kind == 2 and isinstance(here[key], list) and here[key]:
            here[key] = here[key] * rng.choice((2, 3, 100))
            said.append(f"{path} repeated")
        else:
            here[key] = nasty(rng)
            said.append(f"{path} = {str(here[key])[:30]!r}")
    return ", ".join(said)


def deep(rng: random.Random) -> str:
    """JSON or TOML values that are deep or long."""
    count = rng.choice((500, 3000, 100_000))
    return rng.choice(
        (
            "[" * count,
            "[" * count + "]" * count,
            '{"a":' * count + "1" + "}" * count,
            "9" * min(count, 5000),
            "-1e" + "9" * 50,
            '"' + "\\u0000" * min(count, 5000) + '"',
            '{"' + "k" * count + '": 1}',
            "[" + "1," * count + "1]",
        )
    )


def _span(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 100, 1000, 10_000)))


def _cut(rng: random.Random, data: bytes) -> bytes:
    least = rng.choice((0, 0, len(data) // 2))
    return data[: rng.randrange(least, len(data))]


def _head_only(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.choice((1, 2, 3, 4, 8, 11, 12, 20, 36, 43, 44, 45, 64, 100, 128))]


def _beheaded(rng: random.Random, data: bytes) -> bytes:
    return data[rng.choice((1, 2, 4, 8, 12, 44, 100, 1000)) :]


def _flipped(rng: random.Random, data: bytes) -> bytes:
    broken = bytearray(data)
    within = min(len(data), rng.choice((16, 64, 256, len(data))))
    for _ in range(rng.choice((1, 2, 8, 64))):
        broken[rng.randrange(within)] ^= 1 << rng.randrange(8)
    return bytes(broken)


def _field(rng: random.Random, data: bytes) -> bytes:
    """A number in a header; many formats have theirs beside four letters."""
    tags = [found.start() for found in re.finditer(rb"[A-Za-z]{3}[A-Za-z ]", data[:20_000])]
    at = rng.choice(tags) + rng.choice((-8, -4, 4, 8, 12)) if tags and rng.random() < 0.7 else None
    at = rng.randrange(min(len(data), 512)) if at is None else max(0, at)
    size = rng.choice((1, 2, 4, 4, 4, 8))
    value = rng.choice((0, 1, 2, 0x7F, 0xFF, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
    value = rng.choice((value, rng.getrandbits(8 * size), len(data) + rng.randrange(-9, 9)))
    form = rng.choice("<>") + {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    return data[:at] + struct.pack(form, max(0, value) % 2 ** (8 * size)) + data[at + size :]


def _filled(rng: random.Random, data: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + rng.choice((b"\0", b"\xff", b"\x55")) * (end - start) + data[end:]


def _without(rng: random.Random, data: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def _with_more(rng: random.Random, data: bytes) -> bytes:
    start, _ = _span(rng, data)
    return data[:start] + rng.randbytes(rng.choice((1, 3, 64, 1000))) + data[start:]


def _repeated(rng: random.Random, data: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 20)) + data[end:]


def _exchanged(rng: random.Random, data: bytes) -> bytes:
    start, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    return data[:start] + data[end:] + data[start:end]


BYTES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "cut short": _cut,
    "its first bytes": _head_only,
    "without its first bytes": _beheaded,
    "bits turned": _flipped,
    "a field changed": _field,
    "bytes overwritten": _filled,
    "bytes missing": _without,
    "bytes inserted": _with_more,
    "bytes repeated": _repeated,
    "parts exchanged": _exchanged,
}


def broken_bytes(rng: random.Random, data: bytes, names: Sequence[str] = ()) -> tuple[str, bytes]:
    """Bytes broken in one way, seldom in two; says how."""
    said = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        if not data:
            break
        name = rng.choice(tuple(names) or tuple(BYTES))
        data = BYTES[name](rng, data)
        said.append(name)
    return " and ".join(said), data
