"""What an index hears with: the trunks of the classifier `instrument`, reduced to few numbers.

They were chosen by measurement (docs/benchmarks.md): the same label in recordings from another
source is found more often by them than by the tagger alone.
"""

import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.files import probe, read, stream
from engine.audio.resample import resample
from engine.errors import AudioError, DataError
from engine.search.projection import NUMBERS, Projection, Vectors, read_projection
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
    """Hears with the trunks of a bundled classifier.

    Raises:
        DataError: the projection that comes with Earmark does not fit its classifier.
    """

    def __init__(self) -> None:
        from engine.classifier.catalog import BUNDLED, Catalog
        from engine.classifier.classifier import Classifier

        assert BASE in BUNDLED
        # Of the file itself: what a user corrected changes no embedding.
        self.classifier: Classifier = Classifier.load(Catalog().find(BASE).path)
        self.projection: Projection = read_projection(resource("search", "projection.safetensors"))
        if self.projection.trunks != trunks_digest(self.classifier):
            raise DataError(
                f"The projection of the search does not belong to '{BASE}'. Reinstall Earmark."
            )
        self.rate_hz = self.classifier.card.rate_hz
        self.window = self.classifier.card.window_samples

    @property
    def another(self) -> "Callable[[], SearchEar]":
        """Makes the same in another process, to which this is sent."""
        return SearchEar

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
    if not 1 <= count <= 60 or abs(count - round(count)) > 1e-6:
        raise DataError(f"A step is a whole number of seconds from 1 to 60, not {step_seconds:g}.")
    return round(count)


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
