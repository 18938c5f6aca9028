"""Makes mixtures of solos whose parts are known, and lets `instrument`'s trunks hear them.

    python packaging/models/run.py instrument.together.mixtures SHARED_DATA CELLS OUT PART COUNT

CELLS is what ``instrument.together.cells`` wrote. Of PART "taught" each mixture is heard for one
second, as it is or through rooms, microphones and noise; of "tuned" (the same solos, by which
thresholds are found) and "held" (those that judge) for five seconds, every one or every half. A
phrase is made of one player's notes, one after the other, and of instruments that play chords now
and then several at once; one to six phrases are added, at levels, pitches and onsets that are
drawn. Writes ``OUT/PART-NUMBER.npz`` of 200 mixtures each until there
are COUNT of them, and goes on where it stopped: ``embeddings`` (windows, 2018), ``parts`` (windows,
labels): how loud each is in the window, in dB under all of it (-100: silent), ``mixtures`` (of each
window), and of each mixture ``numbers`` of players, ``truth`` (mixtures, labels) and ``sources``.
Some 12 windows a second of one core.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from engine.classifier.classifier import Classifier
from engine.features import build_feature
from instrument.classes import INSTRUMENTS, LABELS
from instrument.real.wear import Noises, worn
from instrument.windows import FEATURE_ARGUMENTS, FEATURE_NAME, MODEL_RATE, WINDOW, Wear
from project import ROOT

PER_FILE = 200
SILENT = -100.0
SECONDS = {"taught": 2.4, "tuned": 5.0, "held": 5.0}
# How many play: of what teaches a soloist more often, as most sounds that are met are one.
_TAUGHT, _JUDGED = (0.4, 0.24, 0.16, 0.1, 0.06, 0.04), (0.2, 0.2, 0.2, 0.15, 0.15, 0.1)

_CHORDS, _WORN = 0.4, 0.6
_QUIETEST = 12.0  # dB under the loudest
_BEFORE = int(0.4 * MODEL_RATE)
HOP_SECONDS = {"tuned": 1.0, "held": 0.5}
_BATCH = 32
# A mixture is of one half of the sources only, so that each half can judge what the other teaches.
FIRST_HALF = (
    "fluid",
    "philharmonia",
    "players-etherealwinds-harp",
    "players-kay-banjo",
    "players-rickenbacker4001",
    "ravdess",
)
BUNDLED = ROOT / "resources" / "models" / "instrument.safetensors"
Samples = NDArray[np.float32]
Tree = dict[str, dict[str, dict[str, list[tuple[int, int]]]]]  # label, source, cell: places


class Players:
    """Draws phrases: a label first, then one of its sources, then one of its players."""

    def __init__(self, cells: Path, part: str, rng: np.random.Generator) -> None:
        file = "held" if part == "held" else "taught"
        self._sound = np.load(cells / f"{file}.npy", mmap_mode="r")
        self._rng, self._length = rng, int(SECONDS[part] * MODEL_RATE)
        self._halves: dict[bool, Tree] = {}
        for row in json.loads((cells / f"{file}.json").read_text()):
            half = file == "taught" and row["source"] in FIRST_HALF
            sources = self._halves.setdefault(half, {}).setdefault(row["label"], defaultdict(dict))
            sources[row["source"]].setdefault(row["cell"], []).append((row["first"], row["last"]))
        self._tree: Tree = {}

    def phrase(self, label: str) -> tuple[Samples, str]:
        """Of power 1 where it is loud, and the source."""
        rng = self._rng
        sources = self._tree[label]
        source = str(rng.choice(sorted(sources)))
        cells = sources[source]
        cell = cells[str(rng.choice(sorted(cells)))]
        sound = self._line(cell)
        if INSTRUMENTS[label].chords and label != "drums" and rng.random() < _CHORDS:
            for _ in range(int(rng.integers(1, 4))):
                sound = sound + self._line(cell)
        power = np.square(sound).reshape(-1, MODEL_RATE // 20).mean(1)
        return np.asarray(sound / np.sqrt(np.quantile(power, 0.8) + 1e-7), np.float32), source

    def _labels(self) -> list[str]:
        return [label for label in LABELS if label in self._tree]

    def _line(self, cell: list[tuple[int, int]]) -> Samples:
        """Notes one after the other, or part of a long one, pitch and speed moved together."""
        rng, out, place = self._rng, np.zeros(self._length, np.float32), 0
        ratio = 2 ** (rng.uniform(-2, 2) / 12) if rng.random() < 0.5 else 1.0
        short = rng.uniform(0.25, 1.5) if rng.random() < 0.6 else 10.0
        if rng.random() < 0.2:
            place = int(rng.uniform(0, 0.25) * self._length)
        while place < self._length:
            first, last = cell[int(rng.integers(len(cell)))]
            length = min(last - first, int(1.2 * self._length))
            first += int(rng.uniform(0, last - first - length + 1))
            note = self._sound[first : first + length].astype(np.float32) / 32768
            if ratio != 1.0:
                note = np.asarray(soxr.resample(note, ratio, 1.0), np.float32)
            note = note[: min(self._length - place, int(short * MODEL_RATE))].copy()
            fade = min(len(note), MODEL_RATE // 50)
            note[len(note) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
            out[place : place + len(note)] += note
            place += max(len(note), MODEL_RATE // 10) + int(rng.exponential(0.05) * MODEL_RATE)
        return out

    def mixture(self, number: int) -> tuple[Samples, list[str], list[str]]:
        """The parts, shape (number, samples), their labels and sources."""
        rng, halves = self._rng, self._halves
        self._tree = halves[bool(rng.random() < 0.5)] if len(halves) > 1 else halves[False]
        labels = [str(label) for label in rng.permutation(self._labels())[:number]]
        drawn = [self.phrase(label) for label in labels]
        levels = 10 ** (-rng.uniform(0, _QUIETEST, number) / 20)
        sounds = np.stack([level * sound for level, (sound, _) in zip(levels, drawn, strict=True)])
        return np.asarray(sounds, np.float32), labels, [source for _, source in drawn]


class Trunks:
    """What the bundled classifier's trunks hear."""

    def __init__(self) -> None:
        self.classifier = Classifier.load(BUNDLED).eval()
        self._feature = build_feature(FEATURE_NAME, FEATURE_ARGUMENTS)

    @torch.inference_mode()
    def hear(self, windows: Samples) -> NDArray[np.float16]:
        """Shape (windows, samples) to (windows, 2018)."""
        parts = torch.split(torch.from_numpy(windows), _BATCH)
        heard = [self.classifier.network.embed(self._feature(part)) for part in parts]
        return torch.cat(heard).half().numpy()


def loudness(sounds: Samples) -> NDArray[np.float32]:
    """Of each part in dB under their sum of powers; shape (parts, samples) to (parts,)."""
    power = np.square(sounds).mean(1)
    shares = power / max(float(power.sum()), 1e-9)
    return np.asarray(10 * np.log10(np.maximum(shares, 10 ** (SILENT / 10))), np.float32)


def rng_of(part: str, number: int) -> np.random.Generator:
    """By which a file is drawn."""
    return np.random.default_rng([17, number, len(part)])


def drawn_number(part: str, rng: np.random.Generator) -> int:
    """How many play."""
    return 1 + int(rng.choice(6, p=_TAUGHT if part == "taught" else _JUDGED))


def at_level(sounds: Samples, rng: np.random.Generator) -> Samples:
    """Parts whose sum has a drawn level."""
    level = 10 ** (rng.uniform(-35, -15) / 20) / np.sqrt(np.square(sounds.sum(0)).mean() + 1e-12)
    return np.asarray(level * sounds, np.float32)


def windows_of(sounds: Samples, part: str, wear: Wear) -> list[tuple[Samples, NDArray[np.float32]]]:
    """Windows of a mixture, and how loud each part is in them."""
    rng = wear.rng
    if part != "taught":
        sounds = at_level(sounds, rng)
        hop = int(HOP_SECONDS[part] * MODEL_RATE)
        starts = range(0, sounds.shape[1] - WINDOW + 1, hop)
        cut = [sounds[:, start : start + WINDOW] for start in starts]
        return [(parts.sum(0), loudness(parts)) for parts in cut]
    mixed = sounds.sum(0)
    start = int(rng.integers(_BEFORE, len(mixed) - WINDOW))
    piece = mixed[start - _BEFORE : start + WINDOW]
    if float(np.square(piece[_BEFORE:]).mean()) < 1e-5:
        return []
    if rng.random() < _WORN:
        window = worn(piece, wear, WINDOW)
    else:
        level = 10 ** (rng.uniform(-45, -12) / 20)
        window = level * piece[_BEFORE:] / np.sqrt(np.square(piece[_BEFORE:]).mean())
    return [(np.asarray(window, np.float32), loudness(sounds[:, start : start + WINDOW]))]


def shard(players: Players, part: str, wear: Wear, trunks: Trunks) -> dict[str, NDArray[Any]]:
    """What one file holds."""
    windows: list[Samples] = []
    parts, of, numbers, truth, sources = [], [], [], [], []
    for mixture in range(PER_FILE):
        number = drawn_number(part, wear.rng)
        sounds, labels, whose = players.mixture(number)
        places = [LABELS.index(label) for label in labels]
        for window, levels in windows_of(sounds, part, wear):
            row = np.full(len(LABELS), SILENT, np.float32)
            row[places] = levels
            windows.append(window)
            parts.append(row)
            of.append(mixture)
        numbers.append(number)
        truth.append(np.isin(np.arange(len(LABELS)), places))
        sources.append("+".join(whose))
    return {
        "embeddings": trunks.hear(np.stack(windows)),
        "parts": np.stack(parts),
        "mixtures": np.asarray(of),
        "numbers": np.asarray(numbers),
        "truth": np.stack(truth),
        "sources": np.asarray(sources),
    }


def main() -> None:
    torch.set_num_threads(1)
    shared, cells, out = (Path(word) for word in sys.argv[1:4])
    part, count = sys.argv[4], int(sys.argv[5])
    out.mkdir(parents=True, exist_ok=True)
    number = len(list(out.glob(f"{part}-*.npz")))
    trunks, noises = Trunks(), Noises(shared / "esc10", without="5")
    while number * PER_FILE < count:
        rng = rng_of(part, number)
        wear = Wear(noises, rng, WINDOW)
        partial = out / f"{part}-{number}.partial"
        with partial.open("wb") as file:
            np.savez(file, **shard(Players(cells, part, rng), part, wear, trunks))
        partial.rename(out / f"{part}-{number}.npz")
        number += 1
        sys.stdout.write(f"{part}: {number * PER_FILE} mixtures\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
