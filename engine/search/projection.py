"""From the embeddings of the trunks to the few numbers that an index keeps.

Principal components, learned once (packaging/models/search.py) and kept with Earmark: each number
is divided by a power of its deviation between 0 and 1, so that the loud components, which tell
microphones apart, do not drown those that tell sounds apart.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.classifier.file import MOST_HEADER_BYTES, read_all, read_metadata
from engine.errors import DataError, ModelError

NUMBERS = 128
POWER = 0.5  # of a component's deviation, that it is divided by
# int8 numbers of a unit vector times this: one is cut off at 127, that of a half, and what
# is rounded changes a cosine by 0.001, at most 0.01 (tests/engine/search/test_projection.py).
SCALE = 250.0
_MOST_SIZE = 1 << 16
_MOST_NUMBER = 1e6
Vectors = NDArray[np.float32]
Kept = NDArray[np.int8]


@dataclass(frozen=True)
class Projection:
    """A linear map from embeddings to the space of an index.

    Attributes:
        mean: subtracted first, float32, shape (size,).
        components: float32, shape (numbers, size).
        trunks: digest of the trunks whose embeddings it takes.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    trunks: str

    def __call__(self, embeddings: Vectors) -> Vectors:
        """Unit vectors, float32, (n, numbers), of embeddings, (n, size); zeros stay zeros."""
        found = (embeddings - self.mean) @ self.components.T
        return on_sphere(np.asarray(found, dtype=np.float32))

    @property
    def digest(self) -> str:
        """Another one for other numbers: what vectors of two indexes may be compared by."""
        found = hashlib.sha256(self.trunks.encode())
        for part in (self.mean, self.components):
            found.update(np.ascontiguousarray(part, dtype="<f4").tobytes())
        return found.hexdigest()


def spread_of(embeddings: Vectors, sizes: Sequence[int]) -> Vectors:
    """What embeddings, (n, size), are divided by: each number counts the same, and so does a trunk.

    Args:
        embeddings: float32, (n, size).
        sizes: of each trunk's embedding; none: there is one trunk.
    """
    spread = embeddings.std(axis=0)
    some = spread[spread > 0]
    spread = np.maximum(spread, 0.1 * np.median(some) if len(some) else 1.0)  # many are always 0
    blocks = np.asarray(sizes or [len(spread)])
    return np.asarray(spread * np.sqrt(np.repeat(blocks, blocks)), dtype=np.float32)


def fitted(
    embeddings: Vectors, trunks: str, sizes: Sequence[int] = (), power: float = POWER
) -> Projection:
    """Principal components of what an archive sounds like, each divided by a root of its deviation.

    Args:
        embeddings: of its windows, float32, (n, size).
        trunks: digest of the trunks that they are from.
        sizes: of each trunk's embedding, which then count the same; none: there is one trunk.
        power: of its deviation that a component is divided by, 0 to 1.
    """
    spread, mean = spread_of(embeddings, sizes), embeddings.mean(axis=0)
    _, values, axes = np.linalg.svd((embeddings - mean) / spread, full_matrices=False)
    values = values[:NUMBERS][values[:NUMBERS] > 1e-6 * max(values[0], 1e-12)]
    components = np.zeros((NUMBERS, embeddings.shape[1]), dtype=np.float32)
    scale = (values / values[0]) ** power if len(values) else values
    components[: len(values)] = axes[: len(values)] / scale[:, None] / spread
    return Projection(mean.astype(np.float32), components, trunks)


def on_sphere(vectors: Vectors) -> Vectors:
    """Vectors, (n, numbers), of length 1; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 1e-9, length, np.inf), dtype=np.float32)


def to_int8(vectors: Vectors) -> Kept:
    """Unit vectors as an index keeps them, int8, same shape."""
    return np.asarray(np.clip(np.rint(vectors * SCALE), -127, 127), dtype=np.int8)


def from_int8(kept: Kept) -> Vectors:
    """Unit vectors again, float32, from what an index keeps; zeros stay zeros."""
    return on_sphere(kept.astype(np.float32))


def read_projection(path: Path) -> Projection:
    """A projection from its file.

    Raises:
        DataError: it is missing, damaged or something else.
    """
    try:
        metadata, tensors = read_metadata(path)
        _check(metadata, tensors, path)
        arrays = _arrays(path, tensors)
    except ModelError as error:
        raise DataError(str(error)) from error
    found = Projection(arrays["mean"], arrays["components"], metadata["trunks"])
    if not all(np.abs(one).max(initial=0.0) <= _MOST_NUMBER for one in arrays.values()):
        raise DataError(f"{path.name} contains invalid numbers (NaN, or far too large).")
    return found


def written(projection: Projection) -> bytes:
    """The bytes of a projection's file."""
    from safetensors.numpy import save

    tensors = {
        "mean": np.ascontiguousarray(projection.mean, dtype=np.float32),
        "components": np.ascontiguousarray(projection.components, dtype=np.float32),
    }
    found: bytes = save(tensors, metadata={"kind": "projection", "trunks": projection.trunks})
    return found


def _check(
    metadata: Mapping[str, Any],
    tensors: Mapping[str, tuple[str, tuple[int, ...]]],
    path: Path,
) -> None:
    kind, shape = tensors.get("components", ("", ()))
    size = shape[1] if len(shape) == 2 else 0
    wanted = {"mean": ("F32", (size,)), "components": ("F32", (NUMBERS, size))}
    named = metadata.get("kind") == "projection" and isinstance(metadata.get("trunks"), str)
    if not named or kind != "F32" or not 0 < size <= _MOST_SIZE or dict(tensors) != wanted:
        raise DataError(f"{path.name} is not the projection of an index, or it was modified.")


def _arrays(
    path: Path, tensors: Mapping[str, tuple[str, tuple[int, ...]]]
) -> dict[str, NDArray[np.float32]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    most = MOST_HEADER_BYTES + sum(4 * int(np.prod(shape)) for _, shape in tensors.values())
    if path.stat().st_size > most + 8:
        raise DataError(f"{path.name} is not the projection of an index, or it was modified.")
    try:
        found: dict[str, NDArray[np.float32]] = load(read_all(path))
    except (SafetensorError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise DataError(f"{path.name} is damaged. Make the index again.") from error
    return found
