"""How much sound a FLAC file holds, by its last frame: headers of cut and unfinished ones lie."""

from pathlib import Path

_TAIL = 1 << 19  # several times the longest frame
_LENGTH_AT, _BLOCK_AT = 18, 8  # in a file that begins with "fLaC" and its STREAMINFO
_BLOCKS = {1: 192, **{n: 576 << (n - 2) for n in range(2, 6)}, **{n: 1 << n for n in range(8, 16)}}


def held(path: Path) -> int | None:
    """Samples up to the end of the last frame; None if none is found near the end."""
    with path.open("rb") as file:
        head = file.read(42)
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    if head[:4] != b"fLaC" or len(head) < 42:
        return None
    rate_and_layout = head[_LENGTH_AT : _LENGTH_AT + 3]
    fixed_block = int.from_bytes(head[_BLOCK_AT : _BLOCK_AT + 2], "big")
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        end = _end_of(tail[at : at + 16], fixed_block, rate_and_layout)
        if end is not None:
            return end
    return 0 if size <= _TAIL else None


def _end_of(header: bytes, fixed_block: int, rate_and_layout: bytes) -> int | None:
    """The sample after a frame with this header; None where these bytes are none."""
    if len(header) < 6 or header[1] & 0xFE != 0xF8 or header[3] & 1:
        return None
    channels = (rate_and_layout[2] >> 1 & 7) + 1
    layout = header[3] >> 4
    if layout > 10 or channels != (layout + 1 if layout < 8 else 2):
        return None
    length = max(1, 8 - (header[4] ^ 0xFF).bit_length())
    if length > 7 or (length == 1 and header[4] > 127):
        return None
    number = header[4] & (0x7F if length == 1 else 0x7F >> length)
    for byte in header[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    at, code = 4 + length, header[2] >> 4
    block = _BLOCKS.get(code)
    if code in (6, 7):
        block = int.from_bytes(header[at : at + code - 5], "big") + 1
        at += code - 5
    at += {12: 1, 13: 2, 14: 2}.get(header[2] & 15, 0)
    if block is None or at >= len(header) or _crc(header[:at]) != header[at]:
        return None
    return (number if header[1] & 1 else number * fixed_block) + block


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value
