"""A stretch of a file, read as if it were a file."""

import io
from pathlib import Path


class Slice(io.RawIOBase):
    """The bytes from ``begin`` to ``end`` of a file, some of which may be replaced.

    Args:
        path: the file.
        begin: its first byte in the file.
        end: the byte after its last.
        mended: places in the file, and what is read there in place of what it holds.
    """

    def __init__(
        self, path: Path, begin: int, end: int, mended: tuple[tuple[int, bytes], ...] = ()
    ) -> None:
        super().__init__()
        self.span = begin, end
        self.mended = mended
        self._file = path.open("rb")
        self._file.seek(begin)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sought in."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        at = self._file.tell()
        left = max(0, self.span[1] - at)
        data = self._file.read(left if size < 0 else min(size, left))
        for place, value in self.mended:
            first, last = max(at, place), min(at + len(data), place + len(value))
            if first < last:
                inside = value[first - place : last - place]
                data = data[: first - at] + inside + data[last - at :]
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the stretch."""
        begin, end = self.span
        base = {io.SEEK_SET: begin, io.SEEK_CUR: self._file.tell(), io.SEEK_END: end}[whence]
        return self._file.seek(max(begin, base + offset)) - begin

    def tell(self) -> int:
        """The place in the stretch."""
        return self._file.tell() - self.span[0]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()
