"""Compares embeddings as a ground for other people's classes: the table in docs/accuracy.md.

    python packaging/models/run.py embeddings SHARED_DATA DOWNLOADS SOUNDS

SHARED_DATA holds fsdd/ and esc10/, DOWNLOADS ``stems/muldjord`` and ``stems/sectoid``, SOUNDS is
what ``instrument.sounds.gather`` wrote (noises). Prints, for each task and embedding, the
percentage that a logistic regression gets right on parts left out, as they are and worn (see
``Wear``).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from engine.classifier.catalog import Catalog
from engine.networks.musicnn.levelled import levelled
from instrument.sounds.play import Samples, load
from instrument.windows import MODEL_RATE, Collection, Wear

LENGTH = 48128  # 3 s
NAMES = ("two musicnn", "two musicnn, levelled", "instrument", "levelled and mobile")
_BATCH = 16


@dataclass(frozen=True)
class Excerpt:
    """3 s at 16 kHz, its class, and the part that it is left out with; -1: only learned from."""

    samples: Samples
    label: str
    part: int


def _long(sound: Samples) -> Samples:
    return np.resize(sound, LENGTH).astype(np.float32) if len(sound) < LENGTH else sound[:LENGTH]


def guitarists(stems: Path, rng: np.random.Generator) -> Iterator[Excerpt]:
    """50 excerpts of each song; a song of each player is left out with one of the other."""
    for player in ("muldjord", "sectoid"):
        for part, path in enumerate(sorted((stems / player).rglob("guitar.ogg"))):
            sound = load(path, 400.0, MODEL_RATE)
            starts = rng.uniform(0, len(sound) - LENGTH, 150).astype(int)
            pieces = (sound[start : start + LENGTH] for start in starts)
            heard = [piece for piece in pieces if np.sqrt(np.square(piece).mean()) > 0.01]
            yield from (Excerpt(piece, player, part) for piece in heard[:50])


def speakers(recordings: Path) -> Iterator[Excerpt]:
    """Eight recordings of each digit; 0 to 4 to learn from, 5 to 9 to be judged by."""
    for path in sorted(recordings.glob("*.wav")):
        digit, speaker, take = path.stem.split("_")
        if int(take) < 8:
            part = 0 if int(digit) > 4 else -1
            yield Excerpt(_long(load(path, 3.0, MODEL_RATE)), speaker, part)


def surroundings(esc: Path) -> Iterator[Excerpt]:
    """The first 3 s of each recording, by the folds of its publisher."""
    for path in sorted(esc.glob("*/*.ogg")):
        yield Excerpt(_long(load(path, 5.0, MODEL_RATE)), path.parent.name, int(path.name[0]))


def worn(sound: Samples, wear: Wear, rng: np.random.Generator) -> Samples:
    """As ``wear`` changes it, at some level."""
    changed = wear(np.concatenate([np.zeros(int(0.4 * MODEL_RATE), np.float32), sound]))
    power = float(np.square(changed).mean())
    level = 10 ** (rng.uniform(-45, -12) / 20)
    return np.asarray(changed * level / np.sqrt(power + 1e-12), np.float32)


@torch.inference_mode()
def embeddings(sounds: list[Samples]) -> list[NDArray[np.float32]]:
    """One array (sounds, size) for each of ``NAMES``."""
    genre, instrument = (Catalog().load(name).eval() for name in ("genre", "instrument"))
    music_size = instrument.network.trunks[0].embedding_size
    found: list[list[torch.Tensor]] = [[] for _ in NAMES]
    for start in range(0, len(sounds), _BATCH):
        batch = torch.from_numpy(np.stack(sounds[start : start + _BATCH]))
        features = genre.feature(batch)
        plain, level = (
            torch.cat([trunk(heard) for trunk in genre.network.trunks], dim=1)
            for heard in (features, levelled(features))
        )
        seconds = batch[:, : 3 * MODEL_RATE].split(MODEL_RATE, dim=1)  # type: ignore[no-untyped-call]
        own = torch.stack([instrument.network.embed(instrument.feature(s)) for s in seconds])
        mobile = torch.cat([level, own.mean(0)[:, music_size:]], dim=1)
        for kept, new in zip(found, (plain, level, own.mean(0), mobile), strict=True):
            kept.append(new)
    return [torch.cat(kept).numpy() for kept in found]


def right(
    learned: NDArray[np.float32],
    judged: NDArray[np.float32],
    labels: NDArray[np.str_],
    parts: NDArray[np.int64],
) -> float:
    """Percentage of ``judged`` that regressions on ``learned`` get right, mean of the parts."""
    shares = []
    for part in np.unique(parts[parts >= 0]):
        out = parts == part
        scale = StandardScaler().fit(learned[~out])
        model = LogisticRegression(C=0.01, max_iter=400, class_weight="balanced")
        model.fit(scale.transform(learned[~out]), labels[~out])
        shares.append((model.predict(scale.transform(judged[out])) == labels[out]).mean())
    return 100 * float(np.mean(shares))


def main() -> None:
    torch.set_num_threads(1)
    shared, downloads, sounds = map(Path, sys.argv[1:4])
    rng = np.random.default_rng(3)
    wear = Wear(Collection.read(sounds, "not-music"), rng, LENGTH)
    tasks = {
        "guitarists": guitarists(downloads / "stems", np.random.default_rng(0)),
        "speakers": speakers(shared / "fsdd" / "recordings"),
        "surroundings": surroundings(shared / "esc10"),
    }
    for task, made in tasks.items():
        excerpts = list(made)
        labels = np.asarray([one.label for one in excerpts])
        parts = np.asarray([one.part for one in excerpts])
        plain = embeddings([one.samples for one in excerpts])
        changed = embeddings([worn(one.samples, wear, rng) for one in excerpts])
        for name, dry, far in zip(NAMES, plain, changed, strict=True):
            both = right(dry, dry, labels, parts), right(dry, far, labels, parts)
            sys.stdout.write(f"{task}, {name}: {both[0]:.1f}, worn {both[1]:.1f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
