"""Text files, written whole or not at all."""

from pathlib import Path

from engine.atomic_write import write_whole
from engine.errors import DataError


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text; what was there before is replaced only when all is written.

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
