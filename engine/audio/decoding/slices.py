"""A stretch of a file, read as if it were a file."""

import io
from pathlib import Path


class Slice(io.RawIOBase):
    """The bytes from ``begin`` to ``end`` of a file."""

    def __init__(self, path: Path, begin: int, end: int) -> None:
        super().__init__()
        self.span = begin, end
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
        left = max(0, self.span[1] - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

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
