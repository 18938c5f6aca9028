"""torch, what runs of it: the usual hook takes all submodules, their tests and their sources.

Modules are found by following imports, from torch itself on. Sources are kept for those alone that
torch reads at run time.
"""

import os
import re
import sys
from pathlib import Path

from PyInstaller.utils.hooks import collect_dynamic_libs, collect_submodules, get_package_paths

_place = Path(get_package_paths("torch")[1])
_cuda = os.environ.get("EARMARK_FLAVOUR", "cpu") == "cuda"

# What reads its own source when imported: comments among options, functions that are compiled.
_READS_ITSELF = re.compile(
    r"install_config_module\(|^\s*@torch\.jit\.script\b|^\s*@(\S*_)?overload\b", re.MULTILINE
)


def _readers() -> list[str]:
    found = []
    for path in sorted(_place.rglob("*.py")):
        if _READS_ITSELF.search(path.read_text(encoding="utf-8", errors="replace")):
            parts = path.relative_to(_place.parent).with_suffix("").parts
            if "testing" not in parts and parts[-1] != "__init__":
                found.append(".".join(parts))
    return found


module_collection_mode = {"torch": "pyz"} | dict.fromkeys(_readers(), "pyz+py")
warn_on_missing_hiddenimports = False
binaries = collect_dynamic_libs("torch", search_patterns=["*.dll", "*.dylib", "lib*.so", "*.so.*"])
# Looked for when torch is imported, though only processes that share tensors start it.
binaries += [(str(path), "torch/bin") for path in _place.glob("bin/torch_shm_manager*")]
# Imported by C++ code or by name: making the first optimiser loads all of the compiler's front end.
hiddenimports = [
    "torch._C",
    "torch.compiler.config",
    "torch.onnx.operators",
    "torch.testing._internal.distributed.fake_pg",
    *collect_submodules("torch._dynamo"),
]
if _cuda:
    hiddenimports += [name for part in ("nvidia", "triton") for name in collect_submodules(part)]
# Links at the top folder would confuse torch about where its libraries lie.
if sys.platform.startswith("linux"):
    bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
