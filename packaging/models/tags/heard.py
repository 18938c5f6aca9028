"""Lets the two musicnn networks hear recordings once and keeps what they heard, window by window.

    python packaging/models/run.py tags.heard SHARED CACHE [SOURCE...]

SHARED holds emotify/, players/ and philharmonia/. Without SOURCE all are heard; those that CACHE
has already are not heard again. Writes ``CACHE/SOURCE.npz``: ``names`` and ``rows`` (how many
windows) of each recording, and of each window (3 s) the two networks'
``embedding`` (3012 numbers, float16), ``gate`` (its logit) and ``level`` (dBFS). emotify's windows
come every half second, as the application has them; the others', from which labels only learn,
every one and a half. ``emotify-far`` are the same tracks through a room and a noisy microphone, at
another level.
"""

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio import read
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import level_db
from gate_sounds import WINDOW, worn

RATE = 16000
FRAMES, FRAME_HOP = 187, 256
# From window to window, in frames: half a second as the application has it, or what is enough to
# learn from.
_HOPS = {"emotify": 31}
_WIDE_HOP = 93
_EACH_SOLO = 5  # recordings of a label and source, evenly spread
_THINNED = 3  # of Philharmonia's phrases, this many to one
_SECONDS = {"emotify": 12.0}
_FEW_SECONDS = 6.0  # of the others
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A recording, and its place below a folder."""

    name: str
    path: Path


def solos(shared: Path) -> Iterator[Piece]:
    """Recordings of players alone, some of each label and source, and phrases of Philharmonia."""
    folders = sorted(path for path in (shared / "players").glob("*/*") if path.is_dir())
    for folder in folders:
        paths = sorted(folder.iterdir())
        yield from (Piece(str(p.relative_to(shared)), p) for p in spread(paths, _EACH_SOLO))
    for path in sorted((shared / "philharmonia").glob("*/*phrase*"))[::_THINNED]:
        yield Piece(str(path.relative_to(shared)), path)


def spread(paths: list[Path], most: int) -> list[Path]:
    """At most so many, evenly spread."""
    chosen = np.linspace(0, len(paths) - 1, most).round().astype(int)
    return [paths[index] for index in sorted(set(chosen.tolist()))]


def sources(shared: Path) -> dict[str, list[Piece]]:
    tracks = [
        Piece(str(path.relative_to(shared)), path)
        for path in sorted((shared / "emotify").glob("*/*.*"))
    ]
    return {"emotify": tracks, "emotify-far": tracks, "solos": list(solos(shared))}


def hop_of(source: str) -> int:
    """Frames from window to window of a source."""
    return _HOPS.get(source, _WIDE_HOP)


def sound_of(piece: Piece, source: str) -> Samples:
    audio = read(
        piece.path,
        mono=True,
        rate_hz=RATE,
        duration_seconds=_SECONDS.get(source, _FEW_SECONDS),
    )
    sound = np.asarray(audio.samples[0])
    sound = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    rng = np.random.default_rng(zlib.crc32(piece.name.encode()))
    return worn(sound, rng) if source.endswith("-far") else sound


class Listener:
    """The trunks and the gate of the bundled classifier of genres."""

    def __init__(self) -> None:
        self._classifier = Catalog().load("genre")

    @torch.inference_mode()
    def hear(self, sound: Samples, hop: int) -> dict[str, NDArray[np.float32]]:
        """Embedding, gate and level of each window, ``hop`` frames apart."""
        wave = torch.from_numpy(sound)
        frames = self._classifier.feature(wave[None])[0]
        trunks = self._classifier.network.trunks
        heard = [trunk.sliding(FRAMES, hop).push(frames) for trunk in trunks]
        embedding = torch.cat(heard, dim=1)
        assert self._classifier.gate is not None
        levels = level_db(wave.unfold(0, WINDOW, hop * FRAME_HOP))
        return {
            "embedding": embedding.numpy().astype(np.float16),
            "gate": self._classifier.gate(embedding)[:, 0].numpy(),
            "level": levels.numpy(),
        }


def keep(cache: Path, source: str, recordings: list[Piece]) -> None:
    """Hear a source and write it."""
    listener, found = Listener(), list[dict[str, NDArray[np.float32]]]()
    for piece in recordings:
        sound = sound_of(piece, source)
        found.append(listener.hear(sound, hop_of(source)))
    arrays = {key: np.concatenate([one[key] for one in found]) for key in found[0]}
    names = np.asarray([piece.name for piece in recordings])
    rows = np.asarray([len(one["gate"]) for one in found])
    partial = cache / f"{source}.partial.npz"
    np.savez(partial, names=names, rows=rows, **arrays)  # type: ignore[arg-type]
    partial.rename(cache / f"{source}.npz")


def main() -> None:
    torch.set_num_threads(1)
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    known = sources(shared)
    for source in sys.argv[3:] or known:
        if not (cache / f"{source}.npz").exists():
            keep(cache, source, known[source])
            sys.stdout.write(f"{source}: {len(known[source])} recordings\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
