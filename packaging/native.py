"""List the native libraries that are bundled and their versions, to look their reports up.

    python packaging/native.py            those of this environment
    python packaging/native.py FOLDER     those in a frozen program, such as build/frozen/earmark

A library tells its version by a text in it, by a function that Python reaches, or by its file's
name only. What is in no list of Python packages is what no package index warns of: look each line
up in a data base of vulnerabilities before a release (docs/releasing.md).
"""

import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What libraries say of themselves: name, and a text in them with the version.
SAID = (
    ("libsndfile", rb"libsndfile-(\d+\.\d+\.\d+)"),
    ("FLAC", rb"libFLAC (\d+\.\d+\.\d+)"),
    ("Vorbis", rb"libVorbis (\d+\.\d+\.\d+)"),
    ("Opus", rb"libopus (\d+\.\d+(?:\.\d+)?)"),
    ("LAME", rb"LAME ?(3\.\d+(?:\.\d+)?)"),
    ("mpg123", rb"mpg123[ -](1\.\d+\.\d+)"),
    ("FFmpeg", rb"FFmpeg version (n?\d+\.\d+(?:\.\d+)?)"),
    ("PortAudio", rb"PortAudio V(\d+\.\d+\.\d+)"),
    ("OpenBLAS", rb"OpenBLAS (\d+\.\d+\.\d+)"),
    ("OpenSSL", rb"OpenSSL (\d+\.\d+\.\d+\w*) \d"),
    ("SQLite", rb"SQLite format 3.{0,200}?(3\.\d+\.\d+)"),
    ("Qt", rb"Qt (\d+\.\d+\.\d+) \("),
    ("LLVM", rb"LLVM version (\d+\.\d+\.\d+)"),
    ("oneDNN", rb"oneDNN v(\d+\.\d+\.\d+)"),
    ("x264", rb"x264 - core (\d+)"),
    ("dav1d", rb"dav1d (\d+\.\d+\.\d+)"),
    ("GnuTLS", rb"GnuTLS (\d+\.\d+\.\d+)"),
    ("zlib", rb"(?:inflate|deflate) (\d+\.\d+(?:\.\d+)*) Copyright"),
    ("bzip2", rb"bzip2/libbzip2[^\0]{0,200}?(1\.0\.\d+)"),
)
_LIBRARY = re.compile(r"(^lib.*|.*)\.(so|dylib|dll|pyd)(\.[0-9.]+)?$")
_HASH = re.compile(r"-[0-9a-f]{8,}")  # that wheels put into names
_NUMBERS = re.compile(r"\.so\.([0-9.]+)$|\.([0-9.]+)\.dylib$|-([0-9]+)\.dll$")
_MOST_BYTES = 600_000_000


@dataclass(frozen=True, order=True)
class Library:
    """A native library, what version it says it is, and the file that holds it."""

    name: str
    version: str
    file: str


def libraries(folders: Iterable[Path]) -> list[Library]:
    """All native libraries in some folders that tell a version."""
    found: set[Library] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if _LIBRARY.match(path.name) and path.is_file() and not path.is_symlink():
                found |= _of_file(path, path.relative_to(folder).as_posix())
    return sorted(found)


def _of_file(path: Path, shown: str) -> set[Library]:
    if path.stat().st_size > _MOST_BYTES:
        return {Library(path.name, "not read: too large", shown)}
    data = path.read_bytes()
    said = {
        Library(name, match.group(1).decode("ascii", "replace"), shown)
        for name, pattern in SAID
        for match in [re.search(pattern, data, re.DOTALL)]
        if match
    }
    if said:
        return said
    numbers = _NUMBERS.search(path.name)
    if numbers is None or (".libs/" not in f"/{shown}" and not path.name.startswith("lib")):
        return set()  # a module of Python's own packages: licences.py lists those
    name = _HASH.sub("", path.name).split(".so")[0].split(".dylib")[0]
    version = next(number for number in numbers.groups() if number)
    return {Library(name, f"interface {version}", shown)}


def table(found: Iterable[Library]) -> str:
    """The list as Markdown."""
    lines = ["| library | version | file |", "| --- | --- | --- |"]
    lines += [f"| {one.name} | {one.version} | `{one.file}` |" for one in found]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    wanted = [Path(word) for word in sys.argv[1:]] or [Path(sysconfig.get_paths()["platlib"])]
    sys.stdout.write(table(libraries(wanted)))
