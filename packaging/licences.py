"""Write the licences of all that is bundled: asked of the packages themselves.

    python packaging/licences.py build/LICENSES.md

Runs in the environment that is frozen. Covered are the Python distributions that Earmark depends on
and that are bundled, Python itself, and what is in none of their lists: the libraries of the system
and those that wheels carry along.
"""

import os
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement  # the library: this folder has no __init__.py

from project import PROJECT

# Depended on, but left out of the frozen program (earmark.spec says why).
LEFT_OUT = {
    "sqlalchemy", "alembic", "pyyaml", "networkx", "setuptools", "requests",
}  # fmt: skip
if os.environ.get("EARMARK_FLAVOUR", "cpu") == "cpu":
    LEFT_OUT.add("triton")
# Of those that say nothing themselves: one without files, that only asks for NVIDIA's others.
KNOWN = {"cuda-toolkit": "LicenseRef-NVIDIA-Proprietary"}
# Bundled, with no list of its own: name, licence, where it is, its source.
OTHERS = (
    ("Python", "PSF-2.0", "the interpreter and its library", "python.org"),
    ("Qt 6", "LGPL-3.0-only", "PySide6/Qt: replaceable files, unchanged", "qt.io"),
    ("PyInstaller's boot loader", "GPL-2.0-or-later with an exception for what it starts",
     "the programs earmark and earmark-app", "pyinstaller.org"),
    ("PortAudio", "MIT", "libportaudio", "portaudio.com"),
    ("JACK client library", "LGPL-2.1-or-later", "libjack (Linux)", "jackaudio.org"),
    ("Berkeley DB 5.3", "Sleepycat", "libdb (Linux), of JACK", "oracle.com"),
    ("libsndfile with FLAC, Ogg, Vorbis, Opus, LAME, mpg123", "LGPL-2.1-or-later, BSD-3-Clause",
     "_soundfile_data", "libsndfile.github.io"),
    ("FFmpeg, built with x264 and x265", "GPL-2.0-or-later: the whole of av.libs",
     "av.libs: PyAV's wheels", "ffmpeg.org, videolan.org, x265.org"),
    ("dav1d, SVT-AV1, libvpx, libwebp, Opus, LAME, opencore-amr, GnuTLS, Nettle, GMP",
     "BSD-2-Clause, BSD-3-Clause, LGPL-2.0-or-later, LGPL-3.0-or-later, Apache-2.0",
     "av.libs", "as FFmpeg"),
    ("OpenBLAS, libgfortran, libquadmath", "BSD-3-Clause; GPL-3.0 with the GCC runtime exception",
     "numpy.libs, scipy.libs", "openmathlib.org, gcc.gnu.org"),
    ("libgomp", "GPL-3.0 with the GCC runtime exception",
     "torch/lib, scikit_learn.libs, opentsne.libs", "gcc.gnu.org"),
    ("Apache Arrow and Parquet, with Thrift, Snappy, Zstandard, LZ4, Brotli, RE2, utf8proc, xxHash",
     "Apache-2.0, BSD-2-Clause, BSD-3-Clause, MIT", "pyarrow/libarrow*, pyarrow/libparquet*",
     "arrow.apache.org"),
    ("SQLite", "blessing (public domain)", "libsqlite3, or in _sqlite3", "sqlite.org"),
    ("LLVM", "Apache-2.0 with LLVM exception", "llvmlite", "llvm.org"),
    ("ICU", "Unicode-3.0", "PySide6/Qt/lib/libicu*", "icu.unicode.org"),
    ("OpenSSL, zlib, bzip2, xz, libffi", "Apache-2.0, Zlib, bzip2, 0BSD, MIT",
     "libraries of the Python build", "their projects"),
    ("The colour maps viridis, magma, inferno, plasma and cividis", "CC0-1.0",
     "pyqtgraph/colors/maps, resources/colour_maps.json", "bids.github.io/colormap"),
    ("XCB and xkbcommon", "MIT", "libxcb-*, libxkbcommon* (Linux)", "x.org, xkbcommon.org"),
    ("Kerberos", "MIT", "libkrb5 and its parts (Linux), of Qt's network library", "kerberos.org"),
)  # fmt: skip


def bundled() -> list[Distribution]:
    """Earmark's dependencies and theirs, without extras and without what is left out."""
    found: dict[str, Distribution] = {}
    waiting = list(PROJECT["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in found or name in LEFT_OUT:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found[name] = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        waiting += found[name].requires or []
    return [found[name] for name in sorted(found)]


def licence_of(one: Distribution) -> str:
    """What a distribution says its licence is, in a line."""
    about = one.metadata

    def said(name: str) -> str:
        return (about[name] or "").strip() if name in about else ""

    words = said("License-Expression")
    classes = [
        c.rsplit(" :: ", 1)[-1]
        for c in about.get_all("Classifier") or []
        if c.startswith("License ::") and not c.endswith(":: OSI Approved")  # which says nothing
    ]
    words = words or ", ".join(classes) or said("License").split("\n")[0]
    return words or KNOWN.get(one.name, "see its text")


def texts_of(one: Distribution) -> list[tuple[str, str]]:
    """Its licence files: name and text."""
    found = []
    for file in one.files or []:
        inside = file.parts[0].endswith(".dist-info")
        named = re.match(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)", file.name, re.IGNORECASE)
        path = Path(str(file.locate()))
        # torch alone lists 300 of what it was built from: they lie in its own folder.
        text = file.suffix not in (".py", ".pyc")
        if inside and named and text and "third_party" not in file.parts and path.is_file():
            found.append((file.name, path.read_text(encoding="utf-8", errors="replace")))
    return found


def document() -> str:
    """The whole list as Markdown."""
    parts = ["# Licences of what is bundled\n", "Earmark itself is under the Apache License 2.0."]
    parts.append(
        "The FFmpeg libraries contain x264 and x265: together with them the whole is handed on "
        "under the GNU General Public License, version 3 or later, with which Apache 2.0 agrees.\n"
    )
    parts += ["## Libraries\n", "| what | licence | where | source |", "| --- | --- | --- | --- |"]
    parts += [f"| {' | '.join(row)} |" for row in OTHERS]
    ours = bundled()
    parts += ["\n## Python packages\n", "| package | version | licence |", "| --- | --- | --- |"]
    parts += [f"| {one.name} | {one.version} | {licence_of(one)} |" for one in ours]
    for one in ours:
        for name, text in texts_of(one):
            parts.append(f"\n## {one.name} {one.version}: {name}\n\n```\n{text.rstrip()}\n```")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
