"""Shows which instruments of a soundfont are made of another one's samples.

    python packaging/models/run.py instrument.sounds.soundfonts FONT...

Prints, of each program of ``INSTRUMENTS``, how many keys of its range sound samples that a program
of another label sounds as well: ``BORROWED`` in instrument/classes.py was decided by this, the
owner by the names of the samples. Reads the chunks ``pdta`` of SoundFont 2.04 (and SF3, the same
with compressed samples).
"""

import itertools
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instrument.classes import INSTRUMENTS

_KEYS, _INSTRUMENT, _SAMPLE = 43, 41, 53  # generators
_FORMATS = {
    "phdr": "<20sHHHIII",
    "pbag": "<HH",
    "pgen": "<HH",
    "inst": "<20sH",
    "ibag": "<HH",
    "igen": "<HH",
    "shdr": "<20sIIIIIBBHH",
}
Program = tuple[int, int]
Zone = tuple[int, int, int]  # what sounds, lowest and highest key


def _chunks(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    position = 0
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        yield name.decode("latin1"), data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _tables(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    for name, body in _chunks(memoryview(path.read_bytes())[12:]):
        if name == "LIST" and bytes(body[:4]) == b"pdta":
            known = ((key, part) for key, part in _chunks(body[4:]) if key in _FORMATS)
            return {key: list(struct.iter_unpack(_FORMATS[key], part)) for key, part in known}
    raise SystemExit(f"{path} is no soundfont.")


def _zones(bags: list[Any], generators: list[Any], first: int, last: int, what: int) -> list[Zone]:
    zones = []
    for bag in range(first, last):
        low, high = 0, 127
        for kind, value in generators[bags[bag][0] : bags[bag + 1][0]]:
            if kind == _KEYS:
                low, high = value & 255, value >> 8
            elif kind == what:
                zones.append((value, low, high))
    return zones


def programs(path: Path) -> dict[Program, list[Zone]]:
    """Each (bank, program) of a font: starts of the samples it sounds, and on which keys."""
    tables = _tables(path)
    sounds = tables["inst"]
    inside = [
        _zones(tables["ibag"], tables["igen"], one[1], after[1], _SAMPLE)
        for one, after in itertools.pairwise(sounds)
    ]
    found = {}
    for one, after in itertools.pairwise(tables["phdr"]):
        found[one[2], one[1]] = [
            (tables["shdr"][sample][1], max(low, lowest), min(high, highest))
            for number, low, high in _zones(
                tables["pbag"], tables["pgen"], one[3], after[3], _INSTRUMENT
            )
            for sample, lowest, highest in inside[number]
        ]
    return found


def shared(path: Path) -> Iterator[str]:
    """A line for each program that sounds another label's samples."""
    font, keys = programs(path), {}
    users: dict[int, set[str]] = defaultdict(set)
    for label, instrument in INSTRUMENTS.items():
        for program in instrument.programs:
            place = program if isinstance(program, tuple) else (0, program)
            sounding = defaultdict(set)
            for sample, low, high in font.get(place, []):
                for key in range(max(low, instrument.lowest), min(high, instrument.highest) + 1):
                    sounding[key].add(sample)
                    users[sample].add(label)
            keys[label, place] = sounding
    for (label, place), sounding in keys.items():
        others = [
            set().union(*(users[s] for s in samples)) - {label} for samples in sounding.values()
        ]
        if any(others):
            count, names = sum(map(bool, others)), ", ".join(sorted(set().union(*others)))
            yield f"{path.name} {place} {label}: {count} of {len(others)} keys with {names}"


def main() -> None:
    for font in sys.argv[1:]:
        sys.stdout.write("".join(f"{line}\n" for line in shared(Path(font))))


if __name__ == "__main__":
    main()
