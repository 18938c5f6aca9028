"""Sounds by none of the composers, from which the gate learns to say nothing.

    python packaging/models/run.py composer.background FOLDER SHARED_DATA [MUSIC_FOLDER...]

FOLDER/background gets scores of others played as composer.sounds plays, songs under MUSIC_FOLDER
(of free games, say), and from SHARED_DATA surroundings and speech. The training takes every second
file to learn from and keeps the others to judge by.
"""

import itertools
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from composer.scores import ELSE, Piece
from composer.sounds import FONTS, RATE, SEED, draw, finished, write
from gate_sounds import Sound, environment, load, noises, sounds_in, speech

OTHERS = 260


def others(pieces: list[Piece], scores: Path, out: Path) -> None:
    """Excerpts of somebody else's music; the gate learns from every second one of these."""
    rng = np.random.default_rng([SEED, 99])
    others = [p for p in pieces if p.composer == ELSE]
    names = sorted({p.work.split()[0] for p in others})
    # An even number: as every second file judges, every second composer does.
    names = names[: len(names) // 2 * 2]
    playings = []
    for index in range(OTHERS):
        mine = [p for p in others if p.work.startswith(names[index % len(names)] + " ")]
        half = [p for p in mine if zlib.crc32(p.name.encode()) % 2 == (index // len(names)) % 2]
        piece = (half or mine)[rng.integers(len(half or mine))]
        playings.append(draw(piece, 13.0, rng, vary=True, unseen=False))
    write(playings, FONTS, scores, out / "somebody else", 3)


def nobody(shared: Path, out: Path) -> None:
    """Surroundings, speech and noise, as long as a window each."""
    rng = np.random.default_rng([SEED, 13])
    kinds: dict[str, Iterator[Sound]] = {
        "surroundings": itertools.islice(environment(shared), 0, None, 2),
        "speech": speech(shared, rng),
        "noise": noises(rng),
    }
    for kind, sounds in kinds.items():
        (out / kind).mkdir(parents=True, exist_ok=True)
        for index, sound in enumerate(sounds):
            long = np.resize(sound.samples, round(12.6 * RATE))
            soundfile.write(out / kind / f"{index:04}.flac", finished(long, False, rng), RATE)


def songs(folder: Path, out: Path) -> None:
    """From the middle of every piece of other music."""
    rng = np.random.default_rng([SEED, 17])
    (out / "songs").mkdir(parents=True, exist_ok=True)
    for index, (_, path, kind) in enumerate(sounds_in([folder])):
        if kind == "music" and soundfile.info(path).duration > 60:
            sound = load(path, 60.0)[30 * RATE : 56 * RATE]
            cut = finished(sound, bool(rng.random() < 0.5), rng)
            soundfile.write(out / "songs" / f"{index:05}.flac", cut, RATE)


def main() -> None:
    folder, shared = Path(sys.argv[1]), Path(sys.argv[2])
    pieces = [Piece(**fields) for fields in json.loads((folder / "pieces.json").read_text())]
    nobody(shared, folder / "background")
    for music in sys.argv[3:]:
        songs(Path(music), folder / "background")
    others(pieces, folder / "scores", folder / "background")


if __name__ == "__main__":
    main()
