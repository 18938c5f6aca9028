"""What an index hears with: the trunks of a classifier, reduced to few numbers.

Those of `instrument` were chosen by measurement (docs/benchmarks.md): the same label in recordings
from another source is found more often by them than by the tagger alone. An index may hear by a
classifier of the user instead, which is kept with it by name and SHA-256.
"""

import contextlib
import functools
import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.files import probe, read, stream
from engine.audio.resample import resample
from engine.errors import AudioError, DataError, ModelError
from engine.search.projection import NUMBERS, Projection, Vectors, fitted, read_projection
from engine.threads import give_way, one_torch_thread
from resources import resource

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

BASE = "instrument"
STEP_SECONDS = 3.0
SILENCE_DBFS = -65.0
_CELLS_AT_ONCE = 8
_MOST_QUERY_SECONDS = 60.0
_QUERY_HOP_SECONDS = 0.5
_MOST_IN_A_STEP = 60  # windows
LEAST_WINDOW, MOST_WINDOW = 0.01, 60.0  # seconds, of a classifier that an index hears by
# Windows that a projection is learned from.
_LEAST_LEARNED, _MOST_LEARNED, _MOST_A_FILE = 2, 3000, 20


@dataclass(frozen=True)
class By:
    """A user's classifier by whose trunks an index hears.

    Attributes:
        name: what it is called.
        path: its file.
        sha256: of that file.
        window_seconds: of sound that it hears at a time.
    """

    name: str
    path: str
    sha256: str
    window_seconds: float

    @property
    def usual_step(self) -> float:
        """Seconds of sound in a vector, if none are chosen: whole windows, about three seconds.

        Of windows that are very short, as many as a step may hold.
        """
        count = round(STEP_SECONDS / self.window_seconds)
        return min(max(1, count), _MOST_IN_A_STEP) * self.window_seconds


def chosen(name: str) -> By:
    """The classifier of a name, or of a file, to hear by.

    Raises:
        ModelError: there is none, it hears no sound, or too little or too much at a time.
    """
    from engine.classifier.catalog import Catalog

    entry = Catalog().find(name)
    entry.card.refuse_sound()
    seconds = entry.card.window_samples / entry.card.rate_hz
    if not LEAST_WINDOW <= seconds <= MOST_WINDOW:
        raise ModelError(
            f"'{entry.card.name}' hears {seconds:g} s at a time. Choose a classifier of "
            f"{LEAST_WINDOW:g} to {MOST_WINDOW:g} s to index by."
        )
    return By(entry.card.name, os.path.abspath(entry.path), entry.sha256(), seconds)


@dataclass(frozen=True)
class Heard:
    """A file, as an index keeps it.

    Attributes:
        vectors: float32, shape (cells, numbers), unit length, zeros where it is silent.
        duration_seconds: of the file.
    """

    vectors: Vectors
    duration_seconds: float


class SearchEar:
    """Hears with the trunks of a classifier.

    Args:
        by: a user's classifier; None: the one that comes with Earmark.
        projection: of an index that hears by a user's; None: it is still to be learned.

    Attributes:
        by: as given.
        classifier: whose trunks they are.

    Raises:
        DataError: the projection does not fit the classifier, or that is not the same any more.
    """

    def __init__(self, by: By | None = None, projection: Projection | None = None) -> None:
        from engine.classifier.catalog import BUNDLED, Catalog
        from engine.classifier.classifier import Classifier

        assert BASE in BUNDLED
        self.by = by
        # Of the file itself: what a user corrected changes no embedding.
        path = Catalog().find(BASE).path if by is None else _same(by)
        self.classifier: Classifier = Classifier.load(path)
        self._digest = trunks_digest(self.classifier)
        if by is None:
            projection = read_projection(resource("search", "projection.safetensors"))
        if projection is not None and projection.trunks != self._digest:
            raise DataError(
                f"The projection of the search does not belong to '{BASE}'. Reinstall Earmark."
                if by is None
                else f"The index does not belong to '{by.name}'. Delete it and make it again."
            )
        self._projection = projection
        self.rate_hz = self.classifier.card.rate_hz
        self.window = self.classifier.card.window_samples

    @property
    def projection(self) -> Projection:
        """From embeddings to the vectors of an index."""
        assert self._projection is not None
        return self._projection

    def learn(self, paths: Sequence[Path]) -> Generator[float, None, None]:
        """Learn the projection from some thousand windows of an archive.

        Args:
            paths: its files; some of them are heard.

        Yields:
            The share done.

        Raises:
            DataError: hardly any can be read, or there is only silence.
        """
        parts: list[Vectors] = []
        order = np.random.default_rng(0).permutation(len(paths)).tolist()
        seconds = _MOST_A_FILE * self.window / self.rate_hz
        count = 0
        for number in order:
            yield min(1.0, count / _MOST_LEARNED)
            with contextlib.suppress(AudioError), one_torch_thread():
                give_way()
                parts.append(self.embed(self.windows(read_stretch(paths[number], 0.0, seconds))))
                count += len(parts[-1])
            if count >= _MOST_LEARNED:
                break
        if count < _LEAST_LEARNED:
            raise DataError(
                "There is too little sound to learn from: with --by, an index needs some windows "
                "that are not silent."
            )
        sizes = [trunk.embedding_size for trunk in self.classifier.network.trunks]
        self._projection = fitted(np.concatenate(parts), self._digest, sizes)

    @property
    def another(self) -> "Callable[[], SearchEar]":
        """Makes the same in another process, to which this is sent."""
        return functools.partial(SearchEar, self.by, None if self.by is None else self.projection)

    def hear(self, path: Path, step_seconds: float = STEP_SECONDS) -> Generator[float, None, Heard]:
        """The vectors of a file, one each ``step_seconds``: the mean of the windows in it.

        Args:
            path: the file.
            step_seconds: a whole number of windows.

        Yields:
            The share done.

        Raises:
            AudioError: it cannot be read.
        """
        info = probe(path)
        per_cell = windows_in(step_seconds, self.window / self.rate_hz)
        length = per_cell * self.window
        parts: list[Vectors] = []
        held = np.zeros(0, dtype=np.float32)
        done = 0.0
        with one_torch_thread():
            for block in stream(
                path, block_seconds=_CELLS_AT_ONCE * step_seconds, rate_hz=self.rate_hz, mono=True
            ):
                held = np.concatenate([held, block.samples[0]])
                done += block.samples.shape[1] / self.rate_hz
                while len(held) >= length:
                    give_way()
                    parts.append(self._cell(held[:length]))
                    held = held[length:]
                    yield min(1.0, done / info.duration_seconds)
            # What is left is a cell of its own where there is no other, or it is long enough.
            if len(held) and (not parts or len(held) >= self.window // 2):
                parts.append(self._cell(held))
        return Heard(np.concatenate(parts), info.duration_seconds)

    def query(self, audio: Audio) -> Vectors:
        """One vector of a stretch of sound, float32, shape (1, numbers).

        Raises:
            AudioError: there is only silence, or it is longer than a minute.
        """
        if audio.duration_seconds > _MOST_QUERY_SECONDS:
            raise AudioError(
                f"That is more than {_MOST_QUERY_SECONDS:.0f} s of sound. Choose a shorter stretch."
            )
        samples = resample(audio.mono()[None], audio.rate_hz, self.rate_hz)[0]
        np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)
        windows = self._windows(samples, round(_QUERY_HOP_SECONDS * self.rate_hz))
        with one_torch_thread():
            embeddings = self.embed(windows)
        if len(embeddings) == 0:
            raise AudioError("There is only silence in that stretch. Choose one with sound.")
        return self.projection(embeddings.mean(axis=0, keepdims=True))

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings, (n, size), of the windows, (m, samples), that are not silent."""
        import torch

        from engine.classifier.personal.rehearsal import embed

        level = 10 * np.log10(np.square(windows.astype(np.float64)).mean(axis=1).clip(1e-12))
        loud = windows[level >= SILENCE_DBFS]
        found = embed(self.classifier, torch.from_numpy(np.ascontiguousarray(loud)))
        return np.asarray(found.numpy(), dtype=np.float32)

    def windows(self, audio: Audio) -> NDArray[np.float32]:
        """The windows of a stretch, one each second, float32, shape (n, samples)."""
        samples = resample(audio.mono()[None], audio.rate_hz, self.rate_hz)[0]
        return self._windows(samples, self.window)

    def _cell(self, samples: NDArray[np.float32]) -> Vectors:
        embeddings = self.embed(self._windows(samples, self.window))
        if len(embeddings) == 0:
            return np.zeros((1, NUMBERS), dtype=np.float32)
        return self.projection(embeddings.mean(axis=0, keepdims=True))

    def _windows(self, samples: NDArray[np.float32], hop: int) -> NDArray[np.float32]:
        """Windows of a stretch; a short one is repeated, as the map of sounds does."""
        length = self.window
        if len(samples) == 0:
            return np.zeros((0, length), dtype=np.float32)
        if len(samples) < length:
            samples = np.tile(samples, -(-length // len(samples)))[:length]
        starts = list(range(0, len(samples) - length + 1, hop))
        if len(samples) - (starts[-1] + length) >= length // 2:
            starts.append(len(samples) - length)
        return np.stack([samples[start : start + length] for start in starts])


def windows_in(step_seconds: float, window_seconds: float) -> int:
    """How many windows a step holds.

    Raises:
        DataError: it is no whole number of them, from 1 to 60.
    """
    count = step_seconds / window_seconds
    if not 1 <= count <= _MOST_IN_A_STEP or abs(count - round(count)) > 1e-6:
        of = "seconds" if window_seconds == 1 else f"windows of {window_seconds:g} s,"
        raise DataError(
            f"A step is a whole number of {of} from 1 to {_MOST_IN_A_STEP}, not {step_seconds:g} s."
        )
    return round(count)


def ear_of(name: str, by: By | None, projection: Projection) -> SearchEar:
    """The ear that an index was made with.

    Args:
        name: of the index.
        by: what it says that it hears by.
        projection: its own.

    Raises:
        DataError: there is no such ear any more.
    """
    ear = SearchEar(by, None if by is None else projection)
    check_ear(name, ear, projection)
    return ear


def check_ear(name: str, ear: SearchEar, projection: Projection) -> None:
    """Refuse an index whose vectors mean something else than those of an ear.

    Raises:
        DataError: they do.
    """
    if ear.projection.digest != projection.digest:
        raise DataError(
            f"The index {name} was made by another version of Earmark, which hears otherwise. "
            "Delete it and make it again."
        )


def _same(by: By) -> Path:
    """The file of a classifier, if it is the very one.

    Raises:
        DataError: it is not.
    """
    from engine.classifier.catalog import Catalog

    for place in (by.path, by.name):  # it may have moved among the user's own
        with contextlib.suppress(ModelError, OSError):
            entry = Catalog().find(place)
            if entry.sha256() == by.sha256:
                return entry.path
    raise DataError(
        f"The index was heard by the classifier '{by.name}' (SHA-256 {by.sha256[:12]}...), which "
        "is not there or was changed: bring it back, or make a new index."
    )


def trunks_digest(classifier: "Classifier") -> str:
    """Equal for classifiers whose feature, window and trunks are equal, in hexadecimal."""
    from engine.features import describe_feature

    digest = hashlib.sha256(repr(describe_feature(classifier.feature)).encode())
    digest.update(str(classifier.card.window_samples).encode())
    for trunk in classifier.network.trunks:
        digest.update(type(trunk).__qualname__.encode())
        for name, tensor in sorted(trunk.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def read_stretch(path: Path, start_seconds: float, seconds: float) -> Audio:
    """A stretch of a file, as it is searched for.

    Raises:
        AudioError: it cannot be read, or there is no sound in it.
    """
    return read(path, mono=True, start_seconds=start_seconds, duration_seconds=seconds)
