"""Report what takes how much room in the frozen program.

python packaging/sizes.py build/frozen/earmark
"""

import re
import sys
from collections import Counter
from pathlib import Path

# First that fits; the rest is "others".
COMPONENTS = {
    "torch: the library": r"torch/lib/",
    "Qt and PySide6": r"PySide6|shiboken6|libQt|libpyside|libshiboken|libxcb|libxkb|libicu|libX",
    "PyAV with FFmpeg": r"av(\.libs)?/",
    "librosa, numba and LLVM": r"(librosa|numba|llvmlite|msgpack)/",
    "SciPy, scikit-learn, openTSNE": r"(scipy|sklearn|scikit_learn|openTSNE|opentsne)(\.libs)?/",
    "pyarrow (Parquet)": r"pyarrow(\.libs)?/",
    "NumPy with OpenBLAS": r"numpy(\.libs)?/",
    "Python's modules, torch's among them": r"earmark(-app)?(\.exe)?$|base_library\.zip",
    "Python": r"libpython|python3[^/]*/|libcrypto|libssl|libffi",
    "classifiers": r"resources/models/",
    "sounds, icons, recipes, licences": r"resources/|LICEN",
    "pyqtgraph: icons, colour maps": r"pyqtgraph/",
    "reading sound": r"_soundfile_data|soxr|libportaudio|libjack|libdb",
    "torch: the rest": r"torch",
}


def component(path: str) -> str:
    """To what a file belongs, by its place."""
    inside = path.removeprefix("_internal/")
    for name, pattern in COMPONENTS.items():
        if re.match(pattern, inside):
            return name
    return "others"


def measured(folder: Path) -> Counter[str]:
    """Bytes by component; what is linked counts once."""
    found: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found[component(path.relative_to(folder).as_posix())] += path.stat().st_size
    return found


def report(folder: Path) -> str:
    """A table, the largest first."""
    found = measured(folder)
    lines = [f"{size / 1e6:8.1f} MB  {name}" for name, size in found.most_common()]
    return "\n".join([*lines, f"{found.total() / 1e6:8.1f} MB  all"])


if __name__ == "__main__":
    print(report(Path(sys.argv[1])))
