"""Lets bundled classifiers hear real recordings once and keeps what they heard, window by window.

    python packaging/models/run.py instrument.judge.heard SHARED CACHE [SOURCE...] [--each=N]

SHARED holds players/, ravdess/, philharmonia/, weresax/, esc10/, fsdd/ and emotify/ (its README
names them). Without SOURCE all are heard, those that CACHE has already are not heard again; SOURCE
is a name as CACHE has it: players-iowa-mis, ravdess-song, emotify. With --each only N recordings of
each label (folder) are heard, for a first look. Writes ``CACHE/SOURCE.npz``:

- ``names`` (place below SHARED) and ``rows`` (how many windows) of each recording; ``several``:
  whether the logits are of independent probabilities;
- ``logits`` (windows, labels), calibrated and before the gate, ``gates`` (windows), the gate's
  logit, and ``levels`` (windows), dBFS, of `instrument`; of other classifiers NAME the same as
  ``NAME.logits`` and so on, with ``NAME.rows``;

and ``CACHE/SOURCE.embedding.npy``: the embedding of each of `instrument`'s windows, float16.
Windows come every quarter of a second, as the application hears them. Of Philharmonia each fifth
recording is heard, of FSDD twelve words of a speaker as one recording. `instrument` hears
everything; genre, mood and composer hear emotify.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio import read
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis

RATE = 16000
_WORDS, _GAP = 12, RATE // 5  # of FSDD, and the pause between two
_THINNED = {"philharmonia": 5}
_ALSO = {"emotify": ("genre", "mood", "composer")}
_FOLDERS = ("ravdess/song", "ravdess/speech", "esc10", "weresax", "emotify", "philharmonia")
Array = NDArray[np.float32]


def sources(shared: Path) -> dict[str, list[tuple[str, list[Path]]]]:
    """Of each source its recordings: a name, and the files that are heard as one."""
    folders = [f"players/{path.name}" for path in sorted((shared / "players").iterdir())]
    found = {}
    for folder in (*folders, *_FOLDERS):
        name = folder.replace("/", "-")
        paths = [p for p in sorted((shared / folder).rglob("*.*")) if p.suffix != ".tsv"]
        paths = paths[:: _THINNED.get(name, 1)]
        found[name] = [(str(path.relative_to(shared)), [path]) for path in paths]
    return found | {"fsdd": _spoken(shared)}


def _spoken(shared: Path) -> list[tuple[str, list[Path]]]:
    speakers: dict[str, list[Path]] = {}
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        speakers.setdefault(path.stem.split("_")[1], []).append(path)
    return [
        (f"fsdd/{speaker}/{start}", paths[start::41][:_WORDS])
        for speaker, paths in speakers.items()
        for start in range(8)
    ]


class Listener:
    """Hears recordings as the application does, and keeps what a classifier said before its gate.

    Args:
        names: of bundled classifiers, `instrument` first.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        catalog = Catalog()
        self.classifiers = {n: Classifier.load(catalog.find(n).path).eval() for n in names}
        self._heard: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in names}
        for name, classifier in self.classifiers.items():
            self._watch(name, classifier)

    def _watch(self, name: str, classifier: Classifier) -> None:
        judge = classifier.judge

        def watched(embedding: Tensor, rms_db: Tensor) -> tuple[Tensor, Tensor]:
            self._heard[name].append((embedding, rms_db))
            return judge(embedding, rms_db)

        classifier.judge = watched  # type: ignore[method-assign]

    @torch.inference_mode()
    def hear(self, sound: Array) -> dict[str, dict[str, Array]]:
        """Logits, gates, levels and embedding of each classifier's windows."""
        analysis = Analysis(self.classifiers, RATE)
        analysis.push(sound)
        analysis.finish()
        said = {}
        for name, classifier in self.classifiers.items():
            embedding, levels = (torch.cat(x) for x in zip(*self._heard[name], strict=True))
            self._heard[name].clear()
            assert classifier.gate is not None
            presence = classifier.gate(embedding)[:, 0] + classifier.network.presence(embedding)
            said[name] = {
                "logits": classifier.logits(embedding).numpy(),
                "gates": presence.numpy(),
                "levels": levels.numpy(),
                "embedding": embedding.numpy().astype(np.float16),
            }
        return said


def sound_of(paths: list[Path]) -> Array:
    parts = [read(path, mono=True, rate_hz=RATE).samples[0] for path in paths]
    if len(parts) == 1:
        return np.asarray(parts[0])
    return np.concatenate([np.pad(part, (0, _GAP)) for part in parts])


def keep(cache: Path, source: str, recordings: list[tuple[str, list[Path]]]) -> None:
    """Hear a source and write it."""
    listener = Listener(("instrument", *_ALSO.get(source, ())))
    found: dict[str, list[Array]] = {}
    for _, paths in recordings:
        for classifier, said in listener.hear(sound_of(paths)).items():
            prefix = "" if classifier == "instrument" else f"{classifier}."
            for key, values in said.items():
                found.setdefault(prefix + key, []).append(values)
    arrays = {key: np.concatenate(parts) for key, parts in found.items()}
    rows = {
        key.replace("logits", "rows"): np.asarray([len(part) for part in parts])
        for key, parts in found.items()
        if key.endswith("logits")
    }
    np.save(cache / f"{source}.embedding.npy", arrays["embedding"])
    kept = {key: values for key, values in arrays.items() if not key.endswith("embedding")}
    names = np.asarray([name for name, _ in recordings])
    partial = cache / f"{source}.partial.npz"
    several = listener.classifiers["instrument"].card.multi_label
    np.savez(partial, names=names, several=several, **rows, **kept)  # type: ignore[arg-type]
    partial.rename(cache / f"{source}.npz")


def thinned(recordings: list[tuple[str, list[Path]]], most: int) -> list[tuple[str, list[Path]]]:
    """At most so many recordings of each folder, evenly spread."""
    folders: dict[str, list[tuple[str, list[Path]]]] = {}
    for recording in recordings:
        folders.setdefault(recording[0].rpartition("/")[0], []).append(recording)
    return [
        mine[place]
        for mine in folders.values()
        for place in sorted(set(np.linspace(0, len(mine) - 1, most).round().astype(int)))
    ]


def missing(found: dict[str, list[tuple[str, list[Path]]]], cache: Path) -> Iterator[str]:
    return (name for name in found if not (cache / f"{name}.npz").exists())


def main() -> None:
    torch.set_num_threads(1)
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    found = sources(shared)
    words = [word for word in sys.argv[3:] if not word.startswith("--")]
    for each in [int(w.removeprefix("--each=")) for w in sys.argv if w.startswith("--each=")]:
        found = {name: thinned(recordings, each) for name, recordings in found.items()}
    for source in words or missing(found, cache):
        keep(cache, source, found[source])
        sys.stdout.write(f"{source}: {len(found[source])} recordings\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
