"""Atomic writing of files: completely or not at all."""

import contextlib
import os
import tempfile
import time
from pathlib import Path

from engine.errors import DataError

_TRIES, _PAUSE_SECONDS = 20, 0.02
TEMPORARY = ".earmark-"  # how names of files begin that are being written


def write_whole(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it, so that a failure leaves the old file unchanged.

    Raises:
        OSError: it cannot be written.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        put_in_place(Path(temporary), path)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise


def put_in_place(temporary: Path, path: Path) -> None:
    """Rename a file or folder that is wholly written; the new name outlives a power cut.

    Raises:
        OSError: it cannot be renamed; nothing has changed.
    """
    for _ in range(_TRIES):
        try:
            temporary.replace(path)
            break
        except PermissionError:  # on Windows, for as long as somebody reads the old one
            if os.name != "nt":
                raise
            time.sleep(_PAUSE_SECONDS)
    else:
        temporary.replace(path)
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """Have the system write down the names in a folder, where it can: Windows does by itself."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some network folders know no such thing
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
