"""librosa, what computes: no plots, no downloads of examples.

Its parts are loaded when they are named, by lists (*.pyi) that lie beside them. numba keeps what it
compiled by the place of the source: modules with such functions are bundled as files, so that the
place is there and the same from wherever the program is started.
"""

import re
from pathlib import Path

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, get_package_paths

_place = Path(get_package_paths("librosa")[1])
_COMPILED = re.compile(r"^\s*@(numba\.)?(jit|guvectorize|vectorize|stencil)\b", re.MULTILINE)


def _compiled() -> list[str]:
    found = []
    for path in sorted(_place.rglob("*.py")):
        if _COMPILED.search(path.read_text(encoding="utf-8")):
            found.append(".".join(path.relative_to(_place.parent).with_suffix("").parts))
    return found


module_collection_mode = {"librosa": "pyz"} | dict.fromkeys(_compiled(), "py")
hiddenimports = collect_submodules(
    "librosa", filter=lambda name: name not in ("librosa.display", "librosa.segment")
)
# Lists of parts, tables and the list of examples are read when librosa is imported; the examples
# themselves are not there.
datas = collect_data_files(
    "librosa", includes=["**/*.pyi", "core/*.msgpack", "util/example_data/*.*"]
)
