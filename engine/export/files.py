"""Text files, written whole or not at all."""

import os
import tempfile
from pathlib import Path

from engine.errors import DataError


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text; what was there before is replaced only when all is written.

    Raises:
        DataError: it cannot be written.
    """
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".earmark-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise DataError(
            f"{path.name} could not be written: {error.strerror}. Choose another place."
        ) from error
