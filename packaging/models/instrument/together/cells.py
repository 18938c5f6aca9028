"""Labelled solos from which mixtures are made: those that teach, and those that judge.

    python packaging/models/run.py instrument.together.cells SHARED_DATA SOUNDS OUT

SHARED_DATA holds players/, ravdess/, philharmonia/, weresax/; SOUNDS is what
``instrument.sounds.gather`` wrote (its collections players, kits, fluid, small-banks; those that
are not there are left out). ``HELD`` of ``instrument.real.sounds`` judges, with RAVDESS' actors of
odd numbers; everything else teaches. ``--licences=commercial`` leaves out what must not be used
commercially. Writes ``OUT/taught.npy`` and ``OUT/held.npy``, int16 at 16 kHz, and beside each a
``.json``: of each sound its first and last sample, label, source and cell (one player's notes).
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from instrument.judge.recordings import NOT_MUSIC, RELATIVES, label_of
from instrument.real.sounds import held
from instrument.real.sources import NON_COMMERCIAL
from instrument.sounds.play import RATE as GATHERED_RATE
from instrument.windows import MODEL_RATE, Collection

COLLECTIONS = ("players", "kits", "fluid", "small-banks")
# Made of the same recordings as packs that judge.
_RELATED = ("tonejs bassoon", "tonejs trombone")
_MOST, _SECONDS = 60, 8.0  # recordings of a cell, and of each
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Solo:
    """Where a solo lies in the file of its part.

    Attributes:
        first, last: samples.
        label: who plays.
        source: what must not be on both sides.
        cell: what may be joined to a phrase.
    """

    first: int
    last: int
    label: str
    source: str
    cell: str


def recorded(shared: Path) -> Iterator[tuple[Path, str]]:
    """Path and name of real players' recordings, at most some of a cell."""
    cells: dict[str, list[tuple[Path, str]]] = {}
    for place in ("players", "philharmonia", "weresax", "ravdess/song"):
        for path in sorted((shared / place).rglob("*.*")):
            name = str(path.relative_to(shared))
            if path.suffix != ".tsv" and label_of(name) != NOT_MUSIC:
                cells.setdefault(cell_of(name), []).append((path, name))
    for mine in cells.values():
        yield from mine[:: -(-len(mine) // _MOST)]


def cell_of(name: str) -> str:
    """One player's notes; where a folder has many players, a recording is its own cell."""
    if "fsdkaggle2018" in name:
        return name
    folder, _, file = name.rpartition("/")
    return f"{folder}/{file.split('_')[0]}" if folder.startswith("ravdess") else folder


def source_of(name: str) -> str:
    """A source or, where it has any, its relatives'."""
    parts = name.split("/")
    source = "-".join(parts[:2]) if parts[0] in ("players", "ravdess") else parts[0]
    return RELATIVES.get(source, source)


def of_gathered(folder: Path, name: str) -> Iterator[tuple[Samples, str, str, str]]:
    """Sound, label, source and cell of a collection's stretches."""
    collection = Collection.read(folder, name)
    for row, (first, last, label, group, _) in enumerate(collection.rows):
        if label and not group.startswith(_RELATED) and not group.startswith("stem"):
            sound = collection.cut(row, 0, min(last - first, int(_SECONDS * GATHERED_RATE)))
            whole = " ".join(group.split()[:2]) if group.startswith("tonejs") else group
            yield resampled(sound, GATHERED_RATE), label, name, whole


def resampled(sound: Samples, rate_hz: int) -> Samples:
    """To 16 kHz."""
    return np.asarray(soxr.resample(sound, rate_hz, MODEL_RATE), np.float32)


def load(path: Path) -> Samples:
    """Mono at 16 kHz, the first seconds."""
    rate = soundfile.info(path).samplerate
    sound, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=int(_SECONDS * rate))
    return resampled(sound.mean(1), rate)


class Part:
    """Sounds end to end."""

    def __init__(self) -> None:
        self._sounds: list[NDArray[np.int16]] = []
        self._rows: list[Solo] = []
        self._place = 0

    def add(self, sound: Samples, label: str, source: str, cell: str) -> None:
        """Silence at the ends is cut; what is silent is left out."""
        loud = np.flatnonzero(np.abs(sound) > 1e-3 * np.abs(sound).max(initial=1e-6))
        if len(loud) < MODEL_RATE // 10:
            return
        sound = sound[loud[0] : loud[-1] + 1]
        self._sounds.append(np.round(sound / np.abs(sound).max() * 30000).astype(np.int16))
        last = self._place + len(sound)
        self._rows.append(Solo(self._place, last, label, source, cell))
        self._place = last

    def write(self, path: Path) -> None:
        np.save(path.with_suffix(".npy"), np.concatenate(self._sounds))
        path.with_suffix(".json").write_text(json.dumps([asdict(row) for row in self._rows]))
        labels, minutes = {row.label for row in self._rows}, self._place / MODEL_RATE / 60
        sys.stdout.write(
            f"{path.stem}: {len(self._rows)} solos, {len(labels)} labels, {minutes:.0f} minutes\n"
        )


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, sounds, out = (Path(word) for word in words[:3])
    out.mkdir(parents=True, exist_ok=True)
    parts = {"taught": Part(), "held": Part()}
    left_out = NON_COMMERCIAL if "--licences=commercial" in sys.argv else ()
    for path, name in recorded(shared):
        side = "held" if held(name) else "taught"
        if side == "held" or not name.replace("/", "-").startswith(left_out or ("-",)):
            parts[side].add(load(path), label_of(name), source_of(name), cell_of(name))
    for collection in COLLECTIONS:
        if (sounds / f"{collection}.json").exists():
            for sound, label, source, cell in of_gathered(sounds, collection):
                parts["taught"].add(sound, label, source, f"{source} {cell}")
    for name, part in parts.items():
        part.write(out / name)


if __name__ == "__main__":
    main()
