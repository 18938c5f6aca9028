"""What classifiers say of real songs whose guitar is a track of its own.

    python packaging/models/run.py instrument.together.songs SONGS OUT CLASSIFIER...

SONGS holds Debian's fretsonfire-songs-*, unpacked: of each song a track of the guitar alone and one
of the rest. The guitar tracks taught the soloists' readers, no song the readers of several. Five
seconds of two places of each song are heard, guitar, rest and both; ``OUT/songs.npz`` keeps what
the trunks hear. Prints what each classifier says of them. Two minutes.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from engine.classifier.classifier import Classifier
from engine.recognition.decisions import decide
from engine.recognition.verdict import verdict_on
from instrument.together.judge import timeline_of
from instrument.together.mixtures import Samples, Trunks
from instrument.windows import MODEL_RATE, WINDOW

_STRETCHES, _STRETCH = 2, 5.0  # of a song, and how long each
_STEMS = ("guitar", "rest", "both")


def load(path: Path, start: float) -> Samples:
    """Mono at 16 kHz, part of a file."""
    rate = soundfile.info(path).samplerate
    place = (int(start * rate), int(_STRETCH * rate))
    sound, _ = soundfile.read(
        path, dtype="float32", always_2d=True, start=place[0], frames=place[1]
    )
    return np.asarray(soxr.resample(sound.mean(1), rate, MODEL_RATE), np.float32)


def heard(folder: Path) -> dict[str, NDArray[Any]]:
    """The guitar, the rest, and both together."""
    rng, trunks = np.random.default_rng(4), Trunks()
    embeddings, tracks, stems = [], [], []
    for path in sorted(folder.rglob("guitar.ogg")):
        length = soundfile.info(path).duration
        for start in rng.uniform(0.1 * length, 0.9 * length - _STRETCH, _STRETCHES):
            pair = [
                load(path.with_name(f"{name}.ogg"), float(start)) for name in ("guitar", "song")
            ]
            size = min(map(len, pair))
            sounds = np.stack([sound[:size] for sound in pair])
            starts = range(0, size - WINDOW + 1, WINDOW // 2)
            for stem, one in zip(_STEMS, (*sounds, sounds.sum(0)), strict=True):
                embeddings.append(trunks.hear(np.stack([one[s : s + WINDOW] for s in starts])))
                stems += [stem] * len(starts)
                tracks += [f"{path.parent.name} {start:.0f}"] * len(starts)
    return {
        "embeddings": np.concatenate(embeddings),
        "tracks": np.asarray(tracks),
        "stems": np.asarray(stems),
    }


def said_of(classifier: Classifier, file: Any, stem: str) -> Counter[str]:
    """How often each label is in the verdict."""
    rules, counts = classifier.card.rules(), Counter[str]()
    for track in sorted(set(file["tracks"])):
        mine = (file["tracks"] == track) & (file["stems"] == stem)
        line = timeline_of(classifier, file["embeddings"][mine], "held")
        labels = verdict_on(line, decide(line, rules), rules).heard
        counts.update(labels or ("nothing",))
    return counts


def main() -> None:
    torch.set_num_threads(1)
    songs, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "songs.npz").exists():
        np.savez(out / "songs.npz", **heard(songs))  # type: ignore[arg-type]
    file = np.load(out / "songs.npz")
    for path in map(Path, sys.argv[3:]):
        classifier = Classifier.load(path).eval()
        for stem in _STEMS:
            counts = said_of(classifier, file, stem).most_common()
            words = ", ".join(f"{label} {count}" for label, count in counts)
            sys.stdout.write(f"| {path.stem} | {stem} | {len(set(file['tracks']))} | {words} |\n")


if __name__ == "__main__":
    main()
