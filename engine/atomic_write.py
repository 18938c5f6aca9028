"""Atomic writing of files: completely or not at all."""

import os
import tempfile
from pathlib import Path

from engine.errors import DataError


def write_whole(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it, so that a failure leaves the old file unchanged.

    Raises:
        OSError: it cannot be written.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".earmark-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text as :func:`write_whole` does.

    Raises:
        DataError: it cannot be written.
    """
    path = Path(path)
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise DataError(
            f"{path.name} could not be written: {error.strerror}. Choose another place."
        ) from error
