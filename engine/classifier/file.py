"""The classifier file: its header is read without torch, and invalid files are rejected.

A safetensors file: eight bytes that give the length of a JSON header, the header (shape, type and
place of each tensor, and our card as text), then the tensors. Nothing in it can run.
"""

import hashlib
import json
import math
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.atomic_write import write_whole
from engine.bounded import parse_json
from engine.classifier.card import FORMAT, Card
from engine.errors import ModelError

SUFFIX = ".safetensors"
MOST_HEADER_BYTES = 5_000_000
MOST_FILE_BYTES = 4_000_000_000
_BYTES = {"F64": 8, "I64": 8, "F32": 4, "BOOL": 1}  # the types of tensors that we write
_MOST_RANK = 8


@dataclass(frozen=True)
class Header:
    """What the head of a classifier file says.

    Attributes:
        card: the validated card.
        tensors: type (safetensors' name, "F32") and shape of each tensor.
    """

    card: Card
    tensors: dict[str, tuple[str, tuple[int, ...]]]


def read_header(path: Path) -> Header:
    """Read and check the head of a classifier file; needs no torch and takes a millisecond.

    Raises:
        ModelError: it cannot be read or is no classifier of this version of Earmark.
    """
    metadata, tensors = read_metadata(path)
    card_text = metadata.get("card")
    if not isinstance(card_text, str):
        raise ModelError(
            f"{path.name} contains tensors but no Earmark model card, so it is not an "
            "Earmark classifier."
        )
    return Header(_card(card_text, path), tensors)


def read_metadata(path: Path) -> tuple[dict[str, Any], dict[str, tuple[str, tuple[int, ...]]]]:
    """The metadata of a safetensors file, and type and shape of each of its tensors.

    Raises:
        ModelError: it cannot be read, is damaged or something else.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise ModelError(f"{path.name} is not a file that can be read.")  # a pipe never ends
        size = status.st_size
        with path.open("rb") as file:
            start = file.read(9)
            length = _header_length(start, size, path)
            text = start[8:] + file.read(length - 1)
    except IsADirectoryError as error:
        raise ModelError(f"{path.name} is a folder, not a classifier file.") from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a zero byte in its name
        raise ModelError(f"There is no file {path.name!r}.") from error
    return _parse(text, path, size - 8 - length)


def read_all(path: Path) -> bytes:
    """All bytes of a classifier file; for one whose head has been checked.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.") from error


def renamed(path: Path, name: str) -> bytes:
    """The bytes of a classifier file with another name on its card.

    Raises:
        ModelError: as :func:`read_header`.
    """
    card = read_header(path).card
    return with_card(path, card.model_copy(update={"name": name}))


def with_card(path: Path, card: Card) -> bytes:
    """The bytes of a classifier file with another card; the same ones if it is the same card.

    Raises:
        ModelError: as :func:`read_header`.
    """
    header, data = read_header(path), read_all(path)
    if header.card == card:
        return data
    length = int.from_bytes(data[:8], "little")
    fields = json.loads(data[8 : 8 + length])
    fields["__metadata__"]["card"] = card.model_dump_json()
    text = json.dumps(fields, separators=(",", ":")).encode()  # as safetensors writes it
    text += b" " * (-len(text) % 8)  # tensors stay aligned
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.") from error


def write_file(path: Path, data: bytes) -> None:
    """Write beside the place and rename: a full disk leaves what was there before.

    Raises:
        ModelError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise ModelError(
            f"The classifier could not be saved as {path.name}: {error.strerror}. "
            "Choose another place or free some space, then save again."
        ) from error


def _header_length(start: bytes, size: int, path: Path) -> int:
    # A header is a JSON object; a length may well begin with a pickle's first byte.
    pickled = start[:4] == b"PK\x03\x04" or start[:1] == b"\x80"
    if pickled and start[8:] != b"{":
        raise ModelError(
            f"{path.name} is a pickled model. Those can run code when opened, so Earmark "
            "never opens them. Ask for a classifier saved by Earmark."
        )
    length = int.from_bytes(start[:8], "little")
    if len(start) < 9 or length < 2 or size > MOST_FILE_BYTES:
        raise ModelError(f"{path.name} is not a classifier file.")
    if length > MOST_HEADER_BYTES:
        raise ModelError(f"{path.name} is not a classifier file: its header is larger than 10 MB.")
    if length > size - 8:
        raise ModelError(f"{path.name} is incomplete. Copy or download it again.")
    return length


def _parse(
    text: bytes, path: Path, tensor_bytes: int
) -> tuple[dict[str, Any], dict[str, tuple[str, tuple[int, ...]]]]:
    damaged = f"{path.name} is damaged: its header cannot be read."
    try:
        header = parse_json(text, "the header", ModelError, most_bytes=MOST_HEADER_BYTES)
    except ModelError as error:
        raise ModelError(damaged) from error
    metadata = header.pop("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict):
        raise ModelError(damaged)
    tensors = {name: _described(entry, damaged) for name, entry in header.items()}
    told = sum(_BYTES.get(kind, 1) * math.prod(shape) for kind, shape in tensors.values())
    if told > tensor_bytes:
        raise ModelError(f"{path.name} is incomplete. Copy or download it again.")
    return metadata, tensors


def _described(entry: Any, damaged: str) -> tuple[str, tuple[int, ...]]:
    kind = entry.get("dtype") if isinstance(entry, dict) else None
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not isinstance(shape, list) or len(shape) > _MOST_RANK:
        raise ModelError(damaged)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ModelError(damaged)
    return kind, tuple(shape)


def _card(text: str, path: Path) -> Card:
    try:
        fields = parse_json(text, "the card", ModelError, most_bytes=MOST_HEADER_BYTES)
    except ModelError as error:
        raise ModelError(f"{path.name} is damaged: its card cannot be read.") from error
    if not isinstance(fields, dict):
        raise ModelError(f"{path.name} is damaged: its card cannot be read.")
    found = fields.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise ModelError(
            f"{path.name} was made by a newer version of Earmark (format {found}). "
            "Update Earmark to use it."
        )
    try:
        return Card.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "as a whole"
        raise ModelError(
            f"{path.name} has an invalid model card: '{place}': {first['msg']}. "
            "It was modified, or made by another program."
        ) from error
