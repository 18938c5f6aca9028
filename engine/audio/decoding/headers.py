"""What the header of an uncompressed file says of its length, and what of that is there.

Programs that write into a pipe, and recorders that died, leave lengths that mean nothing (0, or
the highest number); a wrong byte rate or block size means nothing either. Only sound that a
header counts and that the file lacks is missing.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 10_000
# Lengths so near to these are no lengths: writers subtract parts of their headers from them.
_UNKNOWN = (2**31, 2**32, 2**63, 2**64)
_NEAR = 8192
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


def share_there(path: Path) -> float:
    """How much of the sound that the header counts is in the file: 1 is all, or not known."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            claimed = _claimed(file)
    except (OSError, ValueError, struct.error):
        return 1.0
    if claimed is None:
        return 1.0
    begin, length = claimed
    if _means_nothing(length) or begin >= size or begin + length <= size:
        return 1.0
    return (size - begin) / length


def mended(path: Path) -> tuple[int, int, tuple[tuple[int, bytes], ...]] | None:
    """What to read in place of a file that neither library takes as it is.

    Returns:
        Where it begins and ends, and at which places which bytes are put in place of lengths that
        mean nothing; None where nothing is known to be wrong.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        if head[:4] == b"RIFF" and (at := _after_unpadded(file)) is not None:
            # A new beginning right ahead of the chunk that no library would find.
            return at - 12, size, ((at - 12, head[:4] + b"\xff" * 4 + head[8:]),)
        if head[:4] == b"RF64":
            chunks = list(islice(_chunks(file, 12, "<4sI"), 100))
            long = next((at for kind, at, _ in chunks if kind == b"ds64"), None)
            data = next((at for kind, at, _ in chunks if kind == b"data"), None)
            if long is not None and data is not None:
                return 0, size, ((long, struct.pack("<QQQ", size - 8, size - data, 0)),)
        if head[:4] == b".snd":
            return 0, size, ((8, b"\xff" * 4),)
        if head[:3] == b"ID3":
            begin = 10 + sum((byte & 127) << 7 * (3 - n) for n, byte in enumerate(head[6:10]))
            return (begin, size, ()) if begin < size else None
    return None


def _after_unpadded(file: BinaryIO) -> int | None:
    """Where the chunk behind the last one that lacks its padding begins, if that is the format."""
    found = last = None  # last: the end of a chunk of odd length
    for kind, begin, length in islice(_chunks(file, 12, "<4sI"), 100):
        if begin - 8 == last:
            found = last
        if kind == b"fmt ":
            return found
        last = begin + length if length % 2 else None
    return None


def _means_nothing(length: int) -> bool:
    return length <= 0 or any(abs(length - value) <= _NEAR for value in _UNKNOWN)


def is_mpeg_in_wav(path: Path) -> bool:
    """Whether a WAV holds MP3 or MP2, at which libsndfile's decoder prints what it thinks."""
    with path.open("rb") as file:
        order = ">" if file.read(4) == b"RIFX" else "<"
        for kind, begin, _ in _chunks(file, 12, order + "4sI"):
            if kind == b"fmt ":
                file.seek(begin)
                return file.read(2) in (b"\x50\0", b"\x55\0", b"\0\x50", b"\0\x55")
    return False


def _claimed(file: BinaryIO) -> tuple[int, int] | None:
    """Where the samples begin, and the length that the header gives them."""
    head = file.read(40)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return _riff(file, ">" if head[:4] == b"RIFX" else "<")
    if head[:4] == b"FORM":
        return next(((at, n) for kind, at, n in _chunks(file, 12, ">4sI") if kind == b"SSND"), None)
    if head[:4] == b"riff":
        return next(_w64(file), None)
    if head[:4] == b"caff":
        return next(((at, n) for kind, at, n in _chunks(file, 8, ">4sq") if kind == b"data"), None)
    if head[:4] in (b".snd", b"dns."):
        order = ">" if head[:4] == b".snd" else "<"
        begin, length = struct.unpack(order + "II", head[4:12])
        return begin, length
    return None


def _riff(file: BinaryIO, order: str) -> tuple[int, int] | None:
    long_length = None
    for kind, begin, length in _chunks(file, 12, order + "4sI"):
        if kind == b"ds64":
            file.seek(begin)
            long_length = struct.unpack("<QQ", file.read(16))[1]
        elif kind == b"data":
            return begin, long_length if long_length is not None and length == 2**32 - 1 else length
    return None


def _chunks(file: BinaryIO, at: int, header: str) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of each chunk; those of RIFF and AIFF begin at even places."""
    padded = header[-1] == "I"
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(struct.calcsize(header))
        if len(head) < struct.calcsize(header):
            return
        kind, length = struct.unpack(header, head)
        begin = at + len(head)
        yield kind, begin, length
        if length < 0:
            return
        at = begin + length
        if padded and length % 2:
            file.seek(at)
            # Some writers forget the padding: then a name stands here, and there it is cut.
            at += 0 if file.read(4).replace(b" ", b"0").isalnum() else 1


def _w64(file: BinaryIO) -> Iterator[tuple[int, int]]:
    at = 40
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return
        length = struct.unpack("<Q", head[16:])[0]
        if head[:16] == _W64_DATA:
            yield at + 24, length - 24
            return
        at += max(24, length + -length % 8)
