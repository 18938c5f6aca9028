"""Tables of labelled sounds, in all dialects, broken; and label files of other programs."""

import codecs
import csv
import io
import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.datasets import open_dataset
from engine.datasets.summary import summarise
from engine.datasets.table import Excerpt
from engine.export import from_audacity, from_csv, from_json, from_raven
from engine.project.project import Project
from tests.robustness.damage import WORDS, broken_bytes, broken_value, deep
from tests.robustness.victim import Case

_COLUMNS = ("path", "start", "end", "label", "group")
# Each with a stretch of half a second of sound, in two classes.
_ROWS = tuple(
    (f"p/{name}{number}.wav", 0.05 * number, 0.3, label, f"take {number}")
    for name, label in (("a", "flute"), ("b", "Geige"))
    for number in range(4)
)


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    (folder / "p").mkdir()
    for path, *_ in _ROWS:
        noise = np.random.default_rng([ord(c) for c in path]).standard_normal(2000) / 10
        soundfile.write(folder / path, noise, 4000)

    def make(rng: random.Random, place: Path) -> Case:
        (place / "p").symlink_to(folder / "p")
        return rng.choice(_WAYS)(rng, place)

    return make


def _used(place: Path) -> Sequence[Excerpt]:
    """Open it as a data set, look at the sounds, and open it as a project."""
    dataset = open_dataset(place)
    for excerpt in dataset.excerpts:
        assert math.isfinite(excerpt.start)
        assert excerpt.start >= 0
        assert excerpt.end is None or math.isfinite(excerpt.end)
        assert "\n" not in excerpt.label + excerpt.path, f"a label over lines: {excerpt.label!r}"
        assert excerpt.label.strip()
    for _ in summarise(dataset):
        pass
    rows = dataset.excerpts
    project = Project(place)
    try:
        assert [row.label for row in project.rows] == [row.label for row in rows]
    finally:
        project.close()
    return rows


def _same(place: Path, rows: Sequence[Excerpt]) -> None:
    found = [
        (str((place / row.path).resolve()), round(row.start, 3), row.end, row.label, row.group)
        for row in rows
    ]
    wanted = [
        (str((place / path).resolve()), round(start, 3), end, label, group)
        for path, start, end, label, group in _ROWS
    ]
    assert found == wanted, f"{found[:2]} instead of {wanted[:2]}"


def _written(rng: random.Random, rows: Sequence[Sequence[Any]]) -> tuple[str, str, str]:
    """A table in one of the dialects of programs: how, the ending and the text."""
    between, name = rng.choice(((",", ".csv"), (";", ".csv"), ("\t", ".csv"), ("\t", ".tsv")))
    said = [f"{between!r}"]
    head = list(_COLUMNS)
    if rng.random() < 0.3:
        head = [rng.choice((str.upper, str.title))(word) for word in head]
        said.append(head[0])
    if rng.random() < 0.2:
        head = [f" {word} " for word in head]
        said.append("spaces")
    comma = between == ";" and rng.random() < 0.7
    if comma:
        said.append("decimal commas")
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    end = rng.choice(("\n", "\r\n"))
    writer = csv.writer(out, delimiter=between, quoting=quoting, lineterminator=end)
    if rng.random() < 0.1 and between == ";":
        out.write(f"sep={between}{end}")
        said.append("sep=")
    writer.writerow(head)
    for number, row in enumerate(rows):
        cells = [f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row]
        writer.writerow([c.replace(".", ",") if comma and c[0].isdigit() else c for c in cells])
        if number == 3 and "blank" in said:
            out.write(end)
    return ", ".join(said), name, out.getvalue()


def _dialect(rng: random.Random, place: Path) -> Case:
    how, suffix, text = _written(rng, _ROWS)
    if rng.random() < 0.2:
        text += rng.choice(("\n", "\n\n\n"))
        how += ", blank lines"
    if rng.random() < 0.15:
        text = text.replace("/", "\\")
        how += ", backslashes"
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"))
    path = place / f"manifest{suffix}"
    path.write_bytes(text.encode(encoding))

    def act() -> None:
        _same(place, _used(place))

    return Case(f"{path.name} {how}, {encoding}", act, refusable=False)


def _json(rng: random.Random, place: Path) -> Case:
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _ROWS]
    kind = rng.choice(("json", "jsonl", "object"))
    if kind == "jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        text = json.dumps(rows if kind == "json" else {"excerpts": rows})
    if rng.random() < 0.2:
        text = "\ufeff" + text
    path = place / f"manifest.{'jsonl' if kind == 'jsonl' else 'json'}"
    path.write_text(text, encoding="utf-8")

    def act() -> None:
        _same(place, _used(place))

    return Case(f"{kind}", act, refusable=False)


def _broken_json(rng: random.Random, place: Path) -> Case:
    rows: list[Any] = [dict(zip(_COLUMNS, row, strict=True)) for row in _ROWS]
    what = broken_value(rng, rows)
    text = rng.choice((json.dumps(rows), json.dumps({"excerpts": rows})))
    if rng.random() < 0.3:
        text = deep(rng)
        what = text[:20]
        text = rng.choice((text, f'{{"excerpts": {text}}}', f'[{{"path": {text}}}]'))
    lines = "\n".join(json.dumps(row) for row in rows)
    name = rng.choice(("manifest.json", "manifest.jsonl"))
    content = lines if name.endswith("l") and rng.random() < 0.7 else text
    (place / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    return Case(f"{name}, {what}", lambda: _used_or_odd(place))


def _broken_csv(rng: random.Random, place: Path) -> Case:
    _, suffix, text = _written(rng, _ROWS)
    what, data = broken_bytes(rng, text.encode())
    (place / f"manifest{suffix}").write_bytes(data)
    return Case(f"{suffix}, {what}", lambda: _few(place, len(data.splitlines()) + 2))


def _few(place: Path, most: int) -> None:
    rows = _used(place)
    assert len(rows) <= most, f"{len(rows)} rows of {most} lines"


def _cells(rng: random.Random, place: Path) -> Case:
    """Cells that nobody expects, correctly quoted."""
    rows = [list(row) for row in _ROWS]
    said = []
    for _ in range(rng.choice((1, 2, 5))):
        row, column = rng.randrange(len(rows)), rng.randrange(len(_COLUMNS))
        rows[row][column] = word = rng.choice(WORDS)
        said.append(f"{_COLUMNS[column]} {word[:15]!r}")
    out = io.StringIO()
    csv.writer(out).writerows([_COLUMNS, *rows])
    (place / "manifest.csv").write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
    return Case(", ".join(said), lambda: _used_or_odd(place))


def _used_or_odd(place: Path) -> None:
    """As :func:`_used`, but for what is written into labels on purpose."""
    dataset = open_dataset(place)
    assert len(dataset) <= 200 * len(_ROWS)
    for _ in summarise(dataset):
        pass
    Project(place).close()


def _unclosed(rng: random.Random, place: Path) -> Case:
    """A quote that never closes: not all that follows is one label."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_COLUMNS, *_ROWS])
    lines = out.getvalue().splitlines(keepends=True)
    at = rng.randrange(1, 5)
    cells = lines[at].split(",")
    column = rng.choice((0, 3, 4))
    cells[column] = '"' + cells[column]
    lines[at] = ",".join(cells)
    (place / "manifest.csv").write_text("".join(lines), encoding="utf-8")

    def act() -> None:
        rows = _used(place)
        assert len(rows) >= len(_ROWS) - 1, f"only {len(rows)} rows are left"

    return Case(f"a quote not closed in row {at}, {_COLUMNS[column]}", act)


def _monster(rng: random.Random, place: Path) -> Case:
    count = rng.choice((1000, 20_000))
    texts = {
        "a long cell": "path,label\np/a0.wav," + "x" * 200_000 + "\n",
        "many columns": ",".join(f"c{n}" for n in range(count)) + ",path,label\n",
        "many cells": "path,label\n" + "p/a0.wav,flute" + "," * count + "\n",
        "one column twice": "path,path,label,label\np/a0.wav,p/a1.wav,flute,oboe\n",
        "no head": "p/a0.wav,flute\np/b0.wav,oboe\n",
        "head only": "path,label\n",
        "NULs": "path,label\np/a0.wav,fl\0ute\np/b0\0.wav,oboe\n",
        "many quotes": "path,label\n" + '"' * count + "\n",
        "a name too long": f"path,label\n{'n' * 5000}.wav,flute\n",
        "folders upwards": "path,label\n../../../../../../etc/passwd,flute\n",
        "a device": "path,label\n/dev/zero,flute\n",
        "many rows": "path,label\n" + "p/a0.wav,flute\np/b0.wav,oboe\n" * count,
        "old line ends": "path,label\rp/a0.wav,flute\rp/b0.wav,oboe\r",
    }
    what = rng.choice(sorted(texts))
    (place / "manifest.csv").write_text(texts[what], encoding="utf-8", newline="")
    return Case(what, lambda: _used_or_many(place))


def _used_or_many(place: Path) -> None:
    for _ in summarise(open_dataset(place)):
        pass
    Project(place).close()


_TIMELINE = (
    "classifier,time_seconds,window_seconds,hop_seconds,presence,level_db,flute,oboe\n"
    "it,0.5,1,0.25,0.9,-20,0.7,0.1\nit,0.75,1,0.25,0.9,-21,0.6,0.2\n"
)
_RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t"
    "Classifier\tLabel\tScore\n1\tSpectrogram 1\t1\t0.5\t1.25\t0\t8000\tit\tflute\t0.7\n"
)
_TRACK = "0.500000\t1.250000\tit: flute (0.7000)\n\\\t100.0\t2000.0\n1,5\t2,5\toboe\n"
_LINE = {
    "file": "a.wav",
    "duration_seconds": 2.0,
    "classifiers": {
        "it": {
            "verdict": {"words": "flute", "labels": ["flute"]},
            "summary": [],
            "timeline": {
                "times": [0.5, 0.75],
                "labels": ["flute", "oboe"],
                "probabilities": [[0.7, 0.1], [0.6, 0.2]],
                "presence": [0.9, 0.9],
                "level_db": [-20, -21],
                "window_seconds": 1.0,
                "hop_seconds": 0.25,
            },
        }
    },
}


def _result(rng: random.Random, place: Path) -> Case:
    """An exported result that was edited, read back."""
    del place
    readers: dict[str, tuple[Callable[[str], Any], str]] = {
        "timeline": (from_csv, _TIMELINE),
        "raven": (from_raven, _RAVEN),
        "audacity": (from_audacity, _TRACK),
        "json": (from_json, json.dumps(_LINE)),
    }
    name = rng.choice(sorted(readers))
    read, text = readers[name]
    if name == "json" and rng.random() < 0.7:
        line = json.loads(text)
        what = broken_value(rng, line)
        text = deep(rng) if rng.random() < 0.1 else json.dumps(line)
    else:
        what, data = broken_bytes(rng, text.encode())
        text = data.decode("utf-8", "replace")

    def act() -> None:
        found = read(text)
        lanes = found if isinstance(found, dict) else found[2]
        for lane in lanes.values():
            numbers = (
                [number for one in lane for number in (one.start_seconds, one.end_seconds)]
                if isinstance(lane, list)
                else [*lane.times, *lane.probabilities.ravel(), *lane.presence]
            )
            assert all(math.isfinite(number) for number in numbers), "numbers that are none"

    return Case(f"{name}, {what}", act)


def _labels(rng: random.Random, place: Path) -> Case:
    """Label tracks of Audacity beside sounds, in a folder of their own."""
    (place / "p").unlink()
    soundfile.write(place / "song.wav", np.zeros(4000) + 0.1, 4000)
    soundfile.write(place / "other.wav", np.zeros(4000) + 0.1, 4000)
    (place / "other.txt").write_text("0.1\t0.5\toboe\n", encoding="utf-8")
    how = rng.choice(("whole", "commas", "BOM", "CRLF", "broken"))
    data = b"0.1\t0.5\tflute\n0.5\t0.9\tGeige\n"
    if how == "commas":
        data = data.replace(b".", b",")
    elif how == "BOM":
        data = codecs.BOM_UTF8 + data
    elif how == "CRLF":
        data = data.replace(b"\n", b"\r\n")
    elif how == "broken":
        how, data = broken_bytes(rng, data)
    (place / "song.txt").write_bytes(data)
    whole = how in ("whole", "commas", "BOM", "CRLF")

    def act() -> None:
        rows = _used(place)
        if whole:
            assert sorted(row.label for row in rows) == ["Geige", "flute", "oboe"]

    return Case(f"a label track, {how}", act, refusable=not whole)


_WAYS: tuple[Callable[[random.Random, Path], Case], ...] = (
    *(_dialect, _dialect, _dialect, _json, _broken_json, _broken_csv, _broken_csv, _cells),
    *(_unclosed, _monster, _result, _result, _labels),
)
