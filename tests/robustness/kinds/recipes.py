"""Recipes: their values and their TOML, broken."""

import contextlib
import io
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from engine.cli.recipes import check
from engine.recipes.recipe import presets, read_recipe
from engine.recipes.toml import to_toml
from tests.robustness.damage import NUMBERS, WORDS, broken_bytes, broken_value, deep, places
from tests.robustness.victim import Case


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    known = {name: path.read_text(encoding="utf-8") for name, path in presets().items()}
    for name in ("author-gru", "genre-lstm"):  # what they import, is before memory is limited
        use(presets()[name])

    def make(rng: random.Random, place: Path) -> Case:
        name = rng.choice(sorted(known))
        what, data = rng.choice(_WAYS)(rng, known[name])
        path = place / "broken.toml"
        path.write_bytes(data)
        good = what in _GOOD
        return Case(f"{name}, {what}", lambda: use(path), refusable=not good, untouched=(path,))

    return make


def use(path: Path) -> None:
    """Check it as the command does, and write it again."""
    recipe = read_recipe(path)
    again = path.parent / "again.toml"
    if path.parent.name.startswith("recipes-"):
        for whole in (False, True):
            again.write_text(to_toml(recipe, whole=whole), encoding="utf-8")
            assert read_recipe(again) == recipe, "written and read again it is another"
    if recipe.published is not None:
        recipe.as_published()
    with contextlib.redirect_stdout(io.StringIO()) as told:
        check(path)
    assert "parameters" in told.getvalue()


Way = Callable[[random.Random, str], tuple[str, bytes]]


def _values(rng: random.Random, text: str) -> tuple[str, bytes]:
    fields = tomllib.loads(text)
    what = broken_value(rng, fields)
    return what, _dumped(fields)


def _numbers(rng: random.Random, text: str) -> tuple[str, bytes]:
    """Sizes and counts beyond all measure."""
    fields = tomllib.loads(text)
    numbers = [path for path in places(fields) if isinstance(_at(fields, path), int | float)]
    said = []
    for path in rng.sample(numbers, min(len(numbers), rng.choice((1, 2, 4)))):
        value = rng.choice(NUMBERS)
        _at(fields, path[:-1])[path[-1]] = value
        said.append(f"{path[-1]} = {str(value)[:20]}")
    return ", ".join(said), _dumped(fields)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _dumped(fields: dict[str, Any]) -> bytes:
    try:
        return tomli_w.dumps(_plain(fields)).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError):
        return str(fields).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """What TOML has no word for becomes a text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return "none" if value is None else value


def _lines(rng: random.Random, text: str) -> tuple[str, bytes]:
    lines = text.splitlines()
    at = rng.randrange(len(lines))
    way = rng.choice(("twice", "gone", "word", "garbage"))
    if way == "twice":
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif way == "gone":
        del lines[at]
    elif way == "word":
        lines[at] = f"{lines[at].partition('=')[0]}= {rng.choice(WORDS)}"
    else:
        lines.insert(at, rng.choice(("[", "[[data]]", "a.b.c = 1", "= 1", '"""', "[data]", "\0")))
    return f"line {at + 1} {way}", "\n".join(lines).encode("utf-8", "surrogatepass")


def _monster(rng: random.Random, text: str) -> tuple[str, bytes]:
    count = rng.choice((1000, 30_000, 100_000))
    line = rng.choice(
        (
            f"x = {deep(rng)}",
            f"{'a.' * count}a = 1",
            f"[{'a.' * count}a]",
            f"x = {'9' * min(count, 5000)}",
            f'x = "{"k" * count}"',
            f"{'k' * count} = 1",
            "".join(f"k{n} = 1\n" for n in range(count)),
            "".join(f"[t{n}]\n" for n in range(count)),
            f"x = {'{a=' * count}1{'}' * count}",
        )
    )
    where = rng.choice((f"{line}\n{text}", f"{text}\n{line}", line))
    return f"with {line[:20]!r}", where.encode()


def _encoded(rng: random.Random, text: str) -> tuple[str, bytes]:
    name = rng.choice(sorted((*_GOOD, "utf-16", "utf-32", "latin-1 é", "\\r")))
    data = {
        "utf-8-sig": text.encode("utf-8-sig"),
        "\\r\\n": text.replace("\n", "\r\n").encode(),
        "as it is": text.encode(),
        "utf-16": text.encode("utf-16"),
        "utf-32": text.encode("utf-32"),
        "latin-1 é": f"# é\n{text}".encode("latin-1", "replace"),
        "\\r": text.replace("\n", "\r").encode(),
    }
    return name, data[name]


def _bytes(rng: random.Random, text: str) -> tuple[str, bytes]:
    return broken_bytes(rng, text.encode())


_GOOD = ("as it is", "\\r\\n", "utf-8-sig")
_WAYS: tuple[Way, ...] = (
    *(_values, _values, _values, _numbers, _numbers, _lines, _lines, _monster, _encoded, _bytes),
)
