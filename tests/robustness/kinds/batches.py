"""Folders of broken sounds through ``earmark classify``: every one of them gets its line."""

import contextlib
import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.audio.files import find_audio
from engine.cli.app import run
from tests import planted
from tests.robustness.damage import broken_bytes
from tests.robustness.kinds.sounds import Base, bases
from tests.robustness.victim import Case

_SOUNDS = 12
_NAMES = (
    "song",
    "a b",
    "=1+1",
    "-x",
    "[red]",
    "it's",
    'so "so"',
    "a;b",
    "ü",
    "new\nline",
    "\x1b[31m",
)


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    known = bases()
    model = folder / "planted.safetensors"
    planted.build().save(model)
    whole = folder / "whole.wav"
    whole.write_bytes(known[0].data)
    _classify(str(whole), "-c", str(model), "-f", "json")  # imports whatever it needs

    def make(rng: random.Random, place: Path) -> Case:
        sounds = place / "sounds"
        sounds.mkdir()
        made = [_sound(rng, rng.choice(known), sounds, number) for number in range(_SOUNDS)]
        kind = rng.choice(("json", "csv", "table"))

        def act() -> None:
            _judge(sounds, model, kind, place / "results")

        words = f"{_SOUNDS} sounds as {kind}"
        return Case(words, act, refusable=False, untouched=tuple(p for p in made if p.exists()))

    return make


def _sound(rng: random.Random, base: Base, folder: Path, number: int) -> Path:
    """A file of its own name: broken, whole, or something else that has a sound's name."""
    place = folder / rng.choice(("", "inner", "inner/most"))
    place.mkdir(parents=True, exist_ok=True)
    name = rng.choice(_NAMES).encode()
    if rng.random() < 0.1:
        name += b"\xff\xfe"  # no UTF-8
    path = place / (f"{number} ".encode() + name + base.suffix.encode()).decode(
        "utf-8", "surrogateescape"
    )
    draw = rng.random()
    path.write_bytes(base.data if draw < 0.3 else broken_bytes(rng, base.data)[1])
    return path


def _classify(*words: str) -> tuple[int, str, str]:
    out, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
        code = run(["classify", "-j", "1", *words])
    return code, out.getvalue(), told.getvalue()


def _judge(sounds: Path, model: Path, kind: str, results: Path) -> None:
    files = {str(path) for path in find_audio([sounds])}
    code, out, told = _classify(str(sounds), "-c", str(model), "-f", kind)
    assert code in (0, 1), f"exit code {code}: {told[:200]}"
    assert "Traceback" not in told
    if kind == "json":
        lines = [json.loads(line, parse_constant=_no_number) for line in out.splitlines()]
        assert len(lines) == len(files), f"{len(lines)} lines for {len(files)} files"
        failed = sum("error" in line for line in lines)
        assert (code == 1) == bool(failed), f"exit code {code} with {failed} failures"
    elif kind == "csv":
        rows = list(csv.reader(io.StringIO(out, newline="")))
        assert len({len(row) for row in rows}) <= 1, "rows of different lengths"
        assert not any(cell in ("nan", "inf", "-inf") for row in rows for cell in row)
    failures = told.count("\n") if code else 0
    assert (code == 1) == bool(failures)
    again, *_ = _classify(str(sounds), "-c", str(model), "-f", "audacity", "-o", str(results))
    assert again == code
    assert all(path.suffix == ".txt" for path in results.rglob("*") if path.is_file())


def _no_number(word: str) -> Any:
    raise AssertionError(f"{word} in JSON")
