"""Sealed segments: matrices of int8 vectors, each a ``.npy`` file that never changes once written.

They are searched where they lie, memory-mapped, block by block: exactly, without a graph beside
them. For 1,000 hours (1.2 million vectors) that takes some 40 ms of one core, and a graph of
neighbours would make the index twice as large (docs/architecture.md has the comparison).
"""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.atomic_write import write_whole
from engine.errors import DataError
from engine.search.projection import NUMBERS, SCALE, Kept

_BLOCK = 8192  # rows: a block as float32 stays in a core's cache
_MAGIC = b"\x93NUMPY"
_NAME = re.compile(r"([1-9][0-9]{0,15})\.npy")


class Segments:
    """The segments of one index.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, number: int) -> Path:
        """The file of one."""
        return self.folder / f"{number}.npy"

    def write(self, number: int, vectors: Kept) -> None:
        """Write one, completely or not at all.

        Raises:
            DataError: it cannot be written.
        """
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(vectors, dtype=np.int8), allow_pickle=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.path(number), buffer.getvalue())
        except OSError as error:
            raise DataError(
                f"The index could not be written: {error.strerror}. Free some space or choose "
                "another place; what is there stays."
            ) from error

    def open(self, number: int, rows: int) -> Kept:
        """Map one that has so many rows, int8, shape (rows, numbers).

        Raises:
            DataError: it is missing, damaged or something else, or cannot be read.
        """
        path = self.path(number)
        try:
            with path.open("rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:  # numpy opens archives, too
                    raise self._damaged(path)
            # Mapped, a matrix that the file is too short for is refused.
            found = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError as error:
            raise self._damaged(path) from error
        except (OSError, MemoryError) as error:  # the disk or the system: what is there may be fine
            words = getattr(error, "strerror", None) or "there is not enough memory"
            raise DataError(
                f"The index {self.folder.parent.name} cannot be read now (segments/{path.name}: "
                f"{words}). Try again."
            ) from error
        except (ValueError, EOFError, SyntaxError) as error:
            raise self._damaged(path) from error
        fits = isinstance(found, np.ndarray) and found.dtype == np.int8
        if not fits or found.shape != (rows, NUMBERS) or not found.flags.c_contiguous:
            raise self._damaged(path)
        mapped: Kept = found
        return mapped

    def picked(self, keys: Sequence[tuple[int, int]], sizes: Mapping[int, int]) -> Kept:
        """Rows by segment and row, int8, shape (keys, numbers); each map holds a file open.

        Raises:
            DataError: see :meth:`open`.
        """
        found = np.zeros((len(keys), NUMBERS), dtype=np.int8)
        places: dict[int, list[int]] = {}
        for place, (number, _) in enumerate(keys):
            places.setdefault(number, []).append(place)
        for number, some in places.items():
            found[some] = self.open(number, sizes[number])[[keys[place][1] for place in some]]
        return found

    def sweep(self, known: Iterable[int]) -> None:
        """Delete what no table knows: a kill came between a segment and its table."""
        kept = set(known)
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                match = _NAME.fullmatch(path.name)
                if match and int(match[1]) not in kept:
                    with contextlib.suppress(OSError):  # somebody reads it: next time
                        path.unlink()

    def _damaged(self, path: Path) -> DataError:
        return DataError(
            f"The index {self.folder.parent.name} is damaged (segments/{path.name}). Delete it and "
            "make it again."
        )


def blocks(vectors: Kept) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """A segment's rows as unit vectors, float32, some thousand at a time, each with its number.

    What is given is overwritten by the next.
    """
    unit = np.float32(1.0 / SCALE)
    buffer = np.empty((min(_BLOCK, len(vectors)), NUMBERS), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        some = vectors[start : start + _BLOCK]
        part = buffer[: len(some)]
        np.multiply(some, unit, out=part, dtype=np.float32, casting="unsafe")
        yield start, part
