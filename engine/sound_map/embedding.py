"""Embeddings of excerpts by a bundled network, cached on disk.

The vector of an excerpt is the mean of a trunk's embeddings over at most four windows, spread
evenly. A vector is found again by the content of its file and the numbers of the trunk, so that
it survives a moved or renamed file and never outlives the network it came from.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from engine.atomic_write import TEMPORARY
from engine.audio.files import probe, read
from engine.audio.resample import resample
from engine.datasets.cutting import Cutting, cut
from engine.datasets.table import Excerpt
from engine.errors import AudioError, DataError
from engine.leftovers import sweep
from engine.threads import give_way, one_torch_thread
from engine.windows import Windows

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

Vector = NDArray[np.float32]
_MOST_WINDOWS = 4
_MOST_CACHED_BYTES = 300_000_000
_VERSION = 1


class Embedder(NamedTuple):
    """Which network listens.

    Attributes:
        classifier: name of a bundled classifier, or path of one.
        trunk: number of the trunk in it; None: all of them, joined.
    """

    classifier: str = "genre"
    trunk: int | None = 0


class Embedded(NamedTuple):
    """What came of it.

    Attributes:
        vectors: float32, shape (excerpts, size); zeros where a sound could not be read.
        problems: why not, by the number of the excerpt.
    """

    vectors: NDArray[np.float32]
    problems: dict[int, str]


def embed(
    root: Path, rows: Sequence[Excerpt], embedder: Embedder, cache: Path | None = None
) -> Generator[float, None, Embedded]:
    """Embed excerpts, each only once as long as its file stays the same; yields the share done.

    Args:
        root: folder that relative paths start from.
        rows: what to embed.
        embedder: the network.
        cache: folder to keep vectors in, None: the user's.

    Raises:
        ModelError: there is no such classifier.
        DataError: it has no such trunk.
    """
    yield 0.0
    listener = _Listener(embedder)
    yield 0.0
    store = _Store((cache or user_cache_path("earmark") / "embeddings") / listener.digest)
    vectors = np.zeros((len(rows), listener.size), dtype=np.float32)
    problems: dict[int, str] = {}
    contents: dict[str, str] = {}
    for number, row in enumerate(rows):
        try:
            if row.path not in contents:
                contents[row.path] = _content(root / row.path)
            key = store.key(contents[row.path], row)
            found = store.get(key, listener.size)
            if found is None:
                found = yield from _heard(listener, root / row.path, row, number / len(rows))
                store.put(key, found)
            vectors[number] = found
        except AudioError as error:
            problems[number] = str(error)
        yield (number + 1) / len(rows)
    store.tidy()
    return Embedded(vectors, problems)


def _heard(
    listener: "_Listener", path: Path, row: Excerpt, share: float
) -> Generator[float, None, Vector]:
    parts = []
    with one_torch_thread():
        for window in listener.windows(path, row):
            give_way()
            parts.append(listener.of(window))
            yield share
    return np.asarray(np.mean(parts, axis=0), dtype=np.float32)


class _Listener:
    """A classifier's feature and trunks."""

    def __init__(self, embedder: Embedder) -> None:
        from engine.classifier.catalog import Catalog  # here: opening one brings torch along

        classifier = Catalog().load(embedder.classifier)
        trunks = list(classifier.network.trunks)
        if embedder.trunk is not None:
            if not 0 <= embedder.trunk < len(trunks):
                raise DataError(
                    f"'{embedder.classifier}' has no trunk {embedder.trunk}: it has {len(trunks)}, "
                    "counted from 0."
                )
            trunks = [trunks[embedder.trunk]]
        self._feature, self._trunks = classifier.feature, trunks
        self._rate_hz = classifier.card.rate_hz
        self._samples = classifier.card.window_samples
        self.size = sum(trunk.embedding_size for trunk in trunks)
        self.digest = self._digest(classifier)

    def _digest(self, classifier: "Classifier") -> str:
        from engine.features import describe_feature

        rule = [_VERSION, describe_feature(self._feature), self._samples, _MOST_WINDOWS]
        digest = hashlib.sha256(json.dumps(rule, sort_keys=True).encode())
        for module in (classifier.feature, *self._trunks):
            digest.update(type(module).__qualname__.encode())
            for name, tensor in sorted(module.state_dict().items()):
                digest.update(f"{name}{tuple(tensor.shape)}".encode())
                digest.update(tensor.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:32]

    def windows(self, path: Path, row: Excerpt) -> Iterator[Vector]:
        """At most four windows of an excerpt, float32, shape (samples,); a short one is repeated.

        Raises:
            AudioError: it cannot be read, or holds no sound.
        """
        length = probe(path).duration_seconds
        end = length if row.end is None else min(row.end, length)
        window = self._samples / self._rate_hz
        seconds = end - row.start
        if seconds <= 0:
            raise AudioError(f"{path.name} ends before the excerpt begins.")
        starts = [row.start]
        if seconds > _MOST_WINDOWS * window:  # of an hour, four windows are read and not all of it
            starts = np.linspace(row.start, end - window, _MOST_WINDOWS).tolist()
            seconds = window
        how = Cutting(Windows(self._samples, self._samples), short="repeat", most=_MOST_WINDOWS)
        for start in starts:
            audio = read(path, mono=True, start_seconds=start, duration_seconds=seconds)
            samples = resample(audio.samples, audio.rate_hz, self._rate_hz)[0]
            yield from cut(samples, self._rate_hz, how)[0][: _MOST_WINDOWS // len(starts)]

    def of(self, window: Vector) -> Vector:
        """The embedding of one window, float32, shape (size,)."""
        import torch

        with torch.inference_mode():
            features = self._feature(torch.from_numpy(np.ascontiguousarray(window))[None])
            joined = torch.cat([trunk(features) for trunk in self._trunks], dim=1)
            return np.asarray(joined[0].cpu().numpy(), dtype=np.float32)


class _Store:
    """Vectors as ``.npy`` files. What cannot be kept or read is computed again, nothing worse."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, content: str, row: Excerpt) -> str:
        """Where an excerpt's vector lies."""
        return hashlib.sha256(f"{content} {row.start!r} {row.end!r}".encode()).hexdigest()[:40]

    def get(self, key: str, size: int) -> Vector | None:
        """A vector kept before, shape (size,)."""
        path = self._folder / f"{key}.npy"
        try:
            found = np.load(path, allow_pickle=False)
            os.utime(path)  # the cache drops what was used longest ago
        except (OSError, ValueError, EOFError):
            return None
        good = found.shape == (size,) and found.dtype == np.float32 and np.isfinite(found).all()
        return found if good else None

    def put(self, key: str, vector: Vector) -> None:
        """Keep a vector; a full disk only costs time the next time."""
        temporary = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=TEMPORARY)
            with os.fdopen(handle, "wb") as file:
                np.save(file, vector, allow_pickle=False)
            os.replace(temporary, self._folder / f"{key}.npy")
        except OSError:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Drop what was used longest ago, of whatever network, until the cache is in its bound."""
        with contextlib.suppress(OSError):
            sweep(self._folder)
            known = [(path, path.stat()) for path in self._folder.parent.glob("*/*.npy")]
            total = 0
            for path, status in sorted(known, key=lambda pair: -pair[1].st_mtime):
                total += status.st_size
                if total > _MOST_CACHED_BYTES:
                    path.unlink(missing_ok=True)


def _content(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read: {error.strerror}.") from error
