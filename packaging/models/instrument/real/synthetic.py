"""What the classifier learned before, once more: two soundfonts, and what is none of its labels.

    python packaging/models/run.py instrument.real.synthetic SHARED_DATA DOWNLOADS SOUNDS OUT

DOWNLOADS holds ``sf/FluidR3_GM.sf2`` and ``sf/TimGM6mb.sf2`` (Debian's fluid-soundfont-gm and
timgm6mb-soundfont) and ``lines.json`` (see ``sounds/melodies.py``). A network that goes on learning
from real players alone would forget the instruments of which there are none. Writes ``SOUNDS.npy``
and ``SOUNDS.json`` as ``sounds/gather.py`` does, once; the label of what is none of ours is
``OTHER``. Then ``OUT/synthetic.npz``: ``features`` and ``music`` of a window of each note and two
of a phrase, half of them worn, with ``labels`` and ``fonts``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch

from instrument.classes import DRUMS, PLUCKED, WOODWIND, Instrument
from instrument.real.hear import Ears, Samples
from instrument.real.wear import Noises, worn
from instrument.sounds.play import RATE, Melodies, fluidsynth
from instrument.sounds.recordings import Stretch, played, played_programs
from instrument.sounds.soundfonts import programs
from instrument.sounds.storing import store
from instrument.windows import MODEL_RATE, WINDOW, Collection, Wear

SEED = 5
OTHER = "another instrument"
FONTS = ("FluidR3_GM.sf2", "TimGM6mb.sf2")
# General MIDI programs that are none of our labels, with a family, and lowest and highest note.
STRANGERS = (
    *((PLUCKED, program, 48, 79) for program in (15, 104, 106, 107)),
    *((WOODWIND, program, 60, 91) for program in (22, 74, 75, 76, 77, 78, 79, 109, 111)),
    *((DRUMS, program, 55, 84) for program in (108, 114)),
    *((DRUMS, program, 48, 84) for program in (80, 81, 82, 83, 84, 86, 87, 88, 90, 91, 95)),
)


def strangers(font: Path, melodies: Melodies, rng: np.random.Generator) -> Iterator[Stretch]:
    """Bagpipes, panpipes, sitars, synthesisers and the like."""
    several = [
        (OTHER, Instrument(family, (program,), low, high), (0, program))
        for family, program, low, high in STRANGERS
    ]
    yield from played_programs(fluidsynth(font), font.name, several, melodies, rng)


def windows_of(collection: Collection, wear: Wear) -> tuple[Samples, list[int]]:
    """Windows at 16 kHz, and the row of each."""
    rng, rows, windows = wear.rng, [], []
    for row, (first, last, _, _, kind) in enumerate(collection.rows):
        for _ in range(1 if kind == "note" else 2):
            room = max(0.0, (last - first) / RATE - 0.7)
            start = int(
                rng.uniform(-0.3, max(0.0, min(room, 1.0 if kind == "note" else room))) * RATE
            )
            piece = collection.cut(row, start - int(0.4 * RATE), int(1.4 * RATE))
            if np.sqrt(np.square(piece[-RATE:]).mean()) < 0.004:
                continue
            sound = np.asarray(soxr.resample(piece, RATE, MODEL_RATE), np.float32)
            windows.append(worn(sound, wear, WINDOW) if rng.random() < 0.5 else sound[-WINDOW:])
            rows.append(row)
    return np.stack(windows), rows


def render(downloads: Path, out: Path) -> None:
    """Play both fonts."""

    def stretches() -> Iterator[Stretch]:
        rng = np.random.default_rng(SEED)
        melodies = Melodies(downloads / "lines.json", rng)
        for name in FONTS:
            font = downloads / "sf" / name
            yield from played(fluidsynth(font), name, melodies, rng, programs(font))
            yield from strangers(font, melodies, rng)

    out.parent.mkdir(parents=True, exist_ok=True)
    store(stretches(), out.parent, out.name)


def main() -> None:
    torch.set_num_threads(1)
    shared, downloads, sounds, out = (Path(word) for word in sys.argv[1:5])
    if not sounds.with_suffix(".json").exists():
        render(downloads, sounds)
    collection = Collection.read(sounds.parent, sounds.name)
    wear = Wear(Noises(shared / "esc10"), np.random.default_rng(SEED), WINDOW)
    windows, rows = windows_of(collection, wear)
    features, music = Ears(shared).hear(windows)
    info = [collection.rows[row] for row in rows]
    np.savez(
        out / "synthetic.npz",
        features=features,
        music=music,
        labels=np.asarray([one[2] for one in info]),
        fonts=np.asarray([one[3].split(" ")[0] for one in info]),
    )


if __name__ == "__main__":
    main()
